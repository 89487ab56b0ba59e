"""What the API answers: ids with their prefixes, amounts with their currency."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from huoshui.core import access, events, ids
from huoshui.core.money import Money
from huoshui.facts.commerce.service import PREFIX, Ingested
from huoshui.facts.commerce.store import ItemRow, OrderRow, SellerRow, TenderRow, Told
from huoshui.interfaces.api.ledger_views import TransactionView, transaction
from huoshui.ledger.journal import Posted
from huoshui.lines.payments.escrow.model import ASKED, ESCROW
from huoshui.lines.payments.escrow.model import Escrow as EscrowRow
from huoshui.lines.payments.escrow.plan import Share
from huoshui.lines.payments.escrow.service import Money as OrderMoney
from huoshui.lines.payments.escrow.service import Outcome
from huoshui.lines.payments.escrow.store import RefundRow
from huoshui.lines.payments.settlement.model import Payout


class FieldErrorView(msgspec.Struct, frozen=True):
    """One bad field, with the sentence that mends it."""

    pointer: str
    code: str
    detail: str


class ProblemView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refusal (RFC 9457): `code` for programs, `title` and `detail` in the reader's language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[FieldErrorView] = []
    facts: dict[str, Any] = {}


class FactResult(msgspec.Struct, frozen=True):
    """What became of one fact."""

    kind: str
    key: str
    outcome: str
    id: str | None
    version: int
    error: FieldErrorView | None


class FactResults(msgspec.Struct, frozen=True):
    """The results of a batch, in its order."""

    results: list[FactResult]


class ItemView(msgspec.Struct, frozen=True):
    """A line of an order."""

    key: str
    product: str
    seller: str
    quantity: int
    price: Money
    freight: Money


class TenderView(msgspec.Struct, frozen=True):
    """A means of payment used."""

    key: str
    method: str
    amount: Money
    instalments: int
    occurred_at: datetime


class ShareView(msgspec.Struct, frozen=True):
    """A party's part of an order: what it was given and what it gave back."""

    party: str
    role: str
    amount: Money
    given_back: Money


class RefundView(msgspec.Struct, frozen=True):
    """A refund."""

    id: str
    order: str
    amount: Money
    cause: str
    reason: str
    at: datetime
    transaction: str


class PayoutView(msgspec.Struct, frozen=True):
    """A payout to a seller: `transaction` moved it out, `returned_by` brought it back.

    `reason` says why it failed or came back, `reserved` what the terms kept back.
    """

    id: str
    seller: str
    account: str
    amount: Money
    at: datetime
    transaction: str | None
    state: str
    batch: str | None
    attempt: int
    reserved: Money
    reason: str
    returned_by: str | None
    settled_at: datetime | None


class MoneyView(msgspec.Struct, frozen=True):
    """The money of an order and the verbs that its state allows."""

    state: str
    allowed: list[str]
    taken: Money
    refunded: Money
    sources: list[ShareView]
    parts: list[ShareView]
    taken_at: datetime | None
    confirmed_at: datetime | None
    released_at: datetime | None
    refunds: list[RefundView]
    payouts: list[PayoutView]


class OrderView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order; what `?expand=` names stands in it, the rest is absent."""

    id: str
    key: str
    buyer: str
    total: Money
    lines: int
    placed_at: datetime
    estimated_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    items: list[ItemView] | None = None
    tenders: list[TenderView] | None = None
    money: MoneyView | None = None
    history: list[Told] | None = None


class SellerView(msgspec.Struct, frozen=True):
    """A seller."""

    id: str
    key: str
    name: str
    city: str
    region: str
    joined_at: datetime


class MovedView(msgspec.Struct, frozen=True):
    """What a verb did to an order: its money now, and the postings that were made."""

    order: str
    state: str
    refund: RefundView | None
    transaction: TransactionView | None


class EventView(msgspec.Struct, frozen=True):
    """An event."""

    id: str
    type: str
    object: str
    at: datetime
    actor: str
    data: dict[str, Any]


class KeyView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key; `key` is its text, shown once, when it is made."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None = None
    organisation: str | None = None
    key: str | None = None


def fact(result: Ingested, lang: str) -> FactResult:
    """A fact's result."""
    fault = result.error
    error = FieldErrorView(fault.pointer, fault.code, fault.detail(lang)) if fault else None
    shown = ids.show(PREFIX[result.kind], result.id) if result.id else None
    return FactResult(result.kind, result.fact.key, result.outcome, shown, result.version, error)


