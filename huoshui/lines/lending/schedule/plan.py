"""The working plan of a declining loan: periods in slices, each with its balance. No I/O.

A plan is made and changed within one computation and never kept. Amounts are minor units. A slice
is a part of a period with one balance; what changes the balance stands at the slice's end. What is
derived (`interest`, `due_interest`, `due_principal`, `unplaced`) follows from `derive`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from huoshui.lines.lending.schedule.factor import NOTHING, Ratio, factor
from huoshui.lines.lending.schedule.terms import Terms, round_ratio

_GRID = date.min  # marks in a key that the period counts as long as the terms' step


class Slice:
    """A part of a period: balance during it, and what is added at its end."""

    __slots__ = (
        "balance",
        "base",
        "correction",
        "credited_interest",
        "credited_principal",
        "drawn",
        "due",
        "grid",
        "paused",
        "piece",
        "start",
        "till_due",
    )

    def __init__(self, start: date, due: date, *, paused: bool = False) -> None:
        self.start, self.due, self.paused = start, due, paused
        self.balance = self.drawn = self.correction = 0
        self.base = 0  # what earns interest: the balance, or all that was drawn where it is flat
        self.credited_principal = self.credited_interest = 0
        self.grid: Ratio = NOTHING  # of this slice, as the instalment is solved
        self.till_due: Ratio = NOTHING  # from its start to the period's end, as interest is earned
        self.piece: Ratio | None = None  # its interest, once that is worked out

    def copy(self) -> Slice:
        """The same slice, apart."""
        other = Slice.__new__(Slice)
        other.start, other.due, other.paused = self.start, self.due, self.paused
        other.balance, other.base = self.balance, self.base
        other.drawn, other.correction = self.drawn, self.correction
        other.credited_principal = self.credited_principal
        other.credited_interest = self.credited_interest
        other.grid, other.till_due, other.piece = self.grid, self.till_due, self.piece
        return other

    @property
    def after(self) -> int:
        """The balance once what stands at its end is done."""
        return max(0, self.balance + self.drawn + self.correction)


class Period:
    """A period up to its due date: the instalment, what was paid, what is derived."""

    __slots__ = (
        "carried",
        "charged_back",
        "credited_moved",
        "due",
        "due_interest",
        "due_principal",
        "factored",
        "fixed",
        "free",
        "future",
        "grace",
        "holder",
        "instalment",
        "interest",
        "moved_down",
        "moved_up",
        "original",
        "own",
        "paid_interest",
        "paid_principal",
        "reaged",
        "share",
        "shared",
        "slices",
        "stale",
        "start",
        "unplaced",
        "walked",
    )

    def __init__(self, start: date, due: date) -> None:
        self.start, self.due = start, due
        self.slices = [Slice(start, due)]
        self.shared = False  # whether a copy has the same slices: `own_slices` before a change
        self.instalment = self.original = 0
        self.paid_principal = self.paid_interest = 0
        self.future = self.fixed = self.credited_moved = 0
        self.moved_up = self.moved_down = self.reaged = self.holder = False
        self.grace = self.free = self.carried = self.charged_back = False
        self.share: int | None = None  # a fixed part of principal, its interest beside it
        self.interest = self.due_interest = self.due_principal = self.unplaced = 0
        self.touched()

    def own_slices(self) -> list[Slice]:
        """The slices, to be changed: apart from those of copies."""
        if self.shared:
            self.slices, self.shared = [each.copy() for each in self.slices], False
        return self.slices

    def touched(self) -> None:
        """Forget what was worked out from the slices: one of them has changed."""
        self.own: int | None = None  # what the slices earn, rounded
        self.walked: tuple[int, int, int, int] | None = None  # balance and drawn, before and after
        self.factored: tuple[object, ...] | None = None  # for which days and rates factors stand
        self.stale: tuple[Slice, ...] = ()  # but not of these
        for part in self.slices:
            part.piece = None

    def divided(self, *parts: Slice) -> None:
        """Forget what was worked out, but for that of slices that were not divided."""
        self.own = self.walked = None
        self.stale += parts
        for part in parts:
            part.piece = None

    def copy(self) -> Period:
        """The same period, apart."""
        other = Period.__new__(Period)
        other.start, other.due = self.start, self.due
        other.slices, other.shared, self.shared = self.slices, True, True
        other.instalment, other.original, other.share = self.instalment, self.original, self.share
        other.paid_principal, other.paid_interest = self.paid_principal, self.paid_interest
        other.future, other.fixed = self.future, self.fixed
        other.moved_up, other.moved_down = self.moved_up, self.moved_down
        other.grace, other.free, other.carried = self.grace, self.free, self.carried
        other.charged_back, other.credited_moved = self.charged_back, self.credited_moved
        other.reaged, other.holder = self.reaged, self.holder
        other.interest, other.unplaced = self.interest, self.unplaced
        other.due_interest, other.due_principal = self.due_interest, self.due_principal
        other.own, other.walked, other.factored = self.own, self.walked, self.factored
        other.stale = ()
        if self.stale:
            other.factored = None
        return other

    @property
    def credited_principal(self) -> int:
        """Principal charged back in this period."""
        if not self.charged_back:
            return 0
        return max(0, sum(each.credited_principal for each in self.slices))

    @property
    def credited_interest(self) -> int:
        """Interest charged back in this period."""
        if not self.charged_back:
            return 0
        return max(0, sum(each.credited_interest for each in self.slices))

    @property
    def credited(self) -> int:
        """All that was charged back here and has not moved on."""
        if not self.charged_back:
            return 0
        return self.credited_principal + self.credited_interest - self.credited_moved

    @property
    def paid(self) -> int:
        """Principal and interest paid."""
        return self.paid_principal + self.paid_interest

    @property
    def level(self) -> int:
        """The instalment with what was charged back and what interest of later days it takes."""
        return self.instalment + self.credited + self.future

    @property
    def fully_paid(self) -> bool:
        """Whether exactly the instalment is paid."""
        return self.level == self.paid_principal + self.paid_interest

    @property
    def open_principal(self) -> int:
        """Principal due and not paid."""
        return max(0, self.due_principal - self.paid_principal)

    @property
    def open_interest(self) -> int:
        """Interest due and not paid."""
        return max(0, self.due_interest - self.paid_interest)

    @property
    def drawn(self) -> int:
        """What was drawn in this period."""
        return sum(each.drawn for each in self.slices)

    @property
    def balance_after(self) -> int:
        """Principal still to be repaid once this instalment is."""
        last = self.slices[-1]
        after = last.balance + last.correction + last.drawn
        return max(0, after + self.paid_principal - self.due_principal)

    def ask_no_principal(self, interest: int) -> None:
        """Ask for interest alone, beside principal that is paid already."""
        self.instalment = self.original = interest
        if self.share is not None:
            self.share = max(0, self.paid_principal - self.credited_principal)

    def earned(self, rounding: str) -> int:
        """Interest of all slices, exact and then rounded once."""
        top, bottom = 0, 1
        if len(self.slices) == 1:
            return round_ratio(*self.earned_in(self.slices[0]), rounding)
        for part in self.slices:
            if part.piece is None:
                part.piece = self.earned_in(part)
            piece, over = part.piece
            if not piece:
                continue
            if over == bottom:
                top += piece
            else:
                top, bottom = top * over + piece * bottom, bottom * over
        return round_ratio(top, bottom, rounding)

    def earned_in(self, part: Slice) -> Ratio:
        """Interest of one slice, exact."""
        if part.paused or not part.base or not part.till_due[0]:
            return part.credited_interest, 1
        top, bottom = part.till_due
        if part.due != self.due:
            days, whole = (part.due - part.start).days, (self.due - part.start).days
            if top % whole:
                top, bottom = top * days, bottom * whole
            else:  # so that parts of a period have one denominator
                top = top // whole * days
        top *= part.base
        if part.credited_interest:
            top += part.credited_interest * bottom
        return max(0, top), bottom


class Plan:
    """All periods, the rates in force by day, and what interest rules the terms say."""

    __slots__ = (
        "drawn",
        "factors",
        "grace_lifted",
        "kind",
        "overdue_from",
        "pauses",
        "periods",
        "rates",
        "terms",
    )

    def __init__(self, terms: Terms, periods: list[Period]) -> None:
        self.terms, self.periods = terms, periods
        self.kind = terms.kind  # of instalments that are solved from now on
        self.rates: list[tuple[date, Fraction]] = []
        self.overdue_from: date | None = None
        self.grace_lifted = False
        self.pauses: tuple[tuple[date, date], ...] = ()  # first and last days
        self.drawn = 0  # all that was drawn
        self.factors: dict[tuple[date, ...], Ratio] = {}  # of the rate of the terms alone

    def copy(self) -> Plan:
        """The same plan, apart."""
        other = Plan(self.terms, [each.copy() for each in self.periods])
        other.rates, other.pauses = list(self.rates), self.pauses
        other.overdue_from = self.overdue_from
        other.grace_lifted, other.kind = self.grace_lifted, self.kind
        other.drawn, other.factors = self.drawn, self.factors
        return other

    def unpaid_copy(self) -> Plan:
        """The plan as if nothing had been paid: instalments are solved on it."""
        other = self.copy()
        other.overdue_from = None
        for period in other.periods:
            if period.moved_down:
                period.fixed = period.paid_interest
            period.paid_principal = period.paid_interest = period.future = 0
            for part in period.own_slices():
                part.correction = 0
            period.touched()
        return other

    @property
    def last(self) -> Period:
        """The last period."""
        return self.periods[-1]

    @property
    def paid_principal(self) -> int:
        """All principal paid."""
        return sum([period.paid_principal for period in self.periods])

    @property
    def credited_principal(self) -> int:
        """All principal charged back."""
        return sum(each.credited_principal for each in self.periods if each.charged_back)

    def rate_on(self, day: date) -> Fraction:
        """The yearly rate in force on a day."""
        found = self.terms.rate_annual
        for since, rate in self.rates:
            if since <= day:
                found = rate
        return found

    def period_at(self, day: date) -> Period | None:
        """The period that a change on a day belongs to: after its start, up to its due date."""
        for at, period in enumerate(self.periods):
            if (period.start < day or (not at and period.start == day)) and day <= period.due:
                return period
        return None

    def period_due(self, due: date) -> Period | None:
        """The period that falls due on a day."""
        return next((each for each in self.periods if each.due == due), None)

    def set_factors(self, period: Period) -> None:
        """Work out the rate factors of a period's slices, unless they stand for these days and rates."""
        told = (period.start, period.due, period.free, *self.rates)
        parts: Iterable[Slice] = period.stale
        if period.factored != told:
            period.touched()
            period.factored, parts = told, period.own_slices()
        period.stale = ()
        for part in parts:
            part.grid = self._factor(period, part.start, part.due, grid=True)
            part.piece = None
            part.till_due = self._factor(period, part.start, period.due, grid=False)

    def _factor(self, period: Period, start: date, due: date, *, grid: bool) -> Ratio:
        rate = Fraction(0) if period.free else self.rate_on(start)
        whole = (period.start, period.due)
        if rate is not self.terms.rate_annual:
            return factor(self.terms, rate, whole, (start, due), grid=grid)
        key = (*whole, start, due, _GRID if grid else start)
        found = self.factors.get(key)
        if found is None:
            found = factor(self.terms, rate, whole, (start, due), grid=grid)
            self.factors[key] = found
        return found

    def derive(self) -> None:
        """Work out what is due of each period from the balances as they stand."""
        before = 0
        for period in self.periods:
            before = self.derive_one(period, before)

    def derive_from(self, at: int) -> int:
        """Work out what is due of a period that was changed, and of those behind it that this moves.

        Gives by how much due interest grew.
        """
        before, grown = self.periods[at - 1].unplaced if at else 0, 0
        for period in self.periods[at:]:
            unplaced, interest = period.unplaced, period.due_interest
            before = self.derive_one(period, before)
            grown += period.due_interest - interest
            if before == unplaced:
                break
        return grown

    def settle(self, since: Period | None = None, *, alone: bool = False) -> None:
        """Carry balances through all slices, and work out what is due of each period.

        `since` is the first period that was changed, where those before it stand as they were; `alone`
        says that it is the only one, so that the rest stands too once what it hands on is the same.
        """
        before = balance = drawn = first = handed = 0
        if since is not None and since is not self.periods[0]:
            first = self.periods.index(since)
            last = self.periods[first - 1]
            if last.walked is None or not last.slices:
                first = 0
            else:
                before, balance, drawn = last.unplaced, last.balance_after, last.walked[3]
        for at, period in enumerate(self.periods[first:], first):
            known = period.walked
            if known is None or known[0] != balance or known[1] != drawn:
                known = self._walk(period, balance, drawn, keep=not at)
            elif alone and at > first and before == handed:
                return
            balance, drawn = known[2], known[3]
            handed = period.unplaced
            before = self.derive_one(period, before)
            if period.slices:
                balance = period.balance_after

    def _walk(
        self, period: Period, balance: int, drawn: int, *, keep: bool
    ) -> tuple[int, int, int, int]:
        """Carry a balance through the slices of a period; `keep` that of the first, which begins all."""
        begun, flat = (balance, drawn), self.terms.method == "flat"
        for part in period.own_slices():
            if not keep:
                part.balance = balance
            keep = False
            base = drawn if flat else part.balance
            if part.base != base:
                part.base, part.piece = base, None
            balance = part.balance + part.correction + part.drawn
            if balance < 0:
                balance = 0
            drawn += part.drawn
        period.own = None
        period.walked = found = (*begun, balance, drawn)
        return found

    def derive_one(self, period: Period, before: int) -> int:
        """Work out what is due of a period; what it could not place, which `before` is to the next."""
        interest = period.fixed + period.future + before
        if not (period.moved_up or period.moved_down):
            if period.own is None:
                period.own = period.earned(self.terms.rounding)
            interest += period.own
        if interest < 0:
            interest = 0
        if period.share is not None:
            asked = 0 if period.carried else interest - period.future - period.credited_interest
            period.instalment = period.original = period.share + asked
        level = period.instalment + period.future
        if period.charged_back:
            level += period.credited
        paid_principal, paid_interest = period.paid_principal, period.paid_interest
        fits = level - interest if level > interest else 0
        if period.carried or paid_principal > fits:
            due_interest = paid_interest
        else:
            due_interest = min(level, interest)
            if due_interest < paid_interest:
                due_interest = paid_interest
        due_principal = level - due_interest
        if due_principal < paid_principal:
            due_principal = paid_principal
        if due_principal < 0:
            due_principal = 0
        period.due_principal = due_principal
        period.interest, period.due_interest = interest, due_interest
        period.unplaced = interest - due_interest if interest > due_interest else 0
        return period.unplaced
