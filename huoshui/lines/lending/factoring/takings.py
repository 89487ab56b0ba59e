"""What assignments have of a seller's takings before it is paid out. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from huoshui.lines.lending.factoring.model import Assignment


def due_of(owed: Iterable[Assignment], free: int) -> dict[UUID, int]:
    """What each is to have of `free` minor units, in the order given.

    An order that the buyer has confirmed is paid in full: its money is among the takings. What the
    seller itself owes is repaid by the agreed share of what was there, so that some is left to it.
    """
    left, debts = free, 0
    found: dict[UUID, int] = {}
    for each in owed:
        collected = min(left, each.receivable) if lies_ready(each) else 0
        left -= collected
        repaid = 0
        if each.claim and (collected == each.receivable or not lies_ready(each)):
            room = (Decimal(free) * each.takings_share).to_integral_value(ROUND_DOWN)
            repaid = max(0, min(each.claim, left, int(room) - debts))
            left, debts = left - repaid, debts + repaid
        if collected + repaid:
            found[each.id] = collected + repaid
    return found


def parted(each: Assignment, amount: int) -> tuple[int, int]:
    """How much of what came in the debtor paid, and how much the seller repaid; minor units."""
    collected = min(amount, each.receivable) if lies_ready(each) else 0
    return collected, amount - collected


def lies_ready(each: Assignment) -> bool:
    """Whether the claim's money is among the seller's takings: its order is confirmed and released."""
    return each.state == "confirmed" and each.order_id is not None
