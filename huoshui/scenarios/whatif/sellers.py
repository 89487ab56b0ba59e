"""Loans to sellers that might have been: advances on their sales, draws of seasonal lines. No I/O.

A seller is offered what `seller_loans` would offer it, on the first day on which enough of its payouts is
seen, or on a season's first day from then on. An advance is repaid by its share of what was really sold
for each payout; a seller that pays pays besides what a statement finds lacking, one that stops does not:
its advance is lost once it is so late, and the share of its sales comes until then. A seasonal line is
repaid by its schedule out of the seller's own means.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core.errors import Problem
from huoshui.lines.lending.life import account, steps
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.product import Asked, LoanTables, asked_facts, read_tables
from huoshui.lines.lending.product.quote import loan_quote, priced
from huoshui.lines.lending.schedule import Drawdown, schedule, share_of
from huoshui.scenarios.seller_loans.model import SEEN_DAYS, Sold, most, season_limit
from huoshui.scenarios.whatif.assumptions import MILLION
from huoshui.scenarios.whatif.chance import Draws, draws
from huoshui.scenarios.whatif.model import ONLY_PAYS, ONLY_STOPS, Flow, Line


class Advances(msgspec.Struct, frozen=True):
    """An advance on sales, the seed of its draws, and how late it is when it is lost."""

    checked: CheckedProduct
    tables: LoanTables
    seed: int
    lost_days: int

    @classmethod
    def of(cls, checked: CheckedProduct, seed: int, lost_days: int) -> Advances:
        """The product as its file says."""
        return cls(checked, read_tables(checked.product.tables), seed, lost_days)

    def lines(self, seller: Sold) -> Iterator[Line]:
        """The one advance of a seller; none where the product is not for it."""
        start = seller.seen_on
        if start is None:
            return
        months = min(self.tables.terms.instalments)
        ceiling = self.checked.product.amount.max
        asked = Asked(
            most(self.checked, self.tables, seller, Asked(ceiling, months, start)), months, start
        )
        rate = _given(self.checked, asked)
        if rate is None:
            return
        drawn = _draws(self.checked, self.seed, seller, start)
        stops = 1 + drawn.stop * months // MILLION
        pays = _Life(self.tables, asked, rate, self.lost_days, None).told(seller)
        stopped = _Life(self.tables, asked, rate, self.lost_days, stops).told(seller)
        flows = [Flow(0, start, asked.amount)]
        flows += _numbered(pays, 1, ONLY_PAYS)
        flows += _numbered(stopped, max(months, len(flows)), ONLY_STOPS)
        yield _line(seller, start, drawn, flows, months)


def _numbered(told: list[Flow], first: int, only: int) -> list[Flow]:
    return [msgspec.structs.replace(each, step=n, only=only) for n, each in enumerate(told, first)]


class _Life:
    """An advance as it would live, folded as production folds it."""

    def __init__(
        self, tables: LoanTables, asked: Asked, rate: Decimal, lost_days: int, stops: int | None
    ) -> None:
        assert tables.sales is not None
        self.terms = tables.schedule_terms(
            asked.on, asked.amount, asked.instalments, Fraction(rate)
        )
        self.state = State(self.terms, tables.rules())
        self.share, self.due_days = Fraction(tables.sales.share), tables.sales.due_days
        self.start, self.lost_days, self.stops = asked.on, timedelta(days=lost_days), stops
        self.unsettled, self.flows = 0, list[Flow]()
        steps.apply(
            self.state, e.Drawn(id="d", on=asked.on, recorded=asked.on, amount=asked.amount)
        )

    def told(self, seller: Sold) -> list[Flow]:
        """What repays it, and what is lost of it, in order."""
        payouts = [each for each in seller.payouts if each[0] > self.start]
        number = 1
        while self.state.outstanding:
            due = account.statement_day(self.terms, number) + timedelta(days=self.due_days)
            while payouts and payouts[0][0] <= due:
                self._share(*payouts.pop(0))
            if self._lost_by(due):
                break
            self._ask(number, due)
            number += 1
        return self.flows

    def _share(self, day: date, sold: int) -> None:
        if self._lost_by(day):
            return
        self.unsettled += sold
        part = share_of(self.share, self.unsettled, self.state.outstanding)
        if part:
            self._pay(day, part, certain=True)
            self.unsettled = 0

    def _ask(self, number: int, day: date) -> None:
        """The day on which what a statement asked for is due."""
        if not self.state.outstanding:
            return
        account.roll(self.state, day)
        if self.stops is None or number < self.stops:
            lacking = sum(row.outstanding for row in self.state.rows if row.due <= day)
            if lacking:
                self._pay(day, lacking, certain=True)

    def _pay(self, day: date, amount: int, *, certain: bool) -> None:
        mark = f"p{len(self.flows)}"
        steps.apply(self.state, e.Paid(id=mark, on=day, recorded=day, amount=amount))
        parts = self.state.movements[-1].parts
        self.flows.append(Flow(0, day, parts["principal"], parts["interest"], certain=certain))

    def _lost_by(self, day: date) -> bool:
        """Whether it was lost before a day or on it; then what is owed is the last flow, and nothing is."""
        if self.stops is None or not self.state.outstanding:
            return False
        late = [row.due for row in account.seen(self.state, day).rows if row.outstanding]
        since = min(late, default=day)
        if since + self.lost_days > day:
            return False
        self.flows.append(Flow(0, since, self.state.principal_owed))
        gone = since + self.lost_days
        steps.apply(
            self.state,
            e.WrittenOff(id="lost", on=max(gone, self.state.applied[-1].on), recorded=day),
        )
        return True


class Seasons(msgspec.Struct, frozen=True):
    """A line for the season, and the seed of its draws."""

    checked: CheckedProduct
    tables: LoanTables
    seed: int

    @classmethod
    def of(cls, checked: CheckedProduct, seed: int) -> Seasons:
        """The product as its file says."""
        return cls(checked, read_tables(checked.product.tables), seed)

    def lines(self, seller: Sold) -> Iterator[Line]:
        """What a seller draws, season by season, while it still sells."""
        first, limit = seller.seen_on, self.tables.limit
        if first is None or limit is None:
            return
        until = seller.payouts[-1][0] + timedelta(days=SEEN_DAYS)
        for season in limit.seasons:
            for year in range(first.year - 1, until.year + 1):
                start = season.days(year)[0]
                if first <= start <= until:
                    yield from self._line(seller, start)

    def _line(self, seller: Sold, start: date) -> Iterator[Line]:
        months = min(self.tables.terms.instalments)
        within = Asked(season_limit(self.tables, start), months, start)
        asked = Asked(most(self.checked, self.tables, seller, within), months, start)
        rate = _given(self.checked, asked)
        if rate is None:
            return
        terms = self.tables.schedule_terms(start, asked.amount, months, Fraction(rate))
        rows = schedule(terms, [Drawdown(start, asked.amount)])
        flows = [Flow(n, row.due, row.principal, row.interest) for n, row in enumerate(rows, 1)]
        drawn = _draws(self.checked, self.seed, seller, start)
        yield _line(seller, start, drawn, [Flow(0, start, asked.amount), *flows], len(rows))


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


def key_of(seller: str, start: date) -> str:
    """What names a seller's loan in the draws."""
    return f"{seller}/{start}"


def _draws(checked: CheckedProduct, seed: int, seller: Sold, start: date) -> Draws:
    product, key = checked.product.product, key_of(seller.seller, start)
    return draws(seed, product, key, taker=seller.seller)


def _line(seller: Sold, start: date, drawn: Draws, flows: list[Flow], asks: int) -> Line:
    return Line(
        key=key_of(seller.seller, start), party=seller.seller, segment=seller.region, draws=drawn,
        flows=tuple(flows), fee_base=0, asks=asks,
    )  # fmt: skip
