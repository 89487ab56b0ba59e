"""Changes of a plan: drawdown, rate, pause, credit, payment, overdue principal. No I/O.

Each change cuts the slice on its day, adds to it, and works the plan out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from huoshui.lines.lending.schedule.factor import NOTHING
from huoshui.lines.lending.schedule.instalment import (
    fit_last,
    level,
    slice_at,
    solve,
    truncate_interest,
)
from huoshui.lines.lending.schedule.plan import Period, Plan, Slice
from huoshui.lines.lending.schedule.terms import Terms
from huoshui.lines.lending.time.calendar import due_dates

_DAY = timedelta(days=1)


def new_plan(terms: Terms) -> Plan:
    """An empty plan: periods on the grid of the terms, nothing drawn."""
    dues = _dues(terms)
    starts = (terms.start, *dues)
    periods = [Period(start, due) for start, due in zip(starts, dues, strict=False)]
    for period in periods[: terms.interest_free]:
        period.free = True
    carried = terms.instalments - 1 if terms.kind == "single_payment" else terms.grace_interest
    for period in periods[:carried]:
        period.carried = True
    return Plan(terms, periods)


def _dues(terms: Terms) -> tuple[date, ...]:
    if terms.first_due is None:
        return due_dates(terms.due, terms.start, terms.instalments)
    return due_dates(terms.due, terms.first_due, terms.instalments, from_start=True)


def move_dates(plan: Plan, periods: Sequence[tuple[date, date]]) -> None:
    """Let periods have other dates: instalments stay, interest and the last one change."""
    if all((p.start, p.due) == told for p, told in zip(plan.periods, periods, strict=True)):
        return
    for period, (start, due) in zip(plan.periods, periods, strict=True):
        period.start, period.due = start, due
        period.own_slices()
        inside = [part for part in period.slices if part.start < due and part.due > start]
        kept = [part for part in period.slices if part.start == part.due == start] + inside
        period.slices = kept or [Slice(start, due)]
        period.slices[0].start, period.slices[-1].due = start, due
        period.touched()
        plan.set_factors(period)
    plan.settle()
    fit_last(plan, periods[0][0])


def draw(plan: Plan, day: date, amount: int) -> None:
    """Draw an amount on a day. Without part periods it counts from the start of its period."""
    terms = plan.terms
    if terms.calculation == "by_period" and not terms.partial_periods:
        day = next((each.start for each in plan.periods if each.due > day), day)
    _draw(plan, day, amount, solved=False)


def _draw(plan: Plan, day: date, amount: int, *, solved: bool) -> None:
    period = cut(plan, day, drawn=amount)
    if period is not None:
        _resolve(plan, _asked_from(plan, period, day), day, alone=solved)


def _asked_from(plan: Plan, period: Period, day: date) -> date:
    """The due date from which instalments change: a change on a due date is the next one's."""
    if period.due == day:
        at = plan.periods.index(period)
        if at + 1 < len(plan.periods):
            return plan.periods[at + 1].due
    return period.due


def change_rate(plan: Plan, day: date, rate: Fraction) -> None:
    """A new yearly rate from a day on; by the terms its first night is the one before."""
    since = day - _DAY if plan.terms.rate_from == "night_before" else day
    plan.rates.append((since, rate))
    plan.rates.sort(key=lambda each: each[0])
    period = cut(plan, since)
    if period is not None:
        _resolve(plan, _asked_from(plan, period, since), since, alone=True)


def solve_from(plan: Plan, due: date) -> None:
    """Solve the instalments anew that fall due from a day on."""
    _resolve(plan, due, due, alone=True)


def pause(plan: Plan, first: date, last: date) -> None:
    """No interest from a first to a last day."""
    plan.pauses += ((first, last),)
    touched = _pause_in(plan, plan.periods, first, last)
    if touched:
        for period in plan.periods:
            if period.due >= touched[0].start:
                plan.set_factors(period)
        plan.settle()
        fit_last(plan, touched[0].start)


def pause_again(plan: Plan, periods: Sequence[Period]) -> None:
    """Let the pauses of a plan hold for periods that are new to it."""
    for first, last in plan.pauses:
        for period in _pause_in(plan, periods, first, last):
            plan.set_factors(period)


def _pause_in(plan: Plan, periods: Sequence[Period], first: date, last: date) -> list[Period]:
    touched = [each for each in periods if each.start < last and each.due >= first]
    since = first - _DAY if plan.terms.pause_from == "night_before" else first
    for period in touched:
        _pause(plan, period, max(since, period.start), min(last, period.due))
    return touched


def _pause(plan: Plan, period: Period, start: date, end: date) -> None:
    period.own_slices()
    if not any(part.start == start for part in period.slices):
        _insert(plan, period, start)
    if not any(part.due == end for part in period.slices):
        _insert(plan, period, end)
    for part in period.slices:
        if part.start >= start and part.due <= end:
            part.paused = True
    period.touched()


