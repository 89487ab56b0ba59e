"""What a command comes to: the payment after it, and what is to be done on the ledger and at rails."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from huoshui.ledger import Leg
from huoshui.lines.payments.payment.model import Payment, Refund
from huoshui.lines.payments.rails import Call

TRANSIT = "payment:transit"  # what came in and is not yet with its parts; mostly nothing
LATE = "suspense:late_payment"  # came when nobody waited for it any more
WRONG = "suspense:wrong_amount"  # what a rail moved beside what it was asked
STUCK = "suspense:refund_failed"  # was to go back and could not


class Post(msgspec.Struct, frozen=True):
    """Move money: a transaction of these legs."""

    template: str
    legs: tuple[Leg, ...]


class Reserve(msgspec.Struct, frozen=True):
    """Hold `amount` of an account for this payment."""

    hold: UUID
    account: str
    amount: int


class Use(msgspec.Struct, frozen=True):
    """Take `amount` of a hold into transit; a final one frees the rest."""

    hold: UUID
    amount: int
    final: bool


class Free(msgspec.Struct, frozen=True):
    """Free what a hold reserves."""

    hold: UUID


Deed = Post | Reserve | Use | Free
ClearingKind = Literal["capture", "refund", "chargeback", "chargeback_won"]


class Cleared(msgspec.Struct, frozen=True):
    """An amount that clears with the transactions of this step."""

    kind: ClearingKind
    amount: int


class Step(msgspec.Struct, frozen=True):
    """A decision. The deeds stand all or none; where they are refused, nothing of it holds."""

    payment: Payment
    deeds: tuple[Deed, ...] = ()
    calls: tuple[Call, ...] = ()
    clears: tuple[Cleared, ...] = ()
    refund: Refund | None = None
    said: str = ""  # an event beside that of the payment's state

    def also(self, other: Step) -> Step:
        """This step and then the next one, as one."""
        return Step(
            other.payment,
            self.deeds + other.deeds,
            self.calls + other.calls,
            self.clears + other.clears,
            other.refund or self.refund,
            other.said or self.said,
        )
