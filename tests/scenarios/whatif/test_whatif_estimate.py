"""The price of what might have been: PostgreSQL against a model of its own, and a real replay."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huoshui.core.db import Database, Tx
from huoshui.scenarios import whatif
from huoshui.scenarios.whatif import store
from huoshui.scenarios.whatif.assumptions import Assumptions, checked
from huoshui.scenarios.whatif.chance import Draws
from huoshui.scenarios.whatif.model import Flow, Line
from huoshui.scenarios.whatif.service import NotPrepared, Result
from tests import ground

DAY, MILLION = date(2024, 1, 1), 1_000_000


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """A loan of one to four repayments, some of them certain."""
    parts = draw(st.lists(st.integers(1, 5_000), min_size=1, max_size=4))
    on, flows = DAY + timedelta(days=draw(st.integers(0, 40))), []
    flows.append(Flow(0, on, sum(parts)))
    for step, part in enumerate(parts, start=1):
        on += timedelta(days=draw(st.integers(0, 40)))
        flows.append(Flow(step, on, part, draw(st.integers(0, 90)), draw(st.booleans())))
    at = st.integers(0, MILLION - 1)
    return Line(
        key="k", party="", segment=draw(st.sampled_from(("north", "south"))),
        draws=Draws(draw(at), draw(at), draw(at)), flows=tuple(flows),
        fee_base=draw(st.integers(0, sum(parts))), short=0,
        waited=draw(st.none() | st.integers(24, 900)), waits=24,
    )  # fmt: skip


def rounded(value: Fraction) -> int:
    """Half up."""
    return int((value + Fraction(1, 2)) // 1)


def by_hand(found: list[Line], assumed: Assumptions) -> dict[str, int]:
    """The base case, loan by loan and day by day."""
    product = assumed.products["p"]
    take, lgd = Fraction(str(product.take_up)), Fraction(str(product.lgd))
    taken = [line for line in found if line.draws.take < take * MILLION]
    moved: dict[date, int] = defaultdict(int)
    interest = stopped = 0
    for line in taken:
        loss = Fraction(str(product.loss_in.get(line.segment, product.loss)))
        fails = line.draws.loss < loss * MILLION
        stop = 1 + line.draws.stop * line.steps // MILLION
        moved[line.flows[0].on] += line.amount
        for flow in line.flows[1:]:
            if fails and flow.step >= stop and not flow.certain:
                stopped += flow.principal
                moved[flow.on + timedelta(days=assumed.money.charge_off_days)] -= flow.principal
            else:
                interest += flow.interest
                moved[flow.on] -= flow.principal
    money_days = now = peak = 0
    if moved:
        day, last = min(moved), max(moved)
        while day <= last:
            now += moved[day]
            money_days, peak, day = money_days + now, max(peak, now), day + timedelta(days=1)
    fee = sum(rounded(line.fee_base * Fraction(str(product.fee))) for line in taken)
    year = Fraction(money_days, 365)
    return {
        "taken": len(taken), "lent": sum(line.amount for line in taken), "fee": fee,
        "interest": interest, "loss": rounded(stopped * lgd), "capital_peak": peak,
        "funding": rounded(year * Fraction(str(assumed.money.funding_annual))),
        "cost": product.cost_each * len(taken),
    }  # fmt: skip


def assumed(**product: object) -> Assumptions:
    """Assumptions of one product."""
    usual = {"take_up": "0.5", "loss": "0.4", "lgd": "0.8", "fee": "0.035",
             "cost_each": 7, "loss_in": {"north": "0.9"}}  # fmt: skip
    return checked({"products": {"p": usual | product}, "money": {"funding_annual": "0.06"}})


def base(tx: Tx, assumptions: Assumptions) -> Result:
    """The base case of the one product."""
    [result] = whatif.estimate(tx, assumptions, ("base",)).results
    return result


@settings(
    max_examples=ground.examples(25), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    found=st.lists(lines(), max_size=12),
    take=st.sampled_from(("0", "0.3", "0.777777", "1")),
    loss=st.sampled_from(("0", "0.25", "1")),
)
def test_an_estimate_is_what_counting_by_hand_gives(
    sandbox: Database, book: int, found: list[Line], take: str, loss: str
) -> None:
    assumptions = assumed(take_up=take, loss=loss)
    with sandbox.begin(book=book) as tx:
        store.keep(tx, "p", found)
        if not found:
            with pytest.raises(NotPrepared):
                base(tx, assumptions)
            return
        result = base(tx, assumptions)
    expected = by_hand(found, assumptions)
    assert {name: getattr(result, name) for name in expected} == expected
    assert result.candidates == len(found)
    gained = result.fee + result.interest
    assert result.net == gained - result.funding - result.loss - result.cost


def test_what_is_short_of_a_payout_is_lost_and_what_came_is_not(tx: Tx) -> None:
    flows = (Flow(0, DAY, 800), Flow(1, DAY + timedelta(days=5), 500, certain=True),
             Flow(2, DAY + timedelta(days=5), 300))  # fmt: skip
    line = Line("k", "s", "", Draws(0, MILLION - 1, 0), flows, 800, short=300)
    store.keep(tx, "p", [line])
    result = base(tx, assumed(loss="0", loss_in={}, lgd="0.5", take_up="1"))
    assert (result.lent, result.loss, result.capital_peak) == (800, 150, 800)


def test_more_take_up_adds_borrowers_and_takes_none_away(tx: Tx) -> None:
    at = range(0, MILLION, 50_000)
    found = [
        Line("k", "", "", Draws(take, 0, 0), (Flow(0, DAY, 100), Flow(1, DAY, 100)), 100)
        for take in at
    ]
    store.keep(tx, "p", found)
    taken = [base(tx, assumed(take_up=f"0.{n}", loss="0")).taken for n in range(1, 10)]
    assert taken == sorted(taken) and taken[0] == 2


def test_three_cases_in_one_question(tx: Tx) -> None:
    three = {"low": "0.1", "base": "0.5", "high": "1"}
    flows = (Flow(0, DAY, 100), Flow(1, DAY + timedelta(days=3), 100))
    found = [
        Line("k", "", "", Draws(take, 0, 0), flows, 100) for take in (50_000, 300_000, 900_000)
    ]
    store.keep(tx, "p", found)
    results = whatif.estimate(tx, assumed(take_up=three, loss="0", loss_in={})).results
    assert [(r.case, r.taken) for r in results] == [("low", 1), ("base", 2), ("high", 3)]
    curve = whatif.estimate(tx, assumed(take_up=three, loss="0", loss_in={})).curves["p/high"]
    assert curve.out == (300, 300, 300, 0) and curve.first == DAY
