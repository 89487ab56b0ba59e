"""What a wallet does: load, pay, tell how far it has come."""

from __future__ import annotations

from pathlib import Path

from edge.protocol import (
    Certificate,
    Enrolment,
    Invoice,
    Refused,
    Statement,
    Voucher,
    decide,
    fingerprint,
    joined,
    limits_of,
    opened,
    parted,
    public_text,
    sealed,
    timely,
)
from edge.state import State

_SCHEMA = """
CREATE TABLE IF NOT EXISTS voucher (
    counter INTEGER PRIMARY KEY, certificate TEXT NOT NULL, invoice TEXT NOT NULL UNIQUE,
    merchant TEXT NOT NULL, amount INTEGER NOT NULL, total INTEGER NOT NULL, at INTEGER NOT NULL,
    bundle TEXT NOT NULL, accepted TEXT NOT NULL DEFAULT '')
"""


class Wallet:
    """A wallet whose state lies in a folder."""

    def __init__(self, home: Path) -> None:
        self._state = State(home, _SCHEMA)

    def close(self) -> None:
        """Close its file."""
        self._state.close()

    def enrol(self, party: str, *, at: int) -> str:
        """The text with which the server makes this device known."""
        key = self._state.key()
        asked = Enrolment(party=party, role="wallet", key=public_text(key), at=at)
        return sealed(asked, key)

    def load(self, certificate: str, issuer: str) -> Certificate:
        """Keep a certificate that is this device's own, and the issuer's key with it.

        The issuer of the first certificate stays trusted; another is refused. Raises Refused.
        """
        held = self._state.rows("SELECT value FROM known WHERE name = 'issuer'")
        if held and held[0][0] != issuer:
            raise Refused("unknown_issuer", issuer=fingerprint(issuer))
        found = opened(Certificate, certificate, issuer)
        if found.key != public_text(self._state.key()) or found.role != "wallet":
            raise Refused("wrong_certificate", serial=found.serial)
        if found.counter < self._counter():
            raise Refused("counter_behind", counter=found.counter, used=self._counter())
        self._state.keep(certificate=certificate, issuer=issuer)
        return found

    def pay(self, bundle: str, *, at: int, online: bool = False) -> str:
        """Sign a voucher for a till's invoice; the same invoice again gives the same voucher.

        Raises Refused: bad_signature, wrong_invoice, expired, over_limit, go_online.
        """
        certificate_text = self._state.known("certificate")
        certificate = opened(Certificate, certificate_text, self._state.known("issuer"))
        invoice = self._invoice(bundle, at)
        key = self._state.key()
        with self._state.writing() as run:
            named = f"{invoice.till}/{invoice.number}"
            before = run("SELECT bundle FROM voucher WHERE invoice = ?", (named,)).fetchone()
            if before:
                return str(before[0])
            voucher = self._voucher(certificate, invoice, at, online=online)
            paid = joined(certificate_text, sealed(voucher, key))
            run(
                """INSERT INTO voucher (counter, certificate, invoice, merchant, amount, total, at,
                    bundle) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (voucher.counter, voucher.certificate, named, voucher.merchant, voucher.amount,
                 voucher.total, at, paid),
            )  # fmt: skip
        return paid

    def statement(self, *, at: int) -> str:
        """How far it has come under its certificate, for the server that frees the rest.

        From here on nothing is paid under that certificate: what is freed is not spent again.
        """
        with self._state.writing() as run:
            run(
                """INSERT OR REPLACE INTO known
                SELECT 'closed', value FROM known WHERE name = 'certificate'"""
            )
            run("DELETE FROM known WHERE name = 'certificate'")
        closed = opened(Certificate, self._state.known("closed"), self._state.known("issuer"))
        counter, total = self._standing(closed)
        said = Statement(
            certificate=closed.serial, device=closed.device, counter=counter, total=total, at=at
        )
        return sealed(said, self._state.key())

    def history(self) -> list[tuple[object, ...]]:
        """What it paid: counter, merchant, amount, total, time; the last first."""
        return self._state.rows(
            "SELECT counter, merchant, amount, total, at FROM voucher ORDER BY counter DESC"
        )

    def _invoice(self, bundle: str, at: int) -> Invoice:
        issuer = self._state.known("issuer")
        certificate_text, invoice_text = parted(bundle, 2)
        certificate = opened(Certificate, certificate_text, issuer)
        timely(certificate, at)
        invoice = opened(Invoice, invoice_text, certificate.key)
        who = (certificate.role, certificate.device, certificate.party)
        if who != ("till", invoice.till, invoice.merchant) or not invoice.amount:
            raise Refused("wrong_invoice", invoice=invoice.number)
        return invoice

    def _voucher(
        self, certificate: Certificate, invoice: Invoice, at: int, *, online: bool
    ) -> Voucher:
        timely(certificate, at)
        if invoice.currency != certificate.currency:
            raise Refused("wrong_invoice", invoice=invoice.number)
        counter, spent = self._standing(certificate)
        verdict = decide(
            limits_of(certificate),
            count=counter + 1 - certificate.counter,
            spent=spent,
            amount=invoice.amount,
            online=online,
        )
        if verdict != "approve_offline":
            code = "go_online" if verdict == "go_online" else "over_limit"
            raise Refused(code, spent=spent, limit=certificate.cumulative)
        return Voucher(
            certificate=certificate.serial,
            device=certificate.device,
            counter=counter + 1,
            amount=invoice.amount,
            total=spent + invoice.amount,
            currency=invoice.currency,
            merchant=invoice.merchant,
            till=invoice.till,
            invoice=invoice.number,
            at=at,
        )

    def _standing(self, certificate: Certificate) -> tuple[int, int]:
        """The last counter used, and what its vouchers under this certificate come to."""
        total = self._state.value(
            "SELECT max(total) FROM voucher WHERE certificate = ?", certificate.serial
        )
        return max(self._counter(), certificate.counter), int(str(total or 0))

    def _counter(self) -> int:
        return int(str(self._state.value("SELECT max(counter) FROM voucher") or 0))
