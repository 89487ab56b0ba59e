"""What an account would come to if it were drawn and only what is expected were paid. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from huoshui.lines.lending.life import account, steps
from huoshui.lines.lending.life.events import Drawn, InterestPaused, Paid, RateChanged
from huoshui.lines.lending.life.rules import Rules
from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.schedule.make import Change, Drawdown, RateChange, schedule
from huoshui.lines.lending.schedule.rows import Row
from huoshui.lines.lending.schedule.terms import Terms, round_ratio


class Statement(msgspec.Struct, frozen=True):
    """What an account asks for, in minor units: on which day told, by when due, how much of what.

    `balance` is all that was owed on the day, `open` what of the amount is not paid yet.
    """

    number: int
    told_on: date
    due: date
    asked: int
    principal: int
    interest: int
    charges: int
    open: int


class Pace(msgspec.Struct, frozen=True):
    """How an advance on sales is repaid by a day, in minor units.

    `expected` is what sales were to bring by then, `least` what the contract asked for, `behind` what
    of that is lacking, `share_bp` the part of what was expected
    that came, in ten thousandths; None before anything was.
    """

    paid: int
    expected: int
    least: int
    behind: int
    share_bp: int | None


def statements(state: State, day: date) -> tuple[Statement, ...]:
    """The statements of an account up to a day; none for other loans."""
    if state.account is None:
        return ()
    rows = [r for r in account.seen(state, day).rows if r.asked_on is not None and r.asked_on < day]
    return tuple(
        Statement(
            n, row.asked_on or row.due, row.due, row.total, row.principal, row.interest,
            row.fee + row.penalty, row.outstanding,
        )
        for n, row in enumerate(rows, 1)
    )  # fmt: skip


def pace(state: State, day: date) -> Pace | None:
    """How an advance is repaid by a day; None for other loans."""
    sales = state.terms.sales
    if sales is None or not state.drawn:
        return None
    begun = state.drawn[0][0]
    ends = 0
    while account.statement_day(state.terms, ends + 1) < day:
        ends += 1
    since, until = (account.statement_day(state.terms, n) for n in (ends, ends + 1))
    gone = (day - max(since, begun)).days * sales.expected // ((until - since).days or 1)
    owed = sum(row.principal + row.interest for row in state.rows)
    expected = min(owed, ends * sales.expected + gone)
    asked = sales.least * sales.expected * ends
    least = min(owed, round_ratio(asked.numerator, asked.denominator, state.terms.rounding))
    paid = sum(row.paid["principal"] + row.paid["interest"] for row in state.rows)
    share = paid * 10_000 // expected if expected else None
    return Pace(paid, expected, least, max(0, least - paid), share)


def projection(terms: Terms, changes: Iterable[Change]) -> tuple[Row, ...]:
    """The rows of a loan on which nothing is paid late; of an account what would be asked for.

    A revolving account is paid its minimum and, with the last of so many instalments, all that is left;
    an advance on sales is paid what each period is expected to bring.
    """
    if not terms.is_account:
        return schedule(terms, changes)
    state = State(terms, Rules())
    for n, each in enumerate(changes):
        steps.apply(state, _event(n, each))
    return _sales_rows(state) if terms.sales else _minimum_rows(state)


def _event(n: int, told: Change) -> Drawn | RateChanged | InterestPaused:
    day = told.on
    if isinstance(told, Drawdown):
        return Drawn(id=f"d{n}", on=day, recorded=day, amount=told.amount)
    if isinstance(told, RateChange):
        return RateChanged(id=f"r{n}", on=day, recorded=day, rate_annual=told.rate_annual)
    return InterestPaused(id=f"p{n}", on=day, recorded=day, until=told.until)


def _pay(state: State, day: date, amount: int) -> None:
    if amount:
        mark = f"paid{day}"
        steps.apply(state, Paid(id=mark, on=day, recorded=day, amount=amount))


def _minimum_rows(state: State) -> tuple[Row, ...]:
    for n in range(1, state.terms.instalments + 1):
        row = account.current(state)
        account.roll(state, row.due)
        _pay(state, row.due, state.outstanding if n == state.terms.instalments else row.outstanding)
    return _rows(state)


def _sales_rows(state: State) -> tuple[Row, ...]:
    sales = state.terms.sales
    assert sales is not None
    for n in range(1, sales.longest + 1):
        day = account.statement_day(state.terms, n)
        account.roll(state, day)
        owed = state.outstanding
        _pay(state, day, owed if n == sales.longest else min(sales.expected, owed))
    return _rows(state)


def _rows(state: State) -> tuple[Row, ...]:
    """A row for each payment, on its day."""
    found: list[Row] = []
    before, left = state.terms.start, sum(amount for _, amount in state.drawn)
    for each in (moved for moved in state.movements if moved.kind == "repayment"):
        principal, interest = each.parts["principal"], each.parts["interest"]
        left -= principal
        found.append(Row(len(found) + 1, before, each.on, principal, interest, left))
        before = each.on
    return tuple(found)
