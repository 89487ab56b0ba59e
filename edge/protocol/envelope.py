"""A message's one text: `kind.body.signature`, short enough for a QR code.

The body is JSON in ASCII, its keys in order and no blanks in it, in URL-safe base64. What is
signed is the name of the kind, a line feed and that body, byte for byte as it was received; a text
whose body has any other form than the canonical one is refused, so that one message has one digest.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, fields
from hashlib import sha256
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.protocol.messages import Message

M = TypeVar("M", bound=Message)
NUMBER_MAX = 2**53 - 1  # what every JSON reader keeps exactly
TEXT_MAX = 200
MESSAGE_MAX = 4_000
_JOINT = "~"


class Refused(Exception):
    """A message or a payment is refused; `code` is one word for programs, `facts` what is meant."""

    def __init__(self, code: str, **facts: str | int) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code} {facts}" if facts else code)


def sealed(message: Message, key: Ed25519PrivateKey) -> str:
    """The text of a message, signed."""
    body = _body(message)
    signature = key.sign(_signed(message.KIND, body))
    return f"{message.KIND}.{_text(body)}.{_text(signature)}"


def opened(kind: type[M], text: str, public: str) -> M:
    """The message in a text that this key signed. Raises Refused: malformed, bad_signature."""
    message, body, signature = _read(kind, text)
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(public)).verify(
            signature, _signed(kind.KIND, body)
        )
    except (InvalidSignature, ValueError) as error:
        raise Refused("bad_signature", kind=kind.KIND) from error
    return message


def peeked(kind: type[M], text: str) -> M:
    """What a text says before it is known who signed it: to find the key, and for nothing else.

    Raises Refused: malformed.
    """
    return _read(kind, text)[0]


def reference_of(text: str) -> str:
    """The name of a message: SHA-256 of its kind and body.

    Without the signature: a second signature under one body is no second message.
    """
    kind, _, rest = text.partition(".")
    body = rest.partition(".")[0]
    return sha256(f"{kind}.{body}".encode()).hexdigest()


def joined(*texts: str) -> str:
    """Several messages as one text: a certificate with what its key signed."""
    return _JOINT.join(texts)


def parted(text: str, count: int) -> list[str]:
    """The messages of a joined text. Raises Refused: malformed."""
    parts = text.strip().split(_JOINT) if len(text) <= MESSAGE_MAX * count else []
    if len(parts) != count:
        raise Refused("malformed", reason=f"{len(parts)} messages, not {count}")
    return parts


def new_key() -> Ed25519PrivateKey:
    """A fresh Ed25519 key."""
    return Ed25519PrivateKey.generate()


def key_of(seed: bytes) -> Ed25519PrivateKey:
    """The key of 32 secret bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_text(key: Ed25519PrivateKey) -> str:
    """A key's public half as it stands in messages."""
    return _text(key.public_key().public_bytes_raw())


def fingerprint(public: str) -> str:
    """A short name of a public key. Raises Refused: malformed."""
    content = _bytes(public)
    if len(content) != 32 or _text(content) != public:
        raise Refused("malformed", reason="not a public key")
    return sha256(content).hexdigest()[:16]


def _signed(kind: str, body: bytes) -> bytes:
    return f"huoshui/{kind}\n".encode() + body


def _body(message: Message) -> bytes:
    content = json.dumps(asdict(message), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return content.encode()


def _read(kind: type[M], text: str) -> tuple[M, bytes, bytes]:
    parts = text.split(".") if len(text) <= MESSAGE_MAX else []
    if len(parts) != 3 or parts[0] != kind.KIND:
        raise Refused("malformed", reason=f"not a {kind.KIND}")
    body, signature = _bytes(parts[1]), _bytes(parts[2])
    message = _message(kind, body)
    if _body(message) != body or _text(body) != parts[1] or _text(signature) != parts[2]:
        raise Refused("malformed", reason="not in the canonical form")
    return message, body, signature


def _message(kind: type[M], body: bytes) -> M:
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused("malformed", reason="not JSON") from error
    wanted = {field.name: field.type for field in fields(kind)}
    if not isinstance(found, dict) or found.keys() != wanted.keys():
        raise Refused("malformed", reason="other fields than those of the message")
    for name, type_ in wanted.items():
        if not (_is_text(found[name]) if type_ == "str" else _is_number(found[name])):
            raise Refused("malformed", reason=f"{name}: not what it should be")
    return kind(**found)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_MAX and "\0" not in value


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= NUMBER_MAX


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refused("malformed", reason="not base64") from error
