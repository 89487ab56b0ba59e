"""What is left of a payment that was captured in part: freed, or taken after a decline."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from huoshui import ledger
from huoshui.core import events, ids
from huoshui.core.db import Tx
from huoshui.ledger import Leg, Transaction
from huoshui.lines.payments.chart import CHART, rail_path, wallet_path
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.model import (
    Attach,
    Cancel,
    Capture,
    Create,
    GiveBack,
    Part,
    Payment,
    Tender,
    Told,
)
from huoshui.lines.payments.payment.step import LATE, STUCK, TRANSIT, WRONG
from huoshui.lines.payments.rails import Answer
from huoshui.lines.payments.rails import store as rail_store
from tests import ground
from tests.ground import Ground

BUYER, SELLER = "byr_rest", "merchant:slr_one:settlement"
CARD = Tender("card", rail_path("card"), 1_000, token="tok")


def create(tx: Tx, *tenders: Tender, capture: Any = "manual") -> Payment:
    """A payment of 10.00, confirmed."""
    made = Create(
        id=tx.id("pmt", "rest"), currency="CNY", tenders=tenders, capture=capture,
        parts=(Part(SELLER, "seller", 1_000),), confirm=True,
    )  # fmt: skip
    return done(tx, made)


def done(tx: Tx, command: Any) -> Payment:
    """The payment after a command that nothing stops."""
    found = service.apply(tx, [command])[0].demand().payment
    assert found is not None
    return found


def answer(tx: Tx, payment: Payment, verdict: Any, amount: int | None = None) -> Payment:
    """The rail answers the call that is waited for, or the refund."""
    rows = rail_store.of_subject(tx, ids.show("pmt", payment.id))
    row = next(row for row in rows if row.id == payment.tenders[0].call or row.refund)
    code = "do_not_honour" if verdict == "declined" else ""
    told = Answer(verdict=verdict, reference=f"r/{row.id}", amount=amount, code=code)
    return done(tx, Told(payment.id, row.call, told))


@pytest.mark.parametrize("final", [True, False])
def test_the_rest_of_a_balance_payment_is_freed(market: Ground, final: bool) -> None:
    with market.database.begin(book=market.number) as tx:
        funds = Transaction(
            id=tx.id("txn", "fund"), template="t", reference="", currency="CNY",
            legs=(Leg("suspense:test", wallet_path(BUYER), 1_000),), effective_at=tx.now,
        )  # fmt: skip
        ledger.post(tx, [funds], CHART)[0].demand()
    with market.database.begin(book=market.number) as tx:
        payment = create(tx, Tender("balance", wallet_path(BUYER), 1_000))
    with market.database.begin(book=market.number) as tx:
        payment = done(tx, Capture(payment.id, 100, final=False))
        assert payment.state == "partially_captured"
    with market.database.begin(book=market.number) as tx:  # and another part, of a new commit
        payment = done(tx, Capture(payment.id, 200, final=False))
        assert (payment.state, payment.captured) == ("partially_captured", 300)
    with market.database.begin(book=market.number) as tx:
        payment = done(tx, Capture(payment.id) if final else Cancel(payment.id))
        assert payment.state == "succeeded"
    with market.database.begin(book=market.number) as tx:
        account = ledger.service.account_at(tx, wallet_path(BUYER), "CNY")
        assert account.available == (0 if final else 700)
        assert ground.nets(tx).get(SELLER) == (1_000 if final else 300)


def test_a_capture_after_a_declined_one_is_taken(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        payment = answer(tx, create(tx, CARD), "succeeded")
    with market.database.begin(book=market.number) as tx:
        payment = answer(tx, done(tx, Capture(payment.id, 300, final=False)), "succeeded")
    with market.database.begin(book=market.number) as tx:
        payment = answer(tx, done(tx, Capture(payment.id, 200, final=False)), "declined")
        assert (payment.state, payment.captured) == ("partially_captured", 300)
    with market.database.begin(book=market.number) as tx:
        payment = answer(tx, done(tx, Capture(payment.id)), "succeeded")
        assert (payment.state, payment.captured, payment.error) == ("succeeded", 1_000, "")
        assert ground.nets(tx)[SELLER] == 1_000


@pytest.mark.parametrize("off", [-7, 7])
def test_a_rail_that_gives_back_another_amount_is_booked_as_it_did(
    market: Ground, off: int
) -> None:
    with market.database.begin(book=market.number) as tx:
        payment = answer(tx, create(tx, CARD), "succeeded")
    with market.database.begin(book=market.number) as tx:
        payment = answer(tx, done(tx, Capture(payment.id)), "succeeded")
    with market.database.begin(book=market.number) as tx:
        back = GiveBack(payment.id, tx.id("prf", "1"), "1", 400)
        payment = answer(tx, done(tx, back), "succeeded", 400 + off)
    with market.database.begin(book=market.number) as tx:
        nets = ground.nets(tx)
    assert (payment.refunded, nets[SELLER]) == (400, 600)
    assert nets[rail_path("card")] == -(600 - off)
    assert nets[WRONG] == -off
    assert not {TRANSIT, LATE, STUCK} & nets.keys()


def test_what_came_before_a_cancellation_goes_back(market: Ground) -> None:
    """One transfer has come, the other waits for the buyer, who calls it off."""
    half = Tender("transfer", rail_path("transfer"), 500, token="tok")
    with market.database.begin(book=market.number) as tx:
        payment = create(tx, half, half, capture="automatic")
    with market.database.begin(book=market.number) as tx:
        payment = answer(tx, payment, "succeeded")
    with market.database.begin(book=market.number) as tx:
        rows = rail_store.of_subject(tx, ids.show("pmt", payment.id))
        second = next(row.call for row in rows if row.id == payment.tenders[1].call)
        acts = Answer(verdict="action", reference="r/2", action="https://bank.test")
        payment = done(tx, Told(payment.id, second, acts))
        assert payment.state == "requires_action"
    with market.database.begin(book=market.number) as tx:
        payment = done(tx, Cancel(payment.id))
        nets = ground.nets(tx)
        rows = rail_store.of_subject(tx, ids.show("pmt", payment.id))
    assert (payment.state, payment.asking) == ("cancelled", 0)
    assert (nets.get(TRANSIT, 0), nets[LATE], nets[rail_path("transfer")]) == (0, 500, -500)
    [refund] = [row.call for row in rows if row.verb == "refund"]
    with market.database.begin(book=market.number) as tx:
        done(tx, Told(payment.id, refund, Answer(verdict="succeeded", reference="r/3", amount=500)))
        assert not ground.nets(tx)


def test_a_late_answer_of_other_means_goes_back_by_its_own_rail(market: Ground) -> None:
    """Two means were declined and one took their place; then the second of the two comes late."""
    half = Tender("card", rail_path("card"), 500, token="tok")
    with market.database.begin(book=market.number) as tx:
        payment = create(tx, half, half)
        rows = rail_store.of_subject(tx, ids.show("pmt", payment.id))
        first, second = (
            next(row.call for row in rows if row.call.tender == place) for place in (0, 1)
        )
    with market.database.begin(book=market.number) as tx:
        no = Answer(verdict="declined", reference="r/1", code="do_not_honour")
        done(tx, Told(payment.id, first, no))
        payment = done(tx, Told(payment.id, second, no))
    with market.database.begin(book=market.number) as tx:
        whole = Tender("transfer", rail_path("transfer"), 1_000)
        payment = service.apply(tx, [Attach(payment.id, (whole,))])[0].payment or payment
        late = Told(payment.id, second, Answer(verdict="succeeded", reference="r/2", amount=500))
        service.apply(tx, [late])[0].demand()
    with market.database.begin(book=market.number) as tx:
        rows = rail_store.of_subject(tx, ids.show("pmt", payment.id))
    [void] = [row.call for row in rows if row.call.verb == "void"]
    assert (void.rail, void.tender, void.about) == ("card", 1, "r/2")


def test_a_refund_that_two_means_decline_is_said_to_have_failed_once(market: Ground) -> None:
    shares = (("card", 400), ("transfer", 600))
    tenders = [Tender(rail, rail_path(rail), share, token="tok") for rail, share in shares]
    with market.database.begin() as tx:
        payment = create(tx, *tenders, capture="automatic")
    object_id = ids.show("pmt", payment.id)

    told: set[UUID] = set()

    def each(verdict: Any) -> None:
        """Each rail answers what it was asked and has not answered, in a commit of its own."""
        with market.database.begin() as tx:
            rows = [row for row in rail_store.of_subject(tx, object_id) if row.id not in told]
        for row in rows:
            told.add(row.id)
            with market.database.begin() as tx:
                said = Answer(verdict=verdict, reference=f"r/{row.id}")
                done(tx, Told(payment.id, row.call, said))

    for _ in range(3):  # reserved, then taken, one means after the other
        each("succeeded")
    with market.database.begin() as tx:
        refund = tx.id("prf", "both")
        done(tx, GiveBack(payment.id, refund, "both"))
    each("declined")
    with market.database.begin() as tx:
        after = service.payment(tx, payment.id)
        said = [event.type for event in events.page(tx, object_id=ids.show("prf", refund))]
        nets = ground.nets(tx)
    assert (after.captured, after.refunded, nets[SELLER]) == (1_000, 0, 1_000)
    assert said.count("refund.failed") == 1
