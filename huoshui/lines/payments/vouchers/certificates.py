"""What a wallet or till does while it is online: get a certificate, free what it did not spend."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from edge.protocol import Certificate, Refused, Statement, opened, peeked
from huoshui import ledger
from huoshui.core import ids, money
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.ledger import Leg, Release, Transaction
from huoshui.lines.payments.chart import CHART, offline_path, wallet_path
from huoshui.lines.payments.devices import store as device_store
from huoshui.lines.payments.devices.issuer import Issuer
from huoshui.lines.payments.devices.model import (
    SKEW,
    Device,
    DeviceUnfit,
    from_ms,
    refused,
    to_ms,
)
from huoshui.lines.payments.vouchers import store
from huoshui.lines.payments.vouchers.model import (
    PROGRAMME,
    BadLimits,
    CertificateRow,
    Programme,
    ProgrammeClosed,
    StillOut,
    UnknownCertificate,
    UnknownProgramme,
)

HOLD_EXTRA = timedelta(days=1)  # the hold outlives the last moment of a deposit


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A programme to be opened; as in `Programme`."""

    name: str
    currency: str
    single: int
    cumulative: int
    lower: int
    upper: int
    certificate_days: int
    deposit_days: int
    bearer: str
    loss_max: int


def open_programme(tx: Tx, asked: Opening) -> Programme:
    """Open a programme of offline payments. Raises BadLimits, UnknownCurrency."""
    money.digits(asked.currency)
    if not 0 < asked.single <= asked.cumulative:
        raise BadLimits(reason=f"single {asked.single} > cumulative {asked.cumulative}")
    if not 0 <= asked.lower <= asked.upper or not asked.upper:
        raise BadLimits(reason=f"lower {asked.lower} > upper {asked.upper}")
    if asked.bearer == "merchant" and asked.loss_max:
        raise BadLimits(reason="loss_max > 0, bearer = merchant")
    programme = Programme(
        **msgspec.structs.asdict(asked),
        id=tx.id("prg", asked.name),
        state=PROGRAMME.initial,
        created_at=tx.now,
    )
    store.add_programme(tx, programme)
    tx.emit("programme.opened", programme.shown, name=programme.name)
    return programme


def find_programme(tx: Tx, ref: str) -> Programme:
    """One programme by its public id. Raises BadId, UnknownProgramme."""
    found = store.programme(tx, ids.read("prg", ref))
    if found is None:
        raise UnknownProgramme(kind="programme", id=ref)
    return found


def close_programme(tx: Tx, ref: str) -> Programme:
    """Certify nobody more under a programme; what is out runs on. Raises IllegalMove."""
    before = find_programme(tx, ref)
    state = PROGRAMME.after(before.state, "close")
    if not store.close_programme(tx, before.id):
        raise Conflict()
    tx.emit("programme.closed", before.shown)
    return msgspec.structs.replace(before, state=state)


def certify(
    tx: Tx, issuer: Issuer, device_id: UUID, programme: Programme,
    *, amount: int | None = None, statement: str = "",
) -> CertificateRow:  # fmt: skip
    """Give a wallet or till its certificate; for a wallet, hold what it may spend (minor units).

    A wallet that had one before says by a statement how far it has come. Raises DeviceUnfit,
    ProgrammeClosed, BadMessage, and PostingRefused where the payer has not so much.
    """
    device = device_store.lock(tx, [device_id]).get(device_id)
    if device is None or device.state != "active" or device.role == "machine":
        raise DeviceUnfit(
            device=ids.show("dev", device_id), reason=device.state if device else "unknown"
        )
    if programme.state != "open":
        raise ProgrammeClosed(id=programme.shown)
    held = _held(device, programme, amount)
    counter = _counter(tx, device, statement)
    row = _row(tx, issuer, device, programme, held, counter)
    if held:
        _hold(tx, row)
    store.add_certificate(tx, row)
    tx.emit("certificate.issued", ids.show("crt", row.id), device=device.shown, amount=held)
    return row


def _held(device: Device, programme: Programme, amount: int | None) -> int:
    if device.role == "till":
        return 0
    asked = programme.cumulative if amount is None else amount
    if not 0 < asked <= programme.cumulative:
        raise BadLimits(reason=f"amount {asked} > cumulative {programme.cumulative}")
    return asked


def _counter(tx: Tx, device: Device, statement: str) -> int:
    """The counter above which the new certificate's vouchers count.

    What the one before did not spend is freed on the way, where nothing of it is still out.
    """
    before = store.certificates(tx, device=device.id) if device.role == "wallet" else []
    if not before:
        return 0
    said = statement_of(tx, device, statement)
    if said.certificate == ids.show("crt", before[0].id) and not _out(tx, before[0], said)[0]:
        _free(tx, before[0])
    return said.counter


