"""The states of a payment and the moves between them, as data. The database holds the same list.

A verb may lead to several states, by what the means of payment say: each such way is a move.
"""

from __future__ import annotations

from huoshui.core.machine import Machine, Move

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
                "processing",
            ),
            "cancelled",
        ),
        "fail": Move(("processing",), "failed"),
    },
)
FINAL = ("succeeded", "cancelled", "failed")
