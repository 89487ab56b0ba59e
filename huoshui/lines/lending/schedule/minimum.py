"""Revolving credit: the minimum payment of a statement, and what paying only that comes to. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Literal

import msgspec

from huoshui.lines.lending.schedule.rows import Row
from huoshui.lines.lending.schedule.terms import BadLoanTerms, round_ratio
from huoshui.lines.lending.time.calendar import DueRule, due_dates


class Minimum(msgspec.Struct, frozen=True):
    """How a minimum payment is found. Amounts are minor units, the share a part of one.

    `of` “balance” takes the share of all that is owed; “principal” takes it of the principal and
    asks for all interest and charges besides. Overdue amounts are always asked for in full.
    """

    share: Fraction
    floor: int = 0
    of: Literal["balance", "principal"] = "principal"
    rounding: str = "half_up"

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise BadLoanTerms(field="share")
        if self.floor < 0:
            raise BadLoanTerms(field="floor")


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
