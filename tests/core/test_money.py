"""Money: whole minor units, one currency, no float."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.core import money
from huoshui.core.money import (
    AmountTooFine,
    AmountUnreadable,
    CurrencyMix,
    Money,
    UnknownCurrency,
    major,
    parse_amount,
    rounded,
    share,
)

currencies = st.sampled_from(["CNY", "JPY", "KWD", "BRL", "CLF"])


@given(st.integers(-(10**15), 10**15), currencies)
def test_an_amount_is_read_as_it_is_written(amount: int, currency: str) -> None:
    assert parse_amount(f"{major(amount, currency):f}", currency) == amount


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), currencies)
def test_sums_are_exact(first: int, second: int, currency: str) -> None:
    a, b = Money(first, currency), Money(second, currency)
    assert (a + b - b, -a + a, (a - b).amount) == (a, Money(0, currency), first - second)


@pytest.mark.parametrize(
    ("text", "currency", "problem"),
    [
        ("1.005", "CNY", AmountTooFine),
        ("1.5", "JPY", AmountTooFine),
        ("1.0005", "KWD", AmountTooFine),
        ("1,000.00", "CNY", AmountUnreadable),
        ("1e3", "CNY", AmountUnreadable),
        ("", "CNY", AmountUnreadable),
        (" 1", "CNY", AmountUnreadable),
        ("1.", "CNY", AmountUnreadable),
        ("nan", "CNY", AmountUnreadable),
        ("+1", "CNY", AmountUnreadable),
        ("١", "CNY", AmountUnreadable),
        ("99999999999999999", "CNY", AmountUnreadable),
        ("99999999999999", "CNY", AmountUnreadable),
        ("1", "XXX", UnknownCurrency),
        ("1", "cny", UnknownCurrency),
    ],
)
def test_what_is_no_amount_is_refused(text: str, currency: str, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        parse_amount(text, currency)


def test_trailing_zeros_are_not_too_fine() -> None:
    assert parse_amount("1.500", "CNY") == 150 and parse_amount("7.0", "JPY") == 7


def test_currencies_never_mix() -> None:
    for mixed in (
        lambda: Money(1, "CNY") + Money(1, "USD"),
        lambda: Money(1, "CNY") - Money(1, "JPY"),
    ):
        with pytest.raises(CurrencyMix) as caught:
            mixed()
        assert "CNY" in caught.value.detail("zh")


@pytest.mark.parametrize(
    ("value", "rule", "whole"),
    [
        ("0.5", "half_even", 0), ("1.5", "half_even", 2), ("0.5", "half_up", 1),
        ("-0.5", "half_up", -1), ("0.9", "down", 0), ("0.1", "up", 1), ("2", "up", 2),
    ],
)  # fmt: skip
def test_rounding_is_by_named_rule(value: str, rule: str, whole: int) -> None:
    assert rounded(Decimal(value), rule) == whole


@given(st.integers(0, 10**15), st.integers(0, 10_000))
def test_a_share_is_within_half_a_unit(amount: int, points: int) -> None:
    rate = Decimal(points).scaleb(-4)
    assert abs(share(amount, rate) - amount * rate) <= Decimal("0.5")


def test_every_code_has_its_digits() -> None:
    assert (money.digits("CNY"), money.digits("JPY"), money.digits("KWD")) == (2, 0, 3)
    assert str(Money(1234, "KWD")) == "1.234 KWD"
