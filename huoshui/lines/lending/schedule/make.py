"""A schedule from terms and changes of them. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

import msgspec

from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.schedule.asking import BadLoanTerms
from huoshui.lines.lending.schedule.plan import Plan
from huoshui.lines.lending.schedule.rows import Row
from huoshui.lines.lending.schedule.terms import Terms, round_to_multiple


class Drawdown(msgspec.Struct, frozen=True, tag="draw"):
    """An amount in minor units is drawn on a day."""

    on: date
    amount: int


class RateChange(msgspec.Struct, frozen=True, tag="rate"):
    """Another yearly rate from a day on."""

    on: date
    rate_annual: Fraction


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """No interest from a first to a last day."""

    on: date
    until: date


Change = Drawdown | RateChange | Pause


def down_payment_of(terms: Terms, amount: int) -> int:
    """What of a drawdown is due on its day."""
    if terms.down_payment is None:
        return 0
    return round_to_multiple(
        amount * terms.down_payment.share, terms.instalment_multiple, terms.instalment_rounding
    )


def apply(plan: Plan, change_: Change) -> None:
    """Let a plan know of one change; of a drawdown what its down payment leaves."""
    if isinstance(change_, Drawdown):
        amount = change_.amount - down_payment_of(plan.terms, change_.amount)
        change.draw(plan, change_.on, amount)
    elif isinstance(change_, RateChange):
        change.change_rate(plan, change_.on, change_.rate_annual)
    else:
        change.pause(plan, change_.on, change_.until)


def schedule(terms: Terms, changes: Iterable[Change]) -> tuple[Row, ...]:
    """The schedule of a loan on which nothing has been paid; changes count in the order told.

    Raises BadLoanTerms for an account, which has none: `life.projection` says what it may come to.
    """
    if terms.is_account:
        raise BadLoanTerms(field="kind")
    plan = change.new_plan(terms)
    told = list(changes)
    for at, each in enumerate(told):
        apply(plan, each)
        if terms.periods and not at:
            change.move_dates(plan, terms.periods)
    return rows_of(plan, [each for each in told if isinstance(each, Drawdown)])


def rows_of(plan: Plan, drawdowns: Sequence[Drawdown]) -> tuple[Row, ...]:
    """The rows of a plan; a down payment is a row of its own on the day of its drawdown."""
    found = [
        Row(0, period.start, period.due, period.due_principal, period.due_interest, 0)
        for period in plan.periods
    ]
    downs = _down_rows(plan.terms, drawdowns)
    ordered = sorted([*found, *downs], key=lambda row: (row.due, row.down_payment))
    return _numbered(ordered, drawdowns)


def _down_rows(terms: Terms, drawdowns: Sequence[Drawdown]) -> list[Row]:
    return [
        Row(0, each.on, each.on, part, 0, 0, down_payment=True)
        for each in drawdowns
        if (part := down_payment_of(terms, each.amount))
    ]


def _numbered(rows: Sequence[Row], drawdowns: Sequence[Drawdown]) -> tuple[Row, ...]:
    """Rows with their numbers and balances; a drawdown on a due date counts before it."""
    found: list[Row] = []
    repaid = 0
    for n, row in enumerate(rows, 1):
        repaid += row.principal
        drawn = sum(each.amount for each in drawdowns if each.on <= row.due)
        found.append(msgspec.structs.replace(row, n=n, balance=drawn - repaid))
    return tuple(found)
