"""What a merchant owes, and what was taken of it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Literal
from uuid import UUID

import msgspec

Why = Literal["premium", "claim"]  # its part of a premium; what it answers for of a sold claim


class Due(msgspec.Struct, frozen=True):
    """What a merchant owes for a loan or an assignment, minor units."""

    seller: str
    why: Why
    product: str
    reference: str
    currency: str
    amount: int


class Taken(msgspec.Struct, frozen=True):
    """What was taken of a merchant's money, below zero given back; minor units."""

    at: datetime
    template: str
    reference: str
    currency: str
    amount: int
    txn_id: UUID


def within(
    dues: Iterable[Due], free: Mapping[tuple[str, str], int], share: Decimal
) -> Iterator[tuple[Due, int]]:
    """What each due is to have, in the order given: all of a seller's within a share of what it has."""
    room = {
        place: int((Decimal(amount) * share).to_integral_value(ROUND_DOWN))
        for place, amount in free.items()
    }
    for due in dues:
        place = (due.seller, due.currency)
        amount = min(due.amount, room.get(place, 0))
        if amount > 0:
            room[place] -= amount
            yield due, amount
