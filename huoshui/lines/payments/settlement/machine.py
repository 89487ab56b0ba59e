"""The states of payouts and of their batches, as data. The database holds the same lists.

What a batch is once it was sent follows from its payouts; a verb may lead to several states by what
they say, and each such way is a move.
"""

from __future__ import annotations

from collections.abc import Iterable

from huoshui.core.machine import Machine, Move

BATCH = Machine(
    "payout_batch",
    "draft",
    {
        "approve": Move(("draft",), "approved"),
        "send": Move(("approved",), "sending"),
        "go": Move(("sending", "partly", "done"), "sent"),  # every payout left
        "go_partly": Move(("sending", "sent", "done"), "partly"),  # some failed or came back
        "end": Move(("sent", "partly"), "done"),  # of every payout it is known what became of it
        "cancel": Move(("draft", "approved"), "cancelled"),
    },
)

PAYOUT = Machine(
    "payout",
    "due",
    {
        "send": Move(("due",), "sent"),
        "pay": Move(("sent",), "paid"),  # the rail or the bank says so
        "unpay": Move(("paid",), "sent"),  # what said so was undone
        "fail": Move(("due", "sent"), "failed"),
        "return": Move(("sent", "paid"), "returned"),  # the seller's bank sent it back
        "retry": Move(("failed", "returned"), "due"),
        "cancel": Move(("due",), "cancelled"),
    },
)
OPEN = ("due", "sent")


def is_over(payouts: Iterable[str]) -> bool:
    """Whether it is known of every payout what became of it."""
    return not set(payouts) & set(OPEN)


def sent_state(payouts: Iterable[str]) -> str:
    """What a batch that was sent is: `sent` where every payout left, `partly` otherwise."""
    return "partly" if set(payouts) - {"sent", "paid"} else "sent"
