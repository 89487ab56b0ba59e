"""The states of a payment and the moves between them, as data. The database holds the same list.

A verb may lead to several states, by what the means of payment say: each such way is a move.
"""

from __future__ import annotations

from functools import cache

from huoshui.core.machine import IllegalMove, Machine, Move

_UNDECIDED = ("requires_confirmation", "requires_action", "processing")

PAYMENT = Machine(
    "payment",
    "requires_payment_method",
    {
        "attach": Move(("requires_payment_method",), "requires_confirmation"),
        "detach": Move(_UNDECIDED, "requires_payment_method"),  # declined: another means may do
        "ask": Move(("requires_confirmation", "processing"), "requires_action"),
        "act": Move(("requires_action",), "requires_confirmation"),
        "process": Move(
            ("requires_confirmation", "requires_action", "requires_capture", "partially_captured"),
            "processing",
        ),
        "authorise": Move(_UNDECIDED, "requires_capture"),
        "capture_part": Move(("requires_capture", "processing"), "partially_captured"),
        "capture": Move(
            (*_UNDECIDED, "requires_capture", "partially_captured"),
            "succeeded",
        ),
        "cancel": Move(
            (
                "requires_payment_method",
                "requires_confirmation",
                "requires_action",
                "requires_capture",
            ),
            "cancelled",
        ),
        "void": Move(("processing",), "cancelled"),  # the rail has freed what it had reserved
        "fail": Move(("processing",), "failed"),
    },
)
# What may be asked of a payment, by its state: the machine's moves are what comes of it.
ASKED = {
    "attach": ("requires_payment_method",),
    "confirm": ("requires_confirmation", "requires_action"),
    "capture": ("requires_capture", "partially_captured"),
    "cancel": (
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "requires_capture",
        "partially_captured",  # frees the rest
    ),
    "refund": ("partially_captured", "succeeded"),
}


@cache
def allowed(state: str) -> tuple[str, ...]:
    """What may be asked of a payment in this state."""
    return tuple(verb for verb, states in ASKED.items() if state in states)


def need(state: str, verb: str) -> None:
    """Raises IllegalMove, which names what may be asked instead."""
    if state not in ASKED[verb]:
        raise IllegalMove(
            object=PAYMENT.name, state=state, verb=verb, allowed=", ".join(allowed(state)) or "-"
        )


FINAL = ("succeeded", "cancelled", "failed")
