"""What happens to a bought claim as its order lives on, and how its money comes and goes.

The advance and what is left of the reserve go to the seller's settlement account and leave with its
next payout. An order that the buyer confirms confirms its claim; what goes back dilutes it; and
before a payout the claim is paid out of the seller's takings, in the payout's own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce import store as facts_store
from huoshui.lines.lending.factoring import buying, life, service, store, takings
from huoshui.lines.lending.factoring.chart import clearing_path
from huoshui.lines.lending.factoring.model import (
    Assignment,
    NotFactorable,
    Receivable,
    fingerprint,
)
from huoshui.lines.lending.factoring.service import Claim
from huoshui.lines.payments.escrow import plan
from huoshui.lines.payments.escrow import service as escrows
from huoshui.lines.payments.escrow import store as escrow_store
from huoshui.lines.payments.escrow.model import Command, Confirm, Escrow, Refund
from huoshui.lines.payments.escrow.service import Outcome
from huoshui.lines.payments.escrow.terms import confirm_due
from huoshui.lines.payments.settlement import claims as settling
from huoshui.lines.payments.settlement.model import Takings

UNPROMISED = timedelta(days=14)  # until a parcel without a promised day is thought to arrive
Held = dict[UUID, list[Assignment]]


class Purchase(msgspec.Struct, frozen=True):
    """What a seller is to get of a shipped order, to be bought under a product."""

    order: str
    seller_id: UUID
    product: str


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """The assignment that came of a purchase, or the problem that stopped it; `amount` is the claim's
    face in minor units, `overdue_on` the first day on which its debtor has had all its time."""

    amount: int = 0
    assignment: Assignment | None = None
    problem: Problem | None = None

    @property
    def overdue_on(self) -> date:
        """When the debtor has had all its time."""
        assert self.assignment is not None
        return life.overdue_from(self.assignment)


def register_order(tx: Tx, order_ref: str, seller_ref: str) -> Receivable:
    """Register what a shipped order is to bring its seller. Raises what `claim_of` does."""
    return service.register(tx, claim_of(tx, order_ref, seller_ref))


def claim_of(tx: Tx, order_ref: str, seller_ref: str) -> Claim:
    """What a shipped order is to bring its seller: its share, less commission; nothing is kept.

    Raises UnknownOrder, UnknownSeller; NotFactorable unless it is shipped, paid for and unreleased.
    """
    order, seller = commerce.order(tx, order_ref), commerce.seller(tx, seller_ref)
    found = _claims_of(tx, [(order.key, seller.id)])[0]
    if isinstance(found, Problem):
        raise found
    return found


def buy(tx: Tx, purchases: Sequence[Purchase]) -> list[Bought]:
    """Buy what sellers are to get of shipped orders, and pay the advances; each alone, or its problem."""
    ids_ = facts_store.order_ids(tx, sorted({each.order for each in purchases}))
    escrow_store.lock(tx, sorted(ids_.values()))
    claims = _claims_of(tx, [(each.order, each.seller_id) for each in purchases])
    good = [
        buying.Purchase(claim, each.product)
        for claim, each in zip(claims, purchases, strict=True)
        if not isinstance(claim, Problem)
    ]
    done = iter(buying.buy(tx, good))
    found = []
    for claim in claims:
        if isinstance(claim, Problem):
            found.append(Bought(problem=claim))
            continue
        came, face = next(done), claim.face.amount
        if isinstance(came, Problem):
            found.append(Bought(amount=face, problem=came))
        else:
            found.append(Bought(amount=face, assignment=came))
    bought = [each.assignment for each in found if each.assignment is not None]
    _pay_all(tx, [(each, each.paid, "advance") for each in bought])
    return found


def _claims_of(tx: Tx, wanted: Sequence[tuple[str, UUID]]) -> list[Claim | Problem]:
    """The claims of sellers on shipped orders, or why there is none."""
    known = _Known(tx, sorted({order for order, _ in wanted}))
    return [known.claim(order, seller) for order, seller in wanted]


class _Known:
    """What is known of orders whose money sellers wait for."""

    def __init__(self, tx: Tx, keys: list[str]) -> None:
        self.tx = tx
        self.terms, self.zone = escrows.terms(tx), access.zone_of(tx)
        ids_ = facts_store.order_ids(tx, keys)
        rows = facts_store.orders_by_id(tx, list(ids_.values()))
        self.orders = {row.key: row for row in rows}
        self.escrows = escrow_store.escrows(tx, list(ids_.values()))
        self.items: dict[str, list[facts_store.ItemRow]] = {}
        for item in facts_store.items(tx, keys):
            self.items.setdefault(item.order_key, []).append(item)
        buyers = sorted({row.buyer_key for row in rows})
        self.buyers = facts_store.parties_of(tx, "buyer", buyers)
        self.shipments = facts_store.last_shipments(tx, keys)

    def claim(self, key: str, seller_id: UUID) -> Claim | Problem:
        """The claim of a seller on an order."""
        order = self.orders.get(key)
        if order is None or order.shipped_at is None:
            return NotFactorable(reason="not_shipped")
        escrow = self.escrows.get(order.id)
        if escrow is None or escrow.state != "held" or escrow.planned:
            return NotFactorable(reason="order_money")
        shares = plan.parts(self.items.get(key, []), escrow.taken, self.terms)
        face = _share_of(shares, ids.show("slr", seller_id))
        buyer = self.buyers.get(order.buyer_key)
        if not face or buyer is None:
            return NotFactorable(reason="amount")
        arrives = order.estimated_at or order.shipped_at + UNPROMISED
        due = confirm_due(self.terms, self.zone, max(arrives, self.tx.now))
        debtor = ids.show("byr", buyer)
        stood = _standing_due(self.tx, seller_id, debtor, key)
        return Claim(
            kind="order",
            document=key,
            seller_id=seller_id,
            debtor=debtor,
            face=Money(face, order.currency),
            issued_on=order.shipped_at.astimezone(self.zone).date(),
            due_on=stood or due.astimezone(self.zone).date(),
            order_id=order.id,
            evidence=f"shipment/{self.shipments[key]}" if key in self.shipments else "",
        )


def _standing_due(tx: Tx, seller_id: UUID, debtor: str, document: str) -> date | None:
    """The day that was named when the claim was registered: it does not move with the clock."""
    before = store.same_claim(tx, fingerprint(seller_id, debtor, document))
    return before.due_on if before else None


def _share_of(shares: Sequence[plan.Share], seller: str) -> int:
    return sum(s.left for s in shares if s.role == "seller" and s.group == seller)


def advance(tx: Tx, id_: UUID) -> Assignment:
    """Buy a claim and pay its advance to the seller. Raises IllegalMove.

    An order's money must lie in escrow whole: NotFactorable where it was released or refunded.
    """
    of = service.assignment(tx, id_, lock=True)
    if of.order_id is not None:
        escrow = escrow_store.lock(tx, [of.order_id]).get(of.order_id)
        if escrow is None or escrow.state != "held" or escrow.planned:
            raise NotFactorable(reason="order_money")
    after = service.advance(tx, id_)
    _pay(tx, after, after.paid, "advance")
    return after


def release(tx: Tx, id_: UUID, evidence: str) -> Assignment:
    """Pay the next stage of an advance to the seller. Raises NoStage, IllegalMove, DebtorLimit."""
    before = service.assignment(tx, id_).paid
    after = service.release(tx, id_, evidence)
    _pay(tx, after, after.paid - before, f"stage/{store.count_entries(tx, id_)}")
    return after


def confirm(tx: Tx, id_: UUID, note: str = "") -> Assignment:
    """The buyer confirms an invoice: the reserve less the fee is paid to the seller.

    An order's claim is confirmed with its order alone: NotFactorable. Raises IllegalMove.
    """
    before = service.assignment(tx, id_, lock=True)
    if before.order_id is not None:
        raise NotFactorable(reason="order_confirms")
    return _confirm(tx, before, note)


def _confirm(tx: Tx, before: Assignment, note: str) -> Assignment:
    after = service.confirm(tx, before, note)
    _pay(tx, after, after.paid - before.paid, "reserve")
    return after


def _pay(tx: Tx, to: Assignment, amount: int, what: str) -> None:
    _pay_all(tx, [(to, amount, what)])


def _pay_all(tx: Tx, paid: Sequence[tuple[Assignment, int, str]]) -> None:
    """Pay amounts from clearing to sellers' takings, each once by its name."""
    listed = [
        settling.Financed(
            seller=ids.show("slr", to.seller_id),
            currency=to.currency,
            amount=amount,
            source=clearing_path(to.product),
            reference=ids.show("asg", to.id),
            key=f"{ids.show('asg', to.id)}/{what}",
        )
        for to, amount, what in paid
        if amount
    ]
    settling.finance(tx, listed)


