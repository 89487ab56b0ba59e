"""The key that endpoints' secrets are encrypted with: a file of the home directory (AES-256-GCM).

Who has the database alone has no secret. Every process of a home shares the file; it is made on
first use. A secret is bound to its book and endpoint: moved to another row it does not open.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from huoshui.core.errors import Problem

FILE = "webhooks.key"
SECRET_BYTES = 32
_NONCE_BYTES = 12


class SecretUnreadable(Problem):
    """A secret was encrypted with another key than this home directory's, or was changed."""

    code = "secret_unreadable"
    status = 503


class Vault:
    """Seals and opens secrets with the key of a home directory."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._kept: bytes | None = None

    def fresh(self) -> bytes:
        """A new secret."""
        return os.urandom(SECRET_BYTES)

    def seal(self, book: int, endpoint_id: UUID, secret: bytes) -> bytes:
        """A secret as it may stand in the database."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._key()).encrypt(nonce, secret, _bound(book, endpoint_id))

    def open(self, book: int, endpoint_id: UUID, sealed: bytes) -> bytes:
        """The secret behind it. Raises SecretUnreadable."""
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._key()).decrypt(nonce, content, _bound(book, endpoint_id))
        except InvalidTag as error:
            raise SecretUnreadable(file=str(self._path)) from error

    def of_listener(self, world: str, book: int) -> bytes:
        """The secret of those who listen at a terminal: the same for a book each time."""
        return hmac.digest(self._key(), f"listener/{world}/{book}".encode(), "sha256")

    def _key(self) -> bytes:
        if self._kept is None:
            self._kept = _kept(self._path)
        return self._kept


def _bound(book: int, endpoint_id: UUID) -> bytes:
    return f"{book}/{endpoint_id}".encode()


def _kept(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(32))
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(fresh, path)  # the first one stays, whoever else came at the same time
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()
