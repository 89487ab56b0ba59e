"""What a mandate is, and what is decided of a debit that a device asks for. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from edge.protocol import Debit
from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move
from huoshui.lines.payments.devices.model import SKEW

MANDATE = Machine(
    "mandate",
    "proposed",
    {
        "consent": Move(("proposed",), "active"),
        "decline": Move(("proposed",), "declined"),
        "revoke": Move(("active",), "revoked"),
    },
)
# A debit that the mandate does not cover is asked of the payer, who may allow it or not.
DEBIT = Machine(
    "debit",
    "asked",
    {
        "approve": Move(("asked",), "debited"),
        "refuse": Move(("asked",), "refused"),
    },
)
DebitState = Literal["debited", "asked", "refused"]


class UnknownMandate(NotFound):
    """No such mandate in this book."""

    code = "unknown_mandate"


class UnknownDebit(NotFound):
    """No such device event in this book."""

    code = "unknown_debit"


class BadCaps(Problem):
    """The caps do not rise from single to daily to total."""

    code = "bad_caps"
    status = 422


class NotConfirmed(Problem):
    """The payer has to confirm this strongly: nobody else can consent in its place."""

    code = "not_confirmed"
    status = 403


class ConsentByPasskey(Problem):
    """Caps from the book's bound of strong confirmation on: the payer consents on the mandate's page."""

    code = "consent_by_passkey"
    status = 403


class AllowByPasskey(Problem):
    """A debit from the book's bound of strong confirmation on: the payer allows it on the mandate's
    page, by a passkey."""

    code = "allow_by_passkey"
    status = 403


class NotEnough(Problem):
    """The payer's wallet does not hold so much; nothing was taken."""

    code = "not_enough"
    status = 409


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """A payer's consent; caps in minor units, `total_max` None is without end.

    `secret` is the digest of what opens its page; `proved` says that the payer consented by a passkey
    that was held here. An empty `device` stands for every machine of the merchant, an empty `scene` for all. `day` and
    `day_spent` are of the last debit's commit, in the book's time zone.
    """

    id: UUID
    payer: str
    merchant: str
    device: str
    scene: str
    currency: str
    single_max: int
    daily_max: int
    total_max: int | None
    state: str
    created_at: datetime
    consent_at: datetime | None
    consent: str
    ends_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    spent: int
    day: date | None
    day_spent: int
    secret: bytes | None = None
    proved: bool = False

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("mdt", self.id)

    def spent_on(self, day: date) -> int:
        """What was taken on a day, the last one or a later one."""
        return self.day_spent if self.day == day else 0

    def after(self, amount: int, day: date) -> Mandate:
        """The mandate once `amount` was taken on `day`."""
        spent = self.spent_on(day) + amount
        return msgspec.structs.replace(self, spent=self.spent + amount, day=day, day_spent=spent)


class Decision(msgspec.Struct, frozen=True):
    """What becomes of a debit, and why where it is not taken."""

    state: DebitState
    reason: str = ""


TAKEN = Decision("debited")


def decide(
    mandate: Mandate, asked: Debit, signed_at: datetime, now: datetime, day: date
) -> Decision:
    """Whether a debit is taken now, asked of the payer, or refused.

    A revocation stands against both clocks: what the device signed at or after it is refused; what
    it signed before but brings only now is asked of the payer, whose word is the later one.
    """
    reason = _outside(mandate, asked) or _untimely(mandate, signed_at, now)
    if reason:
        return Decision("refused", reason)
    if mandate.state == "revoked":
        return Decision("asked", "revoked_meanwhile")
    over = _over(mandate, asked.amount, day)
    return Decision("asked", over) if over else TAKEN


def _outside(mandate: Mandate, asked: Debit) -> str:
    if asked.merchant != mandate.merchant:
        return "other_merchant"
    if mandate.device and asked.device != mandate.device:
        return "other_device"
    if mandate.scene and asked.scene != mandate.scene:
        return "other_scene"
    return "other_currency" if asked.currency != mandate.currency else ""


def _untimely(mandate: Mandate, signed_at: datetime, now: datetime) -> str:
    if signed_at > now + SKEW:
        return "clock_ahead"
    if mandate.consent_at is None:
        return "no_consent"
    if signed_at < mandate.consent_at - SKEW:
        return "before_consent"
    if mandate.revoked_at and signed_at >= mandate.revoked_at:
        return "mandate_revoked"
    if mandate.ends_at and min(signed_at, now) >= mandate.ends_at:
        return "mandate_ended"
    return ""


def _over(mandate: Mandate, amount: int, day: date) -> str:
    if amount > mandate.single_max:
        return "over_single"
    # By the day of the commit: what leaves a wallet in a day is bounded whatever a device says.
    if mandate.spent_on(day) + amount > mandate.daily_max:
        return "over_daily"
    if mandate.total_max is not None and mandate.spent + amount > mandate.total_max:
        return "over_total"
    return ""
