"""Bought claims in a real book: they follow their orders, and are paid out of takings first."""

from __future__ import annotations

import ast
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

import huoshui
from huoshui.core import access, ids, work
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.core.money import Money
from huoshui.ledger import AccountKind
from huoshui.ledger import service as ledger
from huoshui.ledger.verify import verify
from huoshui.lines.lending.factoring import ASSIGNMENT, Assignment, life, service, store
from huoshui.lines.lending.factoring.model import (
    AlreadyAssigned,
    DebtorLimit,
    NotFactorable,
    ReceivableDiffers,
)
from huoshui.lines.lending.factoring.service import Claim
from huoshui.lines.payments.settlement import claims as settling
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.lines.payments.settlement.claims import ClaimTooLarge
from huoshui.lines.payments.settlement.model import Takings
from huoshui.scenarios import due, factoring_flow, payout_flow
from tests import ground
from tests.ground import DAY, START, Ground
from tests.lines.lending.factoring.ground import (
    WITH,
    WITHOUT,
    bought,
    earnings,
    publish,
    shipped,
    standing,
)

SELLER = UUID(int=1 << 64)


@pytest.fixture
def sold(market: Ground) -> Ground:
    """A world with the products on offer and an order of 1,000.00 on its way."""
    shipped(market)
    with market.database.begin() as tx:
        publish(tx)
    return market


def invoice(number: str = "INV-1", face: int = 100_000, debtor: str = "Steel Works", **more: object) -> Claim:  # fmt: skip
    """A claim on a firm that pays into the bank."""
    on = date(2025, 3, 3)
    said: dict[str, Any] = {
        "kind": "invoice", "document": number, "seller_id": SELLER, "debtor": debtor,
        "face": Money(face, "CNY"), "issued_on": on, "due_on": on + timedelta(days=60),
    }  # fmt: skip
    return Claim(**said | more)


def test_an_order_brings_most_of_its_worth_at_once_and_pays_for_itself(sold: Ground) -> None:
    """80 % at once, the rest less the fee, the payout less by just that."""
    with sold.database.begin() as tx:
        one = bought(tx)
    face = one.face
    assert face == 88_000 and one.advance == 70_400, "the seller's share of the order"
    nets = sold.nets()
    assert nets[earnings(one)] == one.advance
    assert nets["factoring:factoring-with-recourse:receivable"] == -face
    assert nets["factoring:factoring-with-recourse:reserve"] == face - one.advance
    assert "clearing:factoring-with-recourse" not in nets

    with sold.database.begin() as tx:
        (first,) = payout_flow.pay_out(tx)
    assert first.amount == one.advance, "money now"

    sold.take(ground.delivery(at=START + 9 * DAY), ground.confirmation(at=START + 10 * DAY), at=START + 10 * DAY)  # fmt: skip
    after = standing(sold, one)
    assert after.state == "confirmed" and 0 < after.fee <= one.fee_most
    released = face - one.advance - after.fee
    assert sold.nets()[earnings(one)] == face + released

    with sold.database.begin() as tx:
        (second,) = payout_flow.pay_out(tx)
    done = standing(sold, one)
    assert second.amount == released, "the payout is less by exactly the claim"
    assert (done.state, done.collected) == ("settled", face)
    assert first.amount + second.amount == face - done.fee
    nets = sold.nets()
    assert nets["income:factoring-with-recourse:fees"] == done.fee
    assert not [p for p in nets if p.startswith(("factoring:", "clearing:", "merchant:"))]
    with sold.database.begin() as tx:
        assert verify(tx).holds


def test_the_claim_is_settled_in_the_commit_of_the_payout(sold: Ground) -> None:
    with sold.database.begin() as tx:
        one = bought(tx)
    sold.take(ground.delivery(), ground.confirmation(at=START + DAY), at=START + DAY)
    with pytest.raises(RuntimeError), sold.database.begin() as tx:
        payout_flow.make_batch(tx, "CNY")
        assert service.assignment(tx, one.id).state == "settled"
        raise RuntimeError("the machine stops")
    assert standing(sold, one).state == "confirmed"
    with sold.database.begin() as tx:
        batch = payout_flow.make_batch(tx, "CNY")
        after = service.assignment(tx, one.id)
        (took,) = [e for e in store.entries(tx, one.id) if e.verb == "collect"]
    assert after.state == "settled" and took.at == batch.made_at
    assert batch.amount == one.face - after.fee, "both advances and the order, less the claim"


