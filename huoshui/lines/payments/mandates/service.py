"""What is done with mandates: propose, consent, revoke; and take what devices ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from edge.protocol import Debit, Receipt, Refused, opened, peeked, reference_of
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.core.machine import IllegalMove
from huoshui.facts.commerce import service as commerce
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.devices import store as device_store
from huoshui.lines.payments.devices.issuer import Issuer
from huoshui.lines.payments.devices.model import Device, Key, from_ms, to_ms
from huoshui.lines.payments.escrow import store as terms_store
from huoshui.lines.payments.mandates import store
from huoshui.lines.payments.mandates.model import (
    DEBIT,
    MANDATE,
    AllowByPasskey,
    BadCaps,
    ConsentByPasskey,
    Decision,
    Mandate,
    NotConfirmed,
    NotEnough,
    UnknownDebit,
    UnknownMandate,
    decide,
)
from huoshui.lines.payments.mandates.store import DebitRow
from huoshui.lines.payments.paying import Paying, pay
from huoshui.lines.payments.payment import secret as secrets

EVENTS_MAX = 100


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A mandate that is asked for; caps in minor units."""

    payer: str
    merchant: str
    currency: str
    single_max: int
    daily_max: int
    total_max: int | None = None
    device: str = ""
    scene: str = ""
    ends_at: datetime | None = None


class Asked(msgspec.Struct, frozen=True):
    """What became of one device event: the row that stands, or why there is none."""

    state: str
    reason: str
    row: DebitRow | None = None
    again: bool = False


def find(tx: Tx, ref: str) -> Mandate:
    """One mandate by its public id. Raises BadId, UnknownMandate."""
    found = store.mandate(tx, ids.read("mdt", ref))
    if found is None:
        raise UnknownMandate(kind="mandate", id=ref)
    return found


def propose(tx: Tx, asked: Proposal) -> Mandate:
    """Put a mandate before the payer; nothing can be taken under it before the consent.

    Raises BadCaps, UnknownBuyer, UnknownSeller, UnknownDevice.
    """
    if not 0 < asked.single_max <= asked.daily_max <= (asked.total_max or asked.daily_max):
        raise BadCaps(single=asked.single_max, daily=asked.daily_max, total=asked.total_max or "-")
    for party in (asked.payer, asked.merchant):
        commerce.demand_party(tx, party)
    if asked.device:
        devices.find(tx, asked.device)
    mandate = Mandate(
        **{name: getattr(asked, name) for name in Proposal.__struct_fields__},
        id=tx.id("mdt", f"{asked.payer}/{asked.merchant}/{asked.device}/{tx.now.isoformat()}"),
        state=MANDATE.initial,
        created_at=tx.now,
        consent_at=None,
        consent="",
        revoked_at=None,
        revoked_by="",
        spent=0,
        day=None,
        day_spent=0,
    )
    store.add(tx, mandate)
    tx.emit("mandate.proposed", mandate.shown, payer=mandate.payer, merchant=mandate.merchant)
    return mandate


def consent(tx: Tx, mandate_id: UUID, proof: str, *, proved: bool = False) -> Mandate:
    """The payer agrees; `proof` says how it confirmed that, `proved` that a passkey was held here.

    From the bound on from which payments are confirmed strongly, nobody's word will do. Raises
    NotConfirmed, ConsentByPasskey, IllegalMove.
    """
    shown = ids.show("mdt", mandate_id)
    if not proof:
        raise NotConfirmed(id=shown)
    if not proved and needs_passkey(tx, find(tx, shown)):
        raise ConsentByPasskey(id=shown)
    return _move(tx, mandate_id, "consent", consent_at=tx.now, consent=proof, proved=proved)


def needs_passkey(tx: Tx, mandate: Mandate) -> bool:
    """Whether one debit may be as large as what is confirmed strongly where it is paid by hand."""
    return _strong(tx, mandate.single_max)


def _strong(tx: Tx, amount: int) -> bool:
    terms = terms_store.terms(tx)
    least = terms.strong_from if terms else None
    return least is not None and amount >= least


def open_page(tx: Tx, mandate_id: UUID, world: str) -> tuple[Mandate, str]:
    """A fresh secret for the page on which the payer consents, or later takes its consent back.

    The secret before it opens nothing any more. Raises IllegalMove for a mandate that is over, and
    of which no debit waits for the payer.
    """
    found = _locked(tx, mandate_id)
    asked = store.debits(tx, mandate=mandate_id, state=DEBIT.initial, limit=1)
    if not MANDATE.allowed(found.state) and not asked:
        raise IllegalMove(object=MANDATE.name, state=found.state, verb="page", allowed="-")
    secret = secrets.make(mandate_id, world, tx.book, kind="mdt")
    store.keep_secret(tx, mandate_id, secrets.digest(secret))
    tx.emit("mandate.page_opened", found.shown, payer=found.payer)
    return found, secret


