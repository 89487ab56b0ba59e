"""What the API answers of devices, mandates and offline vouchers."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.lines.payments.devices.model import DEVICE, Device, Key
from huoshui.lines.payments.mandates.model import MANDATE, Mandate
from huoshui.lines.payments.mandates.service import Asked
from huoshui.lines.payments.mandates.store import DebitRow
from huoshui.lines.payments.vouchers.model import (
    CertificateRow,
    DoubleSpend,
    Exposure,
    Programme,
    VoucherRow,
)
from huoshui.lines.payments.vouchers.service import Deposited


class DeviceKeyView(msgspec.Struct, frozen=True):
    """A key of a device; one without an end signs now."""

    public: str
    since: datetime
    until: datetime | None


class DeviceView(msgspec.Struct, frozen=True):
    """A device, and the verbs that its state allows. `state_at` is since when it is in its state."""

    id: str
    party: str
    role: str
    name: str
    state: str
    allowed: list[str]
    reason: str
    state_at: datetime
    enrolled_at: datetime
    keys: list[DeviceKeyView]


class CertificateView(msgspec.Struct, frozen=True):
    """A certificate: `text` and `issuer` are what the device loads. A till gets `blocked` too."""

    id: str
    device: str
    programme: str
    amount: Money
    counter: int
    begins: datetime
    ends: datetime
    deposit_until: datetime
    settled_at: datetime | None
    text: str
    issuer: str
    blocked: list[str]


class TrustView(msgspec.Struct, frozen=True):
    """What tills need to know: the issuer's public key, and wallets that are to be refused.

    There is no key before the first certificate.
    """

    issuer: str
    blocked: list[str]


class ProgrammeView(msgspec.Struct, frozen=True):
    """A programme of offline payments; limits as the certificates under it have them."""

    id: str
    name: str
    state: str
    single: Money
    cumulative: Money
    lower: int
    upper: int
    certificate_days: int
    deposit_days: int
    bearer: str
    loss_max: Money
    created_at: datetime


class ExposureView(msgspec.Struct, frozen=True):
    """A wallet's certificate: what is held and captured, and what has not come in."""

    certificate: str
    device: str
    party: str
    amount: Money
    captured: Money
    arrived: int
    highest: int
    missing: int
    missing_value: Money
    ends: datetime
    deposit_until: datetime
    settled_at: datetime | None


class VoucherView(msgspec.Struct, frozen=True):
    """A voucher that came in; of `amount`, `captured` came from the hold, `borne` from the bearer."""

    id: str
    device: str
    counter: int
    amount: Money
    captured: Money
    borne: Money
    payer: str
    merchant: str
    till: str
    state: str
    reason: str
    paid_at: datetime
    deposited_at: datetime
    payment: str | None
    certificate: str
    bundle: str
    receipt: str


class DepositResult(msgspec.Struct, frozen=True):
    """What became of one voucher; a till keeps it until it has a receipt."""

    state: str
    reason: str
    again: bool
    voucher: str | None
    double_spend: str | None
    receipt: str


class DepositResults(msgspec.Struct, frozen=True):
    """The results of a batch, in its order."""

    results: list[DepositResult]


class DoubleSpendView(msgspec.Struct, frozen=True):
    """A double spend and its two vouchers."""

    id: str
    device: str
    counter: int
    kind: str
    found_at: datetime
    first: VoucherView
    second: VoucherView


class EvidenceView(msgspec.Struct, frozen=True):
    """The evidence file of a double spend, to be kept as it is."""

    file: str


class MandateView(msgspec.Struct, frozen=True):
    """A mandate, what was taken under it, and the verbs that its state allows.

    `consent` says how the payer confirmed it: in the caller's words, or `proved` by a passkey here.
    """

    id: str
    payer: str
    merchant: str
    device: str
    scene: str
    single_max: Money
    daily_max: Money
    total_max: Money | None
    spent: Money
    state: str
    allowed: list[str]
    created_at: datetime
    consent_at: datetime | None
    ends_at: datetime | None
    revoked_at: datetime | None
    consent: str
    proved: bool


class OpenedMandate(msgspec.Struct, frozen=True):
    """A mandate, with the secret that opens its page (`/consent/{secret}`), told this once."""

    mandate: MandateView
    secret: str


class DebitView(msgspec.Struct, frozen=True):
    """What a device asked for and what became of it; `at` is the device's time."""

    id: str
    device: str
    counter: int
    event: str
    mandate: str
    payer: str
    merchant: str
    scene: str
    amount: Money
    at: datetime
    received_at: datetime
    state: str
    reason: str
    payment: str | None
    receipt: str


class EventResult(msgspec.Struct, frozen=True):
    """What became of one device event."""

    state: str
    reason: str
    again: bool
    event: DebitView | None


class EventResults(msgspec.Struct, frozen=True):
    """The results of a batch, in its order."""

    results: list[EventResult]


def device(row: Device, keys: list[Key]) -> DeviceView:
    """A device."""
    return DeviceView(
        id=row.shown,
        party=row.party,
        role=row.role,
        name=row.name,
        state=row.state,
        allowed=list(DEVICE.allowed(row.state)),
        reason=row.reason,
        state_at=row.state_at,
        enrolled_at=row.enrolled_at,
        keys=[DeviceKeyView(key.public, key.from_at, key.until_at) for key in keys],
    )


