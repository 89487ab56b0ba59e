"""Deposits: vouchers come in, in any order and any number of times; each is judged alone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from edge.protocol import (
    Acceptance,
    Certificate,
    Receipt,
    Refused,
    Voucher,
    authentic,
    joined,
    opened,
    parted,
    peeked,
    prove,
    reference_of,
)
from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.ledger import Capture, Sheet
from huoshui.ledger.model import PostingRefused
from huoshui.lines.payments.chart import CHART, TEMPLATES, offline_path, wallet_path
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.devices import store as device_store
from huoshui.lines.payments.devices.issuer import Issuer, trusted
from huoshui.lines.payments.devices.model import Device, from_ms, to_ms
from huoshui.lines.payments.paying import Paying, pay
from huoshui.lines.payments.vouchers import judge, store
from huoshui.lines.payments.vouchers.judge import Judgement
from huoshui.lines.payments.vouchers.model import (
    VOUCHER,
    CertificateRow,
    DoubleSpend,
    Programme,
    UnknownDoubleSpend,
    UnknownVoucher,
    VoucherRow,
)

DEPOSIT_MAX = 100
# Refused for a reason that passes by itself: the till keeps the voucher and brings it again.
PASSING = frozenset(("clock_ahead",))


class Read(msgspec.Struct, frozen=True):
    """A deposit taken apart, who signed it not yet known."""

    bundle: str
    acceptance: str
    digest: str
    device_id: UUID
    till_id: UUID
    certificate_id: UUID
    counter: int


class Deposited(msgspec.Struct, frozen=True):
    """What became of one voucher: the row that stands, or why there is none."""

    state: str
    reason: str
    receipt: str = ""
    row: VoucherRow | None = None
    again: bool = False
    case: DoubleSpend | None = None


def deposit(
    tx: Tx, issuer: Issuer, texts: Sequence[str], merchants: frozenset[str] | None = None
) -> list[Deposited]:
    """Take vouchers in, each with its own outcome and receipt; only of `merchants` where given.

    A repeat answers what was answered before and moves nothing. Raises NoTerms.
    """
    batch = _Batch(tx, issuer, texts, merchants)
    results = [batch.take(text) for text in texts]
    batch.flush()
    return results


class _Batch:
    """What a batch of vouchers refers to, locked, as it changes while they are judged."""

    def __init__(
        self, tx: Tx, issuer: Issuer, texts: Sequence[str], merchants: frozenset[str] | None
    ) -> None:
        self.tx = tx
        self.issuer = issuer
        self.trusted = trusted(tx)
        self.merchants = merchants
        read = [found for found in map(read_deposit, texts) if found]
        # Devices before accounts, in the order of their ids: no deadlock, and one judge a device.
        wanted = {r.device_id for r in read} | {r.till_id for r in read}
        self.devices = device_store.lock(tx, wanted)
        self.keys = device_store.keys_of(tx, self.devices)
        found = store.certificates(tx, ids={r.certificate_id for r in read})
        self.certificates = {row.id: row for row in found}
        self.programmes = _programmes(tx, found)
        counters = {(r.device_id, r.counter) for r in read}
        self.before = store.under_counters(tx, counters) if counters else []
        self.lost = store.lost(tx, {r.device_id for r in read})
        self.sheet = _holds(tx, found)
        self.rows: list[VoucherRow] = []
        self.paying: list[Paying] = []

    def take(self, text: str) -> Deposited:
        read = read_deposit(text)
        if read is None:
            return Deposited("refused", "malformed")
        try:
            certificate, voucher, acceptance = self._authentic(read)
            at = judge.paid_at(voucher, acceptance)
        except Refused as error:
            return self._refused(read, error.code)
        for row in (*self.before, *self.rows):
            if row.digest == read.digest:
                return Deposited(row.state, row.reason, row.receipt, row, again=True)
        try:
            judge.admit(certificate, at, self.tx.now)
        except Refused as error:
            return self._refused(read, error.code)
        row = _row(self.tx, read, certificate, voucher)
        row = msgspec.structs.replace(row, paid_at=at)
        return self._stand(row, self._judge(row, certificate))

    def flush(self) -> None:
        """Write all that was decided, and pay. Raises PostingRefused where an account is shut."""
        ledger.flush(self.tx, self.sheet)
        store.add_vouchers(self.tx, self.rows)
        for code in pay(self.tx, self.paying):
            if code:
                raise PostingRefused(result=code, account="-")

    def _authentic(self, read: Read) -> tuple[CertificateRow, Voucher, Acceptance]:
        """The voucher, signed by its device and counter-signed by its till. Raises Refused."""
        signed, voucher = authentic(read.bundle, self.trusted)
        certificate = self.certificates.get(ids.read("crt", signed.serial))
        if certificate is None or certificate.device_id != read.device_id:
            raise Refused("wrong_certificate")
        till = self.devices.get(read.till_id)
        if till is None or till.role != "till" or till.party != voucher.merchant:
            raise Refused("wrong_till")
        if self.merchants is not None and voucher.merchant not in self.merchants:
            raise Refused("wrong_till")
        acceptance = self._accepted(read, till)
        if acceptance.voucher != read.digest or acceptance.till != voucher.till:
            raise Refused("wrong_acceptance")
        return certificate, voucher, acceptance

    def _accepted(self, read: Read, till: Device) -> Acceptance:
        at = from_ms(peeked(Acceptance, read.acceptance).at)
        for key in self.keys[till.id]:
            if key.signs(at):
                try:
                    return opened(Acceptance, read.acceptance, key.public)
                except Refused:
                    continue
        raise Refused("bad_signature")

    def _judge(self, row: VoucherRow, certificate: CertificateRow) -> Judgement:
        programme = self.programmes[certificate.programme_id]
        lost = self.lost.get(row.device_id, 0)
        others = [
            each
            for each in (*self.before, *self.rows)
            if (each.device_id, each.counter) == (row.device_id, row.counter)
        ]
        against = judge.contradicted(row.bundle, others)
        if against:
            borne = judge.bearable(row.amount, lost, programme)
            return Judgement("double_spend", against[0], 0, borne, *against)
        wallet, till = self.devices[row.device_id], self.devices[row.till_id]
        reason = judge.stopped(wallet, till, row.paid_at)
        if reason:
            return Judgement("disputed", reason)
        return judge.fund(row.amount, _remaining(self.sheet, certificate), lost, programme)

    def _stand(self, row: VoucherRow, judged: Judgement) -> Deposited:
        programme = self.programmes[row.programme_id]
        row = _judged(self.tx, self.issuer, row, judged)
        self.rows.append(row)
        self.lost[row.device_id] = self.lost.get(row.device_id, 0) + row.borne
        if row.captured:
            hold_id = self.certificates[row.certificate_id].hold_id
            assert hold_id is not None
            _release(self.tx, self.sheet, row, hold_id)
        if row.paid:
            self.paying.append(_paying(row, programme))
        case = self._case(row, judged) if judged.against else None
        if judged.against or judged.reason == "over_guarantee":
            frozen = devices.freeze(self.tx, row.device_id, judged.state if case else judged.reason)
            self.devices[row.device_id] = frozen
        _tell(self.tx, row)
        return Deposited(row.state, row.reason, row.receipt, row, case=case)

    def _case(self, row: VoucherRow, judged: Judgement) -> DoubleSpend:
        assert judged.against is not None
        case = DoubleSpend(
            id=self.tx.id("dsp", row.digest),
            device_id=row.device_id,
            counter=row.counter,
            kind=judged.kind,
            first_id=judged.against.id,
            second_id=row.id,
            found_at=self.tx.now,
        )
        store.add_case(self.tx, case)
        device = ids.show("dev", row.device_id)
        self.tx.emit("double_spend.proved", case.shown, device=device, counter=row.counter)
        return case

    def _refused(self, read: Read, reason: str) -> Deposited:
        if reason in PASSING:
            return Deposited("refused", reason)
        voucher = peeked(Voucher, parted(read.bundle, 2)[1])
        receipt = self.issuer.seal(
            Receipt(
                about=read.digest,
                outcome="refused",
                reason=reason,
                subject="",
                merchant=voucher.merchant,
                amount=voucher.amount,
                paid=0,
                currency=voucher.currency,
                at=to_ms(self.tx.now),
            )
        )
        return Deposited("refused", reason, receipt)


def read_deposit(text: str) -> Read | None:
    """A deposit's parts and what they name, whoever signed them; None where it is none."""
    try:
        certificate_text, voucher_text, acceptance = parted(text, 3)
        certificate = peeked(Certificate, certificate_text)
        voucher = peeked(Voucher, voucher_text)
        peeked(Acceptance, acceptance)
        return Read(
            bundle=joined(certificate_text, voucher_text),
            acceptance=acceptance,
            digest=reference_of(voucher_text),
            device_id=ids.read("dev", voucher.device),
            till_id=ids.read("dev", voucher.till),
            certificate_id=ids.read("crt", certificate.serial),
            counter=voucher.counter,
        )
    except (Refused, ids.BadId):
        return None


