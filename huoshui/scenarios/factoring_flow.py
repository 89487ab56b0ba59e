"""What happens to a bought claim as its order lives on, and how its money comes and goes.

The advance and what is left of the reserve go to the seller's settlement account and leave with its
next payout. An order that the buyer confirms confirms its claim; what goes back dilutes it; and
before a payout the claim is paid out of the seller's takings, in the payout's own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce import store as facts_store
from huoshui.lines.lending.factoring import service, store, takings
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

_UNPROMISED = timedelta(days=14)  # until a parcel without a promised day is thought to arrive
Held = dict[UUID, list[Assignment]]


def register_order(tx: Tx, order_ref: str, seller_ref: str) -> Receivable:
    """Register what a shipped order is to bring its seller. Raises what `claim_of` does."""
    return service.register(tx, claim_of(tx, order_ref, seller_ref))


def claim_of(tx: Tx, order_ref: str, seller_ref: str) -> Claim:
    """What a shipped order is to bring its seller: its share, less commission; nothing is kept.

    Raises UnknownOrder, UnknownSeller; NotFactorable unless it is shipped, paid for and unreleased.
    """
    order, seller = commerce.order(tx, order_ref), commerce.seller(tx, seller_ref)
    escrow = escrow_store.escrow(tx, order.id)
    if order.shipped_at is None:
        raise NotFactorable(reason="not_shipped")
    if escrow is None or escrow.state != "held" or escrow.planned:
        raise NotFactorable(reason="order_money")
    terms, zone = escrows.terms(tx), access.zone_of(tx)
    items = commerce.items(tx, order.key)
    shares = plan.parts(items, escrow.taken, terms)
    face = _share_of(shares, ids.show("slr", seller.id))
    buyer = facts_store.party_of(tx, "buyer", order.buyer_key)
    if not face or buyer is None:
        raise NotFactorable(reason="amount")
    arrives = order.estimated_at or order.shipped_at + _UNPROMISED
    due = confirm_due(terms, zone, max(arrives, tx.now)).astimezone(zone).date()
    return Claim(
        kind="order",
        document=order.key,
        seller_id=seller.id,
        debtor=ids.show("byr", buyer),
        face=Money(face, order.currency),
        issued_on=_day(order.shipped_at, tx),
        due_on=_standing_due(tx, seller.id, ids.show("byr", buyer), order.key) or due,
        order_id=order.id,
        evidence=_shipment(tx, order.key),
    )


def _day(at: datetime, tx: Tx) -> date:
    return at.astimezone(access.zone_of(tx)).date()


def _standing_due(tx: Tx, seller_id: UUID, debtor: str, document: str) -> date | None:
    """The day that was named when the claim was registered: it does not move with the clock."""
    before = store.same_claim(tx, fingerprint(seller_id, debtor, document))
    return before.due_on if before else None


def _shipment(tx: Tx, order_key: str) -> str:
    told = [each for each in commerce.history(tx, order_key) if each.kind == "shipment"]
    return f"shipment/{told[-1].key}" if told else ""


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
    if amount:
        shown = ids.show("asg", to.id)
        paid = settling.Financed(
            seller=ids.show("slr", to.seller_id),
            currency=to.currency,
            amount=amount,
            source=clearing_path(to.product),
            reference=shown,
            key=f"{shown}/{what}",
        )
        settling.finance(tx, paid)


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
        for claim in claims:
            before = service.assignment(tx, ids.read("asg", claim.reference), lock=True)
            collected, repaid = takings.parted(before, claim.amount)
            if collected:
                before = service.collect(tx, before, collected, "takings")
            if repaid:
                service.repay(tx, before, repaid, "takings")


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
