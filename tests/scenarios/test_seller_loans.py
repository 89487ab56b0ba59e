"""Loans to sellers that are live: offered by what was sold, taken as shown, repaid out of settlements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from huoshui.core.db import Tx
from huoshui.ledger.verify import verify
from huoshui.lines.lending.loan import contract, store
from huoshui.scenarios import payout_flow, seller_loans, switching
from huoshui.scenarios.products import golden
from huoshui.scenarios.seller_loans import NoSellerLoan, Offer, SellerLoanChanged
from huoshui.scenarios.whatif import switch
from huoshui.scenarios.whatif.store import Setup
from tests import ground
from tests.ground import DAY, START, Ground, nets

ADVANCE, SEASON = "sales-advance", "seasonal-line"
FILES = dict(golden())
PRICE = 3_000_000
T = TypeVar("T")
WEEKS = 14


def sold(market: Ground, week: int) -> None:
    """An order of 30,000.00 that is paid, delivered, confirmed and paid out."""
    at = START + week * 7 * DAY
    items = (("s1", PRICE, 0),)
    name = f"o{week}"
    market.take(
        *ground.placed(name, items=items, at=at), ground.tender(name, amount=PRICE, at=at), at=at
    )
    market.take(ground.delivery(name, at=at), ground.confirmation(name, at=at), at=at)
    run(market, payout_flow.pay_out, week)


def run(market: Ground, use_case: Callable[[Tx], T], week: float) -> T:
    """A use case so many weeks after the start."""
    at = START + timedelta(days=7 * week, hours=1)
    with market.database.begin(book=market.number, now=at) as tx:
        return use_case(tx)


def best(tx: Tx, product: str) -> Offer:
    """The first offer of a product to the seller."""
    return next(o for o in seller_loans.offers(tx, "s1") if o.product == product)


def tried(*products: str) -> Setup:
    """What a what-if was tried under."""
    assumed = {key: {"take_up": "0.5"} for key in products}
    return Setup(1, {"products": assumed}, {key: FILES[key] for key in products})


def test_an_advance_that_was_tried_is_switched_on_taken_and_repaid(market: Ground) -> None:
    sold(market, 0)
    run(market, lambda tx: switch.switch_on(tx, tried(ADVANCE, SEASON), [ADVANCE, SEASON]), 0.1)
    early = run(market, lambda tx: best(tx, ADVANCE), 0.2)
    assert not early.open and early.reasons[0]["rule"] == "history"
    for week in range(1, WEEKS):
        sold(market, week)
    offer = run(market, lambda tx: best(tx, ADVANCE), WEEKS)
    # A tenth of the sales of six months, less the price of a twentieth.
    monthly = 13 * PRICE * 9 // 10 * 30 // 91
    assert offer.open and abs(offer.amount - monthly * 6 // 10 * 100 // 105) < monthly // 5, offer
    assert offer.disclosure and "about 6 months" in offer.disclosure["texts"][0]["en"]
    with pytest.raises(SellerLoanChanged):
        run(market, lambda tx: seller_loans.take(tx, "s1", ADVANCE, 6, "0" * 32, "test"), WEEKS)
    loan = run(market, lambda tx: seller_loans.take(tx, "s1", ADVANCE, 6, offer.mark, "sms"), WEEKS)
    assert loan.state == "running" and loan.amount == offer.amount
    [paid] = run(market, payout_flow.pay_out, WEEKS + 0.1)
    assert paid.amount == offer.amount  # it leaves with the next payout; no sale of it repays
    again = run(market, lambda tx: best(tx, ADVANCE), WEEKS + 0.2)
    assert [each["rule"] for each in again.reasons] == ["has_one"]
    week = WEEKS
    while run(market, lambda tx: contract.find(tx, loan.shown).state, week + 0.3) == "running":
        week += 1
        assert week < 60
        sold(market, week)
    with market.database.begin(now=START + timedelta(days=7 * week + 3)) as tx:
        shares = [r.amount or 0 for r in store.events(tx, [loan.id]) if r.kind == "payment"]
        books = nets(tx)
        assert sum(shares) == offer.amount + (offer.amount + 10) // 20
        assert books[f"income:{ADVANCE}:interest"] == (offer.amount + 10) // 20
        assert not any(path.startswith(f"loans:{ADVANCE}") for path in books)
        assert (
            f"clearing:{ADVANCE}" not in books
            or books[f"clearing:{ADVANCE}"] == sum(shares) - offer.amount
        )
        assert verify(tx).holds
        assert best(tx, ADVANCE).open


def test_a_seasonal_line_gives_a_months_sales_within_the_limit_of_the_day(market: Ground) -> None:
    for week in range(WEEKS):
        sold(market, week)
    run(market, lambda tx: switch.switch_on(tx, tried(SEASON), [SEASON]), WEEKS - 0.5)
    offer = run(market, lambda tx: best(tx, SEASON), WEEKS)
    assert offer.open and offer.instalments == 2
    loan = run(market, lambda tx: seller_loans.take(tx, "s1", SEASON, 2, offer.mark, "sms"), WEEKS)
    assert loan.facility_id is not None and loan.amount == offer.amount
    with pytest.raises(NoSellerLoan):
        run(market, lambda tx: seller_loans.take(tx, "s1", SEASON, 5, offer.mark, "sms"), WEEKS)
    run(market, lambda tx: switching.switch_off(tx, SEASON), WEEKS)
    assert run(market, lambda tx: seller_loans.offers(tx, "s1"), WEEKS) == []
