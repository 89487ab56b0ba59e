"""What each event does to the state of a loan. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from huoshui.lines.lending.life import account, credit, effective, loss, penal, reshape
from huoshui.lines.lending.life.accrue import earned
from huoshui.lines.lending.life.allocate import open_on, take, whole_period
from huoshui.lines.lending.life.events import (
    AnyEvent,
    Charged,
    ChargedBack,
    ChargedOff,
    CreditRefunded,
    DayClosed,
    Drawn,
    InterestPaused,
    Paid,
    PenaltyWaived,
    RateChanged,
    ReAged,
    ReAmortised,
    Rescheduled,
    Waived,
    WrittenOff,
)
from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.life.state import (
    DOWN,
    NOT_DEBT,
    USING_CREDIT,
    Charge,
    Movement,
    State,
)
from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.schedule.make import down_payment_of
from huoshui.lines.lending.schedule.terms import round_ratio, round_to_multiple

INTEREST = ":interest"
INTEREST_REFUND = "interest_refund"


def apply(state: State, event: AnyEvent) -> None:
    """Let the state know of an event that is the latest by its day."""
    if state.account is not None:
        account.roll(state, event.on)
    if state.rules.penalty is not None:
        see(state, _first_day(event))
    if not isinstance(event, Paid):
        state.unsure = True
    fixed = effective.by_events(state.terms)
    before, told = effective.earned(state) if fixed else 0, len(state.movements)
    _STEPS[type(event)](state, event)
    if fixed and len(state.movements) > told and not (state.charged_off or state.written_off):
        state.movements[-1].earned = effective.earned(state) - before
    state.applied.append(event)
    if state.account is not None:
        account.follow(state, event.on)


def earn_overdue(state: State, day: date) -> None:
    """Let overdue principal earn up to a day, where the rules say that it does."""
    if state.account is not None:
        account.roll(state, day)
        return
    if not (state.recalculates and state.rules.earn_on_overdue):
        return
    if change.overdue(state.plan, day, whole_period=whole_period(state)):
        state.amounts_from_plan()


def see(state: State, day: date) -> None:
    """Let days go by: what is overdue has earned up to a day, penalty interest too."""
    earn_overdue(state, day)
    penal.roll(state, day)


def _first_day(event: AnyEvent) -> date:
    """The day on which an event is told, which may be before the one that it names."""
    if isinstance(event, Charged):
        return min(event.due, event.on)
    return min(event.first_due, event.on) if isinstance(event, ReAged) else event.on


def told_beyond(state: State, day: date) -> bool:
    """Whether an account is told up to a later day, so that it must be told again."""
    return state.account is not None and day < state.account.at


def moved(state: State, movement: Movement) -> None:
    """Keep a movement, with the principal owed after it."""
    movement.balance = 0 if movement.kind in NOT_DEBT else state.principal_owed
    state.movements.append(movement)


def _draw(state: State, event: Drawn) -> None:
    earn_overdue(state, event.on)
    movement = Movement(event.id, "disbursement", event.on, event.amount)
    down = down_payment_of(state.terms, event.amount)
    state.drawn.append((event.on, event.amount))
    if down:
        row = Instalment(event.on, event.on, down=True)
        row.principal = down
        row.review(event.on)
        state.rows.append(row)
        state.sort_rows()
    rest = event.amount - down
    if state.account is not None and not state.reshaped:
        _draw_on_account(state, event)
    elif state.reshaped:
        _draw_flatly(state, event.on, rest)
    else:
        change.draw(state.plan, event.on, rest)
        _after_draw(state, event.on, rest)
    _use_credit(state, movement)
    moved(state, movement)
    auto = state.terms.down_payment is not None and state.terms.down_payment.auto
    mark = event.id + DOWN
    if down and auto and mark not in state.undone:
        paid = Paid(id=mark, on=event.on, recorded=event.recorded, amount=down, kind="down_payment")
        pay(state, paid)


def _draw_on_account(state: State, event: Drawn) -> None:
    row, sales = account.current(state), state.terms.sales
    before = effective.earned(state)
    row.principal += event.amount
    if sales is not None and sales.fee:
        fee = event.amount * sales.fee
        row.interest += round_ratio(fee.numerator, fee.denominator, state.terms.rounding)
        effective.set_rate(state, before)
    row.review(event.on)


def _after_draw(state: State, day: date, amount: int) -> None:
    if not any(row.due >= day for row in state.regular()):
        _draw_behind(state, day, amount)
        amount = 0
    owed = state.principal_asked + amount
    by_due = {row.due: row for row in state.rows if not row.down and row.asked_on is None}
    for period in state.plan.periods:
        row = by_due.get(period.due)
        if row is not None and row.due >= day:
            row.principal, row.interest = period.due_principal, period.due_interest
            row.review(day)
    if not state.recalculates:
        state.keep_principal(owed, day)


def _draw_behind(state: State, day: date, amount: int) -> None:
    """Behind the last instalment: all is due on its day."""
    added = Instalment(day, day, additional=True)
    added.principal = amount
    added.review(day)
    state.rows.append(added)


def _draw_flatly(state: State, day: date, amount: int) -> None:
    """On a loan whose plan was reshaped: equal parts of principal over what is left."""
    rows = [row for row in state.regular() if row.due > day]
    if not rows:
        _draw_behind(state, day, amount)
        return
    part = round_ratio(amount, len(rows), state.terms.rounding)
    left = amount
    for row in rows:
        told = round_to_multiple(row.principal + part, state.terms.instalment_multiple)
        left -= told - row.principal
        row.principal = told
        row.review(day)
    rows[-1].principal += left


def _use_credit(state: State, movement: Movement) -> None:
    """Credit of the borrower pays what is newly owed."""
    if state.overpaid > 0:
        own = Movement(movement.event, movement.kind, movement.on, state.overpaid)
        state.overpaid = take(state, own, state.overpaid, "default")
        movement.overpaid = sum(own.parts.values())
        for component, part in own.parts.items():
            movement.parts[component] += part


def pay(state: State, event: Paid) -> None:
    """Take a payment; what nothing is open for is credit."""
    state.prepaying = _settles(state, event)
    earn_overdue(state, event.on)
    movement = Movement(event.id, event.kind, event.on, event.amount)
    left = take(state, movement, event.amount, event.kind)
    movement.overpaid = left
    state.overpaid += left
    moved(state, movement)
    if event.kind in state.rules.interest_refund:
        _refund_interest(state, event)


def _refund_interest(state: State, event: Paid) -> None:
    """Give back the interest that would not have been earned had the refund never been drawn."""
    kinds = state.rules.interest_refund
    paid = [e for e in state.applied if isinstance(e, Paid)]
    refunds = [*[e for e in paid if e.kind in kinds], event]
    spared = sum(e.amount for e in refunds)
    given = sum(m.amount for m in state.movements if m.kind == INTEREST_REFUND)
    other = State(state.terms, msgspec.structs.replace(state.rules, interest_refund=()))
    for each in state.applied:
        if each in refunds:
            continue
        if isinstance(each, Drawn) and spared:
            part = min(spared, each.amount)
            spared -= part
            each = msgspec.structs.replace(each, amount=each.amount - part)
        apply(other, each)
    amount = earned(state, event.on) - given - earned(other, event.on)
    if amount > 0:
        mark = event.id + INTEREST
        pay(
            state,
            Paid(
                id=mark, on=event.on, recorded=event.recorded, amount=amount, kind=INTEREST_REFUND
            ),
        )


def _settles(state: State, event: Paid) -> bool:
    """Whether a payment would settle the loan if interest were owed for the whole period."""
    if event.amount < state.plan.drawn - state.plan.paid_principal:
        return False  # not even the principal
    row = state.row_at(event.on)
    if row is None or not state.recalculates:
        return False
    principal, interest = open_on(state, row.due)
    return event.amount >= principal + interest


def _charge(state: State, event: Charged) -> None:
    charge = Charge(event.id, event.kind, event.due, event.amount)
    state.charges.append(charge)
    row = _row_for_charge(state, event.due)
    if event.kind == "penalty":
        row.penalty += event.amount
    else:
        row.fee += event.amount
    row.review(event.on)
    _credit_to_charge(state, event)


def _row_for_charge(state: State, due: date) -> Instalment:
    if state.account is not None and not state.reshaped:
        return account.row_of(state, due)
    own = [r for r in state.rows if r.asked_on is None]
    row = next((r for r in own if r.additional and r.holds(due, first=True)), None)
    row = row or state.row_at(due)
    if row is not None:
        return row
    last = max(own, key=lambda each: each.due)
    if last.additional:
        last.due = max(last.due, due)
        return last
    if due <= last.due:
        return next(r for r in own if not r.down)
    added = Instalment(last.due, due, additional=True)
    state.rows.append(added)
    return added


def _credit_to_charge(state: State, event: Charged) -> None:
    """Credit pays a new charge: it is taken as part of the payments that left it."""
    for at, kept in enumerate(state.movements):
        part = min(state.overpaid, kept.overpaid)
        if part <= 0 or kept.kind in USING_CREDIT:
            continue
        movement = state.movements[at] = kept.copy()  # snapshots have the one that was kept
        movement.overpaid -= part
        state.overpaid -= part
        left = take(state, movement, part, movement.kind)
        movement.overpaid += left
        state.overpaid += left
    del event


def is_open(state: State, charge: str) -> bool:
    """Whether nothing was paid or waived of the instalment's charges that a charge is one of."""
    told = next((each for each in state.charges if each.event == charge), None)
    if told is None:
        return False
    component: Any = "penalty" if told.kind == "penalty" else "fee"
    rows = [row for row in state.rows if row.asked(component) >= told.amount]
    return any(row.open(component) == row.asked(component) for row in rows)


