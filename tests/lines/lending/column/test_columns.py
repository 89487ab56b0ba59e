"""Many loans at once: the same figures as loan by loan, to the unit."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.lines.lending.column import days_past_due, earned, earned_by, line_of, schedules
from huoshui.lines.lending.life import Life, Rules, accrue, standing, steps
from huoshui.lines.lending.life.events import (
    AnyEvent,
    Charged,
    DayClosed,
    Drawn,
    InterestPaused,
    Paid,
    RateChanged,
    Rescheduled,
)
from huoshui.lines.lending.schedule import Basis, DownPayment, Drawdown, Terms, schedule

BASES = st.sampled_from([Basis(), Basis("30", 360), Basis(year=365), Basis(convention="act/360")])
KINDS = ["equal_instalment", "equal_principal", "interest_only", "single_payment"]
RATES = st.integers(0, 4000).map(lambda each: Fraction(each, 10_000))


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    return Terms(
        start=draw(st.dates(date(2023, 1, 1), date(2025, 1, 31))),
        rate_annual=draw(RATES),
        instalments=draw(st.sampled_from([1, 2, 3, 6, 12])),
        basis=draw(BASES),
        kind=draw(st.sampled_from(KINDS)),
        method=draw(st.sampled_from(["declining", "declining", "flat"])),
        rounding=draw(st.sampled_from(["half_even", "half_up"])),
        level_rounds=draw(st.sampled_from([0, 3])),
        interest_free=draw(st.sampled_from([0, 0, 1])),
        instalment_multiple=draw(st.sampled_from([0, 0, 100])),
        balloon=draw(st.sampled_from([0, 0, 3000])),
        down_payment=draw(st.sampled_from([None, DownPayment(Fraction(1, 4))])),
    )


@settings(max_examples=120, deadline=None)
@given(terms(), st.lists(st.integers(5_000, 2_000_000), min_size=1, max_size=4))
def test_schedules_of_many_are_those_of_each(told: Terms, amounts: list[int]) -> None:
    for amount, column in zip(amounts, schedules(told, amounts), strict=True):
        rows = [r for r in schedule(told, [Drawdown(told.start, amount)])]
        asked = [row for row in rows if not row.down_payment]
        assert column.principal == [row.principal for row in asked]
        assert column.interest == [row.interest for row in asked]
        assert column.down == sum(row.principal for row in rows if row.down_payment)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Life, date]:
    told = draw(terms())
    rules = Rules(
        recalculate=draw(st.booleans()),
        earn_on_overdue=draw(st.booleans()),
        rest=draw(st.sampled_from(["day", "period"])),
        preclose=draw(st.sampled_from(["day", "rest"])),
    )
    amount = draw(st.integers(5_000, 1_000_000))
    life = Life(told, rules)
    life.record(Drawn(id="d", on=told.start, recorded=told.start, amount=amount))
    day = told.start
    for n in range(draw(st.integers(0, 5))):
        day += timedelta(days=draw(st.integers(0, 50)))
        back = timedelta(days=draw(st.sampled_from([0, 0, 0, 9])))
        on = max(told.start, day - back)
        life.record(draw(st.sampled_from(_events(n, on, day, amount, draw(st.integers(1, 8))))))
    return life, day


def _events(n: int, on: date, day: date, amount: int, part: int) -> list[AnyEvent]:
    paid: AnyEvent = Paid(id=f"p{n}", on=on, recorded=day, amount=amount // (part + 1))
    return [
        paid, paid, paid,
        Charged(id=f"c{n}", on=day, recorded=day, due=day, amount=100 * part),
        RateChanged(id=f"r{n}", on=day, recorded=day, rate_annual=Fraction(part, 20)),
        Drawn(id=f"w{n}", on=day, recorded=day, amount=amount // part),
        InterestPaused(id=f"i{n}", on=day, recorded=day, until=day + timedelta(days=7 * part)),
    ]  # fmt: skip


def _closed(life: Life, day: date) -> tuple[int, int]:
    """What the fold says at the end of a day: interest earned, and days past due."""
    state = life.state.copy()
    next_day = day + timedelta(days=1)
    steps.apply(state, DayClosed(id="end", on=next_day, recorded=next_day))
    return accrue.earned(state, day), standing(state, day).days_past_due


@settings(max_examples=150, deadline=None)
@given(lives(), st.lists(st.integers(0, 700), min_size=1, max_size=4))
def test_a_line_says_what_the_fold_says_on_any_later_day(told, later: list[int]) -> None:
    life, last = told
    line = line_of(life.state, last)
    if line is None:  # left to the fold
        return
    for days in later:
        day = last + timedelta(days=days)
        found = earned([line], day.toordinal())[0], days_past_due(line, day.toordinal())
        assert earned_by(line, sorted((last.toordinal(), day.toordinal())))[-1] == found[0]
        assert found == _closed(life, day)


def test_most_loans_are_lines_and_a_moved_date_is_left_to_the_fold() -> None:
    start = date(2026, 1, 5)
    life = Life(Terms(start, Fraction(12, 100), 6), Rules())
    life.record(Drawn(id="d", on=start, recorded=start, amount=600_000))
    life.record(Paid(id="p", on=date(2026, 2, 5), recorded=date(2026, 2, 5), amount=50_000))
    assert line_of(life.state, date(2026, 2, 5)) is not None
    day = date(2026, 2, 20)
    moved = Rescheduled(
        id="m", on=day, recorded=day, due=date(2026, 3, 5), moved_to=date(2026, 3, 9)
    )
    assert line_of(life.record_all([moved]).state, day) is None
