"""What becomes of a voucher that is authentic: decided on what is known, and on nothing else. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from edge.protocol import Acceptance, Refused, Voucher, conflicting, parted
from huoshui.lines.payments.devices.model import SKEW, Device, from_ms
from huoshui.lines.payments.vouchers.model import CertificateRow, Programme, VoucherRow


class Judgement(msgspec.Struct, frozen=True):
    """What a voucher becomes; `captured` and `borne` in minor units, `against` whom it contradicts."""

    state: str
    reason: str = ""
    captured: int = 0
    borne: int = 0
    kind: str = ""
    against: VoucherRow | None = None


def paid_at(voucher: Voucher, acceptance: Acceptance) -> datetime:
    """When it was paid, as far as two clocks that agree can say. Raises Refused."""
    signed, taken = from_ms(voucher.at), from_ms(acceptance.at)
    if abs(taken - signed) > SKEW:
        raise Refused("clock_skew", apart_s=int(abs(taken - signed).total_seconds()))
    return max(signed, taken)


def admit(certificate: CertificateRow, at: datetime, now: datetime) -> None:
    """Raises Refused for a payment outside its certificate's time, or deposited too late.

    A certificate that ran out between the payment and the deposit is as good as it was.
    """
    if at > now + SKEW:
        raise Refused("clock_ahead")
    if at > certificate.ends:
        raise Refused("expired")
    if at < certificate.begins - SKEW:
        raise Refused("not_begun")
    if now > certificate.deposit_until:
        raise Refused("too_late")


def stopped(wallet: Device, till: Device, at: datetime) -> str:
    """Why a payment of this time is disputed, or an empty text: a device was stopped before it."""
    if not wallet.acted(at):
        return f"wallet_{wallet.reason or wallet.state}"
    return "" if till.acted(at) else f"till_{till.reason or till.state}"


def contradicted(bundle: str, others: list[VoucherRow]) -> tuple[str, VoucherRow] | None:
    """How and by which earlier voucher of its counter this one is contradicted."""
    for other in sorted(others, key=lambda row: row.state not in ("deposited", "disputed")):
        kind = conflicting(parted(other.bundle, 2)[1], parted(bundle, 2)[1])
        if kind:
            return kind, other
    return None


def fund(amount: int, remaining: int, lost: int, programme: Programme) -> Judgement:
    """Pay a voucher out of what is left of its hold, the rest by the programme's bearer.

    `lost` is what the bearer has borne for this device so far.
    """
    captured = min(amount, remaining)
    borne = bearable(amount - captured, lost, programme)
    return Judgement("deposited", "over_guarantee" if captured < amount else "", captured, borne)


def bearable(excess: int, lost: int, programme: Programme) -> int:
    """How much of an excess the bearer pays; where that is the merchant, nobody pays it."""
    if programme.bearer == "merchant":
        return 0
    return max(0, min(excess, programme.loss_max - lost))
