"""Advances on sales and seasonal lines run in full: taken, repaid by shares of sales or late, traced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from huoshui.catalog import read_product
from huoshui.core import ids
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce.sample import generate
from huoshui.lines.lending.facility import store as facilities
from huoshui.lines.lending.facility.model import limit_of
from huoshui.lines.lending.loan import store as loans
from huoshui.scenarios.products import LINES, checked, golden
from huoshui.scenarios.replay import Asked
from huoshui.scenarios.replay.driver import Outcome
from huoshui.scenarios.whatif import Offered
from huoshui.scenarios.whatif.assumptions import checked as read_assumed
from huoshui.scenarios.whatif.full import Comparison, compare, trace
from huoshui.scenarios.whatif.full.run import run
from huoshui.scenarios.whatif.full.service import FIGURES, FullResult
from huoshui.scenarios.whatif.service import Result

ADVANCE, SEASON = "sales-advance", "seasonal-line"
ASSUMED = {
    "money": {"funding_annual": "0.06", "charge_off_days": 60},
    "products": {
        ADVANCE: {"take_up": "0.7", "loss": "0.4", "lgd": "0.5", "cost_each": 500},
        SEASON: {"take_up": "0.6", "loss": "0.3", "lgd": "0.5", "cost_each": 500},
    },
}
ORDERS, SEED = 400, 5


def small(text: str) -> str:
    """The product for sellers as small as those of a small history."""
    return text.replace("min = 500_000", "min = 2_000").replace("min = 100_000", "min = 2_000")


@pytest.fixture(scope="module")
def done(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """A small generated marketplace, with both products live."""
    place: Path = tmp_path_factory.mktemp("sellers")
    generate(place / "orders", ORDERS, SEED, lambda *_: None)
    files = {
        key: Offered(checked(read_product(small(text).encode(), LINES)), small(text))
        for key, text in golden()
        if key in (ADVANCE, SEASON)
    }
    asked = Asked(
        (place / "orders",), spool=place, name=f"sellers-{SEED}", seed=SEED, until="2025-02-10"
    )
    yield run(worlds, asked, read_assumed(ASSUMED), files)
    worlds.drop(f"sellers-{SEED}")


@pytest.fixture(scope="module")
def world(worlds: Worlds, done: Outcome) -> Database:
    """The world of the full run."""
    return worlds.database(done.world)


@pytest.fixture(scope="module")
def found(world: Database) -> dict[str, tuple[FullResult, Result]]:
    """The full run beside the estimate, by product."""
    with world.begin() as tx:
        said: Comparison = compare(tx)
    assert not said.refused, said.refused
    return {
        full.product: (full, guess)
        for full, guess in zip(said.full, said.estimates, strict=True)
        if full.product == guess.product
    }


def test_the_books_hold_and_nothing_is_left_open(done: Outcome, world: Database) -> None:
    assert done.row.state == "verified"
    with world.begin() as tx:
        states = dict(tx.tuples("SELECT state, count(*) FROM loan WHERE book = 1 GROUP BY 1"))
        left = {key: trace(tx, key, "capital").value for key in (ADVANCE, SEASON)}
    assert states.keys() <= {
        "closed",
        "running",
    }  # a seasonal draw that is charged off is still owed
    assert left == {ADVANCE: 0, SEASON: 0}


@pytest.mark.parametrize("product", [ADVANCE, SEASON])
def test_a_full_run_comes_near_its_estimate(
    found: dict[str, tuple[FullResult, Result]], product: str
) -> None:
    full, guess = found[product]
    print(full, guess)
    assert full.taken >= 5 and (full.taken, full.lent) == (guess.taken, guess.lent)
    assert full.cost == guess.cost == 500 * full.taken
    assert full.loss > 0 and abs(full.net - guess.net) <= full.taken
    # What was earned of a fee or by the days and not paid is lost as well: both are more by that.
    assert 0 <= full.interest - guess.interest <= guess.interest // 2
    assert abs((full.loss - guess.loss) - (full.interest - guess.interest)) <= full.taken
    assert abs(full.funding - guess.funding) <= guess.funding // 20


def test_every_figure_is_the_sum_of_its_postings(
    world: Database, found: dict[str, tuple[FullResult, Result]]
) -> None:
    with world.begin() as tx:
        for full, _ in found.values():
            for name in FIGURES:
                told = trace(tx, full.product, name, limit=10_000)
                assert told.value == getattr(full, name)
                assert sum(e.net for e in told.entries) == sum(s.net for s in told.sums)


def test_shares_of_sales_repay_an_advance_before_the_payout(world: Database) -> None:
    with world.begin() as tx:
        found = loans.loans(tx, product=ADVANCE, limit=500)
        rows = loans.events(tx, [each.id for each in found])
        kinds = {row.payload.get("kind") for row in rows if row.kind == "payment"}
        shares = tx.value(
            """SELECT count(*) FROM transfer WHERE book = 1 AND template = 'takings_shared'
            AND reference = ANY(%(refs)s)""",
            refs=[each.shown for each in found],
        )
        lent = tx.value(
            "SELECT count(*) FROM transfer WHERE book = 1 AND template = 'seller_financed'"
        )
        all_loans = tx.value("SELECT count(*) FROM loan WHERE book = 1")
    assert kinds == {"sales_share", "repayment"}
    assert shares == sum(row.payload.get("kind") == "sales_share" for row in rows)
    assert lent == all_loans  # each went to its seller's account, once


def test_a_seasonal_draw_is_within_the_limit_of_its_day(world: Database) -> None:
    with world.begin() as tx:
        drawn = loans.loans(tx, product=SEASON, limit=500)
        assert {loan.facility_id is None for loan in drawn} == {False}
        line = next(each.facility_id for each in drawn)
        assert line is not None
        limit = limit_of(facilities.changes(tx, [line])[line])
        start = drawn[0].start_on
    assert start is not None
    assert limit.at(start) == 30_000_000  # base and half as much again: it is drawn in a season
    assert limit.at(start - timedelta(days=400)) == 0  # before the line was opened
    assert ids.show("fac", line).startswith("fac_")