def decline(tx: Tx, mandate_id: UUID) -> Mandate:
    """The payer does not agree. Raises IllegalMove."""
    return _move(tx, mandate_id, "decline")


def revoke(tx: Tx, mandate_id: UUID) -> Mandate:
    """The payer takes its consent back, from this moment on; the same again changes nothing."""
    mandate = _locked(tx, mandate_id)
    if mandate.state == "revoked":
        return mandate
    return _move(tx, mandate_id, "revoke", revoked_at=tx.now, revoked_by=tx.actor)


def _move(tx: Tx, mandate_id: UUID, verb: str, **changed: object) -> Mandate:
    before = _locked(tx, mandate_id)
    after = msgspec.structs.replace(before, state=MANDATE.after(before.state, verb), **changed)
    if not store.move(tx, before, after):
        raise Conflict()
    told = {
        "consent": "mandate.consented",
        "decline": "mandate.declined",
        "revoke": "mandate.revoked",
    }
    tx.emit(told[verb], after.shown, payer=after.payer)
    return after


def _locked(tx: Tx, mandate_id: UUID) -> Mandate:
    found = store.lock(tx, [mandate_id]).get(mandate_id)
    if found is None:
        raise UnknownMandate(kind="mandate", id=ids.show("mdt", mandate_id))
    return found


def take(
    tx: Tx, issuer: Issuer, texts: Sequence[str], merchants: frozenset[str] | None = None
) -> list[Asked]:
    """Take what devices ask for, event by event, each with its own outcome and receipt.

    Only of devices of `merchants`, where given. A repeat answers what was answered before. Events of a device are decided in the order given.
    """
    batch = _Batch(tx, issuer, texts, merchants)
    return [batch.take(text) for text in texts]


class _Batch:
    """What a batch of events refers to, locked, as it changes while they are decided."""

    def __init__(
        self, tx: Tx, issuer: Issuer, texts: Sequence[str], merchants: frozenset[str] | None
    ) -> None:
        self.tx = tx
        self.merchants = merchants
        self.issuer = issuer
        self.day = access.today(tx)
        asked = [found for found in map(_read, texts) if found]
        # Devices before mandates before accounts, each in the order of its ids: no deadlock.
        self.devices = device_store.lock(tx, {device for device, _, _ in asked})
        self.keys = device_store.keys_of(tx, self.devices)
        self.mandates = store.lock(tx, {mandate for _, mandate, _ in asked})
        marks = [(device, said.counter, said.event) for device, _, said in asked]
        self.seen = store.seen(tx, marks) if marks else []

    def take(self, text: str) -> Asked:
        read = _read(text)
        if read is None:
            return Asked("refused", "malformed")
        device_id, mandate_id, _ = read
        device = self.devices.get(device_id)
        others = self.merchants is not None and device and device.party not in self.merchants
        if device is None or device.role != "machine" or others:
            return Asked("refused", "unknown_device")
        try:
            asked, signed_at = _authentic(text, device, self.keys[device_id])
        except Refused as error:
            return Asked("refused", error.code)
        before = self._before(device_id, asked, reference_of(text))
        if before:
            return before
        mandate = self.mandates.get(mandate_id)
        if mandate is None:
            return Asked("refused", "unknown_mandate")
        return self._decide(text, device, mandate, asked, signed_at)

    def _before(self, device_id: UUID, asked: Debit, digest: str) -> Asked | None:
        """What stands already under this event or this counter."""
        for row in self.seen:
            if row.device_id != device_id:
                continue
            if row.digest == digest or (row.event, row.amount) == (asked.event, asked.amount):
                return Asked(row.state, row.reason, row, again=True)
            if row.event == asked.event:
                return Asked("refused", "event_differs")
            if row.counter == asked.counter:
                return Asked("refused", "counter_replayed")
        return None

    def _decide(
        self, text: str, device: Device, mandate: Mandate, asked: Debit, signed_at: datetime
    ) -> Asked:
        if not device.acted(signed_at) or device.state != "active":
            decision = Decision("refused", f"device_{device.state}")
        elif device.party != asked.merchant:
            decision = Decision("refused", "other_merchant")
        else:
            decision = decide(mandate, asked, signed_at, self.tx.now, self.day)
        row = DebitRow(
            id=self.tx.id("dbt", f"{asked.device}/{asked.counter}"),
            digest=reference_of(text),
            device_id=device.id,
            counter=asked.counter,
            event=asked.event,
            mandate_id=mandate.id,
            payer=mandate.payer,
            merchant=mandate.merchant,
            scene=asked.scene,
            amount=asked.amount,
            currency=mandate.currency,
            at=signed_at,
            received_at=self.tx.now,
            state=decision.state,
            reason=decision.reason,
            text=text,
        )
        if decision.state == "debited":
            row, mandate = _debit(self.tx, row, mandate, self.day)
            self.mandates[mandate.id] = mandate
        row = _with_receipt(self.tx, self.issuer, row)
        store.add_debits(self.tx, [row])
        self.seen.append(row)
        _tell(self.tx, row)
        return Asked(row.state, row.reason, row)