def _waive(state: State, event: Waived) -> None:
    open_ = [c for c in state.charges if c.event == event.of] or state.charges[-1:]
    for charge in open_:
        row = _row_for_charge(state, charge.due)
        component: Any = "penalty" if charge.kind == "penalty" else "fee"
        part = min(charge.amount - charge.waived, max(0, row.open(component)))
        row.waived[component] = row.waived.get(component, 0) + part
        charge.waived += part
        row.review(event.on)
        movement = Movement(event.id, "waive_charge", event.on, part)
        movement.parts[component] = part
        moved(state, movement)


def _change_rate(state: State, event: RateChanged) -> None:
    change.change_rate(state.plan, event.on, event.rate_annual)
    _tell_open_rows(state, event.on)


def _pause(state: State, event: InterestPaused) -> None:
    change.pause(state.plan, event.on, event.until)
    _tell_open_rows(state, event.on)


def _tell_open_rows(state: State, day: date) -> None:
    if state.account is not None:
        return
    owed = state.principal_asked
    for period in state.plan.periods:
        row = state.row_of(period)
        if row is not None and day <= row.due and (state.recalculates or not row.met):
            row.principal, row.interest = period.due_principal, period.due_interest
            row.review(day)
    if not state.recalculates:
        state.keep_principal(owed, day)


