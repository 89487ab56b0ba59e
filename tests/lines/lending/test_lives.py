"""Lives of loans: given and published cases, and what must hold for any life."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import loan_life
from conformance.given import question
from huoshui.lines.lending.life import Life, Rules, UnknownEvent, dues, fold, movements, standing
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.view import payoff
from huoshui.lines.lending.schedule.terms import Basis, DownPayment, Kind, Terms
from huoshui.lines.lending.waterfall import BadWaterfall, FutureRule, Waterfall, table
from tests.lines.lending.given import cases, outcome

START = date(2024, 1, 1)
THIRTY = Basis(month="30", year=360)
PUBLISHED = [
    pytest.param(json.loads(line), id=json.loads(line)["id"])
    for line in Path(__file__).with_name("lives.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", cases("life"))
def test_given_lives(case: Any) -> None:
    wanted, found, same = outcome("life", case)
    assert same, f"\nwanted {wanted}\nfound  {found}"


@pytest.mark.parametrize("case", PUBLISHED)
def test_published_lives(case: Any) -> None:
    """Tables of public test suites; each line names its source."""
    found = loan_life.answer(question(case))
    for want, have in zip(case["steps"], found["steps"], strict=True):
        assert loan_life.same(want, have), f"\nwanted {want}\nfound  {have}"


def life_of(*events: e.AnyEvent, rules: Rules | None = None, **terms) -> Life:
    told = Terms(start=START, rate_annual=Fraction(12, 100), instalments=6, basis=THIRTY, **terms)
    return Life(told, rules or Rules()).record_all(events)


def draw(amount: int, on: date = START) -> e.Drawn:
    return e.Drawn(id=f"draw{on}", on=on, recorded=on, amount=amount)


def pay(n: int, amount: int, on: date, recorded: date | None = None) -> e.Paid:
    return e.Paid(id=f"pay{n}", on=on, recorded=recorded or on, amount=amount)


def shown(life: Life) -> tuple:
    return dues(life.state), standing(life.state, date(2024, 8, 1))


def test_a_loan_paid_off_early_owes_interest_to_the_day() -> None:
    life = life_of(draw(600_000))
    day = date(2024, 1, 16)
    owed = payoff(life.state, day)
    assert owed == 600_000 + round(600_000 * 0.01 * 15 / 31)
    life.record(pay(1, owed, day))
    assert standing(life.state, day).status == "closed"
    assert standing(life.state, day).outstanding == 0


def test_what_is_paid_too_much_is_credit_and_can_be_paid_out() -> None:
    day = date(2024, 1, 16)
    life = life_of(draw(600_000), pay(1, 700_000, day))
    credit = standing(life.state, day).credit
    assert standing(life.state, day).status == "overpaid" and credit > 0
    life.record(e.CreditRefunded(id="out", on=day, recorded=day, amount=credit))
    assert standing(life.state, day).status == "closed"


def test_days_past_due_are_counted_from_the_oldest_open_instalment() -> None:
    life = life_of(draw(600_000))
    found = standing(life.state, date(2024, 3, 11))
    assert found.days_past_due == (date(2024, 3, 11) - date(2024, 2, 1)).days
    assert found.overdue == sum(row.total for row in dues(life.state)[:2])


def test_a_payment_told_late_counts_from_its_day() -> None:
    on_time = life_of(draw(600_000), pay(1, 103_530, date(2024, 2, 1)))
    late = life_of(draw(600_000), pay(2, 1000, date(2024, 2, 20)))
    late.record(pay(1, 103_530, date(2024, 2, 1), date(2024, 3, 1)))
    on_time.record(pay(2, 1000, date(2024, 2, 20)))
    assert [row.paid for row in dues(late.state)] == [row.paid for row in dues(on_time.state)]


def test_what_is_not_there_cannot_be_undone() -> None:
    life = life_of(draw(600_000), pay(1, 1000, date(2024, 1, 5)))
    undo = e.Reversed(id="u", on=date(2024, 1, 6), recorded=date(2024, 1, 6), of="pay1")
    life.record(undo)
    with pytest.raises(UnknownEvent):
        life.record(undo)
    assert [m.undone for m in movements(life) if m.kind == "repayment"] == [True]


@pytest.mark.parametrize("recalculate", [True, False])
@pytest.mark.parametrize(
    "kind", ["equal_instalment", "equal_principal", "interest_only", "single_payment"]
)
def test_what_is_paid_ahead_is_no_credit_while_principal_is_owed(
    kind: Any, recalculate: bool
) -> None:
    day = date(2024, 1, 16)
    for future in FUTURE:
        for direction in ("horizontal", "vertical"):
            way: Any = direction
            rules = Rules(Waterfall(direction=way, future={"default": future}), recalculate)
            life = life_of(draw(600_000), pay(1, 400_000, day), rules=rules, kind=kind)
            found = standing(life.state, day)
            paid = sum(row.paid for row in dues(life.state))
            assert (found.credit, paid) == (0, 400_000), (future, direction)
            assert sum(row.principal for row in dues(life.state)) == 600_000
            life.record(pay(2, 600_000, day))
            assert standing(life.state, day).principal == 0


def test_interest_alone_is_asked_for_on_what_is_left_after_an_early_payment() -> None:
    life = life_of(draw(600_000), pay(1, 300_000, START), kind="interest_only")
    assert [row.interest for row in dues(life.state)] == [3_000] * 6
    assert [row.principal for row in dues(life.state)] == [0] * 5 + [600_000]


def test_equal_principal_after_a_grace_is_spread_over_the_rest() -> None:
    life = life_of(draw(600_000), kind="equal_principal", grace_principal=2)
    assert [row.principal for row in dues(life.state)] == [0, 0] + [150_000] * 4


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_loan_without_interest_bears_some_from_the_day_that_its_rate_is_changed(
    data: Any,
) -> None:
    kind: Kind = data.draw(st.sampled_from(KINDS))
    day = date(2024, 3, 10)
    told = Terms(START, Fraction(0), 6, basis=THIRTY, kind=kind)
    life = Life(told, Rules()).record_all([draw(600_000)])
    paid = data.draw(st.integers(0, 590_000))
    if paid:
        life.record(pay(1, paid, date(2024, 1, 20)))
    rate = e.RateChanged(id="r", on=day, recorded=day, rate_annual=Fraction(12, 100))
    life.record(rate)
    rows = dues(life.state)
    assert sum(row.principal for row in rows) == 600_000
    assert standing(life.state, day).principal == 600_000 - paid
    assert sum(row.interest for row in rows) > 0 or paid > 580_000


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_re_ageing_spreads_what_several_drawdowns_and_early_payments_leave(data: Any) -> None:
    kind: Kind = data.draw(st.sampled_from(KINDS))
    method: Any = data.draw(st.sampled_from(["declining", "flat"]))
    told = Terms(START, Fraction(12, 100), 6, basis=THIRTY, kind=kind, method=method)
    life = Life(told, Rules(recalculate=data.draw(st.booleans())))
    drawn, today = 0, START
    for n in range(data.draw(st.integers(1, 4))):
        today += timedelta(days=data.draw(st.integers(0, 40)))
        life.record(draw(100_000 + n, today))
        drawn += 100_000 + n
        if data.draw(st.booleans()):
            life.record(pay(n, data.draw(st.integers(1, 60_000)), today))
    owed = life.state.principal_owed
    day = today + timedelta(days=data.draw(st.integers(0, 30)))
    mark: dict[str, Any] = {"id": "re", "on": day, "recorded": day}
    life.record(e.ReAged(first_due=day + timedelta(days=20), instalments=4, **mark))
    again = [row for row in life.state.rows if row.reaged and not row.additional]
    assert life.state.principal_owed == owed
    assert sum(row.principal for row in dues(life.state)) == drawn
    assert sum(row.principal - row.paid["principal"] for row in again[-4:]) == owed or not owed


def test_a_charge_off_takes_three_forms() -> None:
    day = date(2024, 2, 16)
    found = {}
    for form in ("regular", "zero_interest", "accelerate"):
        rules = Rules(charge_off=form)  # type: ignore[arg-type]
        life = life_of(draw(600_000), rules=rules)
        life.record(e.ChargedOff(id="off", on=day, recorded=day))
        found[form] = dues(life.state)
        assert sum(row.principal for row in found[form]) == 600_000
        life.record(e.Reversed(id="undo", on=day, recorded=day, of="off"))
        assert sum(row.principal for row in dues(life.state)) == 600_000
        assert len(dues(life.state)) == 6
    assert len(found["accelerate"]) == 2
    assert [row.interest for row in found["zero_interest"][2:]] == [0] * 4


def test_overdue_interest_is_carried_on_or_spread_in_equal_parts() -> None:
    day = date(2024, 3, 15)
    found = {}
    for way in ("carried", "equal_parts"):
        life = life_of(draw(10_000), rules=Rules(recalculate=True))
        life.record(pay(1, 1726, date(2024, 2, 1)))
        mark: dict[str, Any] = {"id": "re", "on": day, "recorded": day, "interest": way}
        life.record(e.ReAmortised(**mark))
        found[way] = [row.interest for row in dues(life.state)]
        assert sum(row.principal for row in dues(life.state)) == 10_000
        assert found[way][1] == 0
    assert found["carried"][2] > found["equal_parts"][2] > found["equal_parts"][3]
    assert abs(sum(found["carried"]) - sum(found["equal_parts"])) <= 5


def test_a_write_off_closes_the_loan() -> None:
    life = life_of(draw(600_000))
    life.record(e.WrittenOff(id="w", on=date(2024, 5, 1), recorded=date(2024, 5, 1)))
    found = standing(life.state, date(2024, 5, 1))
    assert (found.status, found.outstanding) == ("written_off", 0)


def test_a_table_that_is_not_whole_is_refused() -> None:
    with pytest.raises(BadWaterfall):
        Waterfall(lines={"default": table()[:-1]})


# Any life: payments, charges, drawdowns and reversals told in any order.


KINDS: tuple[Kind, ...] = ("equal_instalment", "equal_principal", "interest_only", "single_payment")
FUTURE: tuple[FutureRule, ...] = ("next_instalment", "last_instalment", "spread", "next_then_last")


@st.composite
def stories(draw_) -> tuple[Terms, Rules, list[e.AnyEvent]]:
    terms = Terms(
        start=START,
        rate_annual=Fraction(draw_(st.integers(0, 36)), 100),
        instalments=draw_(st.integers(1, 8)),
        kind=draw_(st.sampled_from(KINDS)),
        method=draw_(st.sampled_from(["declining", "declining", "flat"])),
        balloon=draw_(st.sampled_from([0, 0, 30_000])),
        basis=draw_(st.sampled_from([THIRTY, Basis(), Basis(year=365)])),
        level_rounds=draw_(st.sampled_from([0, 3])),
        precision=draw_(st.sampled_from([None, 19])),
        down_payment=draw_(st.sampled_from([None, DownPayment(Fraction(1, 4), auto=True)])),
    )
    rules = Rules(
        waterfall=Waterfall(
            direction=draw_(st.sampled_from(["horizontal", "vertical"])),
            future={"default": draw_(st.sampled_from(FUTURE))},
        ),
        recalculate=draw_(st.booleans()),
        rest=draw_(st.sampled_from(["day", "period"])),
        preclose=draw_(st.sampled_from(["day", "rest"])),
    )
    told: list[e.AnyEvent] = [e.Drawn(id="d0", on=START, recorded=START, amount=100_000)]
    today = START
    for n in range(draw_(st.integers(0, 8))):
        today += timedelta(days=draw_(st.integers(0, 40)))
        back = timedelta(days=draw_(st.sampled_from([0, 0, 0, 5, 30])))
        on = max(START, today - back)
        mark: dict[str, Any] = {"id": f"e{n}", "on": on, "recorded": today}
        kind = draw_(st.sampled_from(["pay", "pay", "pay", "charge", "close", "undo", "refund"]))
        if kind in {"pay", "refund"}:
            amount = draw_(st.integers(1, 60_000))
            name = "repayment" if kind == "pay" else "merchant_issued_refund"
            told.append(e.Paid(amount=amount, kind=name, **mark))
        elif kind == "charge":
            due = on + timedelta(days=draw_(st.integers(0, 300)))
            told.append(e.Charged(amount=draw_(st.integers(1, 900)), due=due, **mark))
        elif kind == "close":
            told.append(e.DayClosed(id=f"e{n}", on=today, recorded=today))
        else:
            open_ = [x.id for x in told if isinstance(x, e.Paid) and not _undone(told, x.id)]
            if open_:
                told.append(e.Reversed(of=draw_(st.sampled_from(open_)), **mark))
    return terms, rules, told


def _undone(told: list[e.AnyEvent], id_: str) -> bool:
    return any(isinstance(x, e.Reversed) and x.of == id_ for x in told)


@settings(max_examples=40, deadline=None)
@given(stories())
def test_what_is_paid_is_what_came_in_and_the_principal_is_what_was_drawn(story) -> None:
    terms, rules, told = story
    state = fold(terms, rules, told)
    rows = dues(state)
    undone = {x.of for x in told if isinstance(x, e.Reversed)}
    came = sum(x.amount for x in told if isinstance(x, e.Paid) and x.id not in undone)
    came += sum(m.amount for m in state.movements if m.kind == "down_payment")
    assert sum(row.paid for row in rows) + state.overpaid == came
    assert sum(row.principal for row in rows) == 100_000
    assert all(row.interest >= 0 and row.outstanding >= 0 for row in rows)
    charged = sum(x.amount for x in told if isinstance(x, e.Charged))
    assert sum(row.fees for row in rows) == charged


@settings(max_examples=25, deadline=None)
@given(stories())
def test_a_life_told_step_by_step_is_the_life_told_at_once(story) -> None:
    terms, rules, told = story
    with_snapshots = Life(terms, rules)
    for event in told:
        with_snapshots.record(event)
    without = Life(terms, rules, snapshots=False).record_all(told)
    assert dues(with_snapshots.state) == dues(without.state)
    assert movements(with_snapshots) == movements(without)


@settings(max_examples=25, deadline=None)
@given(stories())
def test_undoing_all_payments_leaves_what_was_drawn(story) -> None:
    terms, rules, told = story
    life = Life(terms, rules).record_all(told)
    undone = {x.of for x in told if isinstance(x, e.Reversed)}
    last = max(x.recorded for x in told)
    for event in told:
        if isinstance(event, e.Paid) and event.id not in undone:
            life.record(e.Reversed(id=f"u{event.id}", on=last, recorded=last, of=event.id))
    rows = dues(life.state)
    down = sum(m.amount for m in life.state.movements if m.kind == "down_payment")
    assert sum(row.paid for row in rows) == down
    assert life.state.overpaid == 0