def test_goods_that_come_back_dilute_the_claim(sold: Ground) -> None:
    with sold.database.begin() as tx:
        one = bought(tx)
    sold.take(ground.delivery(), ground.returned(amount=50_000, at=START + DAY), at=START + DAY)
    half = standing(sold, one)
    assert half.state == "advanced" and half.reserve == 0
    assert half.claim == half.diluted - (one.face - one.advance)
    sold.take(ground.confirmation(at=START + 2 * DAY), at=START + 2 * DAY)
    with sold.database.begin() as tx:
        payout_flow.pay_out(tx)
    done = standing(sold, one)
    assert done.collected == one.face - one.diluted - half.diluted
    assert done.repaid + done.claim == half.claim + done.fee, "the rest is the seller's to repay"
    sold_to_zero(sold, one)


def sold_to_zero(sold: Ground, one: Assignment) -> None:
    """The books hold for the assignment just what it says of itself."""
    now, nets = standing(sold, one), sold.nets()
    assert -nets.get("factoring:factoring-with-recourse:receivable", 0) == now.receivable
    assert -nets.get("factoring:factoring-with-recourse:claim", 0) == now.claim
    assert nets.get("factoring:factoring-with-recourse:reserve", 0) == now.reserve
    assert nets.get("clearing:factoring-with-recourse", 0) == 0


def test_a_cancelled_order_is_repaid_out_of_other_sales_by_the_agreed_share(sold: Ground) -> None:
    with sold.database.begin() as tx:
        one = bought(tx)
        payout_flow.pay_out(tx)
    sold.take(ground.cancellation(at=START + DAY), at=START + DAY)
    assert (standing(sold, one).state, standing(sold, one).claim) == ("recourse", one.advance)
    at = START + 2 * DAY
    facts = [*ground.placed("o2", items=(("s1", 50_000, 0),), at=at), ground.tender("o2", 50_000, at=at)]  # fmt: skip
    sold.take(*facts, ground.delivery("o2", at), ground.confirmation("o2", at), at=at)
    with sold.database.begin() as tx:
        (paid,) = payout_flow.pay_out(tx)
    now = standing(sold, one)
    assert now.repaid == 44_000 // 2 and paid.amount == 44_000 - now.repaid
    assert now.state == "recourse" and now.claim == one.advance - now.repaid


def test_an_offer_ends_when_its_order_moves_on(sold: Ground) -> None:
    with sold.database.begin() as tx:
        claim = factoring_flow.register_order(tx, "o1", "s1")
        made = service.offer(tx, claim.id, WITH)
    sold.take(ground.delivery(), ground.confirmation(at=START + DAY), at=START + DAY)
    assert standing(sold, made).state == "declined"
    with sold.database.begin() as tx, pytest.raises(NotFactorable):
        factoring_flow.register_order(tx, "o1", "s1")


def test_no_advance_on_an_order_whose_money_has_gone(sold: Ground) -> None:
    with sold.database.begin() as tx:
        claim = factoring_flow.register_order(tx, "o1", "s1")
    sold.take(ground.delivery(), ground.confirmation(at=START + DAY), at=START + DAY)
    with sold.database.begin() as tx:
        made = service.offer(tx, claim.id, WITH)
        service.assign(tx, made.id)
    with pytest.raises(NotFactorable) as refused, sold.database.begin() as tx:
        factoring_flow.advance(tx, made.id)
    assert refused.value.facts["reason"] == "order_money"
    assert standing(sold, made).state == "assigned"


def test_an_orders_claim_is_confirmed_with_its_order_alone(sold: Ground) -> None:
    with sold.database.begin() as tx:
        one = bought(tx)
    with pytest.raises(NotFactorable), sold.database.begin() as tx:
        factoring_flow.confirm(tx, one.id, "they say so")
    assert standing(sold, one).state == "advanced"


def test_only_what_is_shipped_and_paid_for_is_bought(market: Ground) -> None:
    market.take(*ground.placed())
    with market.database.begin() as tx:
        with pytest.raises(NotFactorable) as refused:
            factoring_flow.register_order(tx, "o1", "s1")
    assert refused.value.facts["reason"] == "not_shipped"


