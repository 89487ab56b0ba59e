"""Annual rates: rule, advances, payments → the rates that the rule states, two decimals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from huoshui.lines.lending.rates import (
    Flow,
    UnitFlow,
    china_rate,
    eu_apr,
    reg_z_apr,
)
from huoshui.lines.lending.rates.apr import percent

Words = dict[str, Any]


def answer(case: Words) -> Words:
    """The rates by the rule that the case names."""
    return RULES[case["rule"]](case)


def _china(case: Words) -> Words:
    found = china_rate(
        Decimal(case["principal"]), _payments(case["payments"]), int(case["periods_per_year"])
    )
    return {"irr_simple_pct": percent(found.simple), "irr_compound_pct": percent(found.compound)}


def _payments(given: Any) -> list[Decimal]:
    if isinstance(given, dict):
        return [Decimal(given["amount"])] * int(given["count"])
    return [Decimal(each["amount"] if isinstance(each, dict) else each) for each in given]


def _eu(case: Words) -> Words:
    drawn, paid = (
        [Flow(Decimal(amount), Decimal(at)) for amount, at in case[name]]
        for name in ("drawdowns", "payments")
    )
    return {"apr_pct": percent(eu_apr(drawn, paid))}


def _us(case: Words) -> Words:
    part = Fraction(case["fraction_unit_period"])
    units = int(case["full_unit_periods_to_first"])
    flows = [UnitFlow(Decimal(case["amount_financed"]), 0)]
    flows += [UnitFlow(-paid, units + k, part) for k, paid in enumerate(_stream(case["payments"]))]
    per_year = Fraction(case["unit_periods_per_year"])
    year = Decimal(per_year.numerator) / per_year.denominator
    return {"apr_pct": percent(reg_z_apr(flows, year).annual)}


def _stream(given: Words) -> list[Decimal]:
    count = int(given["count"])
    paid = [Decimal(given["regular"])] * count
    paid[-1] = Decimal(given["last"])
    paid[0] = Decimal(given["first"])
    return paid


RULES: dict[str, Callable[[Words], Words]] = {
    "cn_pbc_2021_3": _china,
    "eu_ccd_apr": _eu,
    "us_reg_z_actuarial": _us,
}