def statement_of(tx: Tx, device: Device, text: str) -> Statement:
    """What a wallet says of itself, signed by its key now. Raises BadMessage."""
    try:
        said = peeked(Statement, text)
        keys = device_store.keys_of(tx, [device.id])[device.id]
        opened(Statement, text, next(key.public for key in keys if key.until_at is None))
        if said.device != device.shown:
            raise Refused("wrong_device")
        if abs(from_ms(said.at) - tx.now) > SKEW:
            raise Refused("clock_skew")
    except Refused as error:
        raise refused(error, "/statement") from error
    return said


def _row(
    tx: Tx, issuer: Issuer, device: Device, programme: Programme, held: int, counter: int
) -> CertificateRow:
    id_ = tx.id("crt", f"{device.shown}/{counter}/{tx.now.isoformat()}")
    keys = device_store.keys_of(tx, [device.id])[device.id]
    ends = tx.now + timedelta(days=programme.certificate_days)
    wallet = device.role == "wallet"
    said = Certificate(
        issuer=issuer.fingerprint,
        serial=ids.show("crt", id_),
        device=device.shown,
        party=device.party,
        role=device.role,
        key=next(key.public for key in keys if key.until_at is None),
        programme=programme.shown,
        currency=programme.currency,
        single=min(programme.single, held) if wallet else 0,
        cumulative=held,
        lower=programme.lower if wallet else 0,
        upper=programme.upper if wallet else 0,
        counter=counter,
        begins=to_ms(tx.now),
        ends=to_ms(ends),
    )
    return CertificateRow(
        id=id_,
        device_id=device.id,
        programme_id=programme.id,
        party=device.party,
        role=device.role,
        currency=programme.currency,
        amount=held,
        hold_id=ids.derived(id_, "hold") if held else None,
        counter=counter,
        begins=from_ms(said.begins),
        ends=from_ms(said.ends),
        deposit_until=ends + timedelta(days=programme.deposit_days),
        settled_at=None,
        text=issuer.seal(said),
    )


def _hold(tx: Tx, row: CertificateRow) -> None:
    assert row.hold_id is not None
    until = row.deposit_until + HOLD_EXTRA
    hold = Transaction(
        id=row.hold_id,
        template="offline_funded",
        reference=ids.show("crt", row.id),
        currency=row.currency,
        legs=(Leg(wallet_path(row.party), offline_path(row.party), row.amount),),
        effective_at=tx.now,
        hold=True,
        timeout_s=int((until - tx.now).total_seconds()),
    )
    ledger.post(tx, [hold], CHART)[0].demand()


def settle(tx: Tx, certificate_id: UUID, statement: str) -> CertificateRow:
    """Free what a wallet did not spend, once all that it says it spent has come in.

    Until then the value of what is out stays held. Raises StillOut, BadMessage, NotFound.
    """
    row = find(tx, ids.show("crt", certificate_id))
    device = device_store.lock(tx, [row.device_id])[row.device_id]
    said = statement_of(tx, device, statement)
    [row] = store.certificates(tx, ids=[certificate_id])
    if row.settled_at or row.hold_id is None:
        return row
    if said.certificate != ids.show("crt", row.id):
        raise refused(Refused("wrong_certificate"), "/statement")
    out, value = _out(tx, row, said)
    if out:
        raise StillOut(count=out, value=value)
    _free(tx, row)
    return msgspec.structs.replace(row, settled_at=tx.now)


def _out(tx: Tx, row: CertificateRow, said: Statement) -> tuple[int, int]:
    """How many vouchers of a certificate have not come in or are disputed, and their value."""
    came, amount = store.reached(tx, row.id, said.counter)
    missing = max(0, said.counter - row.counter - came)
    return missing + store.disputed(tx, row.id), max(0, said.total - amount)


def _free(tx: Tx, row: CertificateRow) -> None:
    if row.hold_id is None or not store.settle_certificate(tx, row.id):
        return
    sheet = ledger.load(tx, (), [], CHART, holds=[row.hold_id])
    held = sheet.holds.get(row.hold_id)
    if held and held.state_ == "open":
        sheet.post(Release(id=ids.derived(row.id, "release"), hold=row.hold_id)).demand()
    ledger.flush(tx, sheet)
    tx.emit("certificate.settled", ids.show("crt", row.id))


def find(tx: Tx, ref: str) -> CertificateRow:
    """One certificate by its public id. Raises BadId, UnknownCertificate."""
    found = store.certificates(tx, ids=[ids.read("crt", ref)])
    if not found:
        raise UnknownCertificate(kind="certificate", id=ref)
    return found[0]
