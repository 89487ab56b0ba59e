"""What a payment is made of: its means, its parts, and the commands that move it. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core.errors import NotFound, Problem
from huoshui.lines.payments.rails import Answer, Call

TENDERS_MAX, PARTS_MAX = 10, 200
Captures = Literal["automatic", "manual"]
TenderState = Literal["new", "asked", "authorised", "declined", "void"]


class UnknownPayment(NotFound):
    """No such payment in this book."""

    code = "unknown_payment"


class TendersDiffer(Problem):
    """The means of payment do not come to what is to be paid; the problem names both."""

    code = "tenders_differ"
    status = 422


class CaptureExceeds(Problem):
    """More than what is left to capture; the problem names both."""

    code = "capture_exceeds"
    status = 422


class RefundExceeds(Problem):
    """More than what was captured and not given back; the problem names both."""

    code = "refund_exceeds"
    status = 422


class RailCannot(Problem):
    """The rail does not do what was asked of it; the problem names what it lacks."""

    code = "rail_cannot"
    status = 422


class Tender(msgspec.Struct, frozen=True, array_like=True):
    """A means of payment: it gives `amount` minor units out of `account`, by its rail.

    Of these `authorised` are reserved, `taken` captured, `back` given back. In a capture under way
    it is to give `asking`, of which `come` has come. `hold` reserves on the ledger, `call` is what
    its rail was asked last and has not answered, `about` the rail's reference, `token` its word
    for the means, `code` why it declined. Of `back`, `charged` was taken by chargebacks; what they
    took beyond `back` the platform bears, which is `excess`.
    """

    rail: str
    account: str
    amount: int
    state: TenderState = "new"
    authorised: int = 0
    taken: int = 0
    back: int = 0
    asking: int = 0
    come: int = 0
    hold: UUID | None = None
    call: UUID | None = None
    token: str = ""
    about: str = ""
    code: str = ""
    charged: int = 0
    excess: int = 0

    @property
    def spare(self) -> int:
        """What is reserved and not captured."""
        return self.authorised - self.taken

    @property
    def left(self) -> int:
        """What of it was captured and not given back."""
        return self.taken - self.back


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Who gets something: `amount` in all, of which `taken` came and `back` went again."""

    account: str
    role: str
    amount: int
    taken: int = 0
    back: int = 0

    @property
    def left(self) -> int:
        """What it still has."""
        return self.taken - self.back


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment; amounts in minor units of its currency."""

    id: UUID
    state: str
    currency: str
    amount: int
    captured: int = 0
    refunded: int = 0
    capture: Captures
    buyer: str = ""
    order_key: str = ""
    reference: str = ""
    tenders: tuple[Tender, ...]
    parts: tuple[Part, ...]
    trail: tuple[str, ...] = ()
    version: int = 0
    final: bool = True
    charged: int = 0
    action: str = ""
    error: str = ""
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    secret: bytes | None = None
    return_url: str = ""

    @property
    def asking(self) -> int:
        """What the capture under way is to bring in all, or 0."""
        return sum(tender.asking for tender in self.tenders)

    @property
    def left(self) -> int:
        """What was captured and neither given back nor charged back."""
        return self.captured - self.refunded - self.charged


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund: `back` is what goes back by each tender, in the payment's order; `waits` are the
    places of those whose rail has not answered."""

    id: UUID
    key: str
    payment_id: UUID
    amount: int
    currency: str
    state: Literal["pending", "succeeded", "failed"]
    reason: str
    back: tuple[int, ...]
    waits: tuple[int, ...] = ()
    at: datetime
    done_at: datetime | None = None
    txn_id: UUID | None = None


class Create(msgspec.Struct, frozen=True, kw_only=True):
    """Begin a payment of what the parts get in all; with `confirm` go on at once.

    Without tenders it waits for them. `proved` says that the buyer confirmed strongly.
    """

    id: UUID
    currency: str
    tenders: tuple[Tender, ...]
    parts: tuple[Part, ...]
    capture: Captures = "automatic"
    buyer: str = ""
    order_key: str = ""
    reference: str = ""
    confirm: bool = False
    proved: bool = False
    expires_at: datetime | None = None
    secret: bytes | None = None
    return_url: str = ""


class Attach(msgspec.Struct, frozen=True):
    """Say by which means it is paid."""

    id: UUID
    tenders: tuple[Tender, ...]


class Confirm(msgspec.Struct, frozen=True):
    """Go on with the means that are attached; `proved` as in Create."""

    id: UUID
    proved: bool = False


class Capture(msgspec.Struct, frozen=True):
    """Take `amount` of what is reserved (None: all that is left); a final one frees the rest."""

    id: UUID
    amount: int | None = None
    final: bool = True


class Cancel(msgspec.Struct, frozen=True):
    """Call it off before anything was captured; what is reserved is freed."""

    id: UUID
    expired: bool = False


class Told(msgspec.Struct, frozen=True):
    """A rail answered a call of this payment."""

    id: UUID
    call: Call
    answer: Answer


class GiveBack(msgspec.Struct, frozen=True):
    """Refund `amount` (None: all that is left), once a key."""

    id: UUID
    refund: UUID
    key: str
    amount: int | None = None
    reason: str = ""


class ChargeBack(msgspec.Struct, frozen=True):
    """The buyer's bank took `amount` back over a rail, of what the means at `tender` gave.

    At most `most` of it is the payment's (None: whatever it has); the platform bears the rest.
    """

    id: UUID
    rail: str
    tender: int
    amount: int
    most: int | None = None


class ChargeWon(msgspec.Struct, frozen=True):
    """The bank gave `amount` of a chargeback again."""

    id: UUID
    rail: str
    tender: int
    amount: int


Command = Create | Attach | Confirm | Capture | Cancel | Told | GiveBack | ChargeBack | ChargeWon
