"""Checkpoints: a log's size and root, signed (C2SP tlog-checkpoint and signed-note, Ed25519).

A note is text: the origin, the size, the root, a line with the time and one with the size of the
checkpoint before (so that none can be taken out), an empty line, and one line for each signature. Whoever keeps a checkpoint can later prove that nothing under it was changed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from huoshui.core.errors import Problem

_ED25519 = b"\1"  # C2SP signed-note: the type of a key, before the key itself
_DASH = "\N{EM DASH} "
_TIME, _AFTER = "time ", "after "
_KEY_ID_BYTES = 4


class BadCheckpoint(Problem):
    """Not a signed checkpoint, or none that the key at hand signed."""

    code = "bad_checkpoint"
    status = 422


class BadLogKey(Problem):
    """Not a public key in the form `name+id+base64` of a signed note."""

    code = "bad_log_key"
    status = 422


class LogKey(msgspec.Struct, frozen=True):
    """A public key under a name; the name is the origin of the log."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as it is handed on: `name+id+base64`."""
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.public)}"

    def signed(self, body: bytes, signature: bytes) -> bool:
        """Whether this key made a signature."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, body)
        except (InvalidSignature, ValueError):
            return False
        return True


class Checkpoint(msgspec.Struct, frozen=True):
    """What a note says, with the bytes that are signed and the signatures by (name, key id)."""

    origin: str
    size: int
    root: bytes
    at: datetime
    after: int
    body: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def signed_by(self, key: LogKey) -> bool:
        """Whether one of the signatures is this key's."""
        return any(
            (name, id_) == (key.name, key.id) and key.signed(self.body, signature)
            for name, id_, signature in self.signatures
        )


def public_of(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of a private key's public half."""
    return key.public_key().public_bytes_raw()


def sign(
    origin: str,
    size: int,
    root: bytes,
    at: datetime,
    after: int,
    keys: Iterable[Ed25519PrivateKey],
) -> str:
    """A note over a log's size and root, signed by each of the keys."""
    time = f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
    body = f"{origin}\n{size}\n{_base64(root)}\n{_TIME}{time}\n{_AFTER}{after}\n"
    lines = []
    for key in keys:
        name = LogKey(origin, public_of(key))
        lines.append(f"{_DASH}{origin} {_base64(name.id + key.sign(body.encode()))}\n")
    return f"{body}\n{''.join(lines)}"


def read(note: str) -> Checkpoint:
    """What a note says, signatures not yet checked. Raises BadCheckpoint."""
    body, gap, lines = note.rpartition("\n\n")
    try:
        origin, size, root, time, after = body.split("\n")
        found = Checkpoint(
            origin,
            int(size),
            base64.b64decode(root, validate=True),
            datetime.fromisoformat(time.removeprefix(_TIME)),
            int(after.removeprefix(_AFTER)),
            body.encode() + b"\n",
            tuple(_signature(line) for line in lines.removesuffix("\n").split("\n")),
        )
    except (ValueError, binascii.Error) as error:
        raise BadCheckpoint(reason=str(error)) from error
    if not gap or not lines.endswith("\n") or _unsigned(found) != body + "\n":
        raise BadCheckpoint(reason="not in the form of a signed note")
    return found


def _unsigned(found: Checkpoint) -> str:
    return sign(found.origin, found.size, found.root, found.at, found.after, ())[:-1]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    if not line.startswith(_DASH):
        raise ValueError("a signature line starts with a dash")
    name, content = line.removeprefix(_DASH).split(" ")
    signature = base64.b64decode(content, validate=True)
    return name, signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:]


def read_key(text: str) -> LogKey:
    """The public key that a text holds. Raises BadLogKey."""
    try:
        name, id_, content = text.strip().split("+", 2)
        public = base64.b64decode(content, validate=True)
        key = LogKey(name, public[1:])
        if public[:1] == _ED25519 and len(public) == 33 and key.id.hex() == id_:
            return key
    except (ValueError, binascii.Error):
        pass
    raise BadLogKey(key=text[:120])


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
