"""Penalty interest: the figures of worked cases; a line says what the fold says; 700 days are one step."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest

from huoshui.core.errors import Problem
from huoshui.lines.lending.column import keeping, store
from huoshui.lines.lending.column.run import earned_by
from huoshui.lines.lending.life import Life, Rules, penal
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.penal import Penalty
from huoshui.lines.lending.life.view import payoff, seen
from huoshui.lines.lending.loan import journal
from huoshui.lines.lending.schedule import Terms
from tests.lines.lending.loan.walks import Walk

START = date(2026, 1, 10)
DAY = timedelta(days=1)


def life(rule: Penalty, amount: int = 1_200_000) -> Life:
    told = Rules(earn_on_overdue=False, penalty=rule)
    terms = Terms(START, Fraction(12, 100), 1, kind="single_payment", rounding="half_up")
    return Life(terms, told).record_all([e.Drawn(id="d", on=START, recorded=START, amount=amount)])


def paid(life_: Life, day: date, amount: int) -> None:
    life_.record(e.Paid(id=f"p{day}", on=day, recorded=day, amount=amount))


@pytest.mark.parametrize(
    ("rule", "late", "asked"),
    [
        # 1,200,000 at 12 % x 1.5 = 18 % on 30 days of 360
        (Penalty(Fraction(3, 2)), 30, 18_000),
        (Penalty(Fraction(3, 2), day_count="act/365"), 30, 17_753),
        (Penalty(Fraction(1), Fraction(6, 100)), 30, 18_000),
        (Penalty(Fraction(3, 2), cap=Fraction(15, 100)), 30, 15_000),
        # the interest of the month (12,230) earns too
        (Penalty(Fraction(3, 2), compound=True), 30, 18_183),
        (Penalty(Fraction(3, 2), grace_days=30), 30, 0),
        (Penalty(Fraction(3, 2), grace_days=29), 30, 18_000),
        (Penalty(Fraction(3, 2), grace_days=29, since="grace"), 30, 600),
        (Penalty(Fraction(3, 2), most=Fraction(1, 100)), 30, 12_000),
        (Penalty(Fraction(3, 2)), 700, 420_000),
    ],
)
def test_what_is_overdue_earns_by_the_day(rule: Penalty, late: int, asked: int) -> None:
    state = life(rule).state
    day = date(2026, 2, 10) + timedelta(days=late)
    assert penal.accrued(state, day) == asked
    assert sum(row.penalty for row in seen(state, day).rows) == asked
    assert payoff(state, day) == 1_200_000 + 12_230 + asked


def test_a_payment_takes_penalty_first_and_less_earns_after_it() -> None:
    told = life(Penalty(Fraction(3, 2)))
    paid(told, date(2026, 2, 20), 6_000 + 12_230 + 600_000)  # 10 days: 6,000
    assert penal.accrued(told.state, date(2026, 3, 2)) == 6_000 + 3_000
    day = date(2026, 3, 2)
    told.record(e.PenaltyWaived(id="w", on=day, recorded=day))
    assert told.state.movements[-1].parts["penalty"] == 3_000
    assert penal.accrued(told.state, day) == 9_000  # it was earned, and is given up
    paid(told, day, 600_000)
    assert not told.state.outstanding


def test_a_pause_and_a_grace_that_is_kept_cost_nothing() -> None:
    told = life(Penalty(Fraction(3, 2), grace_days=5))
    paid(told, date(2026, 2, 15), 1_212_230)
    assert not told.state.outstanding and not penal.accrued(told.state, date(2026, 6, 1))
    told = life(Penalty(Fraction(3, 2)))
    day, until = date(2026, 2, 20), date(2026, 3, 20)
    told.record(e.InterestPaused(id="i", on=day, recorded=day, until=until))
    assert penal.accrued(told.state, date(2026, 3, 25)) == 6_000 + 3_000


def test_a_charge_off_ends_it() -> None:
    told = life(Penalty(Fraction(3, 2)))
    told.record(e.ChargedOff(id="c", on=date(2026, 3, 12), recorded=date(2026, 3, 12)))
    assert told.state.movements[-1].parts["penalty"] == 18_000
    assert penal.accrued(told.state, date(2027, 3, 12)) == 18_000


def walk(seed: str) -> Walk:
    """A life with penalty interest."""
    for n in range(50):
        found = Walk(f"{seed}/{n}")
        if found.running.tables.penalty is not None:
            return found
    raise AssertionError(seed)


def test_a_line_says_what_the_fold_says_on_any_later_day() -> None:
    seed = random.SystemRandom().randrange(2**32)
    lines = late = 0
    for number in range(60):
        found = walk(f"{seed}/{number}")
        try:
            found.live(3)
        except Problem:
            continue
        state, running = found.running.state, found.running
        kept = keeping.kept(running.loan.id, "p", "CNY", state, signed=900_000)
        again = store._penal(store._told(kept.penal)) if kept.penal else None
        assert again == kept.penal
        if kept.line is None or kept.ended or journal._settled(state):
            continue
        lines += 1
        for days in (0, 1, 17, 40, 300, 700):
            day = kept.day + timedelta(days=days)
            said = kept.penalty(day)
            if said is None:
                continue
            interest, charges, penalty = journal._earned(state, day)
            interest += sum(each.earned for each in state.movements)  # a fixed fee, by events
            whole = (interest, charges, penalty)
            assert (earned_by(kept.line, (day.toordinal(),))[0], kept.charges, said) == whole, (
                seed, number, day, found.story(),
            )  # fmt: skip
            late += said > 0
    assert lines > 10 and late > 10, (lines, late, seed)