def _close_day(state: State, event: DayClosed) -> None:
    state.prepaying = False
    earn_overdue(state, event.on)


LOSSES = {"charge_off", "write_off"}
_MAY_BE_NOTHING = LOSSES | {"waive_penalty"}


def _with_overdue(step: Callable[[State, Any, Movement], None], kind: str) -> Callable[..., None]:
    def told(state: State, event: Any) -> None:
        day = min(event.on, getattr(event, "first_due", event.on))
        event = msgspec.structs.replace(event, on=day)
        earn_overdue(state, day)
        movement = Movement(event.id, kind, day, getattr(event, "amount", 0) or 0)
        step(state, event, movement)
        if movement.amount or kind not in _MAY_BE_NOTHING:  # nothing was left to be lost
            moved(state, movement)

    return told


_STEPS: dict[type, Callable[[State, Any], None]] = {
    Drawn: _draw,
    Paid: pay,
    Charged: _charge,
    Waived: _waive,
    RateChanged: _change_rate,
    InterestPaused: _pause,
    DayClosed: _close_day,
    ChargedBack: _with_overdue(credit.charge_back, "chargeback"),
    CreditRefunded: _with_overdue(credit.refund_credit, "credit_balance_refund"),
    ChargedOff: _with_overdue(loss.charge_off, "charge_off"),
    WrittenOff: _with_overdue(loss.write_off, "write_off"),
    PenaltyWaived: _with_overdue(penal.waive, "waive_penalty"),
    ReAged: _with_overdue(reshape.re_age, "re_age"),
    ReAmortised: _with_overdue(reshape.re_amortise, "re_amortise"),
    Rescheduled: reshape.reschedule,
}
