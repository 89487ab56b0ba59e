"""The states of a dispute and the moves between them, as data. The database holds the same list."""

from __future__ import annotations

from datetime import timedelta

from huoshui.core.machine import Machine, Move

_OPEN = ("needs_response", "under_review")

DISPUTE = Machine(
    "dispute",
    "needs_response",
    {
        "submit": Move(("needs_response",), "under_review"),
        "accept": Move(("needs_response",), "accepted"),
        "lose": Move(_OPEN, "lost"),
        # Our deadline is not the bank's word: where it gives the money back after all, it is won.
        "win": Move((*_OPEN, "lost", "accepted"), "won"),
    },
)
ASKED = ("submit", "accept")  # what may be asked; the rest is the rail's or the clock's
RESPOND_WITHIN = timedelta(days=10)  # of the opening, where the rail names no other day


def allowed(state: str) -> tuple[str, ...]:
    """What may be asked of a dispute in this state."""
    return tuple(verb for verb in DISPUTE.allowed(state) if verb in ASKED)
