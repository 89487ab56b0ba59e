"""Claims and assignments as the API answers them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from huoshui.catalog import Said
from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.lines.lending.factoring.machine import allowed
from huoshui.lines.lending.factoring.model import Assignment, Entry, Receivable
from huoshui.lines.lending.factoring.service import Offer
from huoshui.lines.lending.factoring.store import Debtor
from huoshui.lines.lending.rates.apr import percent


class ReceivableView(msgspec.Struct, frozen=True):
    """A seller's claim on a debtor. Its `fingerprint` is the same whatever its number is written like."""

    id: str
    kind: str
    document: str
    order: str | None
    seller: str
    debtor: str
    face: Money
    issued_on: date
    due_on: date
    fingerprint: str
    evidence: str
    recorded_at: datetime


class FactoringQuoteView(msgspec.Struct, frozen=True):
    """What a claim would come to: paid now, paid when the buyer confirms, and all that it costs at most,
    with the yearly rates in percent."""

    product: str
    version: int
    face: Money
    advance: Money
    later: Money
    fee_most: Money
    days: int
    yearly_simple_pct: str
    yearly_compound_pct: str
    disclosures: list[Said]


class AssignmentView(msgspec.Struct, frozen=True):
    """A claim that is bought. The buyer still owes `receivable`, of which `reserve` is kept back for
    the seller; the seller owes `claim`. The others are what came and went so far."""

    id: str
    state: str
    receivable_id: str
    product: str
    version: int
    recourse: str
    seller: str
    debtor: str
    order: str | None
    due_on: date
    face: Money
    advance: Money
    fee_most: Money
    receivable: Money
    reserve: Money
    claim: Money
    paid: Money
    collected: Money
    repaid: Money
    diluted: Money
    fee: Money
    loss: Money
    recovered: Money
    exposure: Money
    allowed: list[str]
    offered_at: datetime
    advanced_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None


class AssignmentEntryView(msgspec.Struct, frozen=True):
    """One thing that happened to an assignment; amounts in minor units, by the entry's own names."""

    number: int
    verb: str
    state: str
    at: datetime
    actor: str
    transaction: str | None
    amounts: dict[str, Any]
    note: str


class AssignmentDetail(msgspec.Struct, frozen=True):
    """An assignment and its life."""

    assignment: AssignmentView
    entries: list[AssignmentEntryView]


class DebtorView(msgspec.Struct, frozen=True):
    """What is out on one debtor, and what it owes past its day."""

    debtor: str
    assignments: int
    exposure: Money
    overdue: Money


def receivable(found: Receivable) -> ReceivableView:
    """A claim."""
    return ReceivableView(
        ids.show("rcv", found.id), found.kind, found.document,
        ids.show("ord", found.order_id) if found.order_id else None,
        ids.show("slr", found.seller_id), found.debtor, Money(found.face, found.currency),
        found.issued_on, found.due_on, found.fingerprint.hex(), found.evidence, found.recorded_at,
    )  # fmt: skip


def quote(made: Offer, currency: str) -> FactoringQuoteView:
    """A quote."""
    deal = made.quote.deal
    return FactoringQuoteView(
        made.product, made.version, Money(deal.face, currency), Money(deal.advance, currency),
        Money(deal.reserve - deal.fee_most, currency), Money(deal.fee_most, currency), deal.days,
        percent(deal.simple), percent(deal.compound), list(made.quote.disclosures),
    )  # fmt: skip


def assignment(found: Assignment) -> AssignmentView:
    """An assignment."""

    def money(amount: int) -> Money:
        return Money(amount, found.currency)

    return AssignmentView(
        ids.show("asg", found.id), found.state, ids.show("rcv", found.receivable_id),
        found.product, found.version, found.recourse, ids.show("slr", found.seller_id),
        found.debtor, ids.show("ord", found.order_id) if found.order_id else None, found.due_on,
        money(found.face), money(found.advance), money(found.fee_most), money(found.receivable),
        money(found.reserve), money(found.claim), money(found.paid), money(found.collected),
        money(found.repaid), money(found.diluted), money(found.fee), money(found.loss),
        money(found.recovered), money(found.exposure), list(allowed(found.state)),
        found.offered_at, found.advanced_at, found.confirmed_at, found.ended_at,
    )  # fmt: skip


def entry(found: Entry) -> AssignmentEntryView:
    """One thing that happened."""
    return AssignmentEntryView(
        found.number, found.verb, found.state, found.at, found.actor,
        ids.show("txn", found.txn_id) if found.txn_id else None, found.amounts, found.note,
    )  # fmt: skip


def debtor(found: Debtor) -> DebtorView:
    """A debtor."""
    return DebtorView(
        found.debtor,
        found.count,
        Money(found.exposure, found.currency),
        Money(found.overdue, found.currency),
    )
