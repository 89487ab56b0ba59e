"""Sample events, each made by really doing what it tells of: for those who write a receiver.

`SAMPLES` names what can be triggered and what is done for it; another line adds its own there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.model import (
    Buyer,
    Cancellation,
    Confirmation,
    Fact,
    Item,
    Order,
    Product,
    Return,
    Seller,
    Tender,
)
from huoshui.lines.payments.chart import rail_path, settlement_path
from huoshui.lines.payments.payment.model import Cancel, Create, Part
from huoshui.lines.payments.payment.model import Tender as PaymentTender
from huoshui.scenarios import order_flow, payment_flow

_SINCE = datetime(2025, 1, 1, tzinfo=UTC)  # the same facts each time: they are kept once
_PRICE, _FREIGHT = 10_000, 1_000
Sample = Callable[[Tx, str], None]


class UnknownSample(Problem):
    """Not an event that can be triggered; the problem lists those that can."""

    code = "unknown_sample"
    status = 422


def trigger(tx: Tx, kind: str) -> str:
    """Make a sample event happen; the key of what it happened to. Raises UnknownSample."""
    make = SAMPLES.get(kind)
    if make is None:
        raise UnknownSample(event=kind[:80], known=", ".join(SAMPLES))
    key = ids.show("evt", tx.id("evt", kind)).replace("evt_", "sample-")
    make(tx, key)
    return key


def _order(tx: Tx, key: str) -> list[Fact]:
    """An order of one item, with its parties, that nobody has paid for yet."""
    currency = access.this_book(tx).currency
    return [
        Seller(key="sample-seller", occurred_at=_SINCE, name="Sample seller"),
        Buyer(key="sample-buyer", occurred_at=_SINCE),
        Product(key="sample-product", occurred_at=_SINCE, name="Sample product"),
        Order(key=key, occurred_at=tx.now, buyer="sample-buyer", currency=currency),
        Item(
            key=f"{key}-item",
            occurred_at=tx.now,
            order=key,
            product="sample-product",
            seller="sample-seller",
            price=Money(_PRICE, currency),
            freight=Money(_FREIGHT, currency),
        ),
    ]


def _paid(tx: Tx, key: str) -> list[Fact]:
    return [*_order(tx, key), _tender(tx, key)]


def _tender(tx: Tx, key: str) -> Tender:
    amount = Money(_PRICE + _FREIGHT, access.this_book(tx).currency)
    return Tender(key=f"{key}-tender", occurred_at=tx.now, order=key, method="card", amount=amount)


def _take(tx: Tx, facts: list[Fact]) -> None:
    for result in order_flow.take(tx, facts).facts:
        assert result.outcome != "refused", result.error


def _tender_taken(tx: Tx, key: str) -> None:
    _take(tx, _paid(tx, key))


def _order_released(tx: Tx, key: str) -> None:
    _take(tx, [*_paid(tx, key), Confirmation(key=f"{key}-c", occurred_at=tx.now, order=key)])


def _order_refunded(tx: Tx, key: str) -> None:
    """A part comes back after the goods were received: the refund retraces the split."""
    _order_released(tx, key)
    amount = Money(_PRICE // 4, access.this_book(tx).currency)
    back = Return(
        key=f"{key}-r", occurred_at=tx.now, order=key, item=f"{key}-item", amount=amount,
        reason="sample",
    )  # fmt: skip
    _take(tx, [back])


def _order_voided(tx: Tx, key: str) -> None:
    _take(tx, [*_order(tx, key), _cancellation(tx, key)])


def _tender_late(tx: Tx, key: str) -> None:
    _order_voided(tx, key)
    _take(tx, [_tender(tx, key)])


def _cancellation(tx: Tx, key: str) -> Cancellation:
    return Cancellation(key=f"{key}-x", occurred_at=tx.now, order=key, reason="sample")


def _seller_account(tx: Tx, key: str) -> str:
    """Where the sample seller's money goes; its order makes the seller known."""
    _take(tx, _order(tx, key))
    return settlement_path(ids.show("slr", commerce.seller(tx, "sample-seller").id))


def _pay(tx: Tx, key: str, *, rail: str = "") -> UUID:
    """A payment to the sample seller, by a rail or waiting for its means."""
    currency, amount = access.this_book(tx).currency, _PRICE + _FREIGHT
    tenders = (PaymentTender(rail, rail_path(rail), amount, token=key),) if rail else ()
    asked = Create(
        id=tx.id("pmt", key),
        currency=currency,
        tenders=tenders,
        parts=(Part(_seller_account(tx, key), "seller", amount),),
        reference=key,
        confirm=bool(rail),
    )
    payment_flow.apply(tx, [asked])[0].demand()
    return asked.id


def _payment_waiting(tx: Tx, key: str) -> None:
    _pay(tx, key)


def _payment_processing(tx: Tx, key: str) -> None:
    """The card's rail is asked: in the sandbox its simulator answers while the server runs."""
    _pay(tx, key, rail="card")


def _payment_cancelled(tx: Tx, key: str) -> None:
    payment_flow.apply(tx, [Cancel(_pay(tx, key))])[0].demand()


def _test_triggered(tx: Tx, key: str) -> None:
    tx.emit("test.triggered", key, asked_by=tx.actor)


SAMPLES: dict[str, Sample] = {
    "order.refunded": _order_refunded,
    "order.released": _order_released,
    "order.voided": _order_voided,
    "payment.cancelled": _payment_cancelled,
    "payment.processing": _payment_processing,
    "payment.requires_payment_method": _payment_waiting,
    "tender.late": _tender_late,
    "tender.taken": _tender_taken,
    "test.triggered": _test_triggered,
}