def hold(tx: Tx, commands: Sequence[Command]) -> Held:
    """The bought claims of orders that are to be released or refunded, locked before their accounts."""
    orders = {c.order_id for c in commands if isinstance(c, Confirm | Refund)}
    held: Held = {}
    for each in store.of_orders(tx, sorted(orders)) if orders else []:
        if each.order_id is not None:
            held.setdefault(each.order_id, []).append(each)
    return held


def follow(tx: Tx, held: Held, outcomes: Sequence[Outcome]) -> None:
    """Let claims follow what became of their orders, in the same commit."""
    for outcome in outcomes:
        command, escrow = outcome.command, outcome.escrow
        if command.order_id in held and escrow and outcome.txn_id and not outcome.problem:
            held[command.order_id] = [
                _followed(tx, each, escrow, released=isinstance(command, Confirm))
                for each in held[command.order_id]
            ]


def _followed(tx: Tx, before: Assignment, escrow: Escrow, *, released: bool) -> Assignment:
    if before.state in ("offered", "assigned"):
        return service.decline(tx, before.id, "order_moved_on")
    left = _share_of(escrow.parts, ids.show("slr", before.seller_id))
    back = min(before.face - before.diluted - left, before.receivable)
    after = before
    if back > 0 and after.state in ("advanced", "confirmed", "disputed"):
        after = service.dilute(tx, after, back, "goods_back")
    if released and after.state == "disputed" and after.confirmed_at is None:
        after = service.resume(tx, after.id, "order_confirmed")
    if released and after.state == "advanced":
        after = _confirm(tx, after, "order_confirmed")
    return after


