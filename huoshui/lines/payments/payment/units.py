"""Units that a buyer gives in place of money, such as points: they follow what their means engages.

The money of such a means comes from the platform; the units go from the buyer to those redeemed,
as many as the money that is reserved or captured and not given back asks for, rounded up. So any
sequence of captures, refunds and releases leaves the units where the money says.
"""

from __future__ import annotations

from typing import NamedTuple

from huoshui.lines.payments.payment.model import Payment, Tender

POINTS = "points"
REDEEMED = "points:redeemed"


class UnitMove(NamedTuple):
    """So many units from one account to another."""

    unit: str
    source: str
    target: str
    number: int

    @property
    def redeems(self) -> bool:
        """Whether the buyer gives them."""
        return self.target == REDEEMED


def unit_paths(tender: Tender) -> tuple[str, ...]:
    """The accounts of units that a means touches; none for money."""
    return (tender.token, REDEEMED) if tender.rail == POINTS else ()


def moves_of_units(before: Payment, after: Payment, unit: str, value: int) -> list[UnitMove]:
    """What moves between two states of a payment; `value` is what a unit is worth, minor units."""
    found = []
    for index, tender in enumerate(after.tenders):
        if tender.rail != POINTS:
            continue
        old = before.tenders[index] if index < len(before.tenders) else tender
        known = old.rail == POINTS and before.id == after.id
        change = _count(tender, value) - (_count(old, value) if known else 0)
        if change > 0:
            found.append(UnitMove(unit, tender.token, REDEEMED, change))
        elif change < 0:
            found.append(UnitMove(unit, REDEEMED, tender.token, -change))
    return found


def _count(tender: Tender, value: int) -> int:
    reserved = (
        max(tender.authorised, tender.taken) if tender.state == "authorised" else tender.taken
    )
    return -(-(reserved - tender.back) // value)