def order(row: OrderRow) -> OrderView:
    """An order without what `expand` adds."""
    return OrderView(
        ids.show("ord", row.id),
        row.key,
        row.buyer_key,
        Money(row.total_minor, row.currency),
        row.items,
        row.placed_at,
        row.estimated_at,
        row.shipped_at,
        row.delivered_at,
        row.cancelled_at,
    )


def item(row: ItemRow) -> ItemView:
    """A line."""
    return ItemView(
        row.key,
        row.product_key,
        row.seller_key,
        row.quantity,
        Money(row.price_minor, row.currency),
        Money(row.freight_minor, row.currency),
    )


def tender(row: TenderRow) -> TenderView:
    """A tender."""
    amount = Money(row.amount_minor, row.currency)
    return TenderView(row.key, row.method, amount, row.instalments, row.occurred_at)


def order_money(money: OrderMoney) -> MoneyView | None:
    """The money of an order, or None where it does not run through these books."""
    escrow = money.escrow
    if escrow is None:
        return None
    return MoneyView(
        escrow.state,
        [verb for verb in ESCROW.allowed(escrow.state) if verb in ASKED],
        Money(escrow.taken, escrow.currency),
        Money(escrow.refunded, escrow.currency),
        [_share(share, escrow) for share in escrow.sources],
        [_share(share, escrow) for share in escrow.parts],
        escrow.taken_at,
        escrow.confirmed_at,
        escrow.released_at,
        [refund(row) for row in money.refunds],
        [payout(row) for row in money.payouts],
    )


def _share(share: Share, escrow: EscrowRow) -> ShareView:
    amount, back = (
        Money(share.amount, escrow.currency),
        Money(share.back, escrow.currency),
    )
    return ShareView(share.group or "platform", share.role, amount, back)


def refund(row: RefundRow) -> RefundView:
    """A refund."""
    return RefundView(
        ids.show("rfd", row.id),
        ids.show("ord", row.order_id),
        Money(row.amount, row.currency),
        row.cause,
        row.reason,
        row.at,
        ids.show("txn", row.txn_id),
    )


def payout(row: Payout) -> PayoutView:
    """A payout."""
    return PayoutView(
        ids.show("pay", row.id),
        ids.show("slr", row.seller_id),
        ids.show("acc", row.account_id),
        Money(row.amount, row.currency),
        row.at,
        ids.show("txn", row.txn_id) if row.txn_id else None,
        row.state,
        ids.show("pob", row.batch_id) if row.batch_id else None,
        row.attempt,
        Money(row.reserved, row.currency),
        row.reason,
        ids.show("txn", row.back_txn) if row.back_txn else None,
        row.settled_at,
    )


def seller(row: SellerRow) -> SellerView:
    """A seller."""
    return SellerView(
        ids.show("slr", row.id), row.key, row.name, row.city, row.region, row.joined_at
    )


def moved(outcome: Outcome, posted: Posted | None) -> MovedView:
    """What a verb did."""
    return MovedView(
        ids.show("ord", outcome.command.order_id),
        outcome.escrow.state if outcome.escrow else "",
        refund(outcome.refund) if outcome.refund else None,
        transaction(posted) if posted else None,
    )


def event(row: events.Event) -> EventView:
    """An event."""
    return EventView(ids.show("evt", row.id), row.type, row.object, row.at, row.actor, row.data)


def key(row: access.Key, text: str | None = None) -> KeyView:
    """A key."""
    return KeyView(
        ids.show("key", row.id),
        row.name,
        row.hint,
        list(row.scopes),
        row.created_at,
        row.revoked_at,
        ids.show("org", row.organisation_id) if row.organisation_id else None,
        text,
    )
