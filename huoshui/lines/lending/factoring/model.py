"""Receivables and their assignments, as stored; and why one is refused. No I/O."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

from huoshui.core.errors import NotFound, Problem

Kind = Literal["order", "invoice"]


class UnknownReceivable(NotFound):
    """No such receivable in this book."""

    code = "unknown_receivable"


class UnknownAssignment(NotFound):
    """No such assignment in this book."""

    code = "unknown_assignment"


class ReceivableDiffers(Problem):
    """The claim is registered already, with another amount, day or buyer; the problem names which."""

    code = "receivable_differs"
    status = 409


class AlreadyAssigned(Problem):
    """The claim is assigned already, under this or another name; the problem names to what."""

    code = "already_assigned"
    status = 409


class NotFactorable(Problem):
    """The claim does not fit the product: `reason` says which of its terms it breaks."""

    code = "not_factorable"
    status = 422


class NoRecourse(Problem):
    """By the product's terms the seller does not owe this; the problem says when it would."""

    code = "no_recourse"
    status = 409


class NotOverdue(Problem):
    """The buyer still has time; the problem names the day from which this may be done."""

    code = "not_overdue"
    status = 409


class NoStage(Problem):
    """No stage of the advance is left, or what shows it is missing or was used; `reason` says which."""

    code = "no_stage"
    status = 409


class MoreThanOwed(Problem):
    """More than is owed; the problem names both amounts in minor units."""

    code = "more_than_owed"
    status = 422


class DebtorLimit(Problem):
    """A limit would be passed; the problem names it, and what is left of it."""

    code = "debtor_limit"
    status = 409


class Receivable(msgspec.Struct, frozen=True, kw_only=True):
    """A seller's claim of `face` minor units on a debtor, due on a day. `document` is what the seller
    calls it: the key of an order, or the number of an invoice."""

    id: UUID
    kind: Kind
    document: str
    order_id: UUID | None
    seller_id: UUID
    debtor: str
    face: int
    currency: str
    issued_on: date
    due_on: date
    fingerprint: bytes
    evidence: str
    recorded_at: datetime


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A receivable that is bought under a version of a product; amounts in minor units.

    `receivable` is what the debtor still owes, `reserve` what is kept back of it for the seller,
    `claim` what the seller owes. The rest are totals: paid to the seller, collected from the debtor,
    repaid by the seller, diluted by returns, bought back by recourse, written off, the fee earned,
    the loss, and what was recovered after it.
    """

    id: UUID
    receivable_id: UUID
    fingerprint: bytes
    product: str
    version: int
    state: str
    seller_id: UUID
    debtor: str
    order_id: UUID | None
    currency: str
    due_on: date
    face: int
    advance: int
    fee_flat: int
    rate_annual: Decimal
    fee_most: int
    recourse: str
    grace_days: int
    takings_share: Decimal
    offered_at: datetime
    advanced_at: datetime | None = None
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    receivable: int = 0
    reserve: int = 0
    claim: int = 0
    paid: int = 0
    collected: int = 0
    repaid: int = 0
    diluted: int = 0
    bought_back: int = 0
    written_off: int = 0
    fee: int = 0
    loss: int = 0
    recovered: int = 0

    @property
    def exposure(self) -> int:
        """What would be lost if neither buyer nor seller paid, minor units."""
        if self.state in ("offered", "assigned"):
            return self.advance
        return self.receivable - self.reserve + self.claim


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to an assignment; `amounts` are those of its posting, minor units."""

    number: int
    verb: str
    state: str
    at: datetime
    actor: str
    txn_id: UUID | None
    amounts: dict[str, Any]
    note: str


def fingerprint(seller_id: UUID, debtor: str, document: str) -> bytes:
    """What makes a claim the same whatever its number is written like.

    The amount does not count: the same invoice over one yuan more is the same invoice.
    """
    words = (str(seller_id), _plain(debtor), _plain(document))
    return hashlib.sha256("\x1f".join(words).encode()).digest()


def _plain(text: str) -> str:
    """Letters and digits alone, in one form and lower case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
