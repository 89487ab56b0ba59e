"""A small history run in full: its figures are postings, and come near the estimate of the same draws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from huoshui.catalog import read_product
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce.sample import generate
from huoshui.scenarios import switching, whatif
from huoshui.scenarios.products import LINES, checked, golden
from huoshui.scenarios.replay import Asked
from huoshui.scenarios.replay.driver import Outcome
from huoshui.scenarios.whatif import Offered, switch
from huoshui.scenarios.whatif.assumptions import checked as read_assumed
from huoshui.scenarios.whatif.full import Comparison, compare, figures, trace
from huoshui.scenarios.whatif.full.run import run
from huoshui.scenarios.whatif.full.service import FIGURES, UnknownFigure, need

FREE, FACTORED = "pay-in-3-free", "factoring-with-recourse"
ASSUMED = {
    "money": {"funding_annual": "0.06", "charge_off_days": 30},
    "products": {
        FREE: {"take_up": "0.5", "loss": "0.2", "lgd": "0.75", "fee": "0.035", "cost_each": 50},
        FACTORED: {"take_up": "0.6", "lgd": "0.5", "cost_each": 10},
    },
}
ORDERS, SEED, UNTIL = 1_000, 5, "2024-08-10"


@pytest.fixture(scope="module")
def done(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """The first weeks of a generated marketplace, with two products live."""
    place: Path = tmp_path_factory.mktemp("full")
    generate(place / "orders", ORDERS, SEED, lambda *_: None)
    files = {
        key: Offered(checked(read_product(text.encode(), LINES)), text)
        for key, text in golden()
        if key in (FREE, FACTORED)
    }
    asked = Asked((place / "orders",), spool=place, name=f"full-{SEED}", seed=SEED, until=UNTIL)
    yield run(worlds, asked, read_assumed(ASSUMED), files)
    worlds.drop(f"full-{SEED}")


@pytest.fixture(scope="module")
def world(worlds: Worlds, done: Outcome) -> Database:
    """The world of the full run."""
    return worlds.database(done.world)


@pytest.fixture(scope="module")
def found(world: Database) -> Comparison:
    """The full run beside the estimate."""
    with world.begin() as tx:
        return compare(tx)


def test_the_books_of_a_full_run_hold(done: Outcome, world: Database) -> None:
    assert done.row.state == "verified"
    with world.begin() as tx:
        rails = tx.value(
            """SELECT count(*) FROM account WHERE book = %(book)s AND in_ <> out_
            AND path = 'rail:pay_later:clearing'"""
        )
        waiting = tx.value("SELECT count(*) FROM loan WHERE book = %(book)s AND state = 'signed'")
    assert rails == waiting == 0


def test_a_full_run_comes_near_its_estimate(found: Comparison) -> None:
    for full, guess in zip(found.full, found.estimates, strict=True):
        refused = [why for why in found.refused if why.product == full.product]
        # What was wanted and is not there was refused, and says why.
        assert full.taken + sum(why.count for why in refused) >= guess.taken
        assert full.lent <= guess.lent * 101 // 100
        assert full.lent >= guess.lent - sum(why.amount for why in refused)
        assert full.cost == full.taken * ASSUMED["products"][full.product]["cost_each"]  # type: ignore[index]
        assert full.net == full.fee + full.interest - full.funding - full.loss - full.cost
    free, guess = found.full[0], found.estimates[0]
    assert free.taken > 5 and (free.taken, free.lent) == (guess.taken, guess.lent)
    # A fee is due once the order's money is its seller's: orders that never come owe none.
    assert guess.fee * 9 // 10 <= free.fee <= guess.fee + free.taken
    # The same buyers stop at the same instalments; what differs is half a minor unit a loan.
    assert abs(free.loss - guess.loss) <= free.taken and free.loss > 0
    # A loan that stops is out as a whole until it is charged off, and no longer.
    assert abs(free.funding - guess.funding) <= guess.funding // 5


def test_every_figure_is_the_sum_of_its_postings(world: Database, found: Comparison) -> None:
    with world.begin() as tx:
        for full in found.full:
            for name in FIGURES:
                told = trace(tx, full.product, name, limit=10_000)
                assert told.value == getattr(full, name)
                assert sum(e.net for e in told.entries) == sum(s.net for s in told.sums)
                assert len(told.entries) == sum(s.count for s in told.sums)
        left = trace(tx, FREE, "capital").value
        page = trace(tx, FREE, "lent", limit=3)
        rest = trace(tx, FREE, "lent", after=page.next, limit=10_000)
        with pytest.raises(UnknownFigure):
            trace(tx, FREE, "luck")
        with pytest.raises(UnknownFigure):
            trace(tx, "none", "lent")
    assert left == 0  # every loan was paid or lost
    assert len(page.entries) + len(rest.entries) == found.full[0].taken


def test_sellers_have_their_money_sooner(found: Comparison) -> None:
    sold, guess = found.full[1], found.estimates[1]
    assert sold.waits_h is not None and sold.waited_h is not None
    assert sold.waits_h < sold.waited_h
    assert guess.waits_h is not None and abs(sold.waits_h - guess.waits_h) <= 12, (sold, guess)
    assert guess.waited_h is not None and abs(sold.waited_h - guess.waited_h) <= 12
    # An advance begins when the facts of a batch are taken, up to a day after the shipment.
    assert guess.interest * 8 // 10 <= sold.interest <= guess.interest
    assert abs(sold.loss - guess.loss) <= guess.loss // 5 + sold.taken


def test_what_was_tried_is_switched_on_with_the_same_settings(
    world: Database, sandbox: Database, book: int
) -> None:
    with world.begin() as tx:
        setup, tried = whatif.setup(tx), need(tx)
    assert setup is not None
    with sandbox.begin(book=book) as tx:
        switch.switch_on(tx, setup, [FREE, FACTORED])
        live = {each.product: each for each in switching.live(tx)}
    assert live[FREE].settings.fee == tried.products[0].fee == "0.035"
    assert live[FREE].line == "lending" and live[FACTORED].line == "factoring"
    assert figures.sources("lending", "net")
