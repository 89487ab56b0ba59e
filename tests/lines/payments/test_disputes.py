"""Disputes: opened once by a rail's notice, their money moved in the same commit, answered in time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from huoshui.core import crypto, ids, work
from huoshui.core.db import Database
from huoshui.core.machine import IllegalMove
from huoshui.facts.commerce import model as facts
from huoshui.ledger.verify import verify
from huoshui.lines import payments
from huoshui.lines.payments.chart import rail_path
from huoshui.lines.payments.disputes import DISPUTE, service, store
from huoshui.lines.payments.disputes.model import (
    FILE_MOST,
    Dispute,
    EvidenceClosed,
    EvidenceRefused,
    type_of,
)
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.escrow.verify import verify_orders
from huoshui.lines.payments.payment.back import EXCESS
from huoshui.lines.payments.payment.model import Create, GiveBack, Part, Payment, Tender
from huoshui.lines.payments.payment.service import payment
from huoshui.lines.payments.rails import Answer, Call, Notice
from huoshui.lines.payments.rails import store as rail_store
from huoshui.scenarios import due, payment_flow, rail_flow
from huoshui.scenarios.order_back import ORDER_PART
from tests import ground
from tests.ground import DAY, Ground

OWNER = ids.show("slr", UUID(int=7))
SELLER, FEE = f"merchant:{OWNER}:settlement", "platform:commission"
CARD = rail_path("card")
PARTS = (Part(SELLER, "seller", 5_400), Part(FEE, "commission", 600))


@pytest.fixture
def market(sandbox: Database, book: int) -> Ground:
    """A book with the default terms; the clock is the real one."""
    with sandbox.begin(book=book) as tx:
        payments.start(tx, Terms())
    return Ground("sandbox", sandbox, book)


class Paid:
    """A payment of 60.00 by card that was captured, and what its rail says of it afterwards."""

    def __init__(
        self, market: Ground, parts: tuple[Part, ...] = PARTS, order: str = "", name: str = "1"
    ) -> None:
        self.market = market
        amount = sum(part.amount for part in parts)
        with self.begin() as tx:
            self.id: UUID = tx.id("pmt", name)
            tender = Tender("card", CARD, amount, token="tok")
            asked = Create(id=self.id, currency="CNY", tenders=(tender,), parts=parts, confirm=True,
                           order_key=order)  # fmt: skip
            payment_flow.apply(tx, [asked])[0].demand()
        self.answer("succeeded")
        self.answer("succeeded")
        with self.begin() as tx:
            rows = rail_store.of_subject(tx, ids.show("pmt", self.id))
        self.call: Call = next(row.call for row in rows if row.verb == "capture")
        self.heard: set[UUID] = {row.id for row in rows}

    def begin(self, **given: Any) -> Any:
        return self.market.database.begin(book=self.market.number, **given)

    def answer(self, verdict: Any, seen: frozenset[UUID] = frozenset()) -> None:
        """The rail answers what it was asked and has not answered."""
        with self.begin() as tx:
            for row in rail_store.of_subject(tx, ids.show("pmt", self.id)):
                if row.id not in seen and row.state == "due":
                    said = Answer(verdict=verdict, reference=f"r{row.id}")
                    payment_flow.told(tx, [(row.call, said)])
                    tx.run("UPDATE rail_call SET state = 'sent' WHERE id = %(id)s", id=row.id)

    def notice(self, kind: Any, amount: int | None = None, reason: str = "", about: str = "d1",
               currency: str = "CNY") -> None:  # fmt: skip
        with self.begin() as tx:
            said = Notice(event=f"{kind}/{about}", kind=kind, at=tx.now, call=self.call.id,
                          reference="r", amount=amount, reason=reason, about=about,
                          currency=currency)  # fmt: skip
            rail_flow.noticed(tx, self.call, said)

    def disputes(self) -> list[Dispute]:
        with self.begin() as tx:
            return store.of_payment(tx, self.id)

    def dispute(self) -> Dispute:
        [found] = self.disputes()
        return found

    def now(self) -> Payment:
        with self.begin() as tx:
            return payment(tx, self.id)

    def sound(self) -> None:
        with self.begin() as tx:
            checked = verify(tx)
        assert checked.holds, checked.faults


def test_the_database_knows_the_moves_of_the_machine(market: Ground) -> None:
    text = market.value("SELECT prosrc FROM pg_proc WHERE proname = 'guard_dispute_state'")
    held = set(re.findall(r"'(\w+>\w+)'", text))
    assert held == {f"{s}>{m.leads}" for m in DISPUTE.moves.values() for s in m.starts}


def test_a_dispute_takes_its_money_from_the_parts_and_is_opened_once(market: Ground) -> None:
    paid = Paid(market)
    for _ in range(3):
        paid.notice("dispute_opened", 2_000, "fraudulent")
    found = paid.dispute()
    assert (found.state, found.amount, found.own, found.reason) == (
        "needs_response", 2_000, 2_000, "fraudulent",
    )  # fmt: skip
    assert market.nets() == {CARD: -4_000, SELLER: 3_600, FEE: 400}
    kinds = market.value(
        "SELECT array_agg(kind ORDER BY at, id) FROM clearing WHERE book = %(book)s"
    )
    assert sorted(kinds) == ["capture", "chargeback"]
    paid.sound()


def test_more_than_was_paid_is_borne_by_the_named_account(market: Ground) -> None:
    paid = Paid(market)
    paid.notice("dispute_opened", 6_601)
    assert paid.dispute().own == 6_000
    assert market.nets() == {CARD: 601, EXCESS: -601}
    paid.notice("dispute_closed", 6_601, "won")
    assert market.nets() == {CARD: -6_000, SELLER: 5_400, FEE: 600}
    assert paid.dispute().state == "won"


def test_a_dispute_of_a_refunded_payment_takes_only_what_is_left(market: Ground) -> None:
    paid = Paid(market)
    with paid.begin() as tx:
        payment_flow.refund(tx, paid.id, "k", 4_000, "")
    paid.answer("succeeded")
    paid.notice("dispute_opened", 6_000)
    assert (paid.dispute().own, paid.now().left) == (2_000, 0)
    assert market.nets() == {CARD: 4_000, EXCESS: -4_000}


def test_a_refund_that_fails_after_a_chargeback_pays_what_the_platform_bore(market: Ground) -> None:
    """The race: while a refund is on its way, the bank takes the same money by itself."""
    paid = Paid(market)
    with paid.begin() as tx:
        payment_flow.refund(tx, paid.id, "k", None, "")
    paid.notice("dispute_opened", 6_000)
    assert market.nets()[EXCESS] == -6_000
    paid.answer("declined")
    assert market.nets() == {}  # the parts have it again, and the bank has it from them
    now = paid.now()
    assert (now.refunded, now.charged, now.left) == (0, 6_000, 0)
    paid.notice("dispute_closed", 6_000, "won")
    assert market.nets() == {CARD: -6_000, SELLER: 5_400, FEE: 600}
    paid.sound()


def test_after_a_chargeback_no_more_is_refunded_than_is_left(market: Ground) -> None:
    paid = Paid(market)
    paid.notice("dispute_opened", 5_000)
    with paid.begin() as tx:
        asked = GiveBack(paid.id, tx.id("prf", "k"), "k", 1_001)
        [refused] = payment_flow.apply(tx, [asked])
    assert refused.problem.code == "refund_exceeds"


def test_a_seller_owes_down_to_its_limit_and_the_platform_advances_the_rest(
    market: Ground,
) -> None:
    with market.database.begin(book=market.number) as tx:
        payments.start(tx, Terms(seller_debt_max=1_000))
    paid = Paid(market)
    with paid.begin() as tx:
        tx.run(  # it was paid out
            "UPDATE account SET out_ = out_ + 5400 WHERE book = %(book)s AND path = %(path)s",
            path=SELLER,
        )
    paid.notice("dispute_opened", 6_000)
    nets = market.nets()
    assert (nets[SELLER], nets[f"receivable:{OWNER}"]) == (-1_000, -4_400)


def test_a_closing_that_comes_first_opens_and_closes(market: Ground) -> None:
    paid = Paid(market)
    paid.notice("dispute_closed", 1_000, "won")
    paid.notice("dispute_opened", 1_000, "fraudulent")
    assert paid.dispute().state == "won"
    assert market.nets() == {CARD: -6_000, SELLER: 5_400, FEE: 600}


def test_what_a_rail_says_against_its_own_word_moves_no_money(market: Ground) -> None:
    paid = Paid(market)
    paid.notice("dispute_opened", 1_000)
    paid.notice("dispute_closed", 1_000, "won")
    for reason in ("lost", "won"):
        paid.notice("dispute_closed", 1_000, reason)
    assert paid.dispute().state == "won"
    assert market.nets()[CARD] == -6_000


@pytest.mark.parametrize(("amount", "currency"), [(0, "CNY"), (100, "USD")])
def test_what_cannot_be_a_chargeback_moves_nothing(
    market: Ground, amount: int, currency: str
) -> None:
    paid = Paid(market)
    paid.notice("dispute_opened", amount, currency=currency)
    assert paid.disputes() == [] and market.nets()[CARD] == -6_000


def test_silence_loses_and_the_bank_may_still_give_it_back(replay_world: Any) -> None:
    market = replay_world()
    paid = Paid(market)
    paid.notice("dispute_opened", 1_000)
    found = paid.dispute()
    work.advance(market.database, due.WORK, found.due_at + DAY, book=market.number)
    lost = paid.dispute()
    assert (lost.state, lost.closed_by, lost.closed_at) == ("lost", "deadline", found.due_at)
    with paid.begin() as tx, pytest.raises(IllegalMove):
        service.submit(tx, found.id)
    paid.notice("dispute_closed", 1_000, "won")
    assert (paid.dispute().state, market.nets()[CARD]) == ("won", -6_000)


def test_evidence_is_kept_by_its_digest_and_what_is_submitted_stays(replay_world: Any) -> None:
    market = replay_world()
    paid = Paid(market)
    paid.notice("dispute_opened", 1_000, "not received")
    id_ = paid.dispute().id
    with paid.begin() as tx:
        tx.actor = "key:shop"
        first = service.add_evidence(tx, id_, "slip.pdf", b"%PDF-1.7 signed by the door", "slip")
        again = service.add_evidence(tx, id_, "other.pdf", b"%PDF-1.7 signed by the door")
        assert (first.number, again.number, first.media_type) == (1, 1, "application/pdf")
        service.add_evidence(tx, id_, "chat.txt", "收到了，谢谢".encode())
    with paid.begin() as tx:
        draft = service.paper_of(tx, service.dispute(tx, id_))
        assert [(f.number, f.media_type) for f in draft.files] == [
            (1, "application/pdf"), (2, "text/plain"),
        ]  # fmt: skip
        done = service.submit(tx, id_, "case-77")
    with paid.begin(now=ground.START + timedelta(days=1)) as tx:
        assert done.paper is not None
        kept = store.file(tx, done.paper)
        assert kept is not None
        assert crypto.sha256(kept) == done.paper
        assert service.paper_of(tx, done).made_at == ground.START
        said = tx.value(
            "SELECT data->>'sha256' FROM event WHERE book = %(book)s AND type = 'dispute.submitted'"
        )
        assert said == done.paper.hex()
        with pytest.raises(EvidenceClosed):
            service.add_evidence(tx, id_, "late.txt", b"late")
        with pytest.raises(IllegalMove) as refused:
            service.accept(tx, id_)
    assert refused.value.facts["allowed"] == "-"


@pytest.mark.parametrize(
    "content", [b"", b"x" * (FILE_MOST + 1), b"<html>\x00", b"\xff\xfe\x00", b"PK\x03\x04"]
)
def test_what_is_no_evidence_is_refused(content: bytes) -> None:
    with pytest.raises(EvidenceRefused):
        type_of(content)


def test_twenty_files_and_no_more(market: Ground) -> None:
    paid = Paid(market)
    paid.notice("dispute_opened", 1_000)
    id_ = paid.dispute().id
    with paid.begin() as tx:
        for number in range(20):
            service.add_evidence(tx, id_, f"{number}.txt", f"page {number}".encode())
        with pytest.raises(EvidenceRefused):
            service.add_evidence(tx, id_, "more.txt", b"one more")


def _ordered(market: Ground, *told: Any) -> Paid:
    """An order of 110.00 that a payment by card paid."""
    market.take(*ground.placed("o1"))
    paid = Paid(market, (Part(ORDER_PART, "order", 11_000),), order="o1")
    if told:
        market.take(*told)
    return paid


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("amount", [11_000, 4_001, 12_000])
def test_of_an_order_it_goes_back_through_the_split_and_comes_again(
    market: Ground, released: bool, amount: int
) -> None:
    told = (ground.delivery("o1"), ground.confirmation("o1")) if released else ()
    paid = _ordered(market, *told)
    before = market.nets()
    paid.notice("dispute_opened", amount)
    nets = market.nets()
    assert nets.get(CARD, 0) == -11_000 + amount
    assert nets.get(EXCESS, 0) == -max(0, amount - 11_000)
    assert nets.get(ORDER_PART, 0) == 0
    assert paid.dispute().own == min(amount, 11_000)
    with paid.begin() as tx:
        assert verify_orders(tx, Terms()).faults == ()
    paid.notice("dispute_closed", amount, "won")
    assert market.nets() == before
    with paid.begin() as tx:
        assert verify_orders(tx, Terms()).faults == ()
    paid.sound()


def test_an_order_that_gave_it_back_already_leaves_it_to_the_platform(market: Ground) -> None:
    paid = _ordered(market)
    market.take(facts.Cancellation(key="c1", occurred_at=ground.START, order="o1", reason=""))
    paid.answer("succeeded")
    paid.notice("dispute_opened", 11_000)
    assert market.nets() == {CARD: 11_000, EXCESS: -11_000}


def test_the_paper_of_an_order_says_that_it_was_received(market: Ground) -> None:
    paid = _ordered(market, ground.delivery("o1"), ground.confirmation("o1"))
    paid.notice("dispute_opened", 11_000, "not received")
    with paid.begin() as tx:
        made = service.paper_of(tx, paid.dispute())
    assert made.order.delivered_at and made.order.confirmed_at
    assert [g.price.amount for g in made.order.goods] == [10_000]
    assert {"delivery", "confirmation"} <= {f.kind for f in made.order.facts}
    assert sorted(r.kind for r in made.receipts) == ["capture", "chargeback"]
