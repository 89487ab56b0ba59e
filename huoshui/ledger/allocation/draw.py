"""An amount out of sources: in order, or by shares, each bounded by what its account has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from huoshui.ledger.allocation.cut import check_parts, cut
from huoshui.ledger.allocation.model import (
    DEPTH_MAX,
    PARTS_MAX,
    AmountNegative,
    InsufficientFunds,
    Part,
    PartUnclear,
    Rule,
    Source,
    SourceUnbounded,
    TooManyParts,
)


class Draw(NamedTuple):
    """What is taken from one account, in minor units."""

    account: str
    amount: int


def draw(
    amount: int | None, sources: Sequence[Source], has: Mapping[str, int], rule: Rule
) -> tuple[Draw, ...]:
    """Take `amount` (None is all there is) from sources; neighbouring draws on one account are one.

    `has` is what stands on each account, in minor units, possibly below zero; an account that is
    not in it has nothing. Raises InsufficientFunds, SourceUnbounded.
    """
    purse = _Purse(has)
    if not by_shares(sources):
        found = purse.inner(sources, amount)
        missing = (amount or 0) - found
        wanted = amount
    elif amount is None:
        raise SourceUnbounded(source=sources[0].account)
    else:
        wanted = amount
        missing = 0
        for source, share in zip(
            sources, cut(amount, _as_parts(sources), _plain(rule)), strict=True
        ):
            missing += share - purse.take(source, share)
    if wanted is not None and missing > 0:
        raise InsufficientFunds(amount=wanted, missing=missing)
    return tuple(Draw(account, taken) for account, taken in purse.draws)


def by_shares(sources: Sequence[Source]) -> bool:
    """Whether sources give by shares and not in order."""
    return any(source.share is not None or source.remaining for source in sources)


def check_sources(sources: Sequence[Source], rule: Rule) -> None:
    """Refuse sources that contradict themselves or each other, whatever they have."""
    if by_shares(sources):
        for source in sources:
            if source.share is None and not source.remaining:
                raise PartUnclear(part=source.account, reason="share, remaining")
        check_parts(_as_parts(sources), _plain(rule))
    count = 0
    level = [(sources, 1)]
    while level:
        here, depth = level.pop()
        count += len(here)
        if count > PARTS_MAX or depth > DEPTH_MAX:
            raise TooManyParts(most=PARTS_MAX, depth=DEPTH_MAX)
        if depth > 1 and by_shares(here):
            raise PartUnclear(part=here[0].account, reason="share")
        for source in here:
            _check_source(source)
            if source.sources:
                level.append((source.sources, depth + 1))


def _check_source(source: Source) -> None:
    for number in (source.most, source.overdraft):
        if number is not None and number < 0:
            raise AmountNegative(amount=number)
    if source.sources and (source.account or source.overdraft != 0):
        raise PartUnclear(part=source.account, reason="from, sources")


def _as_parts(sources: Sequence[Source]) -> list[Part]:
    return [Part(to=s.account, share=s.share, remaining=s.remaining) for s in sources]


def _plain(rule: Rule) -> Rule:
    """The rule for the odd units of sources; an owner is a part's matter."""
    return Rule(odd="in_order" if rule.odd == "owner" else rule.odd)


class _Purse:
    """What is still on each account, and what was drawn so far."""

    def __init__(self, has: Mapping[str, int]) -> None:
        self._left = dict(has)
        self.draws: list[tuple[str, int]] = []

    def inner(self, sources: Sequence[Source], need: int | None) -> int:
        """Take up to `need` from sources in order; what was found."""
        found = 0
        for source in sources:
            found += self.take(source, None if need is None else need - found)
        return found

    def take(self, source: Source, need: int | None) -> int:
        """Take up to `need` (None is all) from one source; what was found."""
        if source.most is not None:
            need = source.most if need is None else min(need, source.most)
        if source.sources:
            return self.inner(source.sources, need)
        there = self._left.get(source.account, 0)
        if source.overdraft is None:
            if need is None:
                raise SourceUnbounded(source=source.account)
            taken = need
        else:
            bearable = max(0, there + source.overdraft)
            taken = bearable if need is None else min(need, bearable)
        self._left[source.account] = there - taken
        self._note(source.account, taken)
        return taken

    def _note(self, account: str, taken: int) -> None:
        if taken and self.draws and self.draws[-1][0] == account:
            self.draws[-1] = (account, self.draws[-1][1] + taken)
        elif taken:
            self.draws.append((account, taken))
