"""Every state of an escrow with every command, and the corners of an order's money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from huoshui.core import ids
from huoshui.core.db import Database, Tx
from huoshui.core.idempotency import KeyReused
from huoshui.ledger.verify import verify
from huoshui.lines import payments
from huoshui.lines.payments import Confirm, Open, Refund, Take, Terms
from huoshui.lines.payments.escrow.model import ESCROW, Command
from huoshui.lines.payments.escrow.service import NoTerms, Outcome, money_of
from huoshui.lines.payments.escrow.verify import verify_orders
from huoshui.lines.payments.settlement import payouts
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.scenarios import order_flow
from tests import ground
from tests.ground import Ground


class Order:
    """One order of 11,000 in a transaction of its own."""

    def __init__(self, tx: Tx, terms: Terms | None = None) -> None:
        self.tx = tx
        payments.start(tx, terms or Terms())
        taken = order_flow.take(tx, ground.placed())
        self.id: UUID = next(r.id for r in taken.facts if r.kind == "order" and r.id)
        self.count = 0

    def run(self, command: Command) -> Outcome:
        return payments.apply(self.tx, [command])[0]

    def take(self, amount: int = 11_000) -> Outcome:
        self.count += 1
        tender = self.tx.id("tnd", f"t{self.count}")
        return self.run(Take(self.id, tender, "card", amount, self.tx.now))

    def confirm(self) -> Outcome:
        return self.run(Confirm(self.id, "buyer", self.tx.now))

    def refund(self, amount: int | None = None, cause: str = "request") -> Outcome:
        self.count += 1
        key = f"r{self.count}"
        return self.run(Refund(self.id, key, cause, self.tx.now, amount))  # type: ignore[arg-type]

    def cancel(self) -> Outcome:
        return self.refund(cause="cancellation")

    def into(self, state: str) -> Order:
        """Bring it into a state by the shortest way."""
        ways: dict[str, tuple[Callable[[], Outcome], ...]] = {
            "awaiting": (),
            "held": (self.take,),
            "part back": (self.take, lambda: self.refund(1_000)),
            "released": (self.take, self.confirm),
            "refunded": (self.take, self.refund),
            "void": (self.cancel,),
        }
        for step in ways[state]:
            step().demand()
        return self

    @property
    def state(self) -> str:
        return money_of(self.tx, self.id).escrow.state  # type: ignore[union-attr]


COMMANDS = ("take", "confirm", "refund", "cancel")
TABLE = {
    "awaiting": ("held", "awaiting", "illegal_move", "void"),
    "held": ("held", "released", "refunded", "refunded"),
    "part back": ("late held", "released", "refunded", "refunded"),
    "released": ("late released", "released", "refunded", "refunded"),
    "refunded": ("late refunded", "refunded", "illegal_move", "illegal_move"),
    "void": ("late void", "void", "illegal_move", "illegal_move"),
}


@pytest.mark.parametrize("state", TABLE)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_state_with_every_command(tx: Tx, state: str, command: str) -> None:
    order = Order(tx).into(state)
    before = (order.state, ground.nets(tx))
    outcome = getattr(order, command)()
    expected = TABLE[state][COMMANDS.index(command)]
    if outcome.problem:
        assert outcome.problem.code == expected
        assert (order.state, ground.nets(tx)) == before, "a refused command leaves no trace"
    else:
        late = ground.nets(tx).get("suspense:late_tender", 0) == 11_000
        assert ("late " if late else "") + order.state == expected
    assert verify(tx).holds
    assert verify_orders(tx, Terms()).faults == ()


def test_the_table_knows_every_state_of_the_machine() -> None:
    assert set(ESCROW.states) == TABLE.keys() - {"part back"}


def test_confirmed_before_it_was_paid_is_split_a_day_after_the_tender(market: Ground) -> None:
    market.take(*ground.placed(), ground.delivery(), ground.confirmation())
    assert market.value("SELECT state FROM escrow") == "awaiting"
    market.take(ground.tender())
    due = market.value("SELECT due_at FROM work WHERE kind = 'order.confirm_due'")
    assert due == ground.START + ground.DAY


def test_an_underpaid_order_is_not_split_and_can_be_paid_up(tx: Tx) -> None:
    order = Order(tx, Terms(subsidy_max=100))
    order.take(10_000).demand()
    outcome = order.confirm()
    assert outcome.problem is not None and outcome.problem.code == "order_underpaid"
    assert outcome.problem.facts["missing"] == 1_000
    assert order.state == "held" and ground.nets(tx)["escrow"] == 10_000
    order.take(950).demand()
    order.confirm().demand()
    assert ground.nets(tx)["platform:subsidy"] == -50


def test_an_underpaid_order_that_was_partly_refunded_is_never_split(tx: Tx) -> None:
    """Nobody is owed a share by a plan without items: the platform may not pocket the rest."""
    order = Order(tx, Terms(subsidy_max=100))
    order.take(5_000).demand()
    order.refund(1_000).demand()
    outcome = order.confirm()
    assert outcome.problem is not None and outcome.problem.code == "nothing_to_split"
    assert ground.nets(tx) == {"escrow": 4_000, "rail:card:clearing": -4_000}
    order.refund().demand()
    assert ground.nets(tx) == {}


def test_an_order_without_items_is_held_until_it_is_refunded(tx: Tx) -> None:
    payments.start(tx, Terms())
    facts = [f for f in ground.placed() if type(f).__name__ != "Item"]
    order_flow.take(tx, [*facts, ground.tender()])
    taken = order_flow.take(tx, [ground.confirmation()])
    assert [o.problem.code for o in taken.outcomes if o.problem] == ["nothing_to_split"]
    order_flow.take(tx, [ground.cancellation()])
    assert ground.nets(tx) == {}


def test_a_refund_goes_out_of_the_named_sellers_parts_first(tx: Tx) -> None:
    payments.start(tx, Terms())
    items = (("s1", 10_000, 0), ("s2", 10_000, 0))
    taken = order_flow.take(
        tx, [*ground.placed(items=items), ground.tender(amount=20_000), ground.confirmation()]
    )
    sellers = {
        r.fact.key: ids.show("slr", r.id) for r in taken.facts if r.kind == "seller" and r.id
    }
    before = ground.nets(tx)
    order_flow.take(tx, [ground.returned(amount=10_000)])
    after = ground.nets(tx)
    first, second = (f"merchant:{sellers[key]}:settlement" for key in ("s1", "s2"))
    assert first not in after and after[second] == before[second] == 8_800


def test_a_refund_goes_back_to_the_tenders_in_proportion(tx: Tx) -> None:
    order = Order(tx)
    for method, amount in (("card", 8_000), ("voucher", 3_000)):
        tender = tx.id("tnd", method)
        order.run(Take(order.id, tender, method, amount, tx.now)).demand()
    order.refund(1_100).demand()
    nets = ground.nets(tx)
    assert (nets["rail:card:clearing"], nets["rail:voucher:clearing"]) == (-7_200, -2_700)


@pytest.mark.parametrize("amount", [0, -5, 11_001])
def test_more_than_is_left_is_refused(tx: Tx, amount: int) -> None:
    order = Order(tx).into("held")
    outcome = order.refund(amount)
    assert outcome.problem is not None
    assert outcome.problem.facts == {"asked": amount, "left": 11_000}


def test_a_refunds_key_names_one_wish(tx: Tx) -> None:
    order = Order(tx).into("held")
    first = order.run(Refund(order.id, "key", "request", tx.now, 100)).demand()
    again = order.run(Refund(order.id, "key", "request", tx.now, 100)).demand()
    assert first.refund == again.refund and ground.nets(tx)["escrow"] == 10_900
    assert isinstance(order.run(Refund(order.id, "key", "request", tx.now, 101)).problem, KeyReused)
    batch = payments.apply(tx, [Refund(order.id, "k2", "request", tx.now, 5)] * 2)
    assert [o.problem for o in batch] == [None, None] and ground.nets(tx)["escrow"] == 10_895


def test_a_tender_is_taken_once(tx: Tx) -> None:
    order = Order(tx)
    take = Take(order.id, tx.id("tnd", "t"), "card", 500, tx.now)
    payments.apply(tx, [take, take])
    payments.apply(tx, [take])
    assert ground.nets(tx) == {"escrow": 500, "rail:card:clearing": -500}


def test_one_batch_may_hold_the_whole_life_of_an_order(tx: Tx) -> None:
    """Opened, paid, confirmed, returned and paid again within one batch: every account is known."""
    payments.start(tx, Terms())
    facts = [
        *ground.placed(),
        ground.tender(),
        ground.confirmation(),
        ground.returned(amount=11_000),
        ground.tender(key="again"),
    ]
    taken = order_flow.take(tx, facts)
    assert [o.problem for o in taken.outcomes if o.problem] == []
    assert ground.nets(tx) == {"rail:card:clearing": -11_000, "suspense:late_tender": 11_000}


def test_money_that_does_not_run_here_is_said_to(tx: Tx) -> None:
    with pytest.raises(NoTerms):
        payments.apply(tx, [Open(tx.id("ord", "x"), "x", "CNY", tx.now)])
    order_flow.take(tx, ground.placed(), with_money=False)
    payments.start(tx, Terms())
    taken = order_flow.take(tx, [ground.tender()])
    assert [o.problem.code for o in taken.outcomes if o.problem] == ["no_escrow"]


def test_payouts_pay_what_is_earned_and_name_the_orders(tx: Tx) -> None:
    order = Order(tx).into("released")
    (row,) = payouts.pay_out(tx)
    assert row.amount == 8_800 and payouts.pay_out(tx) == []
    assert [p.id for p in money_of(tx, order.id).payouts] == [row.id]
    order.refund(5_000).demand()
    assert payouts.pay_out(tx) == [], "a seller in debt is paid nothing"
    assert [p.id for p in payout_store.payouts(tx, seller=row.seller_id)] == [row.id]


def test_the_least_payout_is_kept_to(tx: Tx) -> None:
    order = Order(tx, Terms(payout_min=8_801)).into("released")
    assert payouts.pay_out(tx) == []
    assert money_of(tx, order.id).payouts == ()


def test_an_order_is_refunded_once_however_many_ask_at_once(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        order = Order(tx).into("released").id

    def refund(number: int) -> str:
        def use_case(tx: Tx) -> Outcome:
            command = Refund(order, f"k{number % 4}", "request", tx.now)
            return payments.apply(tx, [command])[0]

        problem = sandbox.run(use_case, book=book).problem
        return problem.code if problem else "made"

    with ThreadPoolExecutor(5) as threads:
        codes = Counter(threads.map(refund, range(8)))
    assert codes == {"made": 2, "illegal_move": 6}, "one key wins, its repeat is told the same"
    with sandbox.begin(book=book) as tx:
        assert ground.nets(tx) == {} and verify_orders(tx, Terms()).faults == ()
        assert tx.value("SELECT count(*) FROM refund WHERE book = %(book)s") == 1


def test_tenders_that_come_at_once_are_all_taken(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        order = Order(tx).id

    def take(number: int) -> None:
        sandbox.run(
            lambda tx: payments.apply(
                tx, [Take(order, tx.id("tnd", str(number)), "card", 100 + number, tx.now)]
            )[0].demand(),
            book=book,
        )

    with ThreadPoolExecutor(5) as threads:
        list(threads.map(take, range(8)))
    with sandbox.begin(book=book) as tx:
        assert ground.nets(tx)["escrow"] == 828 and verify_orders(tx, Terms()).faults == ()


def test_every_move_is_told_once_and_names_its_object(tx: Tx) -> None:
    order = Order(tx).into("released")
    refund = order.refund(1_000).demand().refund
    assert refund is not None
    payouts.pay_out(tx)
    tx.flush()
    told = {(kind, object_) for kind, object_ in tx.tuples(
        "SELECT type, object FROM event WHERE book = %(book)s")}  # fmt: skip
    assert {kind for kind, _ in told} == {
        "tender.taken", "order.released", "order.refunded", "seller.paid_out",
        "payout_batch.made", "payout_batch.approved", "payout_batch.sent",
    }  # fmt: skip
    assert ("order.refunded", ids.show("rfd", refund.id)) in told
