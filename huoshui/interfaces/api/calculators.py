"""Calculators over the API: the schedule of any loan, and the yearly rates of any payments."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import access
from huoshui.core.money import Money, digits
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import writes
from huoshui.interfaces.api.door import Ask, enter
from huoshui.interfaces.api.loans import Rate
from huoshui.lines.lending.loan.contract import told_rates
from huoshui.lines.lending.quote import quote, rates_of_periods
from huoshui.lines.lending.schedule import Basis, DownPayment, Drawdown, Row, Terms
from huoshui.lines.lending.schedule.terms import Method
from huoshui.lines.lending.time.calendar import DueRule, MonthEnd

Count = Annotated[int, Meta(ge=0, le=1200)]
Some = Annotated[int, Meta(ge=1, le=1200)]
Minor = Annotated[int, Meta(ge=0, le=10**15)]
Shape = Literal["equal_instalment", "equal_principal", "interest_only", "single_payment"]
Unit = Literal["days", "weeks", "months"]
# A reckoning of this many rows takes a tenth of a second; nobody's loan has more.
Instalments = Annotated[int, Meta(ge=1, le=600)]


class ScheduleAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A loan by its terms; `fee` minor units are held back of what is paid out. `start` is today where
    it is left out; with an empty `day_count` months are of 30 days and years of 360."""

    amount: Money
    rate_annual: Rate
    instalments: Instalments = 12
    kind: Shape = "equal_instalment"
    method: Method = "declining"
    every: Annotated[int, Meta(ge=1, le=120)] = 1
    unit: Unit = "months"
    month_end: MonthEnd = "clamp"
    day_count: Annotated[str, Meta(max_length=40)] = ""
    grace_principal: Count = 0
    grace_interest: Count = 0
    interest_free: Count = 0
    balloon: Minor = 0
    down_payment: Rate = "0"
    fee: Minor = 0
    start: date | None = None


class RatesAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is received, and what is paid at the end of each of equal periods, in minor units."""

    received: Money
    payments: Annotated[list[Minor], Meta(min_length=1, max_length=600)]
    every: Annotated[int, Meta(ge=1, le=120)] = 1
    unit: Unit = "months"


class LoanRatesView(msgspec.Struct, frozen=True):
    """Yearly rates in per cent: China's by IRR (compound) and simple, the EU's APRC, the US APR."""

    cn_irr_pct: str
    cn_simple_pct: str
    eu_aprc_pct: str
    us_apr_pct: str


class LoanReckoning(msgspec.Struct, frozen=True):
    """A loan worked out; amounts in minor units of the currency."""

    currency: str
    received: int
    principal: int
    interest: int
    fee: int
    total: int
    rates: LoanRatesView
    instalments: list[Row]


@writes(
    "/calculators/schedule", "loans:read", LoanReckoning, asks=ScheduleAsked, bound="caller",
)  # fmt: skip
def calculate_schedule(request: Ask, body: RawBody) -> Response[bytes]:
    """The schedule of a loan by its terms and what it costs a year by each law; nothing is kept."""
    visit, asked = enter(request), decoded(body, ScheduleAsked)
    digits(asked.amount.currency)
    with visit.begin() as tx:
        start = asked.start or access.today(tx)
    found = quote(_terms(asked, start), [Drawdown(start, asked.amount.amount)], asked.fee)
    sums = found.sums
    told = LoanReckoning(
        asked.amount.currency, asked.amount.amount - asked.fee, sums.principal, sums.interest,
        asked.fee, sums.total, LoanRatesView(**told_rates(found.rates)), list(found.rows),
    )  # fmt: skip
    return visit.reply(msgspec.json.encode(told), hit=False)


def _terms(asked: ScheduleAsked, start: date) -> Terms:
    share = Fraction(asked.down_payment)
    day_count = asked.day_count
    return Terms(
        start=start,
        rate_annual=Fraction(asked.rate_annual),
        instalments=asked.instalments,
        due=DueRule(asked.every, asked.unit, asked.month_end),
        basis=Basis(convention=day_count) if day_count else Basis(month="30", year=360),
        kind=asked.kind,
        method=asked.method,
        grace_principal=asked.grace_principal,
        grace_interest=asked.grace_interest,
        interest_free=asked.interest_free,
        balloon=asked.balloon,
        down_payment=DownPayment(share) if share else None,
        rounding="half_up",
    )


@writes(
    "/calculators/rates", "loans:read", LoanRatesView, asks=RatesAsked, bound="caller",
)  # fmt: skip
def calculate_rates(request: Ask, body: RawBody) -> Response[bytes]:
    """What payments cost a year by each law, whatever they are called; nothing is kept."""
    visit, asked = enter(request), decoded(body, RatesAsked)
    found = rates_of_periods(asked.received.amount, asked.payments, asked.unit, asked.every)
    return visit.reply(msgspec.json.encode(LoanRatesView(**told_rates(found))), hit=False)


HANDLERS: list[Any] = [calculate_schedule, calculate_rates]
