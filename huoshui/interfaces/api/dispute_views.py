"""Disputes as the API answers them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.lines.payments.disputes.machine import allowed
from huoshui.lines.payments.disputes.model import Dispute, Evidence


class DisputeView(msgspec.Struct, frozen=True):
    """A dispute. The bank took `amount`, of which `from_payment` came out of the payment's parts
    and the platform bore the rest; unanswered by `due_at` it is lost."""

    id: str
    state: str
    payment: str
    rail: str
    reference: str
    amount: Money
    from_payment: Money
    reason: str
    allowed: list[str]
    opened_at: datetime
    due_at: datetime
    submitted_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    sha256: str | None
    sent_as: str


class DisputeFileView(msgspec.Struct, frozen=True):
    """A file of a dispute; its `sha256` stands in the tamper log."""

    number: int
    name: str
    media_type: str
    size: int
    sha256: str
    note: str
    actor: str
    at: datetime


class DisputeFileContent(msgspec.Struct, frozen=True):
    """A file with its content in base64."""

    file: DisputeFileView
    content: bytes


class DisputeDetail(msgspec.Struct, frozen=True):
    """A dispute with its files."""

    dispute: DisputeView
    evidence: list[DisputeFileView]


def dispute(found: Dispute) -> DisputeView:
    """A dispute."""
    return DisputeView(
        ids.show("dpt", found.id), found.state, ids.show("pmt", found.payment_id), found.rail,
        found.reference, Money(found.amount, found.currency), Money(found.own, found.currency),
        found.reason, list(allowed(found.state)), found.opened_at, found.due_at,
        found.submitted_at, found.closed_at, found.closed_by,
        found.paper.hex() if found.paper else None, found.sent_as,
    )  # fmt: skip


def evidence(given: Evidence) -> DisputeFileView:
    """A file of a dispute."""
    return DisputeFileView(
        given.number, given.name, given.media_type, given.size, given.hash.hex(), given.note,
        given.actor, given.at,
    )  # fmt: skip
