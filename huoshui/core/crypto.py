"""Secrets and digests: SHA-256 for high-entropy secrets, HMAC for what we sign for ourselves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def token() -> str:
    """A fresh secret of 192 bits, safe in a URL."""
    return secrets.token_urlsafe(24)


def sha256(content: bytes) -> bytes:
    """SHA-256 (FIPS 180-4)."""
    return hashlib.sha256(content).digest()


def digest(value: object) -> bytes:
    """SHA-256 of a value's canonical JSON (keys in order): equal values, equal digests."""
    return sha256(msgspec.json.encode(value, order="deterministic"))


def sign(secret: bytes, message: bytes) -> str:
    """HMAC-SHA-256 (RFC 2104), URL-safe base64 without padding."""
    mac = hmac.new(secret, message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def signed_by(secret: bytes, message: bytes, signature: str) -> bool:
    """Whether `signature` is ours, in constant time."""
    return hmac.compare_digest(sign(secret, message), signature)


def same(first: bytes, second: bytes) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(first, second)


def hide(secret: bytes, content: bytes, context: str) -> bytes:
    """Content encrypted and bound to its context (AES-256-GCM, a random nonce before it)."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_key(secret)).encrypt(nonce, content, context.encode())


def reveal(secret: bytes, hidden: bytes, context: str) -> bytes | None:
    """What was hidden in this context; None where another key, context or hand was at it."""
    try:
        return AESGCM(_key(secret)).decrypt(hidden[:12], hidden[12:], context.encode())
    except (InvalidTag, ValueError):
        return None


def _key(secret: bytes) -> bytes:
    # Apart from the key that signs: one secret, two uses, two keys.
    return hmac.new(secret, b"huoshui/hide", hashlib.sha256).digest()
