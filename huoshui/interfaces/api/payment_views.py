"""Payments and refunds as the API answers them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.ledger.model import Account
from huoshui.lines.payments.payment.machine import allowed
from huoshui.lines.payments.payment.model import Part, Payment, Refund, Tender
from huoshui.lines.payments.payment.store import ClearingRow


class PaymentTenderView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A means of payment: what it gives, what was captured of it and given back."""

    rail: str
    amount: Money
    state: str
    captured: Money
    refunded: Money
    declined: str = ""


class PaymentPartView(msgspec.Struct, frozen=True):
    """Who gets something: of its amount, what it has got and given back."""

    account: str
    role: str
    amount: Money
    captured: Money
    refunded: Money


class PaymentView(msgspec.Struct, frozen=True):
    """A payment; `allowed` names what may be asked of it now, `action` what the buyer is to do."""

    id: str
    state: str
    amount: Money
    captured: Money
    refunded: Money
    capture: str
    buyer: str
    order: str
    reference: str
    tenders: list[PaymentTenderView]
    parts: list[PaymentPartView]
    action: str
    error: str
    allowed: list[str]
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


class OpenedPayment(msgspec.Struct, frozen=True):
    """A payment just made, with the secret that opens its hosted page, told this once."""

    payment: PaymentView
    secret: str


class PaymentRefundView(msgspec.Struct, frozen=True):
    """A refund of a payment; pending until every rail that it goes by has said so."""

    id: str
    payment: str
    amount: Money
    state: str
    reason: str
    at: datetime
    done_at: datetime | None


class PaymentClearingView(msgspec.Struct, frozen=True):
    """A movement of a payment, and the settlement window in which it clears."""

    transaction: str
    kind: str
    amount: Money
    window: int
    at: datetime


class PaymentDetail(msgspec.Struct, frozen=True):
    """A payment with its refunds and what cleared."""

    payment: PaymentView
    refunds: list[PaymentRefundView]
    clearing: list[PaymentClearingView]


class WalletView(msgspec.Struct, frozen=True):
    """A party's stored balance: what stands on it, and what of it is not reserved."""

    party: str
    balance: Money
    available: Money
    points: int


def payment(found: Payment) -> PaymentView:
    """A payment."""
    currency = found.currency
    return PaymentView(
        ids.show("pmt", found.id),
        found.state,
        Money(found.amount, currency),
        Money(found.captured, currency),
        Money(found.refunded, currency),
        found.capture,
        found.buyer,
        found.order_key,
        found.reference,
        [_tender(t, currency) for t in found.tenders],
        [_part(p, currency) for p in found.parts],
        found.action,
        found.error,
        list(allowed(found.state)),
        found.created_at,
        found.updated_at,
        found.expires_at,
    )


def _tender(t: Tender, currency: str) -> PaymentTenderView:
    return PaymentTenderView(
        t.rail, Money(t.amount, currency), t.state, Money(t.taken, currency),
        Money(t.back, currency), t.code,
    )  # fmt: skip


def _part(p: Part, currency: str) -> PaymentPartView:
    return PaymentPartView(
        p.account, p.role, Money(p.amount, currency), Money(p.taken, currency),
        Money(p.back, currency),
    )  # fmt: skip


def refund(found: Refund) -> PaymentRefundView:
    """A refund."""
    return PaymentRefundView(
        ids.show("prf", found.id),
        ids.show("pmt", found.payment_id),
        Money(found.amount, found.currency),
        found.state,
        found.reason,
        found.at,
        found.done_at,
    )


def clearing(row: ClearingRow) -> PaymentClearingView:
    """What cleared."""
    return PaymentClearingView(
        ids.show("txn", row.id),
        row.kind,
        Money(row.amount, row.currency),
        row.window_number,
        row.at,
    )


def wallet(party: str, found: Account, points: int) -> WalletView:
    """A party's balance."""
    currency = found.currency
    return WalletView(
        party, Money(found.balance, currency), Money(found.available, currency), points
    )
