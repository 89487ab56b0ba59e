"""The source: which layout, which settings, what is assumed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from huoshui.core.money import UnknownCurrency
from huoshui.facts.commerce.reading.source import (
    HistoryMissing,
    LayoutUnclear,
    SettingUnreadable,
    read_source,
)


def test_defaults_are_stated_and_named_as_assumed(write, small_olist):
    own = read_source([write()], {})
    assert (own.layout, own.currency, own.time_zone) == ("huoshui", "CNY", "Asia/Shanghai")
    assert own.assumed == ("name", "currency", "time_zone")
    olist = read_source([write(small_olist, "olist")], {})
    assert (olist.layout, olist.currency, olist.time_zone) == (
        "olist",
        "BRL",
        "America/Sao_Paulo",
    )
    assert olist.assumed == ("name", "currency", "time_zone", "cancellation_delay_days")


def test_what_is_given_is_not_assumed(write):
    source = read_source(
        [write()],
        {
            "marketplace": {"name": "Shop", "currency": "JPY", "generated": True},
            "history": {"since": date(2026, 3, 1), "until": date(2026, 3, 2)},
            "payments": {"commission": "0.1"},
        },
    )
    assert source.assumed == ("time_zone",)
    assert source.name == {"en": "Shop", "zh": "Shop"}
    assert source.generated
    assert source.placed_within(datetime(2026, 2, 28, 16, tzinfo=UTC))  # 1 March in Shanghai
    assert not source.placed_within(datetime(2026, 3, 1, 16, tzinfo=UTC))


def test_no_orders_and_two_layouts_are_named_problems(tmp_path, write, small_olist):
    with pytest.raises(HistoryMissing):
        read_source([tmp_path], {})
    write()
    with pytest.raises(LayoutUnclear):
        read_source([write(small_olist)], {})
    assert read_source([write()], {"history": {"layout": "olist"}}).layout == "olist"


@pytest.mark.parametrize(
    ("sections", "setting"),
    [
        ({"marketplace": 3}, "marketplace"),
        ({"marketplace": {"colour": "red"}}, "marketplace.colour"),
        ({"marketplace": {"name": {"en": "x"}}}, "marketplace.name"),
        ({"marketplace": {"currency": 3}}, "marketplace.currency"),
        ({"marketplace": {"time_zone": "Mars/North"}}, "marketplace.time_zone"),
        ({"marketplace": {"time_zone": "../../etc/passwd"}}, "marketplace.time_zone"),
        ({"marketplace": {"time_zone": 8}}, "marketplace.time_zone"),
        ({"marketplace": {"generated": "no"}}, "marketplace.generated"),
        ({"history": {"cancellation_delay_days": -1}}, "history.cancellation_delay_days"),
        ({"history": {"cancellation_delay_days": True}}, "history.cancellation_delay_days"),
        ({"history": {"layout": "shopify"}}, "history.layout"),
        ({"history": {"since": "soon"}}, "history.since"),
    ],
)
def test_a_bad_setting_is_named(write, sections, setting):
    with pytest.raises(SettingUnreadable) as caught:
        read_source([write()], sections)
    assert [error.pointer for error in caught.value.errors] == [setting]
    for lang in ("en", "zh"):
        document = caught.value.document(lang)
        assert setting in document["detail"] and document["errors"][0]["detail"]


def test_an_unknown_currency_is_named(write):
    with pytest.raises(UnknownCurrency):
        read_source([write()], {"marketplace": {"currency": "XXZ"}})
