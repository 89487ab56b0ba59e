"""What may happen to a loan, before it is kept for good. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from huoshui.core.machine import IllegalMove
from huoshui.lines.lending.life import UnknownEvent, penal
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.model import (
    LOAN,
    BadLoanDay,
    CannotUndo,
    CoolingOff,
    DrawnTooMuch,
    NothingToDo,
)
from huoshui.lines.lending.loan.running import Running

MEANS = (
    "repayment", "merchant_issued_refund", "payout_refund", "goodwill_credit",
    "interest_payment_waiver", "charge_adjustment", "sales_share",
)  # fmt: skip
RESHAPES = (e.RateChanged, e.InterestPaused, e.Rescheduled, e.ReAged, e.ReAmortised)


def check(running: Running, event: e.AnyEvent, today: date) -> None:
    """Whether an event may be recorded of a loan.

    Raises IllegalMove, BadLoanDay, CoolingOff, DrawnTooMuch, UnknownEvent, CannotUndo, NothingToDo.
    """
    loan = running.loan
    first = isinstance(event, e.Drawn) and loan.state == "signed"
    if loan.state not in {"running", "closed"} and not first:
        raise IllegalMove(
            object=LOAN.name, state=loan.state, verb=_verb(event),
            allowed=", ".join(LOAN.allowed(loan.state)) or "-",
        )  # fmt: skip
    if event.on > today or (loan.start_on is not None and event.on < loan.start_on):
        raise BadLoanDay(on=event.on.isoformat(), first=str(loan.start_on or event.on))
    amount = getattr(event, "amount", 1)
    if amount is not None and amount <= 0:
        raise _unfit(running, "amount")
    if isinstance(event, RESHAPES):
        _check_reshape(running, event)
    else:
        _CHECKS.get(type(event), _pass)(running, event)


def _verb(event: e.AnyEvent) -> str:
    return "draw" if isinstance(event, e.Drawn) else "change"


def day_from(running: Running, day: date) -> None:
    """That a day is none before the loan began. Raises BadLoanDay, IllegalMove."""
    start = running.loan.start_on
    if start is None:
        raise IllegalMove(object=LOAN.name, state=running.loan.state, verb="settle", allowed="-")
    if day < start:
        raise BadLoanDay(on=day.isoformat(), first=start.isoformat())


def _pass(running: Running, event: Any) -> None:
    """Nothing to be checked."""


def _unfit(running: Running, why: str) -> NothingToDo:
    return NothingToDo(id=running.loan.shown, why=why)


def _check_draw(running: Running, event: e.Drawn) -> None:
    loan = running.loan
    if loan.drawable_on is not None and event.on < loan.drawable_on:
        raise CoolingOff(id=loan.shown, first=loan.drawable_on.isoformat())
    left = loan.amount - running.drawn
    if event.amount > left:
        raise DrawnTooMuch(id=loan.shown, left=left, currency=loan.currency)
    if _lost(running):
        raise _unfit(running, "lost")
    if running.by is not None and running.state.converted:
        raise _unfit(running, "account")


def _check_pay(running: Running, event: e.Paid) -> None:
    if event.kind not in MEANS:
        raise _unfit(running, f"kind {event.kind[:40]}")


def _check_waiver(running: Running, event: e.Waived) -> None:
    charge = running.order.standing(event.of)
    if not isinstance(charge, e.Charged):
        raise UnknownEvent(id=event.of[:80])
    _in_order(event, charge)


def _check_penalty(running: Running, event: e.PenaltyWaived) -> None:
    open_ = penal.waivable(seen_on(running.state, event.on))
    if not open_ or (event.amount or 0) > open_:
        raise _unfit(running, "penalty")


def _check_chargeback(running: Running, event: e.ChargedBack) -> None:
    paid = running.order.standing(event.of)
    if not isinstance(paid, e.Paid):
        raise UnknownEvent(id=event.of[:80])
    _in_order(event, paid)
    before = sum(
        each.amount
        for _, each in running.order.events
        if isinstance(each, e.ChargedBack) and each.of == event.of
    )
    if event.amount > paid.amount - before:
        raise _unfit(running, "chargeback > payment")


def _in_order(event: e.AnyEvent, named: e.AnyEvent) -> None:
    if event.on < named.on:
        raise BadLoanDay(on=event.on.isoformat(), first=named.on.isoformat())


def _check_credit(running: Running, event: e.CreditRefunded) -> None:
    if event.amount > running.state.overpaid:
        raise _unfit(running, "credit")


def _check_loss(running: Running, event: e.ChargedOff | e.WrittenOff) -> None:
    again = isinstance(event, e.ChargedOff) and running.state.charged_off
    if again or running.state.written_off or not running.state.outstanding:
        raise _unfit(running, "lost")
    last = max(key[0] for key, _ in running.order.events)
    if event.on < last:  # what came after would have been a recovery, and no claim
        raise BadLoanDay(on=event.on.isoformat(), first=last.isoformat())


def _check_charge(running: Running, event: e.Charged) -> None:
    lost = running.state.charged_off or running.state.written_off
    if lost and min(event.on, event.due) >= lost:
        raise _unfit(running, "lost")


def _check_reshape(running: Running, event: Any) -> None:
    if _lost(running) or not running.state.outstanding:
        raise _unfit(running, "settled")
    if isinstance(event, e.Rescheduled) and running.state.account is not None:
        _check_conversion(running, event)
    elif isinstance(event, e.Rescheduled):
        dues = {row.due for row in running.state.regular()}
        if event.due not in dues or (event.moved_to and event.moved_to <= event.on):
            raise BadLoanDay(on=event.due.isoformat(), first=min(dues).isoformat())
    if isinstance(event, e.InterestPaused) and event.until < event.on:
        raise BadLoanDay(on=event.until.isoformat(), first=event.on.isoformat())


def _check_conversion(running: Running, event: e.Rescheduled) -> None:
    """An account becomes a loan of instalments; what has a fixed price, or nothing open, does not."""
    sales = running.state.terms.sales
    fixed = sales is not None and bool(sales.fee)
    other = event.moved_to or event.grace_principal or event.grace_interest
    if fixed or other or not event.more or not running.state.principal_owed:
        raise _unfit(running, "account")
    if event.due <= event.on:
        raise BadLoanDay(on=event.due.isoformat(), first=event.on.isoformat())


def _check_reversal(running: Running, event: e.Reversed) -> None:
    undone = running.order.standing(event.of)
    if undone is None:
        raise UnknownEvent(id=event.of[:80])
    named = {getattr(each, "of", "") for _, each in running.order.events}
    if event.of in named:
        raise CannotUndo(id=event.of)


def _lost(running: Running) -> bool:
    """Whether it is held to be lost; what was never drawn is not."""
    return running.by is not None and bool(running.state.charged_off or running.state.written_off)


_CHECKS: dict[type, Callable[[Running, Any], None]] = {
    e.Drawn: _check_draw,
    e.Paid: _check_pay,
    e.Charged: _check_charge,
    e.Waived: _check_waiver,
    e.PenaltyWaived: _check_penalty,
    e.ChargedBack: _check_chargeback,
    e.CreditRefunded: _check_credit,
    e.ChargedOff: _check_loss,
    e.WrittenOff: _check_loss,
    e.Reversed: _check_reversal,
}
