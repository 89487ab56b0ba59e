"""A quote: rows, sums and the yearly rates of each law."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from huoshui.lines.lending.quote import quote, rates_of_payments
from huoshui.lines.lending.rates.apr import percent
from huoshui.lines.lending.schedule import Basis, Drawdown, Terms

DAY = date(2026, 1, 15)
TERMS = Terms(
    start=DAY,
    rate_annual=Fraction(12, 100),
    instalments=12,
    basis=Basis(month="30", year=360),
)


def test_without_a_fee_the_simple_rate_is_the_rate_of_the_terms() -> None:
    found = quote(TERMS, [Drawdown(DAY, 1_000_000)])
    assert percent(found.rates.china.simple) == percent(found.rates.us) == "12.00"
    assert percent(found.rates.china.compound) == "12.68"
    assert found.sums.principal == 1_000_000


def test_a_fee_makes_every_rate_dearer() -> None:
    rates = quote(TERMS, [Drawdown(DAY, 1_000_000)], fee=20_000).rates
    told = (rates.china.simple, rates.china.compound, rates.eu, rates.us)
    assert [percent(rate) for rate in told] == ["15.85", "17.06", "17.14", "15.85"]


def test_payments_by_weeks_and_by_months() -> None:
    assert percent(rates_of_payments(100_000, [103_000], "months", 3).simple) == "12.00"
    assert percent(rates_of_payments(100_000, [101_000], "weeks", 1).simple) == "52.00"