def collect(tx: Tx, id_: UUID, amount: int, note: str) -> Assignment:
    """The debtor paid into the bank, or something came in after a write-off. Raises MoreThanOwed.

    An order's money is collected out of takings alone: it never comes by itself.
    """
    before = service.assignment(tx, id_, lock=True)
    if before.state == "written_off":
        return _received(tx, service.recover(tx, before, amount, note), amount)
    if before.order_id is not None:
        raise NotFactorable(reason="order_collects")
    return _received(tx, service.collect(tx, before, amount, note), amount)


def repay(tx: Tx, id_: UUID, amount: int, note: str) -> Assignment:
    """The seller paid what it owes into the bank. Raises IllegalMove, MoreThanOwed."""
    before = service.assignment(tx, id_, lock=True)
    return _received(tx, service.repay(tx, before, amount, note), amount)


def _received(tx: Tx, by: Assignment, amount: int) -> Assignment:
    shown = ids.show("asg", by.id)
    claim = settling.Claim(
        seller=ids.show("slr", by.seller_id),
        currency=by.currency,
        amount=amount,
        to=clearing_path(by.product),
        reference=shown,
    )
    settling.receive(tx, claim, f"{shown}/{store.count_entries(tx, by.id)}")
    return by


class _FromTakings(msgspec.Struct, frozen=True):
    """See `settlement.claims.Claimant`: confirmed orders, and what sellers owe."""

    def claims(self, tx: Tx, takings_: Sequence[Takings]) -> list[settling.Claim]:
        """What assignments have of each seller's takings."""
        found: list[settling.Claim] = []
        for currency in sorted({each.currency for each in takings_}):
            of = {_seller(t.seller): t for t in takings_ if t.currency == currency}
            sellers = [seller for seller in of if seller is not None]
            owed: dict[UUID, list[Assignment]] = {}
            for each in store.owed_by(tx, sellers, currency) if sellers else []:
                owed.setdefault(each.seller_id, []).append(each)
            for seller, assignments in owed.items():
                found += _claims(of[seller], assignments)
        return found

    def met(self, tx: Tx, claims: Sequence[settling.Claim]) -> None:
        """Each claim's money stands on clearing: it pays the debtor's part, then the seller's."""
        known = store.lock(tx, [ids.read("asg", claim.reference) for claim in claims])
        service.meet(
            tx,
            [
                service.Met(before, *takings.parted(before, claim.amount), "takings")
                for claim in claims
                if (before := known[ids.read("asg", claim.reference)])
            ],
        )


def _claims(of: Takings, owed: Sequence[Assignment]) -> list[settling.Claim]:
    due = takings.due_of(owed, of.free)
    return [
        settling.Claim(
            seller=of.seller,
            currency=of.currency,
            amount=due[each.id],
            to=clearing_path(each.product),
            reference=ids.show("asg", each.id),
        )
        for each in owed
        if each.id in due
    ]


def _seller(text: str) -> UUID | None:
    """The id of a seller; None for a settlement account that a person named by hand."""
    try:
        return ids.read("slr", text)
    except ids.BadId:
        return None


FROM_TAKINGS = _FromTakings()
