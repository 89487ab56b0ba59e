"""A payment is taken by the waterfall. No I/O.

Where payments change interest, each part that is taken changes the plan at once, so that the next
part sees what is due then.
"""

from __future__ import annotations

from datetime import date

from huoshui.lines.lending.life.account import fee_part
from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.life.state import Movement, State
from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.schedule.instalment import fit_last, truncate_interest
from huoshui.lines.lending.schedule.plan import Period
from huoshui.lines.lending.schedule.terms import round_ratio
from huoshui.lines.lending.waterfall import Bucket, Component, FutureRule

_DEBT = {"interest", "principal"}  # which the plan knows; charges are those of instalments alone


class Taking:
    """A payment while it is taken: what is left of it, and instalments that have nothing to take."""

    __slots__ = ("asked", "day", "left", "movement", "passed")

    def __init__(self, movement: Movement, day: date, amount: int) -> None:
        self.movement, self.day, self.left = movement, day, amount
        self.passed: list[Instalment] = []
        self.asked: tuple[Period, date, tuple[int, int]] | None = None  # while the plan stands

    def pass_by(self, row: Instalment) -> None:
        """Note that an instalment has nothing to take; once, so that a round without gain ends all."""
        if row not in self.passed:
            self.passed.append(row)

    def pass_all(self, rows: list[Instalment]) -> bool:
        """Note that none of these has anything to take; whether that is news.

        The last of several may not have been offered anything, since parts are rounded.
        """
        had = len(self.passed)
        for row in rows[:-1] or rows:
            self.pass_by(row)
        return len(self.passed) > had


def take(state: State, movement: Movement, amount: int, kind: str) -> int:
    """Take an amount by the table of a kind; gives what nothing was open for."""
    taking = Taking(movement, movement.on, amount)
    waterfall = state.rules.waterfall
    future = state.future.get(kind, state.future["default"])
    if waterfall.direction == "horizontal":
        if kind not in state.buckets:
            state.buckets[kind] = waterfall.by_bucket(kind)
        for bucket, components in state.buckets[kind]:
            if taking.left > 0:
                _horizontal(state, taking, bucket, components, future)
    else:
        for bucket, component in waterfall.table_of(kind):
            _vertical(state, taking, bucket, component, future)
    return taking.left


def _horizontal(
    state: State,
    taking: Taking,
    bucket: Bucket,
    components: list[Component],
    future: FutureRule,
) -> None:
    taking.passed = []
    while taking.left > 0 and any(not row.met for row in state.rows):
        before = (taking.left, len(taking.passed))
        rows = _rows(state, taking, bucket, future)
        if not rows:
            return
        for component in components:
            if component in _DEBT or any(row.open(component) for row in rows):
                _spread(state, taking, bucket, component, rows)
        if taking.left == before[0]:  # they ask for no more on this day, though they will
            taking.pass_all(rows)
        if (taking.left, len(taking.passed)) == before:
            return


def _vertical(
    state: State, taking: Taking, bucket: Bucket, component: Component, future: FutureRule
) -> None:
    taking.passed = []
    while taking.left > 0:
        before = taking.left
        rows = [r for r in _open_rows(state, taking, bucket) if r.open(component) > 0]
        rows = [r for r in rows if r not in taking.passed]
        rows = _by_future(taking, rows, future) if bucket == "in_advance" else rows[:1]
        if not rows:
            return
        _spread(state, taking, bucket, component, rows)
        if taking.left == before and not taking.pass_all(rows):
            return


def _rows(state: State, taking: Taking, bucket: Bucket, future: FutureRule) -> list[Instalment]:
    rows = _open_rows(state, taking, bucket)
    rows = [row for row in rows if row not in taking.passed]
    if bucket != "in_advance":
        return rows[:1]
    if future not in {"last_instalment", "next_then_last"} or not state.recalculates:
        return _by_future(taking, rows, future)
    if future == "next_then_last":
        current = [row for row in rows if row.start <= taking.day]
        if current:
            return current
    behind = [
        row
        for row in state.rows
        if taking.day < row.due and (not row.met or (not row.total and row not in taking.passed))
    ]
    return behind[-1:]