def credit(plan: Plan, day: date, principal: int, interest: int) -> None:
    """Charge principal and interest back to the borrower on a day."""
    period = cut(plan, day, correction=principal)
    if period is None:
        return
    target = next((each for each in plan.periods if _in_credit_range(plan, each, day)), None)
    parts = [part for part in target.own_slices() if part.start == day] if target else []
    if parts and target is not None:
        target.charged_back = True
        parts[-1].credited_principal += principal
        parts[-1].credited_interest += interest
        target.touched()
    plan.set_factors(period)
    plan.settle()
    fit_last(plan, day)


def _in_credit_range(plan: Plan, period: Period, day: date) -> bool:
    if period is plan.last:
        return period.start <= day <= period.due
    return period.start <= day < period.due


def correct(plan: Plan, day: date, amount: int, *, alone: bool = True) -> bool:
    """Let the balance that earns interest differ by an amount from a day on; False outside the plan.

    `alone` says that nothing else of the plan was changed.
    """
    period = cut(plan, day, correction=amount)
    if period is not None:
        plan.set_factors(period)
        interest = period.interest
        plan.settle(period, alone=alone)
        if amount or not alone or interest != period.interest or _carries(plan):
            fit_last(plan, day, derived=True)
    return period is not None


def _carries(plan: Plan) -> bool:
    """Whether interest did not fit in somewhere: then it matters up to which day it is asked for."""
    return any(period.unplaced or period.moved_up or period.future for period in plan.periods)


def pay_principal(plan: Plan, period: Period, day: date, amount: int) -> None:
    """Principal of a period is paid on a day; late, it counts from the due date.

    What is paid ahead of a period settles it at what is paid, while others are open.
    """
    if not amount:
        return
    room = plan.drawn + plan.credited_principal - plan.paid_principal
    period.paid_principal += amount if amount <= room else max(0, plan.drawn - plan.paid_principal)
    since = min(period.due, day)
    fitted = correct(plan, since, -amount, alone=False)
    if day < period.start and sum([not each.fully_paid for each in plan.periods]) > 1:
        ahead = period.paid > period.level or period.paid == period.original + period.credited
        if ahead:
            period.instalment, fitted = period.paid - period.credited, False
    if not fitted:
        fit_last(plan, since)


def pay_interest(plan: Plan, period: Period, day: date, amount: int) -> None:
    """Interest of a period is paid on a day."""
    if day >= period.due and plan.last.fully_paid:
        open_ = [each for each in plan.periods if not each.fully_paid]
        if open_ and open_[-1] is period:
            _defer(plan, period, day)
    due = sum([each.due_interest - each.paid_interest for each in plan.periods])
    period.paid_interest += min(amount, due)
    plan.settle(period, alone=True)
    fit_last(plan, day, derived=True)


def _defer(plan: Plan, period: Period, day: date) -> None:
    later = plan.copy()
    truncate_interest(later, day)
    later.derive()
    for each in reversed(later.periods):
        if each.due <= period.due:
            return
        if each.unplaced > 0:
            period.future = each.unplaced
            for behind in plan.periods:
                if behind.due > period.due:
                    behind.moved_up = True
            plan.derive()
            return


def cut(plan: Plan, day: date, *, drawn: int = 0, correction: int = 0) -> Period | None:
    """Add to the balance at the end of a day; the slice that holds the day ends there."""
    period = plan.period_at(day)
    if period is None:
        return None
    period.own_slices()
    part = _ending(plan, period, day)
    if part is None:
        part = _insert(plan, period, day)
    part.drawn += drawn
    plan.drawn += drawn
    part.correction += correction
    period.divided()
    return period


def _ending(plan: Plan, period: Period, day: date) -> Slice | None:
    if period is plan.last and day == period.due:
        last = period.slices[-1]
        return last if last.start == last.due else None
    return next((part for part in period.slices if part.due == day), None)


def _insert(plan: Plan, period: Period, day: date) -> Slice:
    """Cut the slice that a day lies in; give the first part."""
    at = 0
    for index, part in enumerate(period.slices):
        if part.start < day <= part.due:
            at = index
    part = period.slices[at]
    end = part.due
    part.due = min(max(day, part.start), end)
    behind = Slice(part.due, end, paused=part.paused)
    period.slices.insert(at + 1, behind)
    period.divided(part, behind)
    return part