def _debit(tx: Tx, row: DebitRow, mandate: Mandate, day: date) -> tuple[DebitRow, Mandate]:
    """Take the money; where the wallet has not enough, the payer is asked instead."""
    wanted = Paying(
        # One that was asked of the payer had a payment before, which was called off.
        id=tx.id("pmt", f"{ids.show('dbt', row.id)}/{'asked' if row.receipt else 'taken'}"),
        rail="mandate",
        payer=row.payer,
        merchant=row.merchant,
        amount=row.amount,
        currency=row.currency,
        reference=ids.show("dbt", row.id),
    )
    (code,) = pay(tx, [wanted])
    if code:
        return msgspec.structs.replace(row, state="asked", reason=code), mandate
    after = mandate.after(row.amount, day)
    store.spend(tx, [after])
    return msgspec.structs.replace(row, payment_id=wanted.id), after


def find_debit(tx: Tx, ref: str) -> DebitRow:
    """One device event by its public id. Raises BadId, UnknownDebit."""
    found = store.debit(tx, ids.read("dbt", ref))
    if found is None:
        raise UnknownDebit(kind="debit", id=ref)
    return found


def approve(
    tx: Tx, issuer: Issuer, debit_id: UUID, proof: str, *, proved: bool = False
) -> DebitRow:
    """The payer allows a debit that its mandate does not cover, this once.

    `proof` says how it confirmed that, `proved` that a passkey was held here: from the bound on from
    which payments are confirmed strongly, nobody's word will do. Raises NotConfirmed,
    AllowByPasskey, IllegalMove, and NotEnough where the money is still not there.
    """
    shown = ids.show("dbt", debit_id)
    if not proof:
        raise NotConfirmed(id=shown)
    row = find_debit(tx, shown)
    if not proved and _strong(tx, row.amount):
        raise AllowByPasskey(id=shown, mandate=ids.show("mdt", row.mandate_id))
    mandate = _locked(tx, row.mandate_id)
    state = DEBIT.after(find_debit(tx, shown).state, "approve")
    wanted = msgspec.structs.replace(row, state=state, reason="")
    taken, _ = _debit(tx, wanted, mandate, access.today(tx))
    if taken.state != state:
        raise NotEnough(id=shown)
    return _settle(tx, issuer, taken)


def refuse(tx: Tx, issuer: Issuer, debit_id: UUID) -> DebitRow:
    """The payer does not allow a debit. Raises IllegalMove."""
    row = find_debit(tx, ids.show("dbt", debit_id))
    state = DEBIT.after(row.state, "refuse")
    return _settle(tx, issuer, msgspec.structs.replace(row, state=state, reason="payer_refused"))


def _settle(tx: Tx, issuer: Issuer, row: DebitRow) -> DebitRow:
    settled = _with_receipt(tx, issuer, row)
    if not store.settle_debit(tx, settled):
        raise Conflict()
    _tell(tx, settled)
    return settled


def _with_receipt(tx: Tx, issuer: Issuer, row: DebitRow) -> DebitRow:
    receipt = Receipt(
        about=row.digest,
        outcome=row.state,
        reason=row.reason,
        subject=ids.show("dbt", row.id),
        merchant=row.merchant,
        amount=row.amount,
        paid=row.amount if row.state == "debited" else 0,
        currency=row.currency,
        at=to_ms(tx.now),
    )
    return msgspec.structs.replace(row, receipt=issuer.seal(receipt))


def _tell(tx: Tx, row: DebitRow) -> None:
    told = {"debited": "debit.taken", "asked": "debit.asked", "refused": "debit.refused"}
    tx.emit(
        told[row.state],
        ids.show("dbt", row.id),
        mandate=ids.show("mdt", row.mandate_id),
        reason=row.reason,
    )


def _read(text: str) -> tuple[UUID, UUID, Debit] | None:
    """The device and the mandate that a text names, whoever signed it."""
    try:
        said = peeked(Debit, text)
        return ids.read("dev", said.device), ids.read("mdt", said.mandate), said
    except (Refused, ids.BadId):
        return None


def _authentic(text: str, device: Device, keys: list[Key]) -> tuple[Debit, datetime]:
    """The debit, signed by the key that was the device's at the time that it names."""
    said = peeked(Debit, text)
    signed_at = from_ms(said.at)
    for key in keys:
        if key.signs(signed_at):
            try:
                asked = opened(Debit, text, key.public)
            except Refused:
                continue
            if not asked.amount or asked.device != device.shown:
                raise Refused("malformed")
            return asked, signed_at
    raise Refused("bad_signature")