def _open_rows(state: State, taking: Taking, bucket: Bucket) -> list[Instalment]:
    day = taking.day
    if bucket == "past_due":
        return [row for row in state.rows if not row.met and day > row.due]
    if bucket == "due":
        return [row for row in state.rows if not row.met and day == row.due]
    return [row for row in state.rows if not row.met and day < row.due]


def _by_future(taking: Taking, rows: list[Instalment], future: FutureRule) -> list[Instalment]:
    if future == "spread":
        return rows
    if future == "next_instalment":
        return rows[:1]
    if future == "next_then_last":
        current = [row for row in rows if row.start <= taking.day]
        if current:
            return current
    return rows[-1:]


def _spread(
    state: State, taking: Taking, bucket: Bucket, component: Component, rows: list[Instalment]
) -> None:
    """Take a component of several instalments in equal parts, the odd rest of the last."""
    part = round_ratio(taking.left, len(rows), "half_even")
    odd = taking.left - part * len(rows)
    if part + odd < 0:
        part = taking.left // len(rows)
        odd = taking.left - part * len(rows)
    for row in rows:
        amount = part + odd if row is rows[-1] else part
        taken = _take_part(state, taking, bucket, component, row, max(0, amount))
        taking.left -= taken
        taking.movement.parts[component] += taken


def _take_part(
    state: State,
    taking: Taking,
    bucket: Bucket,
    component: Component,
    row: Instalment,
    amount: int,
) -> int:
    day, plan = taking.day, state.plan
    period = None if row.down or row.additional else plan.period_due(row.due)
    if not state.recalculates or period is None:
        if state.recalculates:
            taking.pass_by(row)
        if component == "interest" and state.terms.sales is not None and state.terms.sales.fee:
            amount = fee_part(amount, row.open("principal"), row.open("interest"))
        return row.pay(component, day, amount)
    paid_on = day
    if bucket == "in_advance":
        paid_on = _paid_on(state, taking, row)
        _due_then(state, taking, row, period, component, paid_on)
    taken = row.pay(component, day, amount)
    if component not in _DEBT:
        return taken
    if taken:
        taking.asked = None
        pay = change.pay_principal if component == "principal" else change.pay_interest
        pay(plan, period, paid_on, taken)
    if taken or state.unsure:
        state.rows_from_plan(day)
    else:  # the plan is as it was
        row.ask(period.due_principal, period.due_interest, day)
    return taken


def whole_period(state: State) -> bool:
    """Whether interest is owed to the end of the current period."""
    if state.rules.preclose != "rest":
        return False
    return state.prepaying or state.rules.rest == "period"


def _paid_on(state: State, taking: Taking, row: Instalment) -> date:
    if whole_period(state) and row.holds(taking.day, first=False):
        return row.due
    return taking.day


def _due_then(
    state: State,
    taking: Taking,
    row: Instalment,
    period: Period,
    component: Component,
    day: date,
) -> None:
    """What an instalment that is not due yet asks if it is paid on a day."""
    known = taking.asked
    if known is None or known[0] is not period or known[1] != day:
        known = taking.asked = (period, day, due_on(state, period, day))
    principal, interest = known[2]
    if not principal and not interest:
        taking.pass_by(row)
    if component == "interest":
        row.interest = interest
    elif component == "principal":
        row.principal = principal


def due_on(state: State, period: Period, day: date) -> tuple[int, int]:
    """Principal and interest of a period if interest is earned up to a day only."""
    copy = change.till(state.plan, day)
    then = copy.period_due(period.due)
    if then is None:
        return 0, 0
    ahead = day <= then.start and then.share is None
    if ahead and sum([not each.fully_paid for each in copy.periods]) > 1:
        then.instalment = then.original
        copy.derive()
        rest = max(0, copy.drawn) - copy.paid_principal
        over = max(0, then.open_principal - rest)
        then.instalment -= over
        copy.derive()
    return then.due_principal, then.due_interest


def open_on(state: State, day: date) -> tuple[int, int]:
    """Principal and interest that would settle the loan on a day."""
    copy = state.plan.copy()
    truncate_interest(copy, day)
    copy.settle()
    fit_last(copy, day)
    interest = sum(each.due_interest - each.paid_interest for each in copy.periods)
    return max(0, copy.drawn - copy.paid_principal), max(0, interest)
