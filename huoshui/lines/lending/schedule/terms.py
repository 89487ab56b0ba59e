"""Terms of a loan that make its schedule: frozen, whole minor units, exact rates. No I/O.

Whatever differs between lenders is an option with a name. Defaults are the plain rule; `SOURCES`
names sets of options under which other systems' figures come out.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

import msgspec

from huoshui.lines.lending.schedule.asking import BadLoanTerms, Revolving, SalesShare
from huoshui.lines.lending.time.calendar import DueRule

Kind = Literal[
    "equal_instalment",
    "equal_principal",
    "interest_only",
    "single_payment",
    "revolving",
    "sales_share",
]
Method = Literal["declining", "flat"]
Calculation = Literal["daily", "by_period"]
Rounding = Literal["half_even", "half_up", "up", "down"]
YearDays = Literal["actual", 360, 364, 365, 366]
INSTALMENTS_MOST = 1200
AMOUNT_MOST = 10**15


class Basis(msgspec.Struct, frozen=True):
    """How days become a part of a year.

    `month` “30” makes each regular month 30 days, and a part of a period its share by days;
    “actual” counts days. `year` is the days of a year; with “actual” those of the calendar year.
    A span over New Year is split on `year_split`: 1 January, or 31 December as some systems do.
    With `leap` “february_29” a period counts 366 only where it has that day. `convention` names a
    day count instead of all these.
    """

    month: Literal["actual", "30"] = "actual"
    year: YearDays = "actual"
    year_split: Literal["january_1", "december_31"] = "january_1"
    leap: Literal["calendar_year", "february_29"] = "calendar_year"
    convention: str = ""


class DownPayment(msgspec.Struct, frozen=True):
    """A share of each drawdown that is due on its day, outside interest."""

    share: Fraction
    auto: bool = False


class Terms(msgspec.Struct, frozen=True):
    """Terms of one loan. Amounts are minor units, rates parts of one a year.

    Instalments fall due by steps from the start, or from `first_due` where it is given; `periods`
    lists other dates, which change interest and not the instalment.

    `kind`: equal instalments; equal principal with the interest of each period; interest only, the
    principal with the last; or one payment of all at the end.
    `grace_principal` and `grace_interest` leave out principal or interest of so many first
    instalments (interest is then due with the first that bears it); `interest_free` periods bear
    none. `instalment_multiple` rounds the instalment to a multiple of minor units. `level_rounds`
    says how often the odd cents of the last instalment are spread over all. `balloon` is what is
    left for the last instalment. `precision` keeps so many digits of each rate factor; None is exact.
    `pause_from` says whether a pause begins with the night before its first day.

    An account has no schedule of its own; what it asks for is found as it runs. `revolving` asks for a
    least payment with each statement, `sales_share` is repaid by a share of sales: due dates are then
    the days on which statements or months of sales end, and `instalments` how many are projected.
    """

    start: date
    rate_annual: Fraction
    instalments: int
    due: DueRule = DueRule()
    first_due: date | None = None
    basis: Basis = Basis()
    kind: Kind = "equal_instalment"
    method: Method = "declining"
    calculation: Calculation = "daily"
    partial_periods: bool = True
    grace_principal: int = 0
    grace_interest: int = 0
    interest_free: int = 0
    instalment_multiple: int = 0
    instalment_rounding: Rounding = "half_even"
    rounding: Rounding = "half_even"
    level_rounds: int = 0
    balloon: int = 0
    down_payment: DownPayment | None = None
    periods: tuple[tuple[date, date], ...] = ()
    precision: int | None = None
    pause_from: Literal["day", "night_before"] = "day"
    rate_from: Literal["day", "night_before"] = "day"
    revolving: Revolving | None = None
    sales: SalesShare | None = None

    def __post_init__(self) -> None:
        checks = {
            "instalments": 1 <= self.instalments <= INSTALMENTS_MOST,
            "rate_annual": 0 <= self.rate_annual <= 100,
            "due.every": 1 <= self.due.every <= INSTALMENTS_MOST,
            "grace_principal": 0 <= self.grace_principal < self.instalments,
            "grace_interest": 0 <= self.grace_interest <= self.instalments,
            "interest_free": 0 <= self.interest_free <= self.instalments,
            "instalment_multiple": 0 <= self.instalment_multiple <= AMOUNT_MOST,
            "balloon": 0 <= self.balloon <= AMOUNT_MOST,
            "periods": not self.periods or len(self.periods) == self.instalments,
            "precision": self.precision is None or 6 <= self.precision <= 40,
            "revolving": (self.kind == "revolving") == (self.revolving is not None),
            "sales": (self.kind == "sales_share") == (self.sales is not None),
            "sales.fee": self.sales is None or not (self.sales.fee and self.rate_annual),
            "down_payment": self.down_payment is None or not self.is_account,
            "down_payment.share": self.down_payment is None or 0 <= self.down_payment.share < 1,
        }
        wrong = [field for field, good in checks.items() if not good]
        if wrong:
            raise BadLoanTerms(field=wrong[0])

    @property
    def is_account(self) -> bool:
        """Whether it is drawn and repaid at will, without instalments that are known before."""
        return self.kind in {"revolving", "sales_share"}

    @property
    def solved_flat(self) -> bool:
        """Whether equal instalments are asked for with interest on all that was drawn."""
        return self.method == "flat" and self.kind == "equal_instalment"


def round_ratio(number: int, over: int, rule: str = "half_even") -> int:
    """The whole number next to number/over, which is positive below, by the named rule."""
    whole, rest = divmod(number, over)
    if not rest or rule == "down":
        return whole
    if rule == "up":
        return whole + 1
    twice = 2 * rest
    if twice == over:
        return whole + (rule == "half_up" or whole % 2)
    return whole + (twice > over)


def round_to_multiple(amount: Fraction | int, multiple: int, rule: str = "half_even") -> int:
    """An amount rounded to a multiple; as it is for a multiple of 0."""
    step = multiple or 1
    exact = Fraction(amount)
    return step * round_ratio(exact.numerator, exact.denominator * step, rule)
