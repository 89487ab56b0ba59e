"""Words of the lending cases: terms, dates and amounts to the product's, and back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from huoshui.lines.lending.schedule.advance import Advance
from huoshui.lines.lending.schedule.make import Change, Drawdown, Pause, RateChange
from huoshui.lines.lending.schedule.terms import Basis, Calculation, DownPayment, Terms
from huoshui.lines.lending.time.calendar import DueRule, Place

Words = dict[str, Any]
DAY = date.fromisoformat


def minor(text: Any, digits: int = 2) -> int:
    """An amount as minor units."""
    return int(Decimal(str(text)).scaleb(digits))


def major(amount: int, digits: int = 2, shown: int | None = None) -> str:
    """Minor units as the decimal text of the cases, shown with so many decimals."""
    return f"{Decimal(amount).scaleb(-digits):.{digits if shown is None else shown}f}"


def rate(percent: Any) -> Fraction:
    """Per cent a year as a part of one."""
    return Fraction(str(percent)) / 100


def terms(told: Words) -> Terms:
    """The terms of a case under the options of its source."""
    digits = int(told.get("digits", 2))
    share = told.get("down_payment_pct")
    first = told.get("first_due_hint")
    return Terms(
        start=DAY(first or told.get("start") or NO_DAY),
        first_due=DAY(first) if first else None,
        rate_annual=rate(told.get("annual_rate_pct", 0)),
        instalments=int(told["instalments"]),
        due=DueRule(
            every=int(told.get("every", 1)),
            unit=told.get("unit", "months"),
            month_end="roll" if "roll" in str(told.get("month_end_rule", "")) else "clamp",
            place=PLACES.get(told.get("due_rule", ""), "as_start"),
        ),
        basis=_basis(told),
        method=told.get("interest_method", "declining"),
        calculation=_calculation(told),
        partial_periods=bool(told.get("partial_period_interest", True)),
        grace_principal=told.get("grace_principal") or 0,
        grace_interest=told.get("grace_interest") or 0,
        interest_free=told.get("interest_free_periods") or 0,
        instalment_multiple=minor(_multiple(told), digits),
        instalment_rounding="up" if "ceil" in told.get("instalment_rounding", "") else "half_even",
        rounding=told.get("rounding", "half_even"),
        level_rounds=0 if "instalment_rounding" in told else 3,
        down_payment=DownPayment(rate(share), bool(told.get("down_payment_auto")))
        if share
        else None,
        periods=tuple((DAY(p["from"]), DAY(p["due"])) for p in told.get("periods", ())),
        precision=int(told.get("math_precision", 19)),
        pause_from="night_before",
        rate_from="night_before",
    )


NO_DAY = "2000-01-01"  # a case without dates asks for amounts alone
PLACES: dict[str, Place] = {
    "month_end": "month_end",
    "first_of_next_month": "first_of_next_month",
}


def _multiple(told: Words) -> Any:
    """The multiple, or what `ceil to 1` names."""
    return told.get("instalment_multiple") or told.get("instalment_rounding", "0").split()[-1]


def _calculation(told: Words) -> Calculation:
    daily = told.get("interest_calc", "daily") == "daily" and "interest_per_period" not in told
    return "daily" if daily else "by_period"


def _basis(told: Words) -> Basis:
    year = told.get("year_days", "actual")
    return Basis(
        month="30" if told.get("month_days") == "30" else "actual",
        year="actual" if year == "actual" else int(year),  # type: ignore[arg-type]
        year_split="january_1" if told.get("year_split") == "jan1" else "december_31",
        leap="february_29" if "leap_rule" in told else "calendar_year",
    )


def advance(told: Words) -> Advance:
    """The terms of an advance on sales."""
    return Advance(
        start=DAY(told["start"]),
        disbursed=minor(told["net_disbursed"]),
        fee=minor(told["fixed_fee"]),
        yearly_sales=minor(told["annual_sales"]),
        share=rate(told["sales_share_pct"]),
        year_days=int(told["year_days"]),
        rounded="each",
    )


def changes(told: list[Words], digits: int = 2) -> list[Change]:
    """The events of a schedule case."""
    return [_change(each, digits) for each in told]


def _change(event: Words, digits: int) -> Change:
    if event["op"] == "disburse":
        return Drawdown(DAY(event["date"]), minor(event["amount"], digits))
    if event["op"] == "change_rate":
        return RateChange(DAY(event["date"]), rate(event["annual_rate_pct"]))
    if event["op"] == "pause_interest":
        return Pause(DAY(event["from"]), DAY(event["to"]))
    raise ValueError(f"unknown event {event['op']}")
