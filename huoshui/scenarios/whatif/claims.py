"""Claims that sellers might have sold, each folded as production folds it. No I/O.

A seller sells all its orders or none. What it is to get of an order is bought when that is shipped, and the
advance leaves with its next payout. What goes back dilutes the claim; the released order confirms it and
pays it out of the takings of the next payout; one that is not confirmed in time the seller buys back, and
repays by the agreed share of its takings. What it still owes after all its time is lost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from heapq import heapify, heappop, heappush
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core.errors import Problem
from huoshui.lines.lending.factoring import life, takings
from huoshui.lines.lending.factoring.life import Step
from huoshui.lines.lending.factoring.model import Assignment
from huoshui.lines.lending.factoring.product import quote
from huoshui.lines.lending.factoring.service import PAYOUTS_WITHIN
from huoshui.lines.lending.factoring.terms import read_factoring
from huoshui.scenarios.whatif.chance import draws
from huoshui.scenarios.whatif.model import Flow, Line, SaleSeen

_HOUR = timedelta(hours=1)
_NONE = UUID(int=0)


class Claims(msgspec.Struct, frozen=True):
    """A factoring product that sellers are offered, the moments of payouts, when what is owed is lost."""

    checked: CheckedProduct
    seed: int
    payouts: Sequence[datetime]
    zone: ZoneInfo
    lost_days: int

    def lines(self, sales: Sequence[SaleSeen]) -> Iterator[Line]:
        """The claims of one seller, of all its orders in the order of their payment."""
        product = self.checked.product.product
        for held in _Selling(self, sales).held:
            sale = held.sale
            key = f"{sale.key}/{sale.seller}"
            released = self.paid_after(sale.released_at) if sale.released_at else None
            counted = released is not None and held.paid_at is not None
            yield Line(
                key=key, party=sale.seller, segment=sale.region,
                draws=draws(self.seed, product, key, taker=sale.seller), flows=tuple(held.flows),
                fee_base=0, short=held.now.loss,
                waited=_hours(sale, released) if counted else None,
                waits=_hours(sale, held.paid_at) if counted else None,
            )  # fmt: skip

    def paid_after(self, moment: datetime) -> datetime | None:
        """The first payout at a moment or after it."""
        at = bisect_left(self.payouts, moment)
        return self.payouts[at] if at < len(self.payouts) else None

    def day(self, at: datetime) -> date:
        """The local day of a moment."""
        return at.astimezone(self.zone).date()

    def noon(self, day: date) -> datetime:
        """The middle of a local day."""
        return datetime.combine(day, time(12), self.zone)

    def offered(self, sale: SaleSeen) -> Assignment | None:
        """The claim as it would be offered when the order is shipped; None where it is not for the product."""
        assert sale.shipped_at is not None
        assert sale.due_on is not None
        try:
            deal = quote(
                self.checked, sale.amount, (sale.due_on - self.day(sale.shipped_at)).days
            ).deal
        except Problem:
            return None
        terms = read_factoring(self.checked.product.tables).factoring
        return Assignment(
            id=_NONE, receivable_id=_NONE, fingerprint=b"", product="", version=1, state="assigned",
            seller_id=_NONE, debtor="", order_id=_NONE, currency="", due_on=sale.due_on,
            face=sale.amount, advance=deal.advance, fee_flat=deal.fee_flat,
            rate_annual=deal.rate_annual, fee_most=deal.fee_most, recourse=terms.recourse,
            grace_days=terms.grace_days, takings_share=Decimal(terms.takings_share),
            offered_at=sale.shipped_at,
        )  # fmt: skip


def _hours(sale: SaleSeen, until: datetime | None) -> int | None:
    return round((until - sale.taken_at) / _HOUR) if until else None


class _Held:
    """A claim as it lives, and what it moved."""

    def __init__(self, sale: SaleSeen, assigned: Assignment, day: date) -> None:
        assert sale.shipped_at is not None
        self.sale, self.day = sale, day
        self.now = life.advance(assigned, sale.shipped_at).after
        self.flows = [Flow(0, day, self.now.paid)]
        self.paid_at: datetime | None = None

    def step(self, step: Step, day: date) -> None:
        """Take a step: what is out changes, and a fee may be earned."""
        before, self.now = self.now, step.after
        back = before.exposure - self.now.exposure
        fee = self.now.fee - before.fee
        if self.now.loss:  # it stays out until it is written off: see `capital`
            lost = Flow(len(self.flows), self.overdue_on, self.now.loss)
            self.flows.append(lost)
        elif back or fee:
            self.flows.append(Flow(len(self.flows), day, back, fee, certain=True))

    @property
    def overdue_on(self) -> date:
        """The first day on which the debtor has had all its time."""
        return life.overdue_from(self.now)


class _Selling:
    """A seller through its history: what happens to its orders, what it has, what it owes."""

    def __init__(self, claims: Claims, sales: Sequence[SaleSeen]) -> None:
        self.claims, self.held, self.has = claims, list[_Held](), 0
        self.of: dict[str, _Held] = {}
        self._next = 0
        self._events: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        for sale in sales:
            self._put(sale.shipped_at, self._ship, sale)
            self._put(sale.released_at, self._release, sale)
            self._put(sale.returned_at, self._return, sale)
        heapify(self._events)
        self._run()

    def _put(
        self, at: datetime | None, what: Callable[[SaleSeen, datetime], None], sale: SaleSeen
    ) -> None:
        if at is not None:
            self._next += 1
            heappush(self._events, (at, self._next, lambda now: what(sale, now)))

    def _run(self) -> None:
        last: datetime | None = None
        while self._events:
            at, _, what = heappop(self._events)
            self._pay_out(last, at)
            what(at)
            last = at
        self._pay_out(last, None)

    def _pay_out(self, since: datetime | None, before: datetime | None) -> None:
        """The payout between two moments, if the seller has anything by then."""
        if since is None or self.has <= 0:
            return
        at = self.claims.paid_after(since)
        if at is None or (before is not None and at >= before):
            return
        owed = [h for h in self.held if h.now.claim or h.now.state == "confirmed"]
        named = {UUID(int=n): each for n, each in enumerate(owed, 1)}
        asked = [msgspec.structs.replace(each.now, id=id_) for id_, each in named.items()]
        due = takings.due_of(asked, self.has)
        for id_, amount in due.items():
            self._meet(named[id_], amount, at)
        self.has = 0
        for each in self.held:
            each.paid_at = each.paid_at or at

    def _meet(self, held: _Held, amount: int, at: datetime) -> None:
        collected, repaid = takings.parted(held.now, amount)
        if collected:
            held.step(life.collect(held.now, collected, at), self.claims.day(at))
        if repaid:
            held.step(life.repay(held.now, repaid, at), self.claims.day(at))

    def _ship(self, sale: SaleSeen, at: datetime) -> None:
        over = [each for each in (sale.released_at, sale.returned_at) if each is not None]
        if any(each <= at for each in over):
            return
        assigned = self.claims.offered(sale)
        if assigned is None:
            return
        held = _Held(sale, assigned, self.claims.day(at))
        self.held.append(held)
        self.of[sale.key] = held
        self.has += held.now.paid
        overdue = self.claims.noon(held.overdue_on)
        self._put(overdue - 12 * _HOUR, self._overdue, sale)
        self._put(overdue + timedelta(days=self.claims.lost_days), self._lose, sale)

    def _release(self, sale: SaleSeen, at: datetime) -> None:
        back = sale.given_back if sale.returned_at and sale.returned_at <= at else 0
        self.has += sale.amount - back
        held = self.of.get(sale.key)
        if held is not None and held.now.state == "advanced":
            drawn = [(held.now.paid, held.day)]
            before = held.now.paid
            held.step(life.confirm(held.now, at, drawn, self.claims.day(at)), self.claims.day(at))
            self.has += held.now.paid - before

    def _return(self, sale: SaleSeen, at: datetime) -> None:
        if sale.released_at is not None and sale.released_at < at:
            self.has -= sale.given_back
        held = self.of.get(sale.key)
        if held is not None and held.now.state in ("advanced", "confirmed"):
            back = min(sale.given_back, held.now.receivable)
            if back:
                held.step(life.dilute(held.now, back, at), self.claims.day(at))

    def _overdue(self, sale: SaleSeen, at: datetime) -> None:
        if self.of[sale.key].now.state == "confirmed":
            self._put(at + PAYOUTS_WITHIN, self._buy_back, sale)
        else:
            self._buy_back(sale, at)

    def _buy_back(self, sale: SaleSeen, at: datetime) -> None:
        held = self.of[sale.key]
        if held.now.state in ("advanced", "confirmed"):
            day = self.claims.day(at)
            _tried(held, lambda: life.recourse(held.now, day), day)

    def _lose(self, sale: SaleSeen, at: datetime) -> None:
        held = self.of[sale.key]
        if held.now.ended_at is None:
            day = self.claims.day(at)
            _tried(held, lambda: life.write_off(held.now, at, day), day)


def _tried(held: _Held, step: Callable[[], Step], day: date) -> None:
    """A step, where the terms have it."""
    try:
        held.step(step(), day)
    except Problem:
        return
