"""Advances repaid by a share of sales: a fixed fee, earned at the effective rate. No I/O.

The projected payment of a day is the yearly sales times the share over the days of a year. The rate
of a day is the one at which the projected payments are worth what was disbursed; each day's income
is what the balance earns at it, so that the whole fee is earned when the last payment is in.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

import msgspec

from huoshui.lines.lending.rates.apr import Flow, periodic_rate
from huoshui.lines.lending.rates.solve import DIGITS
from huoshui.lines.lending.schedule.asking import BadLoanTerms
from huoshui.lines.lending.schedule.terms import round_ratio


class Advance(msgspec.Struct, frozen=True):
    """An advance on sales. Amounts are minor units; the share is a part of one.

    `rounded` “balance” rounds balances, and income is their difference; “each” rounds each day's
    income and balance apart, the last income taking the rest.
    """

    start: date
    disbursed: int
    fee: int
    yearly_sales: int
    share: Fraction
    year_days: int = 360
    rounding: str = "half_even"
    rounded: Literal["balance", "each"] = "balance"

    def __post_init__(self) -> None:
        wrong = {
            "disbursed": self.disbursed > 0,
            "fee": self.fee >= 0,
            "yearly_sales": self.yearly_sales > 0,
            "share": 0 < self.share <= 1,
            "year_days": 1 <= self.year_days <= 366,
        }
        for field, good in wrong.items():
            if not good:
                raise BadLoanTerms(field=field)

    @property
    def daily(self) -> int:
        """What a day is projected to bring, in minor units."""
        whole = self.yearly_sales * self.share / self.year_days
        return max(1, round_ratio(whole.numerator, whole.denominator, self.rounding))


class AdvanceDay(msgspec.Struct, frozen=True):
    """A day of the projection."""

    n: int
    due: date
    payment: int
    discount: Decimal
    income: int
    balance: int


class Projection(msgspec.Struct, frozen=True):
    """The days of an advance and its rate of a day."""

    days: tuple[AdvanceDay, ...]
    daily_rate: Decimal


def project(advance: Advance) -> Projection:
    """The projected payments of an advance, what each earns, and the rate. Raises NoRate."""
    owed, daily = advance.disbursed + advance.fee, advance.daily
    count = -(-owed // daily)
    payments = [daily] * (count - 1) + [owed - daily * (count - 1)]
    flows = [Flow(Decimal(advance.disbursed), Decimal(0))]
    flows += [Flow(Decimal(-paid), Decimal(k)) for k, paid in enumerate(payments, 1)]
    rate = periodic_rate(flows)
    return Projection(_days(advance, payments, rate), rate)


def _days(advance: Advance, payments: list[int], rate: Decimal) -> tuple[AdvanceDay, ...]:
    found: list[AdvanceDay] = []
    exact, balance, discount = Decimal(advance.disbursed), advance.disbursed, Decimal(1)
    with localcontext() as context:
        context.prec = DIGITS
        for k, paid in enumerate(payments, 1):
            earned = exact * rate
            exact += earned - paid
            discount /= 1 + rate
            last = k == len(payments)
            after = 0 if last else _whole(exact, advance.rounding)
            due = advance.start + timedelta(days=k)
            income = after - balance + paid
            if advance.rounded == "each":
                rest = advance.fee - sum(day.income for day in found)
                income = rest if last else _whole(earned, advance.rounding)
            found.append(AdvanceDay(k, due, paid, discount, income, after))
            balance = after
    return tuple(found)


def _whole(amount: Decimal, rounding: str) -> int:
    top, bottom = amount.as_integer_ratio()
    return round_ratio(top, bottom, rounding)
