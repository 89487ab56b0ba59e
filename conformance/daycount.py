"""Day counts: convention, dates → `fraction`, `days` or `factor`, as the case asks."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from huoshui.lines.lending.rates.factor import rate_factor
from huoshui.lines.lending.time.daycount import Span, days_between, year_fraction

Words = dict[str, Any]
COUPONS = {"annual": 1, "semi-annual": 2, "semiannual": 2, "quarterly": 4, "monthly": 12}


def answer(case: Words) -> Words:
    """The days, the fraction of a year to nine places, or the factor of a rate to twelve."""
    span = _span(case)
    convention = case["convention"]
    if "annual_rate" in case:
        named = convention.removeprefix("rate factor ").strip()
        return {"factor": _told(rate_factor(Fraction(case["annual_rate"]), named, span), 12)}
    if case.get("result") == "days":
        return {"days": days_between(convention, span)}
    return {"fraction": _told(year_fraction(convention, span), 9)}


def expected(case: Words) -> Words:
    """What the case gives as its answer, under the name of what it asks."""
    if "annual_rate" in case:
        return {"factor": case["expect"]}
    return {"days" if case.get("result") == "days" else "fraction": case["expect"]}


def _span(case: Words) -> Span:
    coupon = case.get("coupon", "")
    maturity = case.get("maturity")
    return Span(
        start=date.fromisoformat(case["from"]),
        end=date.fromisoformat(case["to"]),
        coupons=coupon if isinstance(coupon, int) else COUPONS.get(coupon, 0),
        maturity=date.fromisoformat(maturity) if maturity else None,
        anchor=case.get("anchor", "end"),
    )


def _told(value: Fraction, places: int) -> str:
    scaled = Decimal(value.numerator * 10 ** (places + 20) // value.denominator)
    shown = scaled.scaleb(-places - 20).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{shown:f}"
