"""Revolving credit: the minimum payment of a statement, and what paying only that comes to. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from huoshui.lines.lending.schedule.asking import BadLoanTerms, Minimum
from huoshui.lines.lending.schedule.rows import Row
from huoshui.lines.lending.schedule.terms import round_ratio
from huoshui.lines.lending.time.calendar import DueRule, due_dates


def minimum_payment(
    rule: Minimum, principal: int, interest: int = 0, charges: int = 0, overdue: int = 0
) -> int:
    """The least that a statement asks for: never less than interest and charges, never more than all.

    `overdue` is a part of the principal; it is asked for in full.
    """
    owed = principal + interest + charges
    base = owed - overdue if rule.of == "balance" else principal - overdue
    part = round_ratio(base * rule.share.numerator, rule.share.denominator, rule.rounding)
    asked = part + overdue + (0 if rule.of == "balance" else interest + charges)
    return min(owed, max(asked, rule.floor, interest + charges))


def paying_the_minimum(
    rule: Minimum, start: date, balance: int, rate_annual: Fraction, limit: int = 1200
) -> tuple[Row, ...]:
    """Statements a month apart until nothing is owed, by a twelfth of the yearly rate each.

    Raises BadLoanTerms(floor) where it takes more than `limit` statements.
    """
    found = tuple(_statements(rule, start, balance, rate_annual / 12, limit))
    if found and found[-1].balance:
        raise BadLoanTerms(field="floor")
    return found


def _statements(
    rule: Minimum, start: date, balance: int, rate: Fraction, limit: int
) -> Iterator[Row]:
    before = start
    for n, due in enumerate(due_dates(DueRule(), start, limit), 1):
        if not balance:
            return
        interest = round_ratio(balance * rate.numerator, rate.denominator, rule.rounding)
        principal = minimum_payment(rule, balance, interest) - interest
        balance -= principal
        yield Row(n, before, due, principal, interest, balance)
        before = due


__all__ = ["Minimum", "minimum_payment", "paying_the_minimum"]
