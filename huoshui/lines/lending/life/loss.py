"""A loan that is held to be lost, or given up. No I/O."""

from __future__ import annotations

from datetime import date

from huoshui.lines.lending.life import account, effective
from huoshui.lines.lending.life.events import ChargedOff, WrittenOff
from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.life.state import Movement, State
from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.schedule.terms import round_ratio
from huoshui.lines.lending.waterfall import COMPONENTS


def charge_off(state: State, event: ChargedOff, movement: Movement) -> None:
    """Hold all that is open to be lost; by the rules, interest after the day is not asked for."""
    if state.account is not None:
        account.stop(state, event.on, all_due=state.rules.charge_off == "accelerate")
    elif any(not row.met for row in state.rows):
        if state.rules.charge_off == "zero_interest":
            _no_later_interest(state, event.on)
        elif state.rules.charge_off == "accelerate":
            _all_due(state, event.on)
    _tell_open(state, movement)
    if movement.amount:
        state.charged_off = event.on


def write_off(state: State, event: WrittenOff, movement: Movement) -> None:
    """Give up all that is open."""
    if state.recalculates:
        state.amounts_from_plan()
    _tell_open(state, movement)
    if state.account is not None:
        account.stop(state, event.on)
    for row in state.rows:
        for component in COMPONENTS:
            part = row.open(component)
            if part > 0:
                row.waived[component] = row.waived.get(component, 0) + part
        row.review(event.on)
    state.written_off = event.on


def _tell_open(state: State, movement: Movement) -> None:
    for component in COMPONENTS:
        movement.parts[component] = max(0, sum(row.open(component) for row in state.rows))
    if effective.by_events(state.terms):  # what was never earned is no loss
        movement.parts["interest"] = effective.receivable(state)
    movement.amount = sum(movement.parts.values())


def earned_until(state: State, row: Instalment, day: date) -> int:
    """Interest of an instalment's period up to a day."""
    period = state.plan.period_due(row.due)
    if state.recalculates and period is not None:
        then = change.till(state.plan, day).period_due(row.due)
        return then.interest if then else 0
    whole = (row.due - row.start).days
    return round_ratio(
        max(0, row.open("interest")) * (day - row.start).days, whole or 1, state.terms.rounding
    )


def _no_later_interest(state: State, day: date) -> None:
    """Interest after a day becomes principal of the same instalment; the last ones ask for less."""
    owed = _principal(state)
    for row in state.rows:
        if row.start <= day < row.due:
            earned = earned_until(state, row, day)
            if row.open("interest") > 0 or (state.recalculates and earned > 0):
                told = min(earned, row.principal + row.interest)  # it was paid already
                row.principal += row.interest - told
                row.interest = told
    for row in state.rows:
        if row.start > day and not row.met:
            rest = row.open("interest")
            if rest > 0:
                row.principal += rest
                row.interest -= rest
    _fit_principal(state, day, owed - _principal(state))


def _principal(state: State) -> int:
    return sum(row.principal for row in state.rows if not row.additional)


def _fit_principal(state: State, day: date, lacking: int) -> None:
    for row in reversed(state.rows[1:]):
        if not lacking:
            return
        if row.additional or row.met:
            continue
        had = row.principal
        row.principal = max(0, had + lacking)
        row.review(day)
        lacking -= row.principal - had


def _all_due(state: State, day: date) -> None:
    """All later instalments become due on a day, with interest up to it."""
    current = next((r for r in state.rows if not r.down and r.start < day <= r.due), None)
    later = [row for row in state.rows if row.due > day and not row.down]
    if current is None or not later or day >= max(row.due for row in later):
        return
    if not current.met:
        earned = earned_until(state, current, day)
        if current.open("interest") > 0 or earned > 0:
            current.interest = earned
    behind = [row for row in later if row is not current]
    current.due = day
    for row in behind:
        current.principal += row.principal
        for component, part in row.paid.items():
            current.paid[component] += part
            if component == "interest":
                current.interest += part
        current.in_advance += row.in_advance
    _charges_behind(state, current, behind)
    state.rows = [row for row in state.rows if row not in behind]
    current.review(day)


def _charges_behind(state: State, current: Instalment, behind: list[Instalment]) -> None:
    fee = sum(row.fee for row in behind)
    penalty = sum(row.penalty for row in behind)
    if fee or penalty:
        until = max((c.due for c in state.charges), default=current.due)
        row = Instalment(current.due, max(until, current.due), additional=True)
        row.fee, row.penalty = fee, penalty
        state.rows.append(row)