def certificate(
    row: CertificateRow, issuer: str, blocked: list[str], *, rehearsal: bool = False
) -> CertificateView:
    """A certificate; a rehearsal's is not signed for."""
    return CertificateView(
        id=ids.show("crt", row.id),
        device=ids.show("dev", row.device_id),
        programme=ids.show("prg", row.programme_id),
        amount=Money(row.amount, row.currency),
        counter=row.counter,
        begins=row.begins,
        ends=row.ends,
        deposit_until=row.deposit_until,
        settled_at=row.settled_at,
        text="" if rehearsal else row.text,
        issuer=issuer,
        blocked=blocked,
    )


def programme(row: Programme) -> ProgrammeView:
    """A programme."""
    return ProgrammeView(
        id=row.shown,
        name=row.name,
        state=row.state,
        single=Money(row.single, row.currency),
        cumulative=Money(row.cumulative, row.currency),
        lower=row.lower,
        upper=row.upper,
        certificate_days=row.certificate_days,
        deposit_days=row.deposit_days,
        bearer=row.bearer,
        loss_max=Money(row.loss_max, row.currency),
        created_at=row.created_at,
    )


def exposure(row: Exposure) -> ExposureView:
    """A wallet's certificate as it stands."""
    return ExposureView(
        certificate=ids.show("crt", row.certificate_id),
        device=ids.show("dev", row.device_id),
        party=row.party,
        amount=Money(row.amount, row.currency),
        captured=Money(row.captured, row.currency),
        arrived=row.arrived,
        highest=row.highest,
        missing=row.missing,
        missing_value=Money(row.missing_value, row.currency),
        ends=row.ends,
        deposit_until=row.deposit_until,
        settled_at=row.settled_at,
    )


def voucher(row: VoucherRow, *, rehearsal: bool = False) -> VoucherView:
    """A voucher; a rehearsal has no receipt."""
    return VoucherView(
        id=row.shown,
        device=ids.show("dev", row.device_id),
        counter=row.counter,
        amount=Money(row.amount, row.currency),
        captured=Money(row.captured, row.currency),
        borne=Money(row.borne, row.currency),
        payer=row.payer,
        merchant=row.merchant,
        till=ids.show("dev", row.till_id),
        state=row.state,
        reason=row.reason,
        paid_at=row.paid_at,
        deposited_at=row.deposited_at,
        payment=ids.show("pmt", row.payment_id) if row.payment_id else None,
        certificate=ids.show("crt", row.certificate_id),
        bundle=row.bundle,
        receipt="" if rehearsal else row.receipt,
    )


def deposited(found: Deposited, *, rehearsal: bool) -> DepositResult:
    """What became of a voucher; a rehearsal has no receipt."""
    return DepositResult(
        state=found.state,
        reason=found.reason,
        again=found.again,
        voucher=found.row.shown if found.row else None,
        double_spend=found.case.shown if found.case else None,
        receipt="" if rehearsal else found.receipt,
    )


def double_spend(case: DoubleSpend, first: VoucherRow, second: VoucherRow) -> DoubleSpendView:
    """A double spend."""
    return DoubleSpendView(
        id=case.shown,
        device=ids.show("dev", case.device_id),
        counter=case.counter,
        kind=case.kind,
        found_at=case.found_at,
        first=voucher(first),
        second=voucher(second),
    )


def mandate(row: Mandate) -> MandateView:
    """A mandate."""
    total = None if row.total_max is None else Money(row.total_max, row.currency)
    return MandateView(
        id=row.shown,
        payer=row.payer,
        merchant=row.merchant,
        device=row.device,
        scene=row.scene,
        single_max=Money(row.single_max, row.currency),
        daily_max=Money(row.daily_max, row.currency),
        total_max=total,
        spent=Money(row.spent, row.currency),
        state=row.state,
        allowed=list(MANDATE.allowed(row.state)),
        created_at=row.created_at,
        consent_at=row.consent_at,
        ends_at=row.ends_at,
        revoked_at=row.revoked_at,
        consent=row.consent,
        proved=row.proved,
    )


def debit(row: DebitRow, *, rehearsal: bool = False) -> DebitView:
    """A device event; a rehearsal has no receipt."""
    return DebitView(
        id=ids.show("dbt", row.id),
        device=ids.show("dev", row.device_id),
        counter=row.counter,
        event=row.event,
        mandate=ids.show("mdt", row.mandate_id),
        payer=row.payer,
        merchant=row.merchant,
        scene=row.scene,
        amount=Money(row.amount, row.currency),
        at=row.at,
        received_at=row.received_at,
        state=row.state,
        reason=row.reason,
        payment=ids.show("pmt", row.payment_id) if row.payment_id else None,
        receipt="" if rehearsal else row.receipt,
    )


def event(found: Asked, *, rehearsal: bool) -> EventResult:
    """What became of a device event."""
    row = debit(found.row, rehearsal=rehearsal) if found.row else None
    return EventResult(found.state, found.reason, found.again, row)