def _resolve(plan: Plan, since: date, day: date, *, alone: bool) -> None:
    """Solve the instalments that fall due from a day on.

    With `alone` on this plan as it is; else on the plan without payments, from which they are taken.
    """
    related = [each for each in plan.periods if each.due >= since]
    on_this = alone or not any(each.instalment for each in plan.periods)
    for period in related:
        plan.set_factors(period)
    if plan.terms.solved_flat and plan.kind == "equal_instalment":
        solve(plan, related)
        fit_last(plan, since)
        return
    plan.settle()
    if on_this:
        solve(plan, related)
    elif related:
        _solve_apart(plan, related, day)
    _spare_principal(plan, related)
    plan.settle()
    fit_last(plan, since)
    if on_this:
        level(plan, related)


def _solve_apart(plan: Plan, related: list[Period], day: date) -> None:
    apart = plan.unpaid_copy()
    _draw(apart, day, 0, solved=True)
    for period in related:
        other = apart.period_due(period.due)
        if other is not None:
            period.instalment, period.original = other.instalment, other.original
            period.share = other.share


def _spare_principal(plan: Plan, related: list[Period]) -> None:
    """Leading instalments without principal: only their interest is due."""
    count = plan.terms.grace_principal
    for period in plan.periods:
        period.grace = False
    if plan.grace_lifted or not count or not related:
        return
    plan.derive()
    for period in plan.periods[:count]:
        if period.due >= related[0].due:
            period.ask_no_principal(period.due_interest)
            period.grace = True
        elif not period.due_principal:
            period.grace = True
        plan.derive()
    plan.settle()
    solve(plan, [each for each in related if not each.grace])


def overdue(plan: Plan, day: date, *, whole_period: bool = False) -> bool:
    """Overdue principal keeps earning until a day; with `whole_period` until the current due date."""
    target = min(day, plan.last.due)
    if plan.overdue_from == target:
        return False
    late = [each for each in plan.periods if not each.holder and target > each.due]
    if not late:
        return False
    current = plan.period_at(target) or plan.last
    changed, open_, all_open = False, 0, 0
    for period in late:
        if open_:
            changed |= _carry_overdue(plan, target, period, open_, all_open, whole_period)
        open_ = period.open_principal
        all_open += open_
    if current is not plan.last or target <= plan.last.due:
        changed |= _carry_overdue(plan, target, current, open_, all_open, whole_period)
    if all_open and (plan.overdue_from is None or plan.overdue_from < target):
        plan.overdue_from = target
    return changed


def _carry_overdue(
    plan: Plan, day: date, period: Period, open_: int, all_open: int, whole_period: bool
) -> bool:
    if day == plan.overdue_from:
        return False
    since = plan.overdue_from
    correct(plan, period.start if since is None or period.start > since else since, open_)
    if period.start < day <= period.due:
        until = period.due if whole_period else day
        correct(plan, until, -all_open)
        plan.overdue_from = until
    return True


def till(plan: Plan, day: date) -> Plan:
    """The plan as it would be if interest were earned up to a day only."""
    copy = plan.copy()
    first, last = copy.periods[0], copy.last
    if day < first.start:
        for period in copy.periods:
            period.slices, period.shared = [], False
            period.touched()
        copy.settle()
        return copy
    if day >= last.due:
        copy.derive()
        return copy
    current = copy.period_at(day)
    if current is None:
        return copy
    _end_on(copy, current, day)
    for period in copy.periods:
        if period.slices:
            copy.set_factors(period)
    copy.settle(current)
    fit_last(copy, day, derived=True)
    return copy


def _end_on(plan: Plan, current: Period, day: date) -> None:
    after = False
    for at, period in enumerate(plan.periods):
        if period.due <= day:
            continue
        if period is current:
            _end_current(plan, period, day)
            continue
        period.touched()
        head = period.slices[0] if period.slices else None
        credited = head is not None and (head.credited_interest > 0 or head.credited_principal > 0)
        if head is not None and credited and not after and plan.periods[at - 1] is current:
            head = period.own_slices()[0]
            head.due = head.start
            del period.slices[1:]
        else:
            period.slices, period.shared = [], False
        after = True


def _end_current(plan: Plan, period: Period, day: date) -> None:
    """The slice that holds the day ends there, and none follows it; the others stay shared."""
    found = slice_at(plan, period, day)
    if found is None:
        period.touched()
        return
    part, behind = period.slices[found].copy(), period.slices[found + 1 :]
    part.due, part.piece = day, None
    if behind and period.charged_back:
        part.credited_principal += behind[0].credited_principal
        part.credited_interest += behind[0].credited_interest
    period.slices, period.shared = [*period.slices[:found], part], True
    if any(each.drawn or each.correction for each in behind):
        period.touched()
    else:
        period.own = None  # balances are the same, and a factor counts to the period's end


__all__ = [
    "NOTHING",
    "change_rate",
    "correct",
    "credit",
    "cut",
    "draw",
    "new_plan",
    "overdue",
    "pause",
    "pay_interest",
    "pay_principal",
    "solve_from",
    "till",
]