def test_no_claim_is_assigned_twice_even_under_another_number(sold: Ground) -> None:
    with sold.database.begin() as tx:
        one = service.register(tx, invoice("INV-0042"))
        assert service.register(tx, invoice("inv 0042", debtor="STEEL WORKS")) == one
        with pytest.raises(ReceivableDiffers):
            service.register(tx, invoice("INV-0042", 100_001))
        made = service.offer(tx, one.id, WITH)
        with pytest.raises(AlreadyAssigned):
            service.offer(tx, one.id, WITHOUT)
        service.decline(tx, made.id)
    with sold.database.begin() as tx:
        again = service.offer(tx, one.id, WITHOUT)
    # Past the use case the database itself refuses: by the row, and by the claim's fingerprint.
    for column in ("receivable_id", "fingerprint"):
        with pytest.raises(Conflict, match="conflict"), sold.database.begin() as tx:
            other = service.register(tx, invoice(f"OTHER-{column}"))
            changed = {"id": tx.id("asg", column), "receivable_id": other.id, "fingerprint": other.fingerprint}  # fmt: skip
            changed[column] = getattr(again, column)
            store.add_all(tx, [msgspec.structs.replace(again, **changed)])


def test_two_that_offer_one_claim_at_once_make_one_offer(sold: Ground) -> None:
    with sold.database.begin() as tx:
        claim = service.register(tx, invoice())
    made: list[object] = []

    def offer(product: str) -> None:
        try:
            with sold.database.begin() as tx:
                offered = service.offer(tx, claim.id, product)
            made.append(offered)
        except (Conflict, AlreadyAssigned) as refused:
            made.append(refused)

    threads = [threading.Thread(target=offer, args=(p,)) for p in (WITH, WITHOUT, WITH, WITHOUT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sold.database.begin() as tx:
        assert len(store.assignments(tx)) == 1 and len(made) == 4


def test_limits_hold_against_racing_assignments(sold: Ground) -> None:
    """Ten claims of 60,000.00 on one debtor with a limit of 200,000.00: four advances of 48,000.00."""
    with sold.database.begin() as tx:
        offers = [service.offer(tx, service.register(tx, invoice(f"N{n}", 6_000_000)).id, WITH) for n in range(10)]  # fmt: skip
    refused: list[DebtorLimit] = []

    def assign(id_: UUID) -> None:
        try:
            sold.database.run(lambda tx: service.assign(tx, id_))
        except DebtorLimit as problem:
            refused.append(problem)

    threads = [threading.Thread(target=assign, args=(each.id,)) for each in offers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sold.database.begin() as tx:
        (out,) = store.debtors(tx, date(2025, 3, 3), 5)
    assert out.exposure == 4 * 4_800_000 and len(refused) == 6
    assert {p.facts["limit"] for p in refused} == {"debtor"}


def test_an_invoice_is_collected_from_the_bank_and_a_loss_written_off(sold: Ground) -> None:
    with sold.database.begin() as tx:
        one = service.offer(tx, service.register(tx, invoice()).id, WITHOUT)
        two = service.offer(tx, service.register(tx, invoice("INV-2")).id, WITHOUT)
        for each in (one, two):
            service.assign(tx, each.id)
            factoring_flow.advance(tx, each.id)
        factoring_flow.confirm(tx, one.id, "stamped")
        factoring_flow.collect(tx, one.id, 60_000, "bank")
        assert factoring_flow.collect(tx, one.id, 40_000, "bank").state == "settled"
    with sold.database.begin(now=START + 91 * DAY) as tx:
        lost = service.write_off(tx, two.id, "insolvent")
        assert (lost.state, lost.loss) == ("written_off", 80_000)
        assert factoring_flow.collect(tx, two.id, 5_000, "estate").recovered == 5_000
    nets = sold.nets()
    assert nets["expense:factoring-without-recourse:bad_debt"] == -80_000
    assert nets["income:factoring-without-recourse:recoveries"] == 5_000


def test_after_the_days_of_grace_the_seller_buys_back_by_itself(sold: Ground) -> None:
    """With recourse only, and not while the buyer objects; a buyer who paid is left alone."""
    with sold.database.begin() as tx:
        claims = [service.register(tx, invoice(f"INV-{n}", debtor=f"Firm {n}")) for n in range(4)]
        made = [
            service.offer(tx, claim.id, WITHOUT if n == 3 else WITH)
            for n, claim in enumerate(claims)
        ]
        for each in made:
            service.assign(tx, each.id)
            factoring_flow.advance(tx, each.id)
        factoring_flow.confirm(tx, made[1].id, "stamped")
        factoring_flow.collect(tx, made[1].id, 100_000, "bank")
        service.dispute(tx, made[2].id, "rust")
    overdue = date(2025, 3, 3) + timedelta(days=60 + 15 + 1)
    with sold.database.begin() as tx:
        first = access.midnight(tx, overdue)
    work.advance(sold.database, due.WORK, first - timedelta(seconds=1))
    assert standing(sold, made[0]).state == "advanced"
    work.advance(sold.database, due.WORK, first)
    stood = [standing(sold, each) for each in made]
    assert [each.state for each in stood] == ["recourse", "settled", "disputed", "advanced"]
    assert (stood[0].claim, stood[0].reserve) == (80_000, 0)


def test_an_order_that_is_released_is_not_bought_back_before_its_payout(sold: Ground) -> None:
    with sold.database.begin() as tx:
        one = bought(tx)
        overdue = access.midnight(tx, life.overdue_from(one))
    late = overdue - timedelta(hours=1)
    with sold.database.begin(now=late - timedelta(hours=1)):
        pass
    sold.take(ground.delivery(at=late), ground.confirmation(at=late), at=late)
    asked = ids.show("asg", one.id)
    with sold.database.begin(now=overdue) as tx:
        item = work.Item(one.id, service.RECOURSE_DUE, asked, overdue, {"assignment": asked}, 0)
        service.recourse_due(tx, [item])
    assert standing(sold, one).state == "confirmed"
    with sold.database.begin() as tx:
        payout_flow.pay_out(tx)
    assert (standing(sold, one).state, standing(sold, one).bought_back) == ("settled", 0)


class Tenth:
    """A sales-share advance: a tenth of what was sold since it last looked, until it is paid."""

    def __init__(self, owed: int) -> None:
        self.owed, self.seen = owed, 0
        self.sold: list[int] = []

    def claims(self, tx: Tx, takings: Sequence[Takings]) -> list[settling.Claim]:
        found = []
        for each in takings:
            sold = settling.sales(tx, each, self.seen)
            self.sold.append(sold)
            self.seen = each.version
            amount = max(0, min(self.owed, sold // 10, each.free))
            found.append(settling.Claim(each.seller, each.currency, amount, "clearing:tenth", "adv_1"))  # fmt: skip
        return found

    def met(self, tx: Tx, claims: Sequence[settling.Claim]) -> None:
        self.owed -= sum(claim.amount for claim in claims)


def test_the_port_serves_an_advance_on_a_share_of_sales(sold: Ground) -> None:
    tenth = Tenth(6_000)
    with sold.database.begin() as tx:
        ledger.open_account(tx, "clearing:tenth", "CNY", AccountKind("clearing", "clearing:{book}", "liability"))  # fmt: skip
    sold.take(ground.delivery(), ground.confirmation(at=START + DAY), at=START + DAY)
    with sold.database.begin() as tx:
        (one,) = settling.meet(tx, [tenth])
        assert settling.meet(tx, [tenth]) == [], "nothing was sold since"
    assert tenth.sold == [88_000, 0] and one.amount == 6_000 and tenth.owed == 0


def test_nobody_is_paid_more_than_there_is(sold: Ground) -> None:
    sold.take(ground.delivery(), ground.confirmation(at=START + DAY), at=START + DAY)

    class Greedy(Tenth):
        def claims(self, tx: Tx, takings: Sequence[Takings]) -> list[settling.Claim]:
            (one,) = takings
            return [settling.Claim(one.seller, one.currency, one.free + 1, "clearing:x", "r")]

    with pytest.raises(ClaimTooLarge), sold.database.begin() as tx:
        settling.meet(tx, [Greedy(1)])


def test_what_waits_in_a_draft_is_nobody_elses(sold: Ground) -> None:
    with sold.database.begin() as tx:
        bought(tx)
        batch = payout_flow.make_batch(tx, "CNY")
        assert batch.amount == 70_400
        assert payout_store.takings(tx, "merchant.settlement", []) == []


def test_payouts_are_made_where_claims_are_met_and_nowhere_else() -> None:
    root = Path(huoshui.__file__).parent
    callers = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                place = f"{getattr(node.func.value, 'id', '')}.{node.func.attr}"
                if place in ("batches.make_batch", "payouts.pay_out", "payouts.run_due"):
                    callers.add(str(path.relative_to(root)))
    assert callers == {"scenarios/payout_flow.py", "lines/payments/settlement/payouts.py"}


def test_the_database_knows_the_same_moves(tx: Tx) -> None:
    body = tx.value("SELECT prosrc FROM pg_proc WHERE proname = 'guard_assignment_state'")
    moves = {f"{s}>{m.leads}" for m in ASSIGNMENT.moves.values() for s in m.starts}
    assert {t for t in body.split("'") if len(t) > 1 and ">" in t and " " not in t} == moves
