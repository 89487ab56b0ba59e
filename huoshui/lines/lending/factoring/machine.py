"""The states of an assignment, as data. The database holds the same list.

A dispute that is over leads back to where it came from, and what is paid in full ends: each such way
is a move. Verbs that change amounts and not the state have their own table.
"""

from __future__ import annotations

from huoshui.core.machine import IllegalMove, Machine, Move

ASSIGNMENT = Machine(
    "assignment",
    "offered",
    {
        "assign": Move(("offered",), "assigned"),  # the seller agrees; limits hold from now on
        "decline": Move(("offered", "assigned"), "declined"),  # the claim is free again
        "advance": Move(("assigned",), "advanced"),
        "confirm": Move(("advanced",), "confirmed"),  # the buyer owes it without objection
        "settle": Move(("confirmed", "recourse"), "settled"),
        "dispute": Move(("advanced", "confirmed"), "disputed"),
        "resume": Move(("disputed",), "advanced"),
        "resume_confirmed": Move(("disputed",), "confirmed"),
        "recourse": Move(("advanced", "confirmed", "disputed"), "recourse"),  # the seller owes it
        "write_off": Move(("advanced", "confirmed", "disputed", "recourse"), "written_off"),
    },
)
# What changes amounts and leaves the state, unless nothing is owed any more.
WITHIN: dict[str, tuple[str, ...]] = {
    "release": ("advanced",),  # the next stage of the advance
    "dilute": ("advanced", "confirmed", "disputed"),  # goods came back: the buyer owes less
    "collect": ("confirmed",),
    "repay": ("confirmed", "disputed", "recourse", "advanced"),  # what the seller owes
    "recover": ("written_off",),
}
OPEN = ("offered", "assigned", "advanced", "confirmed", "disputed", "recourse")
RUNNING = ("assigned", "advanced", "confirmed", "disputed", "recourse")  # count against limits
ENDED = ("settled", "written_off", "declined")
# What a person asks for; the rest follows from it.
_ASKED = ("assign", "decline", "advance", "confirm", "dispute", "resume", "recourse", "write_off")


def need(state: str, verb: str) -> None:
    """Raises IllegalMove where the state does not allow a verb that leaves it."""
    if state not in WITHIN[verb]:
        raise IllegalMove(
            object=ASSIGNMENT.name, state=state, verb=verb, allowed=", ".join(allowed(state)) or "-"
        )


def allowed(state: str) -> tuple[str, ...]:
    """The verbs that somebody may ask of an assignment in this state."""
    moves = tuple(verb for verb in _ASKED if state in ASSIGNMENT.moves[verb].starts)
    return moves + tuple(verb for verb, states in WITHIN.items() if state in states)
