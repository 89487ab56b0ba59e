"""What settlement speaks of: batches of payouts, and why one is refused. No I/O."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core.errors import NotFound, Problem

BY_TERMS = "terms"  # who approves a batch that needs no word of a person


class UnknownBatch(NotFound):
    """No such payout batch in this book."""

    code = "unknown_payout_batch"


class UnknownPayout(NotFound):
    """No such payout in this book."""

    code = "unknown_payout"


class NothingToPay(Problem):
    """No seller is owed as much as the least payout; the problem says what was left out."""

    code = "nothing_to_pay"
    status = 409


class OwnBatch(Problem):
    """Who made a batch does not approve it: four eyes."""

    code = "own_batch"
    status = 403


class AboveLimit(Problem):
    """The caller's role does not approve as much; the problem names both amounts."""

    code = "above_limit"
    status = 403


class LeftOut(msgspec.Struct, frozen=True, array_like=True):
    """What a batch does not pay, and why: `reserve`, `payout_max`, `day_max`."""

    seller: str
    amount: int
    why: str


class Batch(msgspec.Struct, frozen=True):
    """Payouts of one currency that are approved and sent together; amounts in minor units."""

    id: UUID
    state: str
    currency: str
    rail: str
    payouts: int
    amount: int
    left_out: tuple[LeftOut, ...]
    made_by: str
    made_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    send_at: datetime | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None


class Payout(msgspec.Struct, frozen=True):
    """A payout to a seller; once sent it pays its account's transfers up to `to_version`.

    `reserved` was kept back by the terms, `txn_id` moved it out, `back_txn` brought it back,
    `call_id` is what the rail was asked.
    """

    id: UUID
    seller_id: UUID
    account_id: UUID
    amount: int
    currency: str
    at: datetime
    from_version: int
    to_version: int
    txn_id: UUID | None
    batch_id: UUID | None = None
    state: str = "sent"
    attempt: int = 1
    reserved: int = 0
    call_id: UUID | None = None
    reason: str = ""
    back_txn: UUID | None = None
    settled_at: datetime | None = None


class Payable(msgspec.Struct, frozen=True):
    """A settlement account that has earnings to pay out; minor units.

    `available` is not held, `waiting` lies in payouts that are not sent yet.
    """

    account_id: UUID
    path: str
    currency: str
    available: int
    waiting: int
    paid_version: int

    @property
    def seller(self) -> str:
        """The seller's public id."""
        return self.path.split(":")[1]


class Debt(msgspec.Struct, frozen=True):
    """What a seller owes, and what it has to pay it from; minor units."""

    seller: str
    currency: str
    owed: int
    available: int


class Takings(msgspec.Struct, frozen=True):
    """What a seller has that waits for no payout yet, minor units; `version` is of its account."""

    seller: str
    account_id: UUID
    currency: str
    free: int
    version: int
