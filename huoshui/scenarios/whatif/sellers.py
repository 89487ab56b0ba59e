"""Loans to sellers that might have been: advances on their sales, lines for the season. No I/O.

A seller is offered one once its payouts of three months are seen. An advance on sales is as much as a share
of such sales repays in the product's first number of months; the share of each payout that really came
repays it, and what is left after the product's longest is given up. A seasonal line is drawn on a season's
first day, a month's sales of it, and repaid by its schedule out of the seller's own means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core.errors import Problem
from huoshui.lines.lending.product import Asked, LoanTables, asked_facts, read_tables
from huoshui.lines.lending.product.quote import loan_quote, priced
from huoshui.lines.lending.schedule import Drawdown, schedule, share_of
from huoshui.scenarios.whatif.chance import draws
from huoshui.scenarios.whatif.model import Flow, Line, SellerSeen

SEEN_DAYS = 90  # of payouts, before anything is lent
_MONTH = 30


class Advances(msgspec.Struct, frozen=True):
    """An advance on sales, and the seed of its draws."""

    checked: CheckedProduct
    tables: LoanTables
    seed: int

    @classmethod
    def of(cls, checked: CheckedProduct, seed: int) -> Advances:
        """The product as its file says."""
        return cls(checked, read_tables(checked.product.tables), seed)

    def lines(self, seller: SellerSeen) -> Iterator[Line]:
        """The one advance of a seller; none where the product is not for it."""
        start = _start(seller)
        sales = self.tables.sales
        if start is None or sales is None:
            return
        months = min(self.tables.terms.instalments)
        share, fee = Fraction(sales.share), Fraction(sales.fee)
        monthly = _monthly(seller, start)
        amount = int(monthly * share * months / (1 + fee))
        if not _given(self.checked, Asked(amount, months, start)):
            return
        yield _line(
            self.checked.product.product, self.seed, seller, start, amount,
            self._repaid(seller, start, amount, int(amount * fee)),
        )  # fmt: skip

    def _repaid(self, seller: SellerSeen, start: date, amount: int, fee: int) -> list[Flow]:
        """Out of each payout its share: principal and price in proportion, until all is back."""
        assert self.tables.sales is not None
        share, owed = Fraction(self.tables.sales.share), amount + fee
        until = start + timedelta(days=_MONTH * max(self.tables.sales.longest, 1))
        paid, flows = 0, [Flow(0, start, amount)]
        for on, money in seller.payouts:
            taken = share_of(share, money, owed - paid)
            if not start < on <= until or taken <= 0:
                continue
            before, paid = paid, paid + taken
            principal = amount * paid // owed - amount * before // owed
            flows.append(Flow(len(flows), on, principal, taken - principal, certain=True))
        back = amount * paid // owed
        if back < amount:
            flows.append(Flow(len(flows), until, amount - back))
        return flows


class Seasons(msgspec.Struct, frozen=True):
    """A line for the season, and the seed of its draws."""

    checked: CheckedProduct
    tables: LoanTables
    seed: int

    @classmethod
    def of(cls, checked: CheckedProduct, seed: int) -> Seasons:
        """The product as its file says."""
        return cls(checked, read_tables(checked.product.tables), seed)

    def lines(self, seller: SellerSeen) -> Iterator[Line]:
        """What a seller draws, season by season, while it still sells."""
        first, limit = _start(seller), self.tables.limit
        if first is None or limit is None:
            return
        last = seller.payouts[-1][0]
        for season in limit.seasons:
            for year in range(first.year - 1, last.year + 1):
                start = season.days(year)[0]
                if first <= start <= last:
                    yield from self._line(seller, start)

    def _line(self, seller: SellerSeen, start: date) -> Iterator[Line]:
        months = min(self.tables.terms.instalments)
        amount = int(_monthly(seller, start))
        asked = Asked(amount, months, start)
        rate = _given(self.checked, asked)
        if rate is None:
            return
        terms = self.tables.schedule_terms(start, amount, months, Fraction(rate))
        rows = schedule(terms, [Drawdown(start, amount)])
        flows = [Flow(n, row.due, row.principal, row.interest) for n, row in enumerate(rows, 1)]
        yield _line(
            self.checked.product.product, self.seed, seller, start, amount,
            [Flow(0, start, amount), *flows],
        )  # fmt: skip


def _start(seller: SellerSeen) -> date | None:
    """The first day on which enough of a seller's payouts is seen; None where it sells no more then."""
    if not seller.payouts:
        return None
    start = seller.payouts[0][0] + timedelta(days=SEEN_DAYS)
    return start if start <= seller.payouts[-1][0] else None


def _monthly(seller: SellerSeen, start: date) -> Fraction:
    """What a month's payouts were before a day, minor units."""
    since = start - timedelta(days=SEEN_DAYS)
    return Fraction(sum(m for on, m in seller.payouts if since <= on < start) * _MONTH, SEEN_DAYS)


def _given(checked: CheckedProduct, asked: Asked) -> Decimal | None:
    """The rate at which a product is given; None where it is not, by amount, rules or cap."""
    product = checked.product
    if not product.amount.min <= asked.amount <= product.amount.max:
        return None
    facts = checked.schema.read(asked_facts(product, asked))
    if checked.refusals(facts):
        return None
    try:
        rate = priced(checked, "rate_annual", facts)
        loan_quote(product, asked, rate)
    except Problem:
        return None
    return rate


def _line(
    product: str, seed: int, seller: SellerSeen, start: date, amount: int, flows: Sequence[Flow]
) -> Line:
    key = f"{seller.seller}/{start}"
    # What payouts have not repaid is given up, whoever stops: see `store.days`.
    short = 0 if all(not f.certain for f in flows) else _short(flows)
    return Line(
        key=key, party=seller.seller, segment=seller.region,
        draws=draws(seed, product, key, taker=seller.seller), flows=tuple(flows), fee_base=0,
        short=short,
    )  # fmt: skip


def _short(flows: Sequence[Flow]) -> int:
    return sum(f.principal for f in flows if f.step and not f.certain)
