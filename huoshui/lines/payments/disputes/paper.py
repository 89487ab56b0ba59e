"""The evidence file of a dispute: what is known of the payment and of its order, in one document.

It holds no word of either language beyond what was said: pages name its fields in the reader's. Its
bytes are canonical, so that its digest says what was submitted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from huoshui.core import events, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts.commerce import store as facts
from huoshui.lines.payments.disputes.model import Dispute, Evidence
from huoshui.lines.payments.payment import service as payments
from huoshui.lines.payments.payment import store as payment_store
from huoshui.lines.payments.payment.model import Payment

LINES_MOST = 100  # of each list: the file stays one that a bank reads
# What speaks for the delivery and for the buyer's word; the rest of an order's facts does not.
_SPEAKS = ("order", "shipment", "delivery", "confirmation", "review", "return", "cancellation")


class Fact(msgspec.Struct, frozen=True):
    """A fact of the order: when it happened and when it was known."""

    kind: str
    at: datetime
    recorded_at: datetime
    says: dict[str, Any]


class Goods(msgspec.Struct, frozen=True):
    """A line of the order."""

    product: str
    quantity: int
    price: Money
    freight: Money


class Ordered(msgspec.Struct, frozen=True):
    """The order: what was bought, and when it was sent, arrived and was confirmed."""

    key: str
    buyer: str
    placed_at: datetime
    promised_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    confirmed_at: datetime | None
    goods: list[Goods]
    facts: list[Fact]


class Means(msgspec.Struct, frozen=True):
    """A means of payment: of what it gave, what was captured and given back."""

    rail: str
    captured: Money
    back: Money
    reference: str


class Receipt(msgspec.Struct, frozen=True):
    """A movement of money: its kind, and the transaction that a receipt of it names."""

    kind: str
    amount: Money
    transaction: str
    at: datetime


class Happened(msgspec.Struct, frozen=True):
    """An event of the payment, with its id in the tamper log."""

    type: str
    at: datetime
    actor: str
    event: str


class Attached(msgspec.Struct, frozen=True):
    """A file that goes with it, by its digest."""

    number: int
    name: str
    media_type: str
    size: int
    sha256: str
    note: str


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence file."""

    kind: str = "dispute_evidence"
    version: int = 1
    made_at: datetime
    dispute: str
    rail: str
    reference: str
    reason: str
    amount: Money
    opened_at: datetime
    due_at: datetime
    payment: str
    buyer: str
    paid: Money
    created_at: datetime
    means: list[Means]
    receipts: list[Receipt]
    timeline: list[Happened]
    order: Ordered | None
    files: list[Attached]


def write(made: Paper) -> bytes:
    """Its canonical bytes."""
    return msgspec.json.encode(made, order="deterministic")


def read(body: bytes) -> Paper:
    """What was written."""
    return msgspec.json.decode(body, type=Paper)


def gather(tx: Tx, found: Dispute, given: list[Evidence]) -> Paper:
    """The file as it would be submitted now."""
    payment = payments.payment(tx, found.payment_id)
    shown = ids.show("pmt", payment.id)
    said = events.page(tx, object_id=shown, limit=LINES_MOST)
    return Paper(
        made_at=tx.now,
        dispute=ids.show("dpt", found.id),
        rail=found.rail,
        reference=found.reference,
        reason=found.reason,
        amount=Money(found.amount, found.currency),
        opened_at=found.opened_at,
        due_at=found.due_at,
        payment=shown,
        buyer=payment.buyer,
        paid=Money(payment.captured, payment.currency),
        created_at=payment.created_at,
        means=_means(payment),
        receipts=_receipts(tx, payment),
        timeline=[
            Happened(e.type, e.at, e.actor, ids.show("evt", e.id)) for e in reversed(said)
        ],
        order=_order(tx, payment.order_key) if payment.order_key else None,
        files=[
            Attached(e.number, e.name, e.media_type, e.size, e.hash.hex(), e.note) for e in given
        ],
    )  # fmt: skip


def _means(payment: Payment) -> list[Means]:
    currency = payment.currency
    return [
        Means(t.rail, Money(t.taken, currency), Money(t.back, currency), t.about)
        for t in payment.tenders
    ]


def _receipts(tx: Tx, payment: Payment) -> list[Receipt]:
    rows = payment_store.clearing_of(tx, payment.id)[:LINES_MOST]
    return [
        Receipt(row.kind, Money(row.amount, row.currency), ids.show("txn", row.id), row.at)
        for row in rows
    ]


def _order(tx: Tx, key: str) -> Ordered | None:
    order = facts.order(tx, key=key)
    if order is None:
        return None
    told = [t for t in facts.history(tx, key) if t.kind in _SPEAKS and not t.superseded]
    confirmed = next((t.occurred_at for t in told if t.kind == "confirmation"), None)
    return Ordered(
        key, order.buyer_key, order.placed_at, order.estimated_at, order.shipped_at,
        order.delivered_at, confirmed,
        [
            Goods(i.product_key, i.quantity, Money(i.price_minor, i.currency),
                  Money(i.freight_minor, i.currency))
            for i in facts.items(tx, [key])[:LINES_MOST]
        ],
        [Fact(t.kind, t.occurred_at, t.recorded_at, t.body) for t in told[:LINES_MOST]],
    )  # fmt: skip
