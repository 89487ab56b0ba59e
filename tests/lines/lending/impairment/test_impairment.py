"""IFRS 9: stages and their way back, expected losses worked out by hand, entries by difference."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.lines.lending.impairment import (
    BEGUN,
    Allowance,
    BadScenarios,
    BadStaging,
    Exposure,
    Facing,
    Known,
    Loss,
    Outlook,
    Rules,
    Scenario,
    Scenarios,
    Segment,
    Staged,
    Staging,
    differences,
    expected,
    expected_of_default,
    interest_of_stage_3,
    periodic,
    resume,
    stages,
    written_off,
)
from huoshui.lines.lending.impairment.allowance import CHART, TEMPLATES
from huoshui.lines.lending.impairment.rules import outlooks
from huoshui.lines.lending.impairment.stage import Stage

DAY = date(2026, 1, 1)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def told(rules: Staging, *known: Known, until: int = 600) -> list[tuple[int, int, str]]:
    return [((s.on - DAY).days, s.stage, s.reason) for s in stages(rules, known, after(until))]


def test_the_backstops_are_30_and_90_days_past_due() -> None:
    found = told(Staging(), Known(DAY, late_since=after(10)))
    assert found == [(40, 2, "days_past_due"), (100, 3, "days_past_due")]


def test_the_way_back_leads_from_3_over_2_to_1_and_takes_cure_and_watch() -> None:
    rules = Staging(cure_days=90, watch_days=60)
    found = told(rules, Known(DAY, late_since=after(0)), Known(after(120)))
    assert found == [
        (30, 2, "days_past_due"), (90, 3, "days_past_due"), (210, 2, "cured"), (270, 1, "cured"),
    ]  # fmt: skip


def test_a_new_sign_of_default_begins_the_cure_anew() -> None:
    rules = Staging(cure_days=90)
    found = told(
        rules, Known(DAY, impaired=True), Known(after(50)), Known(after(100), contagion=True),
        Known(after(110)),
    )  # fmt: skip
    assert found == [(0, 3, "impaired"), (200, 2, "cured"), (201, 1, "cured")]


def test_credit_risk_rises_by_grade_by_probability_by_watch_list_and_by_restructuring() -> None:
    rules = Staging(grades_down=2, pd_times=F(5, 2), watch_days=30)
    assert told(rules, Known(DAY, grades_down=1)) == []
    assert told(rules, Known(DAY, grades_down=2)) == [(0, 2, "grades_down")]
    assert told(rules, Known(DAY, pd_times=F(5, 2))) == [(0, 2, "default_likelier")]
    assert told(rules, Known(DAY, watched=True)) == [(0, 2, "watched")]
    assert told(rules, Known(DAY, restructured=True)) == [(0, 2, "restructured"), (30, 1, "cured")]


def test_a_restructuring_in_stage_3_begins_its_cure() -> None:
    found = told(
        Staging(cure_days=90), Known(DAY, impaired=True), Known(after(10), restructured=True)
    )
    assert found == [(0, 3, "impaired"), (100, 2, "cured"), (101, 1, "cured")]


LATE = st.one_of(st.none(), st.integers(-40, 200))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), LATE, st.booleans()), max_size=5),
    st.integers(0, 60), st.integers(0, 90), st.sets(st.integers(0, 400), max_size=40),
)  # fmt: skip
def test_how_often_the_same_is_told_changes_no_stage(steps, watch, cure, extra) -> None:
    rules = Staging(watch_days=watch, cure_days=cure)
    by_day = {on: Known(after(on), late_since=None if late is None else after(late), watched=watched)
              for on, late, watched in steps}  # fmt: skip
    known = dict(by_day)
    for on in extra:
        before = [each for each in by_day if each <= on]
        if before and on not in by_day:
            former = by_day[max(before)]
            known[on] = Known(after(on), former.late_since, watched=former.watched)
    found = stages(rules, known.values(), after(400))
    assert found == stages(rules, by_day.values(), after(400))
    for one, other in itertools.pairwise(found):
        assert (one.stage, other.stage) != (3, 1)


ONE = Scenarios((Scenario("base", F(1), F(45, 100), (F(1, 100), F(2, 100), F(3, 100))),))


def test_a_loss_worked_out_by_hand() -> None:
    """45 % of 1,000.00, 800.00, 500.00 at 1, 2, 3 % a year, discounted at 10 %:
    4.0909… + 5.9504… + 5.0713… = 15.11."""
    exposure = Exposure((100_000, 80_000, 50_000), F(1, 10))
    assert expected(2, exposure, ONE) == Loss(1511)
    assert expected(1, exposure, ONE, periods_of_stage_1=1) == Loss(409)
    assert expected(3, exposure, ONE) == Loss(45_000)


def test_scenarios_are_weighted_and_what_is_undrawn_has_its_own_provision() -> None:
    """Base 60 % × 2 % × 40 %, down 30 % × 6 % × 55 %, up 10 % × 1 % × 30 % is 1.5 % of what is owed."""
    weighted = Scenarios((
        Scenario("base", F(6, 10), F(4, 10), (F(2, 100),)),
        Scenario("down", F(3, 10), F(55, 100), (F(6, 100),)),
        Scenario("up", F(1, 10), F(3, 10), (F(1, 100),)),
    ))  # fmt: skip
    exposure = Exposure((1_000_000,), F(0), (400_000,), F(1, 2))
    assert expected(1, exposure, weighted) == Loss(15_000, 3_000)


def test_half_a_unit_goes_by_the_named_rule() -> None:
    half = Scenarios((Scenario("base", F(1), F(1, 2), (F(1),)),))
    assert expected(2, Exposure((1,), F(0)), half, "half_up") == Loss(1)
    assert expected(2, Exposure((1,), F(0)), half, "half_even") == Loss(0)
    assert expected(2, Exposure((1,), F(0)), half, "up") == Loss(1)


def test_a_loss_in_default_is_what_its_cash_is_worth_less() -> None:
    """1,000.00 owed; 330.00 after one year and 242.00 after two at 10 % are worth 500.00."""
    assert expected_of_default(100_000, [(1, 33_000), (2, 24_200)], F(1, 10)) == Loss(50_000)


def test_the_rate_of_a_month_makes_that_of_a_year() -> None:
    month = periodic(Decimal("0.24"), 12)
    assert abs((1 + month) ** 12 - F(124, 100)) < F(1, 10**25)


@pytest.mark.parametrize(
    "field, make",
    [
        ("weight", lambda: Scenarios((Scenario("a", F(1, 2), F(0), ()),))),
        ("pd", lambda: Scenarios((Scenario("a", F(1), F(0), (F(2, 3), F(2, 3))),))),
        ("lgd", lambda: Scenarios((Scenario("a", F(1), F(2), ()),))),
        ("ccf", lambda: Exposure((1,), F(0), (1,), F(2))),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(field, make) -> None:
    with pytest.raises(BadScenarios) as told_:
        make()
    assert field in str(told_.value)
    with pytest.raises(BadStaging):
        Staging(sicr_days=91)


def books(*entries) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry in entries:
        for leg in TEMPLATES[entry.template].legs({"book": "b"}, entry.amounts):
            found[leg.source] += leg.amount
            found[leg.target] -= leg.amount
    return found


AMOUNT = st.integers(0, 10**9)
HELD = st.builds(Allowance, AMOUNT, AMOUNT, AMOUNT)


@given(st.lists(HELD, min_size=1, max_size=6))
def test_differences_add_up_to_the_last_allowance(path: list[Allowance]) -> None:
    entries = [
        e for a, b in zip([Allowance(), *path], path, strict=False) for e in differences(a, b)
    ]
    told_ = books(*entries)
    last = path[-1]
    assert -told_["allowance:b:loans"] == last.loans
    assert -told_["allowance:b:undrawn"] == last.undrawn
    assert -told_["allowance:b:suspended_interest"] == last.suspended
    assert sum(told_.values()) == 0
    assert differences(last, last) == ()


@given(HELD, AMOUNT, AMOUNT)
def test_a_write_off_uses_what_is_held_and_no_more(held, principal, interest) -> None:
    entry, left = written_off(held, principal, interest)
    told_ = books(entry)
    assert -told_["loans:b:principal"] == principal
    assert -told_["loans:b:receivable"] == interest
    assert told_["allowance:b:loans"] == held.loans - left.loans >= 0
    assert left.loans >= 0 and left.suspended >= 0
    lost = told_["expense:b:bad_debt"]
    assert lost == 0 or not left.loans


@given(AMOUNT, AMOUNT, AMOUNT)
def test_interest_of_stage_3_is_earned_on_the_net_amount(interest, gross, allowance) -> None:
    earned, suspended = interest_of_stage_3(interest, gross, allowance)
    assert earned + suspended == interest and earned >= 0 and suspended >= 0
    assert interest_of_stage_3(1000, 100_000, 45_000) == (550, 450)


def test_every_account_has_a_kind() -> None:
    for template in TEMPLATES.values():
        for entry in (*template.debit, *template.credit):
            assert CHART.kind_of(entry.account.format(book="b")) is not None, entry


part_of_one = st.integers(0, 10_000).map(lambda n: f"{n / 20_000:.5f}")
amounts = st.integers(0, 50_000_000)
outlook = st.tuples(part_of_one, st.lists(part_of_one, min_size=1, max_size=4))


@given(
    st.sampled_from([1, 2, 3]), amounts, st.lists(amounts, min_size=1, max_size=30), amounts,
    st.integers(0, 3_000), st.sampled_from([(12, 1), (4, 1), (365, 7)]), outlook, outlook,
)  # fmt: skip
@settings(max_examples=60)
def test_many_loans_by_their_loadings_have_the_loss_of_each_alone(
    stage: Stage, more: int, ahead: list[int], undrawn: int, rate: int, a_year: tuple[int, int],
    mild: tuple, grave: tuple,
) -> None:  # fmt: skip
    rules = Rules(
        [Outlook("mild", "0.7", *mild), Outlook("grave", "0.3", grave[0], grave[1], ["0.2"])],
        ccf="0.4",
    ).checked()
    owed = sum(ahead)
    facing = Facing(owed + more, owed, tuple(ahead), (rate, 100_000), a_year, undrawn)
    scenarios = outlooks(rules, F(*a_year), len(ahead), stage)
    year = -(-a_year[0] // a_year[1])
    alone = expected(stage, facing.exposure(F("0.4")), scenarios, periods_of_stage_1=year)
    found = Segment(rules).loss(stage, facing)
    assert abs(found.drawn - alone.drawn) <= 1
    assert abs(found.undrawn - alone.undrawn) <= 1
    assert 0 <= found.drawn <= facing.gross


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.booleans()), max_size=8))
@settings(max_examples=60)
def test_stages_told_day_by_day_are_those_told_at_once(steps: list[tuple[int, bool, bool]]) -> None:
    rules, on = Staging(cure_days=20, watch_days=10), DAY
    told: list[Known] = []
    for days, late, eased in steps:
        told.append(Known(on, late_since=on if late else None, restructured=eased))
        on += timedelta(days=days)
    apart: list[Staged] = []
    whole: list[Staged] = []
    kept = BEGUN
    for n, each in enumerate(told):
        end = (told[n + 1].on if n + 1 < len(told) else on) - timedelta(days=1)
        day, stood = each.on, kept
        while day <= end:
            now = Known(
                day, late_since=each.late_since, restructured=each.restructured and day == each.on
            )
            kept, found = resume(rules, kept, now, day)
            apart += found
            day += timedelta(days=1)
        whole += resume(rules, stood, each, end)[1]
    assert [(s.on, s.stage) for s in apart] == [(s.on, s.stage) for s in whole]
    until = on - timedelta(days=1)
    assert [(s.on, s.stage) for s in stages(rules, told, until)] == [(s.on, s.stage) for s in whole]