def _row(tx: Tx, read: Read, certificate: CertificateRow, voucher: Voucher) -> VoucherRow:
    return VoucherRow(
        id=tx.id("vch", read.digest),
        digest=read.digest,
        certificate_id=certificate.id,
        programme_id=certificate.programme_id,
        device_id=read.device_id,
        counter=voucher.counter,
        amount=voucher.amount,
        total=voucher.total,
        currency=voucher.currency,
        payer=certificate.party,
        merchant=voucher.merchant,
        till_id=read.till_id,
        paid_at=tx.now,
        deposited_at=tx.now,
        state=VOUCHER.initial,
        bundle=read.bundle,
        acceptance=read.acceptance,
    )


def _judged(tx: Tx, issuer: Issuer, row: VoucherRow, judged: Judgement) -> VoucherRow:
    paid = judged.captured + judged.borne
    receipt = Receipt(
        about=row.digest,
        outcome=judged.state,
        reason=judged.reason,
        subject=row.shown,
        merchant=row.merchant,
        amount=row.amount,
        paid=paid,
        currency=row.currency,
        at=to_ms(tx.now),
    )
    return msgspec.structs.replace(
        row,
        state=judged.state,
        reason=judged.reason,
        captured=judged.captured,
        borne=judged.borne,
        payment_id=tx.id("pmt", row.shown) if paid else None,
        receipt=issuer.seal(receipt),
    )


