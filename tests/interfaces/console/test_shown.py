"""Figures as a reader sees them, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from huoshui.core.money import Money, major
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import Cell, Share, Span

CASES: list[tuple[Cell, str, str]] = [
    (Money(123456, "CNY"), "CN¥1,234.56", "¥1,234.56"),
    (Money(1234, "JPY"), "JP¥1,234", "JP¥1,234"),
    (Money(1234567, "KWD"), "KWD1,234.567", "KWD1,234.567"),
    (Money(-5162, "BRL"), "-R$51.62", "-R$51.62"),
    (23496, "23,496", "23,496"),
    (Share(Decimal("0.12045"), 2), "12.04%", "12.04%"),
    (Span(86_400 * 12), "12 days", "12 天"),
    (Span(90), "1.5 min", "1.5 分钟"),
    (datetime(2018, 8, 29, 2, 30, tzinfo=UTC), "28 Aug 2018, 23:30", "2018-08-28 23:30"),
    (date(2018, 8, 29), "29 Aug 2018", "2018-08-29"),
    (None, "", ""),
]


@given(
    st.integers(-(10**15), 10**15),
    st.sampled_from("CNY BRL USD EUR JPY KWD CLF XOF INR".split()),
    st.sampled_from(["en", "zh"]),
)
def test_money_is_written_as_babel_writes_it(amount: int, currency: str, lang: str) -> None:
    exact = major(amount, currency)
    assert shown.money(Money(amount, currency), lang) == format_currency(
        exact, currency, locale=shown.locale(lang)
    )


@pytest.mark.parametrize(("value", "en", "zh"), CASES)
def test_a_value_is_written_in_the_language(value: Cell, en: str, zh: str) -> None:
    found = [shown.bare(value, lang, "America/Sao_Paulo") for lang in ("en", "zh")]
    assert [text.replace("\xa0", "") for text in found] == [en, zh]
