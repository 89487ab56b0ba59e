"""Annual percentage rates by law, exact to any stated decimals.

- China, 中国人民银行公告〔2021〕第3号: the yearly rate (年化利率) is the whole cost to the borrower over
  the principal really used; by compound (IRR) or simple interest, and simple must be called so.
- European Union, Directive 2008/48/EC, Annex I: Σ Cₖ(1+X)^-tₖ = Σ Dₗ(1+X)^-sₗ, t in years.
- United States, 12 CFR 1026 Appendix J (b)(8): A = Σ P / ((1+fi)(1+i)^t), the rate is w·i.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import msgspec

from huoshui.lines.lending.rates.solve import DIGITS, NoRate, root


class Flow(msgspec.Struct, frozen=True):
    """Money at a time, in years or periods from the first advance. Given to the borrower: above 0."""

    amount: Decimal
    at: Decimal


class UnitFlow(msgspec.Struct, frozen=True):
    """Money after `units` whole unit periods and the `part` of one. To the borrower: above 0."""

    amount: Decimal
    units: int
    part: Fraction = Fraction(0)


class ChinaRate(msgspec.Struct, frozen=True):
    """Yearly rates as fractions of one: `simple` is the periodic rate times periods a year."""

    periodic: Decimal
    simple: Decimal
    compound: Decimal


class Actuarial(msgspec.Struct, frozen=True):
    """A rate of Appendix J: of the unit period, and of the year."""

    unit: Decimal
    annual: Decimal


def periodic_rate(flows: Sequence[Flow], parts: int = 1) -> Decimal:
    """The rate of one unit of time at which all flows come to nothing. Raises NoRate.

    Times may be told in `parts` of the unit, days of a year say: whole powers of the growth in one
    part are a tenth of the work of broken powers of the growth in a unit.
    """

    def curve(rate: Decimal) -> tuple[Decimal, Decimal]:
        value = slope = Decimal(0)
        grown = (1 + rate) ** (Decimal(1) / parts)
        whole = (1 + rate) * parts
        for flow in flows:
            worth = flow.amount * _power(grown, -flow.at)
            value -= worth
            slope += worth * flow.at / whole
        return value, slope

    return root(curve)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    whole = exponent.to_integral_value()
    return base ** int(whole) if whole == exponent else base**exponent


def china_rate(principal: Decimal, payments: Iterable[Decimal], periods_per_year: int) -> ChinaRate:
    """Both forms of the yearly rate of payments at the end of each period. Raises NoRate."""
    flows = [Flow(principal, Decimal(0))]
    flows += [Flow(-paid, Decimal(k)) for k, paid in enumerate(payments, 1)]
    return china_rate_of(flows, periods_per_year)


def china_rate_of(flows: Sequence[Flow], periods_per_year: int | Decimal) -> ChinaRate:
    """Both forms of the yearly rate of any flows by periods. Raises NoRate."""
    rate = periodic_rate(flows)
    with localcontext() as context:
        context.prec = DIGITS
        return ChinaRate(rate, rate * periods_per_year, (1 + rate) ** periods_per_year - 1)


def eu_apr(drawdowns: Iterable[Flow], payments: Iterable[Flow], parts: int = 1) -> Decimal:
    """The APRC as a fraction of one; times in years or in `parts` of one, payments above 0.

    Raises NoRate.
    """
    flows = [*drawdowns, *(Flow(-paid.amount, paid.at) for paid in payments)]
    return periodic_rate(flows, parts)


def reg_z_apr(flows: Sequence[UnitFlow], units_per_year: Decimal) -> Actuarial:
    """The actuarial rate; a part of a unit period earns simple interest. Raises NoRate."""
    parts = [_decimal(flow.part) for flow in flows]

    def curve(rate: Decimal) -> tuple[Decimal, Decimal]:
        value = slope = Decimal(0)
        for flow, part in zip(flows, parts, strict=True):
            worth = flow.amount / ((1 + part * rate) * (1 + rate) ** flow.units)
            value -= worth
            slope += worth * (part / (1 + part * rate) + flow.units / (1 + rate))
        return value, slope

    rate = root(curve)
    with localcontext() as context:
        context.prec = DIGITS
        return Actuarial(rate, rate * units_per_year)


def _decimal(part: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = DIGITS
        return Decimal(part.numerator) / part.denominator


def percent(rate: Decimal, places: int = 2) -> str:
    """A rate as per cent with so many decimals, half up: 0.15265 is “15.27”."""
    with localcontext() as context:
        context.prec = DIGITS
        told = (rate * 100).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        return f"{told:f}"


__all__ = [
    "Actuarial",
    "ChinaRate",
    "Flow",
    "NoRate",
    "UnitFlow",
    "china_rate",
    "china_rate_of",
    "eu_apr",
    "percent",
    "periodic_rate",
    "reg_z_apr",
]
