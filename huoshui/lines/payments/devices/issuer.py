"""The issuer: the key of a book that certifies devices and signs receipts.

Its private half is a file of the state directory, as those of the log are; the database names the
public one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.protocol import Message, fingerprint, key_of, public_text, sealed
from huoshui.core.db import Tx
from huoshui.ledger.proof import keys
from huoshui.lines.payments.devices import store


class Issuer(msgspec.Struct, frozen=True):
    """A key that signs for a book, with its public half as messages write it."""

    fingerprint: str
    public: str
    secret: bytes

    def seal(self, message: Message) -> str:
        """The text of a message, signed by the issuer."""
        return sealed(message, key_of(self.secret))


def current(tx: Tx, home: Path) -> Issuer:
    """The issuer of the book, made at its first use. Raises LogKeyMissing."""
    known = store.issuers(tx)
    if not known:
        return _make(tx, home)
    return _issuer(keys.find(home, store.public_bytes(known[-1])))


def trusted(tx: Tx) -> dict[str, str]:
    """Every public key of the book's issuer, by fingerprint."""
    return {fingerprint(public): public for public in store.issuers(tx)}


def _make(tx: Tx, home: Path) -> Issuer:
    made = _issuer(keys.make(home))
    store.add_issuer(tx, made.fingerprint, made.public)
    return made


def _issuer(key: Ed25519PrivateKey) -> Issuer:
    public = public_text(key)
    return Issuer(fingerprint(public), public, key.private_bytes_raw())
