"""How an amount goes over the means and the parts of a payment. Pure, exact to the minor unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from huoshui.ledger import Leg
from huoshui.ledger.split import backwards, pour
from huoshui.lines.payments.payment.model import Part, Tender

replace = msgspec.structs.replace
Flow = tuple[str, int]  # an account and what leaves or reaches it


def in_order(amount: int, spare: Sequence[int]) -> list[int]:
    """What each means gives of `amount`: the first all it can, then the next."""
    given = [0] * len(spare)
    pour(amount, given, spare, range(len(spare)))
    return given


def onto_parts(parts: Sequence[Part], amount: int) -> tuple[Part, ...]:
    """The parts after `amount` more was captured for them.

    Each gets in proportion to what it still is to get, rounded down, odd units to the first: so any
    captures that come to the whole give each part exactly its amount (the rule of `backwards`).
    """
    given = backwards(amount, [part.amount - part.taken for part in parts], 0)
    return tuple(
        replace(part, taken=part.taken + more) for part, more in zip(parts, given, strict=True)
    )


def off_parts(parts: Sequence[Part], amount: int, owner: int = 0) -> tuple[Part, ...]:
    """The parts after `amount` went back, in proportion to what each still has."""
    given = backwards(amount, [part.left for part in parts], owner)
    return tuple(
        replace(part, back=part.back + more) for part, more in zip(parts, given, strict=True)
    )


def off_tenders(tenders: Sequence[Tender], amount: int) -> list[int]:
    """What goes back by each means, in proportion to what it still has given."""
    return backwards(amount, [tender.left for tender in tenders], 0)


def gained(before: Sequence[Part], after: Sequence[Part]) -> list[Flow]:
    """What each part's account got between two states; where it gave, the amount is negative."""
    return [
        (a.account, a.left - b.left) for b, a in zip(before, after, strict=True) if a.left != b.left
    ]


def pair(sources: Iterable[Flow], targets: Iterable[Flow]) -> tuple[Leg, ...]:
    """Legs from accounts that give to accounts that get, both in order; the sums are equal."""
    legs: list[Leg] = []
    givers = iter(sources)
    account, has = "", 0
    for target, need in targets:
        while need:
            if not has:
                account, has = next(givers)
                continue
            moved = min(need, has)
            legs.append(Leg(account, target, moved))
            need, has = need - moved, has - moved
    return tuple(legs)
