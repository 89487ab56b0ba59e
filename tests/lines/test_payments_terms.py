"""Terms: what marketplace.toml may say, and the calendar of confirmations and payouts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.lines.payments.escrow.terms import (
    BadTerms,
    Terms,
    confirm_due,
    next_payout,
    read_terms,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")

moments = st.datetimes(datetime(2016, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    "section",
    [
        {"commission_rate": "1.01"},
        {"tax_rate": "-0.01"},
        {"commission_rate": "a lot"},
        {"payout_every": "year"},
        {"payout_every": "week", "payout_on": 8},
        {"payout_every": "month", "payout_on": 29},
        {"payout_hour": 24},
        {"confirm_after_days": -1},
        {"comission_rate": "0.1"},
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(section: dict[str, Any]) -> None:
    with pytest.raises(BadTerms) as caught:
        read_terms(section)
    name = next(name for name in reversed(section) if name in caught.value.facts["reason"])
    assert name in caught.value.detail("en") and name in caught.value.detail("zh")


def test_terms_read_rates_exactly() -> None:
    terms = read_terms({"commission_rate": "0.1", "payout_every": "month", "payout_on": 28})
    assert str(terms.commission_rate) == "0.1" and terms.tax_rate == Terms().tax_rate


@given(moments, st.sampled_from([SHANGHAI, SAO_PAULO]), st.sampled_from(["day", "week", "month"]),
       st.integers(1, 7), st.integers(0, 23))  # fmt: skip
def test_the_next_payout_is_the_first_moment_of_the_calendar_after(
    after: datetime, zone: ZoneInfo, every: str, on: int, hour: int
) -> None:
    terms = Terms(payout_every=every, payout_on=on, payout_hour=hour)  # type: ignore[arg-type]
    moment = next_payout(terms, zone, after)
    most = {"day": 2, "week": 8, "month": 32}[every]
    assert after < moment <= after + timedelta(days=most)
    local = moment.astimezone(zone)
    assert every != "week" or local.isoweekday() == on
    assert every != "month" or local.day == on


@given(moments, st.integers(0, 30))
def test_silence_confirms_at_the_end_of_a_local_day(delivered: datetime, days: int) -> None:
    due = confirm_due(Terms(confirm_after_days=days), SHANGHAI, delivered)
    assert (due.hour, due.minute) == (0, 0)
    assert timedelta(days=days) < due - delivered <= timedelta(days=days + 1)
