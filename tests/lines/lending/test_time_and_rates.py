"""Day counts, due dates and annual rates, held against the texts that define them."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.facts.bankdays import BankDays
from huoshui.lines.lending.rates import Flow, UnitFlow, china_rate, eu_apr, periodic_rate, reg_z_apr
from huoshui.lines.lending.rates.apr import percent
from huoshui.lines.lending.rates.solve import NoRate
from huoshui.lines.lending.time import CONVENTIONS, DueRule, days_between, due_dates, year_fraction
from huoshui.lines.lending.time.daycount import DayCountNeeds, Span, UnknownDayCount

D = date.fromisoformat


def span(start: str, end: str, **more) -> Span:
    return Span(D(start), D(end), **more)


# ISDA, "EMU and Market Conventions: Recent Developments", 1999: the same span by three conventions.
MEMO = [
    ("2003-11-01", "2004-05-01", 2, "end", "0.497724380567", "0.500000000000", "0.497267759563"),
    ("1999-02-01", "1999-07-01", 1, "end", "0.410958904110", "0.410958904110", "0.410958904110"),
    ("1999-07-01", "2000-07-01", 1, "end", "1.001377348600", "1.000000000000", "1.000000000000"),
    ("2002-08-15", "2003-07-15", 2, "end", "0.915068493151", "0.915760869565", "0.915068493151"),
    ("2003-07-15", "2004-01-15", 2, "end", "0.504004790778", "0.500000000000", "0.504109589041"),
    ("1999-07-30", "2000-01-30", 2, "start", "0.503892506924", "0.500000000000", "0.504109589041"),
    ("2000-01-30", "2000-06-30", 2, "start", "0.415300546448", "0.417582417582", "0.415300546448"),
]


@pytest.mark.parametrize(("start", "end", "coupons", "anchor", "isda", "icma", "afb"), MEMO)
def test_the_three_act_act_of_the_isda_memo(start, end, coupons, anchor, isda, icma, afb) -> None:
    asked = span(start, end, coupons=coupons, anchor=anchor)
    for name, wanted in (("isda", isda), ("icma", icma), ("afb", afb)):
        found = year_fraction(f"act/act {name}", asked)
        assert abs(found - Fraction(wanted)) < Fraction(1, 10**11), name


@pytest.mark.parametrize(
    ("convention", "start", "end", "days"),
    [
        ("30/360 bond basis", "2006-08-31", "2007-02-28", 178),
        ("30/360 bond basis", "2006-08-20", "2007-02-20", 180),
        ("30e/360 eurobond", "2007-02-28", "2007-08-31", 182),
        ("30e/360 isda", "2006-08-31", "2007-02-28", 180),
        ("30e/360 isda", "2007-02-28", "2007-08-31", 180),
        ("30/360 us", "2007-02-28", "2007-08-31", 180),
        ("nl/365", "2024-02-28", "2024-03-01", 1),
        ("act/360", "2024-01-01", "2024-07-01", 182),
    ],
)
def test_days_by_convention(convention: str, start: str, end: str, days: int) -> None:
    assert days_between(convention, span(start, end)) == days


def test_30e_360_isda_keeps_february_at_maturity() -> None:
    asked = span("2006-08-31", "2007-02-28", maturity=D("2007-02-28"))
    assert days_between("30e/360 isda", asked) == 178


def test_bank_days_over_252_count_make_up_days() -> None:
    china = BankDays("CN")
    asked = span("2026-02-14", "2026-02-25", bank_days=china)  # the Spring Festival lies in it
    assert days_between("bus/252", asked) == sum(
        china.is_open(D("2026-02-14") + timedelta(days=n)) for n in range(11)
    )
    assert year_fraction("bus/252", asked).denominator <= 252


def test_what_a_day_count_lacks_is_told() -> None:
    with pytest.raises(UnknownDayCount):
        year_fraction("act/361", span("2024-01-01", "2024-02-01"))
    with pytest.raises(DayCountNeeds):
        year_fraction("bus/252", span("2024-01-01", "2024-02-01"))
    with pytest.raises(DayCountNeeds):
        year_fraction("act/act icma", span("2024-01-01", "2024-02-01"))


dates = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 1, 1))
ADDITIVE = ["act/360", "act/365f", "act/364", "act/act isda", "nl/365", "act/366"]


@given(st.tuples(dates, dates, dates), st.sampled_from(ADDITIVE))
def test_parts_of_a_span_add_up(three: tuple[date, date, date], convention: str) -> None:
    a, b, c = sorted(three)
    parts = year_fraction(convention, Span(a, b)) + year_fraction(convention, Span(b, c))
    assert parts == year_fraction(convention, Span(a, c))


@given(dates, dates, st.sampled_from(sorted(CONVENTIONS)))
def test_no_span_has_fewer_than_no_days(one: date, other: date, convention: str) -> None:
    start, end = sorted((one, other))
    asked = Span(start, end, coupons=2, bank_days=BankDays("every_day"))
    assert year_fraction(convention, asked) >= 0


# Due dates


def test_due_days_that_a_month_lacks() -> None:
    def told(rule: DueRule, count: int = 3) -> list[str]:
        return [day.isoformat() for day in due_dates(rule, D("2024-01-31"), count)]

    assert told(DueRule()) == ["2024-02-29", "2024-03-31", "2024-04-30"]
    assert told(DueRule(month_end="roll")) == ["2024-03-01", "2024-03-31", "2024-05-01"]
    assert told(DueRule(month_end="skip")) == ["2024-03-31", "2024-05-31", "2024-07-31"]
    assert told(DueRule(place="first_of_next_month")) == ["2024-03-01", "2024-04-01", "2024-05-01"]
    assert told(DueRule(every=2, unit="weeks"), 2) == ["2024-02-14", "2024-02-28"]
    stay = due_dates(DueRule(month_end="stay"), D("2024-02-29"), 2)
    assert stay == (D("2024-03-31"), D("2024-04-30"))


def test_due_dates_move_to_days_on_which_banks_of_china_work() -> None:
    rule = DueRule(adjust="following", bank_days=BankDays("CN"))
    assert due_dates(rule, D("2025-09-01"), 2) == (D("2025-10-09"), D("2025-11-03"))
    back = DueRule(adjust="modified_following", bank_days=BankDays("weekdays"))
    assert due_dates(back, D("2025-07-31"), 1) == (D("2025-08-29"),)


@given(dates, st.integers(1, 6), st.integers(2, 36), st.sampled_from(["clamp", "roll", "stay"]))
def test_due_dates_rise(start: date, every: int, count: int, month_end) -> None:
    found = due_dates(DueRule(every=every, month_end=month_end), start, count)
    assert start < found[0] and all(a < b for a, b in itertools.pairwise(found))


# Annual rates. 12 CFR 1026 Appendix J (c): amount, payments, units and part to the first, a year's
# units, the rate.
APPENDIX_J = [
    ("5000", ["230"] * 24, 1, "0", 12, "9.69"),  # (c)(1)(i)
    ("6000", ["200"] * 36, 1, "19/30", 12, "11.82"),  # (c)(1)(ii)
    ("5000", ["219.17"] * 24, 0, "6/15", 24, "10.34"),  # (c)(1)(iii)
    ("10000", ["385"] * 40, 1, "39/90", 4, "8.97"),  # (c)(1)(iv)
    ("500", ["17.60"] * 30, 4, "4/7", 52, "14.96"),  # (c)(1)(v)
    ("5000", ["250"] + ["230"] * 23, 1, "0", 12, "10.08"),  # (c)(2)(i)
    ("400", ["39.50"] + ["38.31"] * 11, 1, "5/28", 13, "28.50"),  # (c)(2)(ii)
    ("5000", ["230"] * 23 + ["280"], 1, "0", 12, "10.50"),  # (c)(3)(i)
    ("200", ["9.50"] * 19 + ["30"], 0, "8/14", 26, "12.22"),  # (c)(3)(ii)
    ("5000", ["250"] + ["230"] * 22 + ["280"], 1, "0", 12, "10.90"),  # (c)(4)(i)
    ("8000", ["449.36"] + ["465"] * 18 + ["200"], 0, "52/60", 6, "7.30"),  # (c)(4)(ii)
]


@pytest.mark.parametrize(("amount", "paid", "units", "part", "per_year", "rate"), APPENDIX_J)
def test_the_examples_of_appendix_j(amount, paid, units, part, per_year, rate) -> None:
    flows = [UnitFlow(Decimal(amount), 0)]
    flows += [UnitFlow(-Decimal(p), units + k, Fraction(part)) for k, p in enumerate(paid)]
    assert percent(reg_z_apr(flows, Decimal(per_year)).annual) == rate


def test_one_payment_within_a_year_counts_days() -> None:
    """Appendix J (c)(5)(i): 1000 on 3 January, 1080 on 15 September 1978."""
    flows = [UnitFlow(Decimal(1000), 0), UnitFlow(Decimal(-1080), 1)]
    assert percent(reg_z_apr(flows, Decimal(365) / 255).annual) == "11.45"


@pytest.mark.parametrize(
    ("payments", "rate"),
    [
        ([("1200", "1.5")], "12.92"),  # Directive 98/7/EC, Annex III, example 1 of method II
        ([("272", "0.25"), ("272", "0.5"), ("544", "1")], "13.19"),  # example 4
    ],
)
def test_the_examples_of_the_directive(payments, rate) -> None:
    paid = [Flow(Decimal(amount), Decimal(at)) for amount, at in payments]
    assert percent(eu_apr([Flow(Decimal(1000), Decimal(0))], paid)) == rate


def test_both_forms_of_the_yearly_rate_of_china() -> None:
    """6000 in six parts at a fee of 0.75 % of the principal each month looks like 9 % a year."""
    found = china_rate(Decimal(6000), [Decimal(1045)] * 6, 12)
    assert (percent(found.simple), percent(found.compound)) == ("15.27", "16.38")
    assert percent(china_rate(Decimal(100), [Decimal(50)] * 2, 12).simple) == "0.00"


@given(st.integers(1, 10**7), st.integers(1, 60), st.integers(-900, 3000))
def test_a_rate_put_in_comes_out(amount: int, count: int, per_mille: int) -> None:
    rate = Decimal(per_mille) / 1000
    worth = sum(1 / (1 + rate) ** k for k in range(1, count + 1))
    paid = Decimal(amount) / worth
    flows = [Flow(Decimal(amount), Decimal(0))]
    flows += [Flow(-paid, Decimal(k)) for k in range(1, count + 1)]
    assert abs(periodic_rate(flows) - rate) < Decimal("1e-15") * (1 + abs(rate)) * 10**4


def test_payments_without_a_rate_are_told() -> None:
    with pytest.raises(NoRate):
        periodic_rate([Flow(Decimal(100), Decimal(0))])
