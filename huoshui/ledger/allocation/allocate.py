"""The two together: what the parts take, out of what the sources give, as postings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from huoshui.ledger.allocation.cut import DEFAULT, check_parts, cut, leaves
from huoshui.ledger.allocation.draw import Draw, check_sources, draw
from huoshui.ledger.allocation.model import AmountUnknown, Part, Rule, Source
from huoshui.ledger.model import Leg


class Posting(NamedTuple):
    """One movement, in minor units, never zero."""

    source: str
    target: str
    amount: int


class Allocation(msgspec.Struct, frozen=True):
    """An amount allocated: what each part takes, what each account gives, and the movements."""

    amount: int
    amounts: tuple[int, ...]
    draws: tuple[Draw, ...] = ()
    postings: tuple[Posting, ...] = ()


def allocate(
    amount: int | None,
    parts: Sequence[Part],
    sources: Sequence[Source] = (),
    has: Mapping[str, int] | None = None,
    rule: Rule = DEFAULT,
) -> Allocation:
    """Allocate `amount` minor units (None: all that the sources have) over parts.

    Without sources there are amounts and no postings; without parts there are draws alone. Raises
    the refusals of `model`; those of the parts come before those of the sources' funds.
    """
    check_parts(parts, rule)
    check_sources(sources, rule)
    if amount is None and not sources:
        raise AmountUnknown()
    amounts = cut(amount, parts, rule) if amount is not None and parts else []
    draws = draw(amount, sources, has or {}, rule) if sources else ()
    if amount is None:
        amount = sum(taken for _, taken in draws)
        amounts = cut(amount, parts, rule) if parts else []
    flat = list(leaves(amount, parts, rule, amounts)) if parts else []
    postings = _pair(draws, ((p.to, taken) for p, taken in flat if not p.kept))
    return Allocation(amount, tuple(amounts), draws, tuple(postings))


def legs(allocation: Allocation) -> tuple[Leg, ...]:
    """The postings of an allocation as the legs of a transaction."""
    return tuple(Leg(source, target, amount) for source, target, amount in allocation.postings)


def _pair(draws: Sequence[Draw], wanted: Iterable[tuple[str, int]]) -> list[Posting]:
    """Pair draws with what parts take, both in order; what the draws have left is kept."""
    postings: list[Posting] = []
    givers = iter(draws)
    account, has = "", 0
    for target, need in wanted:
        while need and (has or draws):
            if not has:
                account, has = next(givers)
            moved = min(need, has)
            postings.append(Posting(account, target, moved))
            need, has = need - moved, has - moved
    return postings
