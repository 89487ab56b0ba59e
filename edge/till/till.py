"""What a till does: invoice, accept, deposit."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.protocol import (
    Acceptance,
    Certificate,
    Enrolment,
    Invoice,
    Receipt,
    Refused,
    Voucher,
    check,
    fingerprint,
    joined,
    opened,
    parted,
    peeked,
    public_text,
    reference_of,
    sealed,
)
from edge.state import State

DEPOSIT_MOST = 100  # vouchers in one call
_SCHEMA = """
CREATE TABLE IF NOT EXISTS invoice (
    number TEXT PRIMARY KEY, text TEXT NOT NULL, voucher TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS outbox (
    voucher TEXT PRIMARY KEY, device TEXT NOT NULL, counter INTEGER NOT NULL,
    amount INTEGER NOT NULL, bundle TEXT NOT NULL, acceptance TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seen (
    device TEXT NOT NULL, counter INTEGER NOT NULL, voucher TEXT NOT NULL,
    acceptance TEXT NOT NULL, PRIMARY KEY (device, counter));
CREATE TABLE IF NOT EXISTS receipt (voucher TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS blocked (device TEXT PRIMARY KEY)
"""

# Takes joined texts (certificate, voucher, acceptance) to the server; answers a signed receipt
# for each, or an empty text where the server could not say.
Carry = Callable[[Sequence[str]], Sequence[str]]


class Till:
    """A till whose state lies in a folder."""

    def __init__(self, home: Path) -> None:
        self._state = State(home, _SCHEMA)

    def close(self) -> None:
        """Close its file."""
        self._state.close()

    def enrol(self, merchant: str, *, at: int) -> str:
        """The text with which the server makes this device known."""
        key = self._state.key()
        asked = Enrolment(party=merchant, role="till", key=public_text(key), at=at)
        return sealed(asked, key)

    def load(self, certificate: str, issuer: str, blocked: Sequence[str] = ()) -> Certificate:
        """Keep its own certificate, the issuer's key, and the devices that are to be refused."""
        found = opened(Certificate, certificate, issuer)
        if found.key != public_text(self._state.key()) or found.role != "till":
            raise Refused("wrong_certificate", serial=found.serial)
        self._state.keep(certificate=certificate, issuer=issuer)
        with self._state.writing() as run:
            run("DELETE FROM blocked")
            for device in blocked:
                run("INSERT OR IGNORE INTO blocked VALUES (?)", (device,))
        return found

    def invoice(self, amount: int, *, at: int) -> str:
        """What a payer is to read: the till's certificate and the invoice; amount in minor units."""
        certificate = self._certificate()
        invoice = Invoice(
            merchant=certificate.party,
            till=certificate.device,
            number=secrets.token_hex(8),
            amount=amount,
            currency=certificate.currency,
            at=at,
        )
        text = sealed(invoice, self._state.key())
        with self._state.writing() as run:
            run("INSERT INTO invoice (number, text) VALUES (?, ?)", (invoice.number, text))
        return joined(self._state.known("certificate"), text)

    def accept(self, bundle: str, *, at: int) -> str:
        """Check a voucher, counter-sign it and keep it; the same again gets the same answer.

        Raises Refused: what `edge.protocol.check` refuses, and blocked, counter_seen, paid_already,
        unknown_invoice.
        """
        issuer, key = self._state.known("issuer"), self._state.key()
        voucher_text = parted(bundle, 2)[1]
        name = reference_of(voucher_text)
        with self._state.writing() as run:
            before = run("SELECT acceptance FROM seen WHERE voucher = ?", (name,)).fetchone()
            if before:
                return str(before[0])
            invoice = self._invoice_of(bundle)
            certificate, voucher = check(bundle, invoice, {fingerprint(issuer): issuer}, at=at)
            if run("SELECT 1 FROM blocked WHERE device = ?", (voucher.device,)).fetchone():
                raise Refused("blocked", device=voucher.device)
            self._look_for_another(certificate.device, voucher.counter, name)
            acceptance = Acceptance(till=invoice.till, voucher=name, at=at)
            signed = sealed(acceptance, key)
            run("UPDATE invoice SET voucher = ? WHERE number = ?", (name, invoice.number))
            run(
                "INSERT INTO seen VALUES (?, ?, ?, ?)",
                (voucher.device, voucher.counter, name, signed),
            )
            run(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)",
                (name, voucher.device, voucher.counter, voucher.amount, bundle, signed),
            )
        return signed

    def waiting(self) -> list[tuple[object, ...]]:
        """What is still to be deposited: voucher, device, counter, amount."""
        return self._state.rows(
            "SELECT voucher, device, counter, amount FROM outbox ORDER BY rowid"
        )

    def receipts(self) -> list[Receipt]:
        """What the server said of what was deposited."""
        issuer = self._state.known("issuer")
        texts = self._state.rows("SELECT text FROM receipt ORDER BY rowid")
        return [opened(Receipt, str(text), issuer) for (text,) in texts]

    def deposit(self, carry: Carry) -> list[Receipt]:
        """Take what waits to the server, some at a time; what became of it.

        A voucher leaves the outbox when a receipt for it is on the disk, and not before: an
        answer that was lost, or a kill in between, means that it is carried again.
        """
        issuer, done = self._state.known("issuer"), []
        waiting = self._state.rows("SELECT voucher, bundle, acceptance FROM outbox ORDER BY rowid")
        for start in range(0, len(waiting), DEPOSIT_MOST):
            part = waiting[start : start + DEPOSIT_MOST]
            texts = [joined(str(bundle), str(acceptance)) for _, bundle, acceptance in part]
            for (name, *_), text in zip(part, carry(texts), strict=True):
                if text:
                    done.append(self._settle(str(name), text, issuer))
        return done

    def _settle(self, name: str, text: str, issuer: str) -> Receipt:
        receipt = opened(Receipt, text, issuer)
        if receipt.about != name:
            raise Refused("wrong_receipt", about=receipt.about)
        with self._state.writing() as run:
            run("INSERT OR IGNORE INTO receipt VALUES (?, ?)", (name, text))
            run("DELETE FROM outbox WHERE voucher = ?", (name,))
        return receipt

    def _certificate(self) -> Certificate:
        return opened(Certificate, self._state.known("certificate"), self._state.known("issuer"))

    def _invoice_of(self, bundle: str) -> Invoice:
        number = peeked(Voucher, parted(bundle, 2)[1]).invoice
        found = self._state.rows("SELECT text, voucher FROM invoice WHERE number = ?", number)
        if not found:
            raise Refused("unknown_invoice", invoice=number)
        text, paid = found[0]
        if paid:
            raise Refused("paid_already", invoice=number)
        return opened(Invoice, str(text), self._certificate().key)

    def _look_for_another(self, device: str, counter: int, name: str) -> None:
        found = self._state.value(
            "SELECT voucher FROM seen WHERE device = ? AND counter = ?", device, counter
        )
        if found is not None and found != name:
            raise Refused("counter_seen", device=device, counter=counter)
