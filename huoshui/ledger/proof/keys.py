"""The private keys that sign checkpoints: files of the state directory, never in the database."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huoshui.core.errors import Problem
from huoshui.ledger.proof import offline
from huoshui.ledger.proof.checkpoint import BadLogKey, LogKey, public_of

FOLDER = "keys"


class LogKeyMissing(Problem):
    """The database names a public key whose private half is not in this state directory."""

    code = "log_key_missing"
    status = 503


def fingerprint(public: bytes) -> str:
    """A short name of a public key."""
    return sha256(public).hexdigest()[:16]


def make(home: Path) -> Ed25519PrivateKey:
    """A new key, readable by its owner alone."""
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(_file(home, public_of(key)), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return key


def find(home: Path, public: bytes) -> Ed25519PrivateKey:
    """The private half of a public key. Raises LogKeyMissing."""
    file = _file(home, public)
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise LogKeyMissing(file=str(file)) from error
    if not isinstance(key, Ed25519PrivateKey) or public_of(key) != public:
        raise LogKeyMissing(file=str(file))
    return key


def key_of(home: Path, statement: bytes) -> LogKey:
    """The public key of this state directory that signed a statement. Raises BadLogKey."""
    signers = offline.signers(statement)
    for file in sorted((home / FOLDER).glob("*.pem")):
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        if isinstance(key, Ed25519PrivateKey):
            for name, id_ in signers:
                found = LogKey(name, public_of(key))
                if found.id == id_:
                    return found
    raise BadLogKey(key="")


def _file(home: Path, public: bytes) -> Path:
    return home / FOLDER / f"{fingerprint(public)}.pem"
