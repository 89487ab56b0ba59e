"""What is owed again: payments called back, and credit paid out. No I/O."""

from __future__ import annotations

from datetime import date

from huoshui.lines.lending.life import account
from huoshui.lines.lending.life.allocate import take
from huoshui.lines.lending.life.events import ChargedBack, CreditRefunded
from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.life.state import Movement, State
from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.waterfall import Component


def charge_back(state: State, event: ChargedBack, movement: Movement) -> None:
    """A payment is owed again: as principal, or by the rules' order of what it had paid."""
    parts = _parts(state, event)
    if state.recalculates:
        _owe_on_plan(state, event, parts, movement)
    else:
        _owe(state, event, parts, movement)


def _parts(state: State, event: ChargedBack) -> dict[Component, int]:
    if not state.rules.chargeback or state.account is not None:
        return {"principal": event.amount}
    paid = _payment(state, event)
    had = dict(paid.parts) if paid else {"principal": event.amount}
    for former in state.movements:
        if former.kind == "chargeback" and paid is not None and former.event.endswith(paid.event):
            for component, part in former.parts.items():
                had[component] = had.get(component, 0) - part
    left, found = event.amount, {}
    for component in state.rules.chargeback:
        part = min(left, max(0, had.get(component, 0)))
        found[component] = part
        left -= part
    return found


def _payment(state: State, event: ChargedBack) -> Movement | None:
    paid = [m for m in state.movements if m.kind not in {"disbursement", "chargeback"}]
    named = [m for m in paid if m.event == event.of]
    found = named or paid
    return found[-1] if found else None


def _owe_on_plan(
    state: State, event: ChargedBack, parts: dict[Component, int], movement: Movement
) -> None:
    principal, interest = parts.get("principal", 0), parts.get("interest", 0)
    for component, part in parts.items():
        movement.parts[component] = part
    last = state.plan.last.due
    if event.on <= last:
        if principal:
            change.credit(state.plan, event.on, principal, 0)
        if interest:
            change.credit(state.plan, event.on, 0, interest)
        state.rows_from_plan(event.on)
        row = next((r for r in state.regular() if r.start <= event.on < r.due), None)
        row = row or state.regular()[-1]
        _add(row, {c: p for c, p in parts.items() if c in {"fee", "penalty"}})
        row.review(event.on)
    else:
        row = _additional(state, event.on)
        _add(row, parts)
        row.review(event.on)
    _credit_pays(state, movement)


def _add(row: Instalment, parts: dict[Component, int]) -> None:
    for component, part in parts.items():
        setattr(row, component, row.asked(component) + part)
        row.credited += part


def _owe(state: State, event: ChargedBack, parts: dict[Component, int], movement: Movement) -> None:
    row = _row_after(state, event.on)
    if state.rules.chargeback and state.account is None:
        for component, part in parts.items():
            movement.parts[component] = part
        _add(row, parts)
        row.review(event.on)
        _credit_pays(state, movement)
        return
    covered = min(event.amount, state.overpaid)
    state.overpaid -= covered
    movement.overpaid = covered
    movement.parts["principal"] = event.amount - covered
    _add(row, {"principal": event.amount})
    row.pay("principal", event.on, covered)
    row.review(event.on)


def _row_after(state: State, day: date) -> Instalment:
    if state.account is not None and not state.reshaped:
        return account.current(state)
    own = (r for r in state.rows if not r.down and r.asked_on is None)
    rows = sorted(own, key=lambda r: r.due)
    for row in rows:
        if row.additional or row.due > day:
            if row.additional:
                row.due = max(row.due, day)
            return row
    if rows[-1].due == day:
        return rows[-1]
    return _additional(state, day)


def _additional(state: State, day: date) -> Instalment:
    for row in state.rows:
        if row.additional and row.asked_on is None:
            row.due = max(row.due, day)
            return row
    last = max(row.due for row in state.rows)
    row = Instalment(last, day, additional=True)
    state.rows.append(row)
    return row


def _credit_pays(state: State, movement: Movement) -> None:
    if state.overpaid > 0:
        own = Movement(movement.event, movement.kind, movement.on, state.overpaid)
        state.overpaid = take(state, own, state.overpaid, "default")
        movement.by_credit, movement.overpaid = own.parts, sum(own.parts.values())


def refund_credit(state: State, event: CreditRefunded, movement: Movement) -> None:
    """Credit is paid out; what is more than the credit is owed as principal."""
    covered = min(event.amount, state.overpaid)
    state.overpaid -= covered
    movement.overpaid = covered
    owed = event.amount - covered
    movement.parts["principal"] = owed
    if not owed:
        return
    if state.recalculates and event.on <= state.plan.last.due:
        change.credit(state.plan, event.on, event.amount, 0)
        state.rows_from_plan(event.on)
        row = next((r for r in state.regular() if r.due > event.on), state.regular()[-1])
        if covered:
            period = state.plan.period_due(row.due)
            if period is not None:
                change.pay_principal(state.plan, period, event.on, covered)
                state.rows_from_plan(event.on)
            row.pay("principal", event.on, covered)
        return
    row = _row_after(state, event.on)
    _add(row, {"principal": event.amount})
    row.pay("principal", event.on, covered)
    row.review(event.on)