def _release(tx: Tx, sheet: Sheet, row: VoucherRow, hold_id: UUID) -> None:
    """Take a voucher's amount out of the hold and back onto the wallet, for its payment to take.

    So the payment is out of the payer's wallet, and what is given back of it comes there.
    """
    id_, freed = ids.derived(row.id, "capture"), ids.derived(row.id, "freed")
    back = TEMPLATES["offline_freed"].transaction(
        freed,
        {"payer": row.payer},
        {"amount": row.captured},
        reference=row.shown,
        currency=row.currency,
        at=tx.now,
    )
    taken = Capture(id=id_, hold=hold_id, amount=row.captured, final=False, linked=True)
    for result in sheet.decide([taken, back]):
        result.demand()


def _paying(row: VoucherRow, programme: Programme) -> Paying:
    assert row.payment_id is not None
    return Paying(
        id=row.payment_id,
        rail="offline",
        payer=row.payer,
        merchant=row.merchant,
        amount=row.captured,
        currency=row.currency,
        reference=row.shown,
        borne=row.borne,
        bearer=programme.bearer,
    )


def _tell(tx: Tx, row: VoucherRow) -> None:
    told = {
        "deposited": "voucher.deposited",
        "disputed": "voucher.disputed",
        "double_spend": "voucher.double_spend",
        "rejected": "voucher.rejected",
    }
    tx.emit(told[row.state], row.shown, reason=row.reason, merchant=row.merchant)
    if row.borne:
        tx.emit("voucher.loss_borne", row.shown, amount=row.borne, currency=row.currency)


