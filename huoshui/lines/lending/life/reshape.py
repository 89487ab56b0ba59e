"""Instalments are made anew: re-aged, re-amortised, rescheduled. No I/O."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from huoshui.lines.lending.life import account
from huoshui.lines.lending.life.events import ReAged, ReAmortised, Rescheduled
from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.life.state import Movement, State
from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.schedule.instalment import fit_last, level, solve
from huoshui.lines.lending.schedule.plan import Period, Slice
from huoshui.lines.lending.schedule.terms import round_ratio, round_to_multiple
from huoshui.lines.lending.time.calendar import DueRule, due_dates, step


def equal_parts(amount: int, count: int, multiple: int = 0) -> list[int]:
    """An amount in equal parts by a multiple; the last takes the rest."""
    part = round_to_multiple(round_ratio(amount, count), multiple)
    return [part] * (count - 1) + [amount - part * (count - 1)]


def re_amortise(state: State, event: ReAmortised, movement: Movement) -> None:
    """What is overdue is spread over the instalments that fall due after the day."""
    later = [row for row in state.regular() if row.due > event.on and not row.reaged]
    if not later:
        return
    if state.recalculates:
        past = [period for period in state.plan.periods if period.due <= event.on]
        movement.parts["principal"] = sum(each.open_principal for each in past)
        movement.parts["interest"] = sum(each.open_interest for each in past)
        spread = movement.parts["interest"] if event.interest == "equal_parts" else 0
        _solve_later(state, event.on, spread)
        state.rows_from_plan(event.on)
    else:
        overdue = 0
        for row in state.rows:
            if row.due <= event.on:
                overdue += row.principal - row.paid["principal"]
                row.principal = row.paid["principal"]
                row.review(event.on)
        movement.parts["principal"] = overdue
        parts = equal_parts(overdue, len(later), state.terms.instalment_multiple)
        for row, part in zip(later, parts, strict=True):
            row.principal += part
            row.review(event.on)
        state.reshaped = state.account is None
    movement.amount = sum(movement.parts.values())


def _settle_past(state: State, day: date) -> None:
    """Instalments up to a day ask for no more than was paid."""
    for period in state.plan.periods:
        if period.start > day or period.fully_paid or not period.slices:
            continue
        for part in period.own_slices():
            if part.due == day:
                part.correction = 0
        last = period.slices[-1]
        if last.correction:
            last.correction -= period.open_principal
        period.touched()
        period.instalment, period.share = period.paid, None
        period.credited_moved = period.credited_principal + period.credited_interest


def _let_go(state: State, day: date) -> None:
    """Past instalments ask for no interest but what was paid: the rest is asked for elsewhere."""
    for period in state.plan.periods:
        if period.due <= day and not period.fully_paid:
            period.moved_down, period.fixed = True, period.paid_interest


def _solve_later(state: State, day: date, spread: int) -> None:
    """Solve what falls due after a day anew, with overdue interest carried on or spread."""
    plan = state.plan
    plan.grace_lifted = True
    if spread:
        _let_go(state, day)
    _settle_past(state, day)
    later = [period for period in plan.periods if period.due > day]
    for period, part in zip(later, equal_parts(spread, len(later)), strict=True):
        period.fixed += part
    plan.settle()
    solve(plan, later)
    plan.settle()
    fit_last(plan, day)
    level(plan, later)


def re_age(state: State, event: ReAged, movement: Movement) -> None:
    """All that is open is spread over new instalments; an account ends by it, and earns no more."""
    if state.account is not None:
        account.stop(state, event.on)
    if state.recalculates:
        _re_age_plan(state, event, movement)
    else:
        _re_age_rows(state, event, movement)
    movement.amount = sum(movement.parts.values())


def _new_dues(event: ReAged) -> list[date]:
    rule = DueRule(every=event.every, unit=event.unit)  # type: ignore[arg-type]
    return list(due_dates(rule, event.first_due, event.instalments, from_start=True))


def _re_age_rows(state: State, event: ReAged, movement: Movement) -> None:
    parts: dict[str, int] = {"principal": 0}
    with_interest = event.interest == "equal_parts"
    if with_interest:
        parts["interest"] = 0
    for row in state.rows:
        for name in parts:
            component: Any = name
            rest = max(0, row.open(component))
            parts[name] += rest
            setattr(row, name, row.asked(component) - rest)
        row.review(event.on)
    for name, amount in parts.items():
        component = name
        movement.parts[component] = amount
    if not sum(parts.values()):
        return
    before = [row for row in state.rows if row.down or row.due < event.first_due]
    replaced = [row for row in state.rows if row not in before and not row.additional]
    extra = [row for row in state.rows if row.additional and row not in before]
    rows = _parts_rows(state, event, parts, before)
    for row, old in zip(rows, replaced, strict=False):
        _merge(row, old)
    state.rows = [*before, *rows, *[o for o in replaced[len(rows) :] if o.paid_total], *extra]
    for row in rows:
        row.review(event.on)
    state.sort_rows()
    state.reshaped = True


def _parts_rows(
    state: State, event: ReAged, parts: dict[str, int], before: list[Instalment]
) -> list[Instalment]:
    dues = _new_dues(event)
    normal = [row.due for row in before if not row.down]
    starts = [max(normal, default=state.terms.start), *dues]
    total = equal_parts(sum(parts.values()), len(dues), state.terms.instalment_multiple)
    interest = equal_parts(parts.get("interest", 0), len(dues))
    rows = []
    for at, due in enumerate(dues):
        row = Instalment(starts[at], due)
        row.reaged = True
        row.interest = interest[at]
        row.principal = total[at] - interest[at]
        rows.append(row)
    return rows


def _merge(row: Instalment, old: Instalment) -> None:
    """What was paid or charged on the instalment that is replaced stays with the new one."""
    for component, part in old.paid.items():
        row.paid[component] += part
    row.principal += old.paid["principal"]
    row.interest += old.paid["interest"]
    row.fee += old.fee
    row.penalty += old.penalty
    row.in_advance += old.in_advance
    row.late += old.late


def _re_age_plan(state: State, event: ReAged, movement: Movement) -> None:
    plan, day = state.plan, event.on
    plan.grace_lifted = True
    owed = max(0, plan.drawn) - plan.paid_principal
    then = change.till(plan, day)
    movement.parts["principal"] = owed
    movement.parts["interest"] = sum(p.open_interest for p in then.periods if p.start < day)
    spread = movement.parts["interest"] if event.interest == "equal_parts" else 0
    _end_plan(state, day)
    if spread:
        _let_go(state, day)
    _settle_past(state, day)
    new = _new_periods(state, event, owed, spread)
    plan.settle()
    fit_last(plan, day)
    level(plan, new)
    if plan.pauses:  # instalments are those of a loan that is not paused
        change.pause_again(plan, new)
        plan.settle()
        fit_last(plan, day)
    _rows_anew(state, event)
    state.amounts_from_plan()
    for row in state.rows:
        row.review(day)


def _end_plan(state: State, day: date) -> None:
    plan = state.plan
    current = plan.period_at(day)
    if current is None:
        return
    current.holder = True
    if current.due != day:
        current.due = day
        current.own_slices()
        current.slices = [p for p in current.slices if p.start < day or p.due <= day]
        if not current.slices:
            current.slices = [Slice(current.start, day)]
        current.slices[-1].due = day
        current.touched()
        plan.set_factors(current)
    for period in plan.periods:
        if period.due > day:  # what was paid ahead is paid, and asked for no more
            current.paid_principal += period.paid_principal
            current.paid_interest += period.paid_interest
    plan.periods = [period for period in plan.periods if period.due <= day]


def _new_periods(state: State, event: ReAged, owed: int, interest: int) -> list[Period]:
    plan, dues = state.plan, _new_dues(event)
    rule = DueRule(every=event.every, unit=event.unit)  # type: ignore[arg-type]
    before = step(rule, event.first_due, -1) or event.first_due
    if plan.kind in {"interest_only", "single_payment"}:  # else nothing would be spread
        plan.kind = "equal_instalment"
    terms = msgspec.structs.replace(
        state.terms,
        kind=plan.kind,
        start=before,
        first_due=None,
        instalments=event.instalments,
        due=rule,
        periods=(),
        grace_principal=0,
        grace_interest=0,
        interest_free=0,
        rate_annual=plan.rate_on(event.on),
    )
    apart = change.new_plan(terms)
    change.draw(apart, before, owed)
    extra = equal_parts(interest, len(dues))
    made = []
    for at, due in enumerate(dues):
        start = plan.last.due if plan.periods else before
        period = Period(start, due)
        period.instalment = period.original = apart.periods[at].instalment + extra[at]
        period.share = apart.periods[at].share
        period.fixed = extra[at]
        period.reaged = True
        plan.periods.append(period)
        plan.set_factors(period)
        made.append(period)
    return made


def _rows_anew(state: State, event: ReAged) -> None:
    kept = [row for row in state.rows if row.down or row.due <= event.on]
    behind = [row for row in state.rows if row not in kept]
    ours = [row for row in kept if not row.down and not row.additional]
    old, left = iter([row for row in behind if not row.additional]), list(ours)
    rows = []
    for period in state.plan.periods:
        found = next((row for row in left if row.start == period.start), None)
        if found is not None:
            left.remove(found)
            found.due = period.due
            continue
        row = next(old, None) or Instalment(period.start, period.due)
        row.start, row.due = period.start, period.due
        row.reaged = True
        rows.append(row)
    holder = next((row for row in [*ours, *rows] if row.due == event.on), None)
    if holder is not None:
        for row in behind:
            if row is not holder and not row.additional:
                _paid_before(holder, row)
    for row in old:
        _charges_to(rows[-1], row)
    state.rows = [*kept, *rows, *[row for row in behind if row.additional]]
    state.sort_rows()


def _paid_before(holder: Instalment, row: Instalment) -> None:
    """What was paid ahead belongs to the instalment that ends on the day: it stands as paid."""
    moved = row.paid["principal"] + row.paid["interest"]
    for component in ("principal", "interest"):
        name: Any = component
        holder.paid[name] += row.paid[name]
        row.paid[name] = 0
    holder.in_advance += min(moved, row.in_advance)
    row.in_advance -= min(moved, row.in_advance)


def _charges_to(row: Instalment, gone: Instalment) -> None:
    """Charges of an instalment that is no more are those of another."""
    row.fee, row.penalty = row.fee + gone.fee, row.penalty + gone.penalty
    for component, part in gone.paid.items():
        row.paid[component] += part
    for component, part in gone.waived.items():
        row.waived[component] = row.waived.get(component, 0) + part
    row.in_advance, row.late = row.in_advance + gone.in_advance, row.late + gone.late


def reschedule(state: State, event: Rescheduled) -> None:
    """New terms from an instalment on: a later date, more instalments, grace, another rate."""
    if state.reshaped:
        _reschedule_rows(state, event)
        return
    if state.account is not None:  # which has no instalments ahead
        convert(state, event)
        return
    owed, again = state.principal_asked, [p.due for p in state.plan.periods if p.reaged]
    if again and event.due < again[0]:  # what was before them is asked for in them
        event = msgspec.structs.replace(event, due=again[0])
    if event.rate_annual is not None:
        _rate_from(state, event)
    if event.moved_to is not None:
        _move(state, event.due, event.moved_to)
    if event.more or event.grace_principal:
        _add_periods(state, event.more + event.grace_principal)
    if event.more or event.grace_principal or event.grace_interest:
        _grant(state, event)
    state.rows_from_plan(event.on)
    if not state.recalculates:
        state.keep_principal(owed, event.on)


def convert(state: State, event: Rescheduled) -> None:
    """An account becomes a loan: what is owed of principal is asked for in instalments from now on.

    Interest and charges so far stay with their statements; those of the cycle that runs are due with the
    first instalment. Nothing more is drawn.
    """
    terms = state.terms
    state.terms = msgspec.structs.replace(
        terms, kind="equal_instalment", start=event.on, first_due=event.due,
        instalments=event.more, interest_free=0, balloon=0, periods=(), revolving=None, sales=None,
        rate_annual=state.plan.rate_on(event.on) if event.rate_annual is None else event.rate_annual,
    )  # fmt: skip
    owed = state.principal_owed
    current = account.current(state)
    current.asked_on, current.due = event.on, event.due
    for row in state.rows:
        row.principal, row.additional = row.paid["principal"], True
        row.review(event.on)
    by_events = sum(each.earned for each in state.movements)  # of a fixed fee; the rest is due now
    state.earned_before = sum(row.interest for row in state.rows) - by_events
    state.account, state.converted = None, event.on
    state.plan = change.new_plan(state.terms)
    change.draw(state.plan, event.on, owed)
    rows = [Instalment(period.start, period.due) for period in state.plan.periods]
    for row, period in zip(rows, state.plan.periods, strict=True):
        row.principal, row.interest = period.due_principal, period.due_interest
        row.review(event.on)
    state.rows += rows
    state.sort_rows()


def _reschedule_rows(state: State, event: Rescheduled) -> None:
    """Of a loan whose plan was reshaped: dates, and equal parts of the principal that is open."""
    rows = [row for row in state.regular() if row.due >= event.due]
    if not rows:
        return
    rule, dues = state.terms.due, [row.due for row in rows]
    if event.moved_to is not None:
        dues = [step(rule, event.moved_to, n) or event.moved_to for n in range(len(rows))]
        for row, start, due in zip(rows, [rows[0].start, *dues], dues, strict=False):
            row.start, row.due = start, due
    for n in range(event.more + event.grace_principal):
        before = rows[-1].due
        rows.append(Instalment(before, step(rule, dues[-1], n + 1) or before))
        state.rows.append(rows[-1])
    open_ = sum(max(0, row.open("principal")) for row in rows)
    asking = rows[event.grace_principal :] if event.more or event.grace_principal else []
    for row in rows if asking else ():
        row.principal -= max(0, row.open("principal"))
    for row, part in zip(asking, equal_parts(open_, len(asking) or 1), strict=False):
        row.principal += part
    for row in rows:
        row.review(event.on)
    state.sort_rows()


def _rate_from(state: State, event: Rescheduled) -> None:
    """Another rate from the start of the period that falls due on a day."""
    plan = state.plan
    period = plan.period_due(event.due)
    if period is not None and event.rate_annual is not None:
        plan.rates.append((period.start, event.rate_annual))
        plan.rates.sort(key=lambda each: each[0])
        change.solve_from(plan, period.due)


def _grant(state: State, event: Rescheduled) -> None:
    """Grace from an instalment on: so many ask for no principal, or for no interest."""
    plan = state.plan
    later = [period for period in plan.periods if period.due >= event.due]
    for period in later[: event.grace_interest]:
        period.carried = True
    for period in later:
        plan.set_factors(period)
    plan.settle()
    for period in later[: event.grace_principal]:
        period.grace = True
        period.ask_no_principal(period.earned(state.terms.rounding))
    plan.settle()
    rest = [period for period in later if not period.grace]
    solve(plan, rest)
    plan.settle()
    fit_last(plan, event.due)
    level(plan, rest)


def _move(state: State, due: date, to: date) -> None:
    plan, rule = state.plan, state.terms.due
    at = next((n for n, period in enumerate(plan.periods) if period.due == due), None)
    if at is None:
        return
    told, start = [(p.start, p.due) for p in plan.periods], to
    told[at] = (told[at][0], to)
    for n in range(at + 1, len(told)):
        until = step(rule, to, n - at) or start
        told[n] = (start, until)
        start = until
    by_due = {row.due: row for row in state.regular()}
    rows = [by_due.get(period.due) for period in plan.periods]
    change.move_dates(plan, told)
    for row, period in zip(rows, plan.periods, strict=True):
        if row is not None:
            row.start, row.due = period.start, period.due


def _add_periods(state: State, count: int) -> None:
    plan, rule = state.plan, state.terms.due
    last = plan.last.due
    for n in range(count):
        start = step(rule, last, n) or last
        period = Period(start, step(rule, last, n + 1) or start)
        plan.periods.append(period)
        state.rows.append(Instalment(period.start, period.due))
    change.pause_again(plan, plan.periods[-count:])
    state.sort_rows()
