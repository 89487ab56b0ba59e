"""Programmes, certificates, vouchers, and the machine of a voucher's states. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move

PROGRAMME = Machine("programme", "open", {"close": Move(("open",), "closed")})
VOUCHER = Machine(
    "voucher",
    "presented",
    {
        "deposit": Move(("presented",), "deposited"),
        "dispute": Move(("presented",), "disputed"),
        "prove": Move(("presented",), "double_spend"),
        "honour": Move(("disputed",), "deposited"),
        "reject": Move(("disputed",), "rejected"),
    },
)
Bearer = Literal["issuer", "merchant", "platform"]


class UnknownProgramme(NotFound):
    """No such programme of offline payments in this book."""

    code = "unknown_programme"


class UnknownVoucher(NotFound):
    """No such voucher in this book."""

    code = "unknown_voucher"


class UnknownCertificate(NotFound):
    """No such certificate in this book."""

    code = "unknown_certificate"


class UnknownDoubleSpend(NotFound):
    """No such case of a double spend in this book."""

    code = "unknown_double_spend"


class BadLimits(Problem):
    """The limits of a programme contradict each other; the problem says which."""

    code = "bad_limits"
    status = 422


class ProgrammeClosed(Problem):
    """Nothing more is certified under this programme."""

    code = "programme_closed"
    status = 409


class StillOut(Problem):
    """Vouchers up to the device's counter have not all come in: their value stays held."""

    code = "still_out"
    status = 409


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    """Terms of paying offline; limits as in `edge.protocol.Limits`, in minor units.

    What a device signs beyond its hold is borne by `bearer`, up to `loss_max` a device.
    """

    id: UUID
    name: str
    currency: str
    single: int
    cumulative: int
    lower: int
    upper: int
    certificate_days: int
    deposit_days: int
    bearer: Bearer
    loss_max: int
    state: str
    created_at: datetime

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("prg", self.id)


class CertificateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that was issued; `amount` (minor units) is held for it."""

    id: UUID
    device_id: UUID
    programme_id: UUID
    party: str
    role: str
    currency: str
    amount: int
    hold_id: UUID | None
    counter: int
    begins: datetime
    ends: datetime
    deposit_until: datetime
    settled_at: datetime | None
    text: str


class VoucherRow(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher that came in; of `amount`, `captured` came from the hold, `borne` from the bearer."""

    id: UUID
    digest: str
    certificate_id: UUID
    programme_id: UUID
    device_id: UUID
    counter: int
    amount: int
    total: int
    currency: str
    payer: str
    merchant: str
    till_id: UUID
    paid_at: datetime
    deposited_at: datetime
    state: str
    reason: str = ""
    captured: int = 0
    borne: int = 0
    payment_id: UUID | None = None
    bundle: str
    acceptance: str
    receipt: str = ""

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("vch", self.id)

    @property
    def paid(self) -> int:
        """What the merchant got, before its split."""
        return self.captured + self.borne


class DoubleSpend(msgspec.Struct, frozen=True, kw_only=True):
    """A case: two vouchers that one device signed under one counter."""

    id: UUID
    device_id: UUID
    counter: int
    kind: str
    first_id: UUID
    second_id: UUID
    found_at: datetime

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("dsp", self.id)


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet's certificate as it stands: what is held, what came in, what is still out.

    `missing` counters below the highest that came in have not arrived; `missing_value` is what
    they come to by the device's own totals.
    """

    certificate_id: UUID
    device_id: UUID
    party: str
    currency: str
    amount: int
    ends: datetime
    deposit_until: datetime
    settled_at: datetime | None
    captured: int
    arrived: int
    highest: int
    missing: int
    missing_value: int