def _holds(tx: Tx, certificates: Sequence[CertificateRow]) -> Sheet:
    holds = sorted(row.hold_id for row in certificates if row.hold_id)
    paths = {
        (path, row.currency)
        for row in certificates
        for path in (offline_path(row.party), wallet_path(row.party))
    }
    return ledger.load(tx, paths, [], CHART, holds=holds)


def _remaining(sheet: Sheet, certificate: CertificateRow) -> int:
    held = sheet.holds.get(certificate.hold_id) if certificate.hold_id else None
    return held.remaining if held and held.state_ == "open" else 0


def _programmes(tx: Tx, certificates: Sequence[CertificateRow]) -> dict[UUID, Programme]:
    found = {}
    for id_ in {row.programme_id for row in certificates}:
        programme = store.programme(tx, id_)
        if programme:
            found[id_] = programme
    return found


def find(tx: Tx, ref: str) -> VoucherRow:
    """One voucher by its public id. Raises BadId, UnknownVoucher."""
    found = store.voucher(tx, ids.read("vch", ref))
    if found is None:
        raise UnknownVoucher(kind="voucher", id=ref)
    return found


def honour(tx: Tx, issuer: Issuer, voucher_id: UUID) -> VoucherRow:
    """Pay a disputed voucher after all, as one that came in now. Raises IllegalMove."""
    row = _disputed(tx, voucher_id)
    state = VOUCHER.after(row.state, "honour")
    [certificate] = store.certificates(tx, ids=[row.certificate_id])
    programme = _programmes(tx, [certificate])[row.programme_id]
    sheet = _holds(tx, [certificate])
    lost = store.lost(tx, [row.device_id]).get(row.device_id, 0)
    judged = judge.fund(row.amount, _remaining(sheet, certificate), lost, programme)
    assert judged.state == state
    row = _judged(tx, issuer, row, judged)
    if row.captured and certificate.hold_id:
        _release(tx, sheet, row, certificate.hold_id)
    ledger.flush(tx, sheet)
    if row.paid:
        for code in pay(tx, [_paying(row, programme)]):
            if code:
                raise PostingRefused(result=code, account="-")
    return _resolved(tx, row)


def reject(tx: Tx, issuer: Issuer, voucher_id: UUID) -> VoucherRow:
    """Pay a disputed voucher no more: what is held for it is free again. Raises IllegalMove."""
    row = _disputed(tx, voucher_id)
    state = VOUCHER.after(row.state, "reject")
    return _resolved(tx, _judged(tx, issuer, row, Judgement(state, row.reason)))


def _disputed(tx: Tx, voucher_id: UUID) -> VoucherRow:
    row = find(tx, ids.show("vch", voucher_id))
    device_store.lock(tx, [row.device_id])
    return find(tx, row.shown)


def _resolved(tx: Tx, row: VoucherRow) -> VoucherRow:
    if not store.resolve_voucher(tx, row):
        raise Conflict()
    _tell(tx, row)
    return row


def find_case(tx: Tx, ref: str) -> DoubleSpend:
    """One double spend by its public id. Raises BadId, UnknownDoubleSpend."""
    found = store.case(tx, ids.read("dsp", ref))
    if found is None:
        raise UnknownDoubleSpend(kind="double_spend", id=ref)
    return found


def evidence(tx: Tx, case: DoubleSpend) -> str:
    """The evidence file of a double spend, which anybody can check who has the issuer's key."""
    first = find(tx, ids.show("vch", case.first_id))
    second = find(tx, ids.show("vch", case.second_id))
    issuer = trusted(tx)[peeked(Certificate, parted(first.bundle, 2)[0]).issuer]
    return prove(first.bundle, second.bundle, issuer)
