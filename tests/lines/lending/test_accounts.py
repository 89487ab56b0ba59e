"""Accounts: revolving lines asked for by statements, advances that a share of sales repays."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.lines.lending.column import earned_by, line_of
from huoshui.lines.lending.life import Life, Rules, accrue, dues, fold, standing
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.account import earned, seen, statement_day
from huoshui.lines.lending.life.projection import pace, projection, statements
from huoshui.lines.lending.life.view import payoff
from huoshui.lines.lending.loan.journal import FoldedBy
from huoshui.lines.lending.loan.journal import fold as journal_fold
from huoshui.lines.lending.loan.telling import Order
from huoshui.lines.lending.product import read_tables
from huoshui.lines.lending.quote import quote
from huoshui.lines.lending.schedule import (
    BadLoanTerms,
    Basis,
    Drawdown,
    Minimum,
    Revolving,
    SalesShare,
    Terms,
    schedule,
    share_of,
)

START = date(2026, 1, 5)
TENTH = Minimum(Fraction(1, 10), floor=5_000)
LINE = Terms(
    START, Fraction(18, 100), 12, kind="revolving", basis=Basis(year=360),
    revolving=Revolving(TENTH, due_days=20),
)  # fmt: skip
SHARE = Fraction(1, 10)
ADVANCE = Terms(
    START, Fraction(0), 6, kind="sales_share",
    sales=SalesShare(SHARE, 90_000, 9, least=Fraction(1, 2), fee=Fraction(8, 100)),
)  # fmt: skip


def drawn(amount: int, on: date) -> e.Drawn:
    return e.Drawn(id=f"d{on}", on=on, recorded=on, amount=amount)


def paid(amount: int, on: date, recorded: date | None = None, **more: Any) -> e.Paid:
    return e.Paid(id=f"p{on}", on=on, recorded=recorded or on, amount=amount, **more)


def life_of(terms: Terms, *events: e.AnyEvent, rules: Rules | None = None) -> Life:
    return Life(terms, rules or Rules()).record_all(events)


def test_a_statement_asks_for_the_minimum_and_all_interest_of_its_days() -> None:
    life = life_of(LINE, drawn(300_000, date(2026, 1, 10)), drawn(200_000, date(2026, 1, 20)))
    (told,) = statements(life.state, date(2026, 2, 6))
    interest = round((300_000 * 26 + 200_000 * 16) * 0.18 / 360)
    assert (told.told_on, told.due) == (date(2026, 2, 5), date(2026, 2, 25))
    assert (told.principal, told.interest) == (50_000, interest)
    assert statements(life.state, date(2026, 2, 5)) == ()
    found = standing(life.state, date(2026, 2, 26))
    assert (found.overdue, found.days_past_due) == (50_000 + interest, 1)
    assert found.principal == 500_000


def test_an_account_goes_on_without_an_end() -> None:
    """Ten years of statements: drawn again whenever it is repaid, far beyond the projected twelve."""
    life, day = life_of(LINE), START
    for n in range(120):
        day = date(2026 + n // 12, n % 12 + 1, 10)
        life.record(drawn(100_000, day))
        life.record(paid(payoff(life.state, day + timedelta(days=9)), day + timedelta(days=9)))
    assert standing(life.state, day + timedelta(days=9)).status == "closed"
    assert sum(row.interest for row in dues(life.state)) == 120 * 450
    life.record(drawn(50_000, day + timedelta(days=20)))
    assert standing(life.state, day + timedelta(days=20)).principal == 50_000


def test_what_is_repaid_by_the_due_date_of_its_statement_may_be_free_of_interest() -> None:
    free = Terms(
        START, Fraction(18, 100), 12, kind="revolving", basis=Basis(year=360),
        revolving=Revolving(TENTH, due_days=20, bears_from="due"),
    )  # fmt: skip
    due = date(2026, 2, 25)
    life = life_of(free, drawn(300_000, date(2026, 1, 10)), paid(100_000, due))
    assert payoff(life.state, due) == 200_000
    assert payoff(life.state, due + timedelta(days=10)) == 200_000 + 1_000


def test_an_empty_statement_asks_for_nothing_and_none_is_kept() -> None:
    life = life_of(LINE, drawn(100_000, date(2026, 9, 10)))
    assert len(dues(life.state)) == 1
    assert dues(life.state)[0].start == date(2026, 9, 5)


def test_a_rate_change_and_a_pause_hold_from_their_days() -> None:
    day, later = date(2026, 1, 15), date(2026, 1, 25)
    rate = e.RateChanged(id="r", on=day, recorded=day, rate_annual=Fraction(9, 100))
    pause = e.InterestPaused(id="i", on=later, recorded=later, until=date(2026, 2, 5))
    life = life_of(LINE, drawn(360_000, START), rate, pause)
    assert earned(life.state, date(2026, 1, 15)) == 1_800
    assert earned(life.state, date(2026, 1, 25)) == 1_800 + 900
    assert statements(life.state, date(2026, 2, 6))[0].interest == 2_700


def test_a_loss_ends_what_is_earned_and_a_payment_after_it_is_a_recovery() -> None:
    off = date(2026, 3, 20)
    rules = Rules(charge_off="accelerate")
    life = life_of(LINE, drawn(100_000, START), rules=rules)
    life.record(e.ChargedOff(id="off", on=off, recorded=off))
    owed = life.state.outstanding
    assert payoff(life.state, off + timedelta(days=100)) == owed
    life.record(paid(owed, off + timedelta(days=30)))
    assert life.state.outstanding == 0


def test_hardship_makes_instalments_of_an_account() -> None:
    day = date(2026, 4, 1)
    life = life_of(LINE, drawn(120_000, START))
    interest = standing(life.state, day).interest
    mark: dict[str, Any] = {"id": "re", "on": day, "recorded": day, "interest": "equal_parts"}
    life.record(e.ReAged(first_due=date(2026, 5, 1), instalments=6, **mark))
    found = [row.total for row in dues(life.state) if row.outstanding]
    assert len(found) == 6 and sum(found) == 120_000 + interest
    assert standing(life.state, date(2026, 12, 1)).principal == 120_000


def test_a_share_of_sales_repays_principal_and_fee_in_proportion() -> None:
    life = life_of(ADVANCE, drawn(500_000, START))
    assert life.state.outstanding == 540_000
    part = share_of(SHARE, 540_000, life.state.outstanding)
    life.record(paid(part, date(2026, 1, 20), kind="sales_share"))
    moved = life.state.movements[-1]
    assert (part, moved.parts["principal"], moved.parts["interest"]) == (54_000, 50_000, 4_000)
    # By the effective rate more of the fee is earned at first, while most is owed.
    assert 4_000 < earned(life.state, date(2026, 1, 20)) == moved.earned < 20_000
    assert accrue.earned(life.state, date(2026, 1, 20)) == 0, "days earn nothing of it"
    assert share_of(SHARE, 10**9, life.state.outstanding) == 486_000
    assert share_of(SHARE, -5, 486_000) == 0


def test_a_fixed_fee_is_earned_at_the_effective_rate_of_what_is_expected() -> None:
    """Paid as expected, each payment earns what the advance has borne: as any annuity would."""
    low, high = Fraction(0), Fraction(1)
    for _ in range(60):  # the rate at which six times 900.00 are worth 5,000.00
        rate = (low + high) / 2
        worth = sum(90_000 / (1 + rate) ** n for n in range(1, 7))
        low, high = (rate, high) if worth > 500_000 else (low, rate)
        rate = Fraction(float(rate))
    life, carried = life_of(ADVANCE, drawn(500_000, START)), Fraction(500_000)
    for n in range(1, 7):
        life.record(paid(90_000, statement_day(ADVANCE, n)))
        income, carried = carried * rate, carried * (1 + rate) - 90_000
        assert abs(life.state.movements[-1].earned - income) <= 1, n
    assert sum(each.earned for each in life.state.movements) == 40_000
    assert life.state.outstanding == 0


def test_what_is_paid_early_earns_at_once_and_what_is_lost_was_not_earned() -> None:
    whole = life_of(ADVANCE, drawn(500_000, START), paid(540_000, date(2026, 1, 20)))
    assert [each.earned for each in whole.state.movements] == [0, 40_000]
    back = e.ChargedBack(id="back", on=date(2026, 2, 1), recorded=date(2026, 2, 1), amount=54_000)
    whole.record(back)
    again = whole.state.movements[-1].earned
    assert -4_000 <= again < 0, "it is expected anew"
    life = life_of(ADVANCE, drawn(500_000, START), paid(90_000, date(2026, 2, 1)))
    off = date(2026, 7, 1)
    life.record(e.ChargedOff(id="off", on=off, recorded=off))
    earned_so_far, lost = life.state.movements[1].earned, life.state.movements[-1].parts
    fee_paid = life.state.movements[1].parts["interest"]
    assert (lost["principal"], lost["interest"]) == (
        500_000 - 90_000 + fee_paid,
        earned_so_far - fee_paid,
    )
    life.record(paid(100_000, off))
    assert life.state.movements[-1].earned == 0


def test_drawing_more_earns_nothing() -> None:
    life = life_of(ADVANCE, drawn(300_000, START), paid(60_000, date(2026, 2, 1)))
    before = earned(life.state, date(2026, 3, 1))
    life.record(drawn(200_000, date(2026, 3, 1)))
    assert abs(earned(life.state, date(2026, 3, 1)) - before) <= 1
    life.record(paid(life.state.outstanding, date(2026, 4, 1)))
    assert earned(life.state, date(2026, 4, 1)) == 40_000


def test_what_sales_do_not_bring_of_the_least_is_due() -> None:
    life = life_of(ADVANCE, drawn(500_000, START), paid(30_000, date(2026, 1, 20)))
    assert standing(life.state, date(2026, 2, 6)).overdue == 0
    found = standing(life.state, date(2026, 2, 7))
    assert (found.overdue, found.days_past_due) == (15_000, 1)
    pace_ = pace(life.state, date(2026, 2, 6))
    assert pace_ is not None
    assert (pace_.paid, pace_.least, pace_.behind) == (30_000, 45_000, 15_000)
    assert pace_.expected >= 90_000 and pace_.share_bp == 30_000 * 10_000 // pace_.expected
    whole = standing(life.state, date(2026, 10, 8))  # the ninth month asks for all
    assert whole.overdue == 510_000


def test_an_advance_may_bear_interest_instead_of_a_fee() -> None:
    terms = Terms(
        START, Fraction(12, 100), 6, kind="sales_share", basis=Basis(year=360),
        sales=SalesShare(Fraction(1, 10), 90_000, 9),
    )  # fmt: skip
    life = life_of(terms, drawn(360_000, START), paid(100_000, date(2026, 1, 25)))
    assert earned(life.state, date(2026, 1, 25)) == 2_400
    assert standing(life.state, date(2026, 1, 25)).principal == 360_000 - 97_600


@pytest.mark.parametrize("terms", [LINE, ADVANCE])
def test_a_projection_repays_all_and_has_rates(terms: Terms) -> None:
    found = quote(terms, [Drawdown(START, 500_000)])
    assert found.rows == projection(terms, [Drawdown(START, 500_000)])
    assert found.sums.principal == 500_000 and found.rows[-1].balance == 0
    assert found.rates.eu > 0
    with pytest.raises(BadLoanTerms):
        schedule(terms, [Drawdown(START, 500_000)])


def test_products_say_it_in_tables() -> None:
    law = {"cap_annual": "0.36"}
    said = {"minimum_share": "0.1", "minimum_floor": 5_000, "due_days": 20}
    line = read_tables(
        {"terms": {"kind": "revolving", "instalments": [12]}, "law": law, "statement": said}
    ).schedule_terms(START, 500_000, 12, Fraction(18, 100))
    assert line.revolving == LINE.revolving
    sales = {"share": "0.1", "longest": 9, "least": "0.5", "fee": "0.08"}
    advance = read_tables(
        {"terms": {"kind": "sales_share", "instalments": [6]}, "law": law, "sales": sales}
    ).schedule_terms(START, 500_000, 6, Fraction(0))
    assert advance.sales == ADVANCE.sales
    with pytest.raises(BadLoanTerms):
        Terms(START, Fraction(0), 6, kind="revolving")


# Any account: what is told late, undone, drawn again.


@st.composite
def stories(draw: st.DrawFn) -> tuple[Terms, list[e.AnyEvent]]:
    bears: Any = draw(st.sampled_from(["drawn", "due"]))
    share = Fraction(draw(st.integers(1, 20)), 100)
    if draw(st.booleans()):
        rule = Revolving(Minimum(share, draw(st.sampled_from([0, 3_000]))), 20, bears)
        terms = Terms(START, Fraction(18, 100), 6, kind="revolving", revolving=rule)
    else:
        fee = draw(st.sampled_from([Fraction(0), Fraction(8, 100)]))
        sales = SalesShare(share, 20_000, 6, Fraction(1, 2), fee=fee)
        rate = Fraction(0) if fee else Fraction(12, 100)
        terms = Terms(START, rate, 4, kind="sales_share", sales=sales)
    told: list[e.AnyEvent] = []
    today = START
    for n in range(draw(st.integers(1, 9))):
        today += timedelta(days=draw(st.integers(0, 45)))
        on = max(START, today - timedelta(days=draw(st.sampled_from([0, 0, 0, 7, 40]))))
        mark: dict[str, Any] = {"id": f"e{n}", "on": on, "recorded": today}
        kind = draw(st.sampled_from(["draw", "pay", "pay", "charge", "close", "undo"]))
        amount = draw(st.integers(1, 90_000))
        if kind == "draw":
            told.append(e.Drawn(amount=amount, **mark))
        elif kind == "pay":
            told.append(e.Paid(amount=amount, **mark))
        elif kind == "charge":
            told.append(e.Charged(amount=amount % 500 + 1, due=on, **mark))
        elif kind == "close":
            told.append(e.DayClosed(id=f"e{n}", on=today, recorded=today))
        else:
            gone = {x.of for x in told if isinstance(x, e.Reversed)}
            left = [x.id for x in told if isinstance(x, e.Paid | e.Drawn) and x.id not in gone]
            if left:
                told.append(e.Reversed(of=draw(st.sampled_from(left)), **mark))
    return terms, told


@settings(max_examples=40, deadline=None)
@given(stories())
def test_an_account_conserves_what_is_drawn_and_paid_in_any_order_of_telling(story: Any) -> None:
    terms, told = story
    life = Life(terms, Rules()).record_all(told)
    state = life.state
    gone = {x.of for x in told if isinstance(x, e.Reversed)}
    came = sum(x.amount for x in told if isinstance(x, e.Paid) and x.id not in gone)
    out = sum(x.amount for x in told if isinstance(x, e.Drawn) and x.id not in gone)
    rows = dues(state)
    assert sum(row.paid for row in rows) + state.overpaid == came
    assert sum(row.principal for row in rows) == out
    assert all(row.outstanding >= 0 and row.interest >= 0 for row in rows)
    assert rows == dues(fold(terms, Rules(), told))
    assert state.account is not None
    assert sum(amount for _, amount in state.account.lots) == state.principal_owed
    if not (terms.sales and terms.sales.fee):
        assert earned(state, state.account.at) == sum(row.interest for row in rows)


@settings(max_examples=40, deadline=None)
@given(stories(), st.lists(st.integers(0, 400), min_size=1, max_size=6))
def test_a_line_says_of_an_account_what_its_fold_says(story: Any, later: list[int]) -> None:
    terms, told = story
    by = FoldedBy(terms, Rules())
    order = Order(each for each in told if not isinstance(each, e.DayClosed))
    state = journal_fold(by, order)
    if not state.applied:
        return
    day = max(each.on for each in state.applied)
    line = line_of(state, day)
    if line is None:  # something that was drawn does not bear interest yet
        assert terms.revolving is not None and terms.revolving.bears_from == "due"
        return
    days = sorted(day + timedelta(days=each) for each in later)
    found = earned_by(line, [each.toordinal() for each in days])
    assert found == [earned(seen(state, each), each) for each in days]


def test_a_kind_of_payment_may_have_an_order_of_its_own() -> None:
    told = read_tables(
        {
            "terms": {"instalments": [6]},
            "law": {"cap_annual": "0.36"},
            "waterfall": {"orders": {"merchant_issued_refund": ["principal", "interest", "fee", "penalty"]}},
        }
    )  # fmt: skip
    terms = told.schedule_terms(START, 600_000, 6, Fraction(12, 100))
    life = life_of(terms, drawn(600_000, START), rules=told.rules())
    life.record(paid(50_000, date(2026, 1, 20), kind="merchant_issued_refund"))
    assert life.state.movements[-1].parts["principal"] == 50_000
    life.record(paid(50_000, date(2026, 1, 21)))
    assert life.state.movements[-1].parts["interest"] > 0


def test_a_revolving_line_becomes_a_loan_of_instalments() -> None:
    """What is owed is asked for in equal instalments at the rate; statements keep what they asked."""
    on, first = date(2026, 3, 10), date(2026, 4, 5)
    life = life_of(LINE, drawn(600_000, START), paid(60_000, date(2026, 2, 20)))
    before = accrue.earned(seen(life.state, on), on)
    owed = life.state.principal_owed
    life.record(
        e.Rescheduled(id="c", on=on, recorded=on, due=first, more=6, rate_annual=Fraction(12, 100))
    )
    state = life.state
    assert state.account is None and state.converted == on
    ahead = [row for row in dues(state) if row.due >= first and row.principal]
    assert [row.due for row in ahead] == [date(2026, m, 5) for m in range(4, 10)]
    assert sum(row.principal for row in ahead) == owed == state.principal_owed
    assert len({row.total for row in ahead[:-1]}) == 1
    assert accrue.earned(state, on) == before
    assert accrue.earned(state, date(2026, 4, 9)) > before
    line = line_of(state, on)
    assert line is not None
    for days in (0, 1, 26, 90, 400):
        day = on + timedelta(days=days)
        then = life_of(
            LINE, *life.events, e.DayClosed(id="x", on=day + timedelta(days=1), recorded=day)
        )
        assert earned_by(line, [day.toordinal()]) == [accrue.earned(then.state, day)]
    for row in dues(state):
        if row.outstanding:
            life.record(paid(row.outstanding, max(row.due, on + timedelta(days=1))))
    if rest := payoff(life.state, date(2026, 9, 5)):
        life.record(e.Paid(id="last", on=date(2026, 9, 5), recorded=date(2026, 9, 5), amount=rest))
    assert standing(life.state, date(2026, 9, 6)).status == "closed"
