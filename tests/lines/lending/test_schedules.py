"""Schedules: given cases, rules of law and practice, and what must hold for any terms."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.lines.lending.schedule import (
    BadLoanTerms,
    Basis,
    DownPayment,
    Drawdown,
    Pause,
    RateChange,
    Terms,
    schedule,
)
from huoshui.lines.lending.schedule.advance import Advance, project
from huoshui.lines.lending.schedule.rows import totals
from huoshui.lines.lending.time.calendar import DueRule
from tests.lines.lending.given import cases, outcome

START = date(2024, 1, 1)
THIRTY = Basis(month="30", year=360)


@pytest.mark.parametrize("case", cases("schedule"))
def test_given_schedules(case: Any) -> None:
    wanted, found, same = outcome("schedule", case)
    assert same, f"\nwanted {wanted}\nfound  {found}"


@pytest.mark.parametrize("kind", ["apr", "daycount"])
def test_given_rates_and_day_counts(kind: str) -> None:
    for parameter in cases(kind):
        if parameter.values[0]:
            wanted, found, same = outcome(kind, parameter.values[0])
            assert same, (wanted, found)


def rows(terms: Terms, *changes) -> list[tuple[str, int, int]]:
    told = changes or (Drawdown(terms.start, 1_000_000),)
    return [(row.due.isoformat(), row.principal, row.interest) for row in schedule(terms, told)]


# Published figures of due dates at the end of a month: the feature LoanMonthEndDueDateStrategy of
# apache/fineract at 5b1f06e8, its first, third and fifth use.
MONTH_ENDS = [
    (
        "roll",
        Basis(),
        [("2025-03-01", 330322, 9534), ("2025-03-31", 333251, 6605), ("2025-05-01", 336427, 3429)],
    ),
    (
        "clamp",
        Basis(),
        [("2025-02-28", 330577, 9205), ("2025-03-31", 332959, 6823), ("2025-04-30", 336464, 3319)],
    ),
    (
        "roll",
        THIRTY,
        [
            ("2025-03-01", 330022, 10000),
            ("2025-03-31", 333322, 6700),
            ("2025-05-01", 336656, 3367),
        ],
    ),
    (
        "clamp",
        THIRTY,
        [
            ("2025-02-28", 330022, 10000),
            ("2025-03-31", 333322, 6700),
            ("2025-04-30", 336656, 3367),
        ],
    ),
]


@pytest.mark.parametrize(("rule", "basis", "wanted"), MONTH_ENDS)
def test_month_ends(rule, basis, wanted) -> None:
    terms = Terms(
        start=date(2025, 1, 31),
        rate_annual=Fraction(12, 100),
        instalments=3,
        due=DueRule(month_end=rule),
        basis=basis,
        level_rounds=3,
    )
    assert rows(terms) == wanted


# Published figures of changed schedules: the unit tests of the instalment calculator of
# apache/fineract at 048cf93c (100.00 at 7 %, 30/360, six months, factors of 12 digits).
SOURCE = Terms(
    start=START,
    rate_annual=Fraction(7, 100),
    instalments=6,
    basis=THIRTY,
    level_rounds=3,
    precision=12,
    pause_from="night_before",
    rate_from="night_before",
)
FOUR = Fraction(4, 100)
CHANGED = [
    ([RateChange(date(2024, 2, 2), FOUR)],
     [(1643, 58), (1660, 28), (1666, 22), (1671, 17), (1677, 11), (1683, 6)]),
    ([RateChange(date(2024, 2, 15), FOUR)],
     [(1643, 58), (1653, 37), (1668, 22), (1673, 17), (1679, 11), (1684, 6)]),
    ([Pause(date(2024, 2, 5), date(2024, 2, 10))],
     [(1643, 58), (1662, 39), (1662, 39), (1672, 29), (1681, 20), (1680, 10)]),
    ([Pause(date(2024, 2, 10), date(2024, 3, 10))],
     [(1643, 58), (1688, 13), (1673, 28), (1672, 29), (1682, 19), (1642, 10)]),
    ([Pause(date(2024, 2, 1), date(2024, 2, 5))],
     [(1645, 56), (1659, 42), (1662, 39), (1672, 29), (1681, 20), (1681, 10)]),
    ([Pause(date(2024, 1, 10), date(2024, 1, 31))],
     [(1684, 17), (1652, 49), (1662, 39), (1672, 29), (1682, 19), (1648, 10)]),
    ([Pause(date(2024, 2, 1), date(2024, 2, 29))],
     [(1645, 56), (1699, 2), (1662, 39), (1672, 29), (1682, 19), (1640, 10)]),
    ([Pause(date(2024, 2, 1), date(2024, 3, 31))],
     [(1645, 56), (1701, 0), (1700, 1), (1672, 29), (1682, 19), (1600, 9)]),
    ([RateChange(date(2024, 2, 11), Fraction(7, 100)), RateChange(date(2024, 2, 21), Fraction(7, 100)),
      Pause(date(2024, 2, 5), date(2024, 2, 15))],
     [(1643, 58), (1671, 30), (1662, 39), (1672, 29), (1681, 20), (1671, 10)]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "wanted"), CHANGED)
def test_published_changes(changes, wanted) -> None:
    found = rows(SOURCE, Drawdown(START, 10_000), *changes)
    assert [row[1:] for row in found] == wanted


def test_two_drawdowns_within_one_period_earn_by_their_days() -> None:
    terms = msgspec.structs.replace(SOURCE, instalments=1)
    drawn = [Drawdown(START, 100_000), Drawdown(date(2024, 1, 15), 100_000)]
    assert rows(terms, *drawn) == [("2024-02-01", 200_000, 903)]


def test_kinds_of_repayment() -> None:
    base = Terms(start=START, rate_annual=Fraction(12, 100), instalments=4, basis=THIRTY)

    def told(**more) -> list[tuple[int, int]]:
        terms = msgspec.structs.replace(base, **more)
        return [row[1:] for row in rows(terms, Drawdown(START, 100_000))]

    assert told() == [(24628, 1000), (24874, 754), (25123, 505), (25375, 254)]
    assert told(kind="equal_principal") == [(25000, i) for i in (1000, 750, 500, 250)]
    assert told(kind="interest_only") == [(0, 1000)] * 3 + [(100_000, 1000)]
    assert told(kind="single_payment") == [(0, 0)] * 3 + [(100_000, 4000)]
    assert told(method="flat") == [(25000, 1000)] * 4
    assert told(balloon=30_000) == [(17240, 1000), (17412, 828), (17587, 653), (47761, 478)]
    assert told(interest_free=4) == [(25000, 0)] * 4
    assert told(grace_principal=2)[:2] == [(0, 1000)] * 2
    down = told(down_payment=DownPayment(Fraction(1, 4)))
    assert down[0] == (25000, 0) and sum(principal for principal, _ in down) == 100_000
    assert [p + i for p, i in told(instalment_multiple=1000)][:3] == [26_000] * 3


def test_rate_changes_pauses_and_later_drawdowns() -> None:
    base = Terms(start=START, rate_annual=Fraction(12, 100), instalments=3, basis=THIRTY)
    drawn = Drawdown(START, 300_000)
    paused = rows(base, drawn, Pause(date(2024, 2, 1), date(2024, 3, 1)))
    assert [row[2] for row in paused][1] == 0
    raised = rows(base, drawn, RateChange(date(2024, 2, 1), Fraction(24, 100)))
    assert raised[0] == rows(base, drawn)[0]
    assert raised[1][2] == 2 * rows(base, drawn)[1][2]
    more = rows(base, drawn, Drawdown(date(2024, 2, 1), 100_000))
    assert sum(row[1] for row in more) == 400_000


@pytest.mark.parametrize(
    ("field", "value"),
    [("instalments", 0), ("rate_annual", Fraction(-1)), ("grace_principal", 3), ("precision", 1)],
)
def test_terms_that_do_not_work_are_refused(field: str, value: Any) -> None:
    with pytest.raises(BadLoanTerms):
        Terms(**{"start": START, "rate_annual": Fraction(1, 10), "instalments": 3, field: value})


KINDS_OF_TERMS = st.builds(
    Terms,
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    rate_annual=st.integers(0, 60_000).map(lambda n: Fraction(n, 100_000)),
    instalments=st.integers(1, 36),
    due=st.builds(
        DueRule,
        every=st.integers(1, 3),
        unit=st.sampled_from(["days", "weeks", "months"]),
        month_end=st.sampled_from(["clamp", "roll", "stay"]),
    ),
    basis=st.sampled_from(
        [Basis(), THIRTY, Basis(year=365), Basis(year=360), Basis(convention="30e/360 isda")]
    ),
    kind=st.sampled_from(
        ["equal_instalment", "equal_principal", "interest_only", "single_payment"]
    ),
    method=st.sampled_from(["declining", "flat"]),
    calculation=st.sampled_from(["daily", "by_period"]),
    rounding=st.sampled_from(["half_even", "half_up"]),
    level_rounds=st.integers(0, 3),
    precision=st.sampled_from([None, 19]),
)


@settings(max_examples=150, deadline=None)
@given(KINDS_OF_TERMS, st.lists(st.integers(100, 10**9), min_size=1, max_size=3), st.data())
def test_principal_is_what_was_drawn_and_no_row_is_below_nothing(terms, amounts, data) -> None:
    last = schedule(terms, [Drawdown(terms.start, amounts[0])])[-1].due
    days = [data.draw(st.integers(0, max(0, (last - terms.start).days - 1))) for _ in amounts]
    days[0] = 0
    draws = [
        Drawdown(terms.start + timedelta(days=n), a) for n, a in zip(days, amounts, strict=True)
    ]
    found = schedule(terms, draws)
    assert sum(row.principal for row in found) == sum(amounts)
    assert all(row.interest >= 0 for row in found)
    assert found[-1].balance == 0
    if len(amounts) == 1:
        assert all(row.principal >= 0 for row in found)


@pytest.mark.parametrize("method", ["declining", "flat"])
def test_a_drawdown_told_after_a_later_one_counts_too(method: Any) -> None:
    terms = Terms(start=START, rate_annual=Fraction(12, 100), instalments=3, method=method)
    late = Drawdown(date(2024, 2, 20), 100_000)
    found = schedule(terms, [Drawdown(START, 100_000), late, Drawdown(START, 100_000)])
    assert sum(row.principal for row in found) == 300_000


@settings(max_examples=60, deadline=None)
@given(KINDS_OF_TERMS, st.integers(1000, 10**9), st.integers(1, 5000))
def test_a_higher_rate_costs_no_less(terms: Terms, amount: int, more: int) -> None:
    dearer = msgspec.structs.replace(terms, rate_annual=terms.rate_annual + Fraction(more, 10_000))
    drawn = [Drawdown(terms.start, amount)]
    cheap, dear = (totals(schedule(each, drawn)).interest for each in (terms, dearer))
    assert dear >= cheap - terms.instalments


@settings(max_examples=60, deadline=None)
@given(st.integers(10_000, 10**8), st.integers(0, 10**7), st.integers(10**6, 10**10))
def test_an_advance_earns_its_whole_fee(disbursed: int, fee: int, sales: int) -> None:
    if (disbursed + fee) * 2000 > sales:
        sales = (disbursed + fee) * 2000
    for rounded in ("balance", "each"):
        told = Advance(START, disbursed, fee, sales, Fraction(18, 100), rounded=rounded)
        found = project(told)
        assert sum(day.payment for day in found.days) == disbursed + fee
        assert sum(day.income for day in found.days) == fee
        assert found.days[-1].balance == 0
        assert found.daily_rate >= Decimal(0)
