"""Forward and back: whatever the split, the refunds and their moment, all ends at zero.

Goal: the property that the payment line stands on. For any items of several sellers, tenders
above or below their sum, rates, owner of freight and of the odd unit, and any sequence of
partial refunds before the split, after it and after the payout: once all is refunded, every
account is at zero, but for what a paid-out seller now owes back. At each step the books balance
and every order's transfers agree with its escrow.
Method: hypothesis makes the marketplace; the production use cases move the money.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.ledger.verify import verify
from huoshui.lines import payments
from huoshui.lines.payments import Confirm, Refund, Terms
from huoshui.lines.payments.escrow import store
from huoshui.lines.payments.escrow.verify import verify_orders
from huoshui.lines.payments.settlement import payouts
from huoshui.scenarios import order_flow
from tests import ground

STAGES = ("held", "released", "paid out")


class Case(msgspec.Struct, frozen=True):
    """One marketplace, one order, and how it is paid and given back."""

    terms: Terms
    items: tuple[tuple[str, int, int], ...]
    tenders: tuple[int, ...]
    refunds: tuple[tuple[str, int, str], ...]  # (stage, thousandths of what is left, seller)


rates = st.builds(lambda n: Decimal(n).scaleb(-4), st.integers(0, 10_000))
terms = st.builds(
    Terms,
    commission_rate=rates,
    tax_rate=rates,
    freight_to=st.sampled_from(["carrier", "seller"]),
    odd_unit_to=st.sampled_from(["commission", "seller"]),
    payout_min=st.just(1),
)
prices = st.one_of(st.integers(0, 30), st.integers(0, 10**9))
items = st.lists(
    st.tuples(st.sampled_from(["s1", "s2", "s3"]), prices, prices), min_size=1, max_size=5
)
refunds = st.lists(
    st.tuples(
        st.sampled_from(STAGES), st.integers(1, 1_000), st.sampled_from(["", "s1", "s2", "s9"])
    ),
    max_size=5,
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A case whose tenders come near the sum of the items: above, below by a little, or equal."""
    lines = tuple(draw(items))
    due = sum(price + freight for _, price, freight in lines)
    paid = max(1, due + draw(st.one_of(st.just(0), st.integers(-10_000, 10_000))))
    cuts = sorted(draw(st.sets(st.integers(1, paid - 1), max_size=2))) if paid > 1 else []
    bounds = [0, *cuts, paid]
    tenders = tuple(high - low for low, high in pairwise(bounds))
    back = sorted(draw(refunds), key=lambda refund: STAGES.index(refund[0]))
    return Case(draw(terms), lines, tenders, tuple(back))


class Run:
    """One case, driven step by step in a book of its own."""

    def __init__(self, tx: Tx, case: Case) -> None:
        self.tx, self.case = tx, case
        access.open_book(tx, ground.book(tx.book))
        payments.start(tx, case.terms)
        tenders = [
            ground.tender(amount=amount, key=f"t{n}", method=("card", "voucher", "boleto")[n % 3])
            for n, amount in enumerate(case.tenders)
        ]
        taken = order_flow.take(tx, [*ground.placed(items=case.items), *tenders])
        assert not taken.refused and not [o.problem for o in taken.outcomes if o.problem]
        self.sellers = {r.fact.key: r.id for r in taken.facts if r.kind == "seller"}
        self.order: UUID = next(r.id for r in taken.facts if r.kind == "order" and r.id)
        self.count = 0

    def refund(self, thousandths: int | None, seller: str = "") -> None:
        escrow = self.escrow()
        left = escrow.taken - escrow.refunded
        if escrow.state == "refunded":
            return
        self.count += 1
        amount = None if thousandths is None else max(1, left * thousandths // 1000)
        own = self.sellers.get(seller)
        command = Refund(
            self.order, f"r{self.count}", "request", self.tx.now, amount,
            ids.show("slr", own) if own else "",
        )  # fmt: skip
        first, again = (payments.apply(self.tx, [command])[0].demand() for _ in range(2))
        assert again.refund == first.refund, "a refund is made once"
        self.check()

    def release(self) -> None:
        if self.escrow().state == "held":
            command = Confirm(self.order, "buyer", self.tx.now)
            payments.apply(self.tx, [command])[0].demand()
            assert self.escrow().state == "released"
        self.check()

    def escrow(self) -> payments.Escrow:
        found = store.escrow(self.tx, self.order)
        assert found is not None
        return found

    def check(self) -> None:
        escrow = self.escrow()
        for share in (*escrow.sources, *escrow.parts):
            assert 0 <= share.back <= share.amount
        assert verify(self.tx).holds
        assert verify_orders(self.tx, self.case.terms).faults == ()
        assert sum(ground.nets(self.tx).values()) == 0


@settings(max_examples=ground.examples(50))
@given(case=cases())
def test_forward_and_full_refund_is_zero_on_every_account(sandbox: Database, case: Case) -> None:
    with sandbox.begin(book=ground.fresh_book()) as tx:
        run = Run(tx, case)
        run.check()
        paid = 0
        for stage in STAGES:
            if stage == "released":
                run.release()
            if stage == "paid out":
                paid = sum(row.amount for row in payouts.pay_out(tx))
            for _, thousandths, seller in (r for r in case.refunds if r[0] == stage):
                run.refund(thousandths, seller)
        run.refund(None)
        run.check()
        assert run.escrow().state == "refunded"
        nets = ground.nets(tx)
        assert nets.pop("rail:bank:payout", 0) == paid
        owed = [net for path, net in nets.items() if path.startswith("merchant:")]
        assert all(net < 0 for net in owed) and sum(owed) == -paid
        assert len(owed) == len(nets), nets


@settings(max_examples=ground.examples(30))
@given(case=cases())
def test_the_split_is_exact_and_by_the_terms(sandbox: Database, case: Case) -> None:
    with sandbox.begin(book=ground.fresh_book()) as tx:
        run = Run(tx, case)
        run.release()
        escrow, nets = run.escrow(), ground.nets(tx)
        due = sum(price + freight for _, price, freight in case.items)
        paid = sum(case.tenders)
        assert sum(share.amount for share in escrow.parts) == max(due, paid)
        assert nets.get("platform:surcharge", 0) == max(0, paid - due)
        assert nets.get("platform:subsidy", 0) == -max(0, due - paid)
        assert "escrow" not in nets
        for name, id_ in run.sellers.items():
            goods = sum(price for seller, price, _ in case.items if seller == name)
            freight = sum(freight for seller, _, freight in case.items if seller == name)
            exact = goods * case.terms.commission_rate
            own = freight if case.terms.freight_to == "seller" else 0
            earned = nets.get(f"merchant:{ids.show('slr', id_)}:settlement", 0) if id_ else 0
            assert abs(goods + own - earned - exact) <= Decimal("0.5")
