"""Payments against a plain model, with rails that answer late, twice, wrongly or not at all.

Goal: whatever is asked and whatever rails answer in whatever order, every account is where the model
has it: a rail's clearing account is what that rail really moved, wallets and parts are what payments
say, less what was paid out, nothing is captured or given back twice, and when no call is open nothing is in transit.
Method: a hypothesis state machine is user and rail at once. As the rail it keeps its own books by
call id, which is all that the model knows of it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.ledger import Leg, Transaction
from huoshui.ledger.verify import verify
from huoshui.lines.payments.chart import CHART, rail_path, wallet_path
from huoshui.lines.payments.escrow import Terms, start
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.back import EXCESS
from huoshui.lines.payments.payment.machine import FINAL, PAYMENT
from huoshui.lines.payments.payment.model import (
    Attach,
    Cancel,
    Capture,
    ChargeBack,
    ChargeWon,
    Confirm,
    Create,
    GiveBack,
    Part,
    Payment,
    Tender,
    Told,
)
from huoshui.lines.payments.payment.step import TRANSIT
from huoshui.lines.payments.rails import Answer
from huoshui.lines.payments.rails import store as rail_store
from huoshui.lines.payments.settlement import PAYOUT, batches, payouts
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.lines.payments.settlement.model import NothingToPay
from huoshui.lines.payments.settlement.sending import PAYOUT_PATH
from tests import ground
from tests.ground import Ground

BUYER = "byr_test"
SLR = ids.show("slr", UUID(int=7))
SELLER, FEE = f"merchant:{SLR}:settlement", "platform:commission"
FUNDS = 900
amounts = st.integers(1, 400)
means = st.lists(st.sampled_from(["balance", "card", "transfer", "points", "voucher"]),
                 min_size=1, max_size=3)  # fmt: skip
verdicts = st.sampled_from(["succeeded"] * 5 + ["declined"] * 2 + ["action", "unknown"])


def tender(rail: str, amount: int) -> Tender:
    account = {
        "balance": wallet_path(BUYER), "points": "platform:points", "voucher": "voucher:spring",
    }.get(rail, rail_path(rail))  # fmt: skip
    return Tender(rail, account, amount, token=f"points:{BUYER}" if rail == "points" else "tok")


class Payments(RuleBasedStateMachine):
    """Asks, answers as the rails, and compares."""

    world: ClassVar[Ground]

    @initialize()
    def open(self) -> None:
        self.number = ground.fresh_book()
        self.ids: list[UUID] = []
        self.moved: dict[str, int] = {"card": 0, "transfer": 0}
        self.answered: dict[UUID, Told] = {}
        self.disputed: list[ChargeBack] = []
        self.count = 0
        with self.begin() as tx:
            access.open_book(tx, ground.book(self.number))
            start(tx, Terms(seller_debt_max=150, points_value=3, payout_min=1))
            for target in (wallet_path(BUYER), "voucher:spring"):
                self.fund(tx, target, "CNY", "suspense:test")
            self.fund(tx, f"points:{BUYER}", "POINTS", "points:redeemed")

    def begin(self) -> Any:
        return self.world.database.begin(book=self.number)

    def fund(self, tx: Tx, target: str, currency: str, source: str) -> None:
        transaction = Transaction(
            id=tx.id("txn", f"fund/{target}"), template="t", reference="",
            currency=currency, legs=(Leg(source, target, FUNDS),), effective_at=tx.now,
        )  # fmt: skip
        ledger.post(tx, [transaction], CHART)[0].demand()

    def apply(self, *commands: Any) -> None:
        with self.begin() as tx:
            service.apply(tx, commands)

    def split(self, rails: list[str], amount: int) -> tuple[Tender, ...]:
        share = max(1, amount // len(rails))
        sizes = [share] * (len(rails) - 1)
        sizes.append(amount - sum(sizes))
        return tuple(tender(r, size) for r, size in zip(rails, sizes, strict=True) if size > 0)

    @rule(rails=means, amount=amounts, fee=st.integers(0, 30), manual=st.booleans(),
          confirm=st.booleans(), bare=st.booleans())  # fmt: skip
    def create(
        self, rails: list[str], amount: int, fee: int, manual: bool, confirm: bool, bare: bool
    ) -> None:
        self.count += 1
        total = amount + len(rails)
        parts: tuple[Part, ...] = (Part(SELLER, "seller", total - min(fee, total - 1)),)
        if fee:
            parts += (Part(FEE, "commission", min(fee, total - 1)),)
        with self.begin() as tx:
            id_ = tx.id("pmt", f"{self.count}")
            asked = Create(
                id=id_, currency="CNY", parts=parts, buyer=BUYER,
                tenders=() if bare else self.split(rails, total),
                capture="manual" if manual else "automatic", confirm=confirm,
            )  # fmt: skip
            [made] = service.apply(tx, [asked])
        if made.payment is not None:
            self.ids.append(id_)

    @rule(amount=amounts)
    def sell(self, amount: int) -> None:
        """The plainest payment, out of a balance: what payouts and disputes then work upon."""
        self.create(["balance"], amount, 0, manual=False, confirm=True, bare=False)

    def some(self, place: int) -> Payment | None:
        if not self.ids:
            return None
        with self.begin() as tx:
            return service.payment(tx, self.ids[place % len(self.ids)])

    @rule(place=st.integers(0, 50), rails=means)
    def attach(self, place: int, rails: list[str]) -> None:
        found = self.some(place)
        if found:
            self.apply(Attach(found.id, self.split(rails, found.amount)))

    @rule(place=st.integers(0, 50))
    def confirm(self, place: int) -> None:
        found = self.some(place)
        if found:
            self.apply(Confirm(found.id))

    @rule(place=st.integers(0, 50), amount=st.one_of(st.none(), amounts), final=st.booleans())
    def capture(self, place: int, amount: int | None, final: bool) -> None:
        found = self.some(place)
        if found:
            self.apply(Capture(found.id, amount, final), Capture(found.id, amount, final))

    @rule(place=st.integers(0, 50), expired=st.booleans())
    def cancel(self, place: int, expired: bool) -> None:
        found = self.some(place)
        if found:
            self.apply(Cancel(found.id, expired))

    @rule(place=st.integers(0, 50), amount=st.one_of(st.none(), amounts), again=st.booleans())
    def give_back(self, place: int, amount: int | None, again: bool) -> None:
        found = self.some(place)
        if not found:
            return
        self.count += 1
        with self.begin() as tx:
            refund = tx.id("prf", f"{self.count}")
            asked = GiveBack(found.id, refund, f"key/{self.count}", amount)
            service.apply(tx, [asked] * (2 if again else 1))

    def calls(self) -> list[rail_store.CallRow]:
        with self.begin() as tx:
            return [
                row for id_ in self.ids
                for row in rail_store.of_subject(tx, ids.show("pmt", id_))
            ]  # fmt: skip

    @rule(place=st.integers(0, 99), verdict=verdicts, off=st.sampled_from([0, 0, 0, 0, -1, 2]))
    def answer(self, place: int, verdict: Any, off: int) -> None:
        waiting = [row.call for row in self.calls() if row.id not in self.answered]
        if not waiting:
            return
        call = waiting[place % len(waiting)]
        moves = call.verb in ("authorise", "capture")
        amount = max(0, call.amount + off) if moves and verdict == "succeeded" else None
        told = Told(
            ids.read("pmt", call.subject), call,
            Answer(verdict=verdict, reference=f"ref_{call.id}", amount=amount,
                   code="do_not_honour" if verdict == "declined" else "",
                   action="https://bank.test" if verdict == "action" else ""),
        )  # fmt: skip
        if verdict in ("succeeded", "declined"):
            self.answered[call.id] = told
        if verdict == "succeeded" and call.verb == "capture":
            self.moved[call.rail] += amount or 0
        if verdict == "succeeded" and call.verb == "refund":
            self.moved[call.rail] -= call.amount
        self.apply(told)

    @rule(place=st.integers(0, 99), more=st.sampled_from([0, 0, -30, 7]), twice=st.booleans())
    def charge_back(self, place: int, more: int, twice: bool) -> None:
        """The bank takes back what a rail captured, or less, or more than ever was paid."""
        captures = [
            told for told in self.answered.values()
            if told.call.verb == "capture" and told.answer.verdict == "succeeded"
        ]  # fmt: skip
        if not captures:
            return
        told = captures[place % len(captures)]
        call = told.call
        amount = max(1, (told.answer.amount or 0) + more)
        asked = [ChargeBack(told.id, call.rail, call.tender, amount)] * (2 if twice else 1)
        self.disputed += asked
        self.moved[call.rail] -= amount * len(asked)
        self.apply(*asked)

    @rule(place=st.integers(0, 99))
    def win(self, place: int) -> None:
        if not self.disputed:
            return
        lost = self.disputed.pop(place % len(self.disputed))
        self.moved[lost.rail] += lost.amount
        self.apply(ChargeWon(lost.id, lost.rail, lost.tender, lost.amount))

    @rule()
    def pay_out(self) -> None:
        """One drafts what the seller has, another approves it, and it is sent."""
        with self.begin() as tx:
            later = tx.now + timedelta(seconds=1)  # a batch is called by its moment
        with self.world.database.begin(book=self.number, now=later) as tx:
            tx.actor = "maker"
            try:
                batch = batches.make_batch(tx, "CNY")
            except NothingToPay:
                return
            tx.actor = "checker"
            if batches.approve(tx, batch.id).state == "approved":  # a closed day: it would wait
                batches.send(tx, batch.id)

    @rule(place=st.integers(0, 99), verb=st.sampled_from(["pay", "pay", "fail", "return", "retry"]))
    def bank(self, place: int, verb: str) -> None:
        """The seller's bank takes a payout, or not, or sends it back; it is tried again."""
        with self.begin() as tx:
            able = [p for p in payout_store.payouts(tx) if verb in PAYOUT.allowed(p.state)]
            if not able:
                return
            id_ = able[place % len(able)].id
            match verb:
                case "pay":
                    payouts.paid(tx, id_)
                case "fail":
                    payouts.failed(tx, id_, "closed")
                case "return":
                    payouts.returned(tx, id_, "unknown account")
                case _:
                    payouts.retry(tx, id_)

    def paid_out(self) -> int:
        """What has left for the seller's bank and not come back."""
        with self.begin() as tx:
            listed = payout_store.payouts(tx, limit=1_000)
        return sum(p.amount for p in listed if p.state in ("sent", "paid"))

    @rule(data=st.data())
    def settle(self, data: Any) -> None:
        """Everything that waits is answered: then nothing is in transit."""
        for _ in range(20):
            if not [row for row in self.calls() if row.id not in self.answered]:
                break
            self.answer(0, data.draw(st.sampled_from(["succeeded", "succeeded", "declined"])), 0)
        else:
            raise AssertionError("rails are asked for ever")
        assert self.nets().get((TRANSIT, "CNY"), 0) == 0

    def nets(self) -> dict[tuple[str, str], int]:
        with self.begin() as tx:
            found = ledger.service.accounts(tx, limit=100)
        return {(a.path, a.currency): a.in_ - a.out_ for a in found}

    @invariant()
    def books_are_the_models(self) -> None:
        if not hasattr(self, "ids"):
            return
        nets = self.nets()
        with self.begin() as tx:
            payments = [service.payment(tx, id_) for id_ in self.ids]
        for rail, moved in self.moved.items():
            assert -nets.get((rail_path(rail), "CNY"), 0) == moved, rail
        for rail, account in (("balance", wallet_path(BUYER)), ("voucher", "voucher:spring")):
            left = sum(t.left for p in payments for t in p.tenders if t.rail == rail)
            assert nets[account, "CNY"] == FUNDS - left, rail
        got: dict[str, int] = {}
        for payment in payments:
            for part in payment.parts:
                got[part.account] = got.get(part.account, 0) + part.left
            self.consistent(payment)
        owed = nets.get((f"receivable:{SLR}", "CNY"), 0)
        out = self.paid_out()
        assert nets.get((SELLER, "CNY"), 0) + owed == got.get(SELLER, 0) - out
        assert nets.get((PAYOUT_PATH, "CNY"), 0) == out
        assert nets.get((SELLER, "CNY"), 0) >= -150
        assert nets.get((FEE, "CNY"), 0) == got.get(FEE, 0)
        borne = sum(each.amount for each in self.disputed) - sum(p.charged for p in payments)
        assert nets.get((EXCESS, "CNY"), 0) == -borne
        assert borne >= sum(t.excess for p in payments for t in p.tenders)
        assert sum(net for (_, currency), net in nets.items() if currency == "CNY") == 0

    def consistent(self, p: Payment) -> None:
        captured, taken = sum(part.taken for part in p.parts), sum(t.taken for t in p.tenders)
        assert p.captured == captured == taken, p
        assert p.refunded + p.charged == sum(part.back for part in p.parts)
        assert p.refunded + p.charged == sum(t.back for t in p.tenders) <= p.captured <= p.amount
        assert p.charged == sum(t.charged for t in p.tenders)
        assert all(0 <= t.charged <= t.back and t.excess >= 0 for t in p.tenders)
        assert not any(t.excess and t.left for t in p.tenders), "the platform bears what is there"
        assert all(0 <= part.back <= part.taken <= part.amount for part in p.parts)
        assert all(0 <= t.back <= t.taken <= max(t.authorised, t.taken) for t in p.tenders)
        if p.state == "succeeded":
            assert p.captured > 0
        if p.state in ("cancelled", "failed", "requires_payment_method"):
            assert p.captured == 0

    def teardown(self) -> None:
        if not hasattr(self, "ids"):
            return
        with self.begin() as tx:
            held = tx.value(
                "SELECT coalesce(sum(remaining), 0)::bigint FROM hold"
                " WHERE book = %(book)s AND state = 'open'"
            )
            payments = [service.payment(tx, id_) for id_ in self.ids]
            checked = verify(tx)
            cleared = dict(
                tx.tuples(
                    """SELECT payment_id, sum(amount)::bigint FROM clearing
                    WHERE book = %(book)s AND kind = 'capture' GROUP BY 1"""
                )
            )
        assert checked.holds, checked.faults
        open_ = [p for p in payments if p.state not in FINAL]
        reserved = sum(
            t.spare for p in open_ for t in p.tenders if t.hold and t.state == "authorised"
        )
        assert held == reserved
        assert {p.id: p.captured for p in payments if p.captured} == cleared


def test_payments_are_their_model(market: Ground) -> None:
    Payments.world = market
    case = Payments.TestCase
    case.settings = settings(
        max_examples=ground.examples(30), stateful_step_count=35, deadline=None
    )
    case("runTest").debug()


def test_the_database_knows_the_moves_of_the_machine(market: Ground) -> None:
    """The guard lists just the moves of the machine."""
    text = market.value("SELECT prosrc FROM pg_proc WHERE proname = 'guard_payment_state'")
    held = set(re.findall(r"'(\w+>\w+)'", text))
    assert held == {f"{s}>{m.leads}" for m in PAYMENT.moves.values() for s in m.starts}
