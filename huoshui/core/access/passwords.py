"""Passwords, one-time codes and recovery codes: made and checked. Nothing here touches a database."""

from __future__ import annotations

import base64
import io
import secrets
import threading
from datetime import datetime
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from huoshui.core import crypto
from huoshui.core.errors import FieldError, Problem

PASSWORD_MIN, PASSWORD_MAX = 12, 128
RECOVERY_CODES = 10
STEP_S = 30
ISSUER = "Huoshui"
# argon2id with the library's profile of RFC 9106 for little memory: 64 MiB, 3 passes, 4 lanes.
_HASHER = PasswordHasher()
# Guesses that come at once wait here: each takes 64 MiB while it is checked.
_AT_ONCE = threading.BoundedSemaphore(4)


class WeakPassword(Problem):
    """A password that is too short, too long, or nothing but the member's own words."""

    code = "weak_password"
    status = 422


def hash_password(password: str, *, own: tuple[str, ...] = ()) -> str:
    """A password's argon2id hash; takes some 50 ms, so outside a transaction. Raises WeakPassword.

    `own` are words that it must not be made of: the member's name and address.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        _weak("password_length")
    plain = password.casefold()
    if len(set(plain)) < 4 or any(word and word.casefold() in plain for word in own):
        _weak("password_own")
    with _AT_ONCE:
        return _HASHER.hash(password)


def _weak(code: str) -> None:
    facts = {"low": PASSWORD_MIN, "high": PASSWORD_MAX}
    raise WeakPassword(**facts, errors=(FieldError("/password", code, facts),))


@cache
def _nobody() -> str:
    """What a password is held against where nobody has that address: it takes the same time."""
    return _HASHER.hash(secrets.token_urlsafe(24))


def password_matches(kept: str | None, password: str) -> bool:
    """Whether it is the one; takes the same time where there is none to be held against."""
    nobody = _nobody()  # made by whoever asks first, whether there is one or not
    if len(password) > PASSWORD_MAX:
        password = ""
    try:
        with _AT_ONCE:
            return _HASHER.verify(kept or nobody, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> str:
    """A fresh secret for one-time codes: 160 bits in base32 (RFC 4226, section 4)."""
    return pyotp.random_base32(32)


def provisioning(secret: str, email: str) -> str:
    """The address that an authenticator app reads (`otpauth://totp/…`)."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_svg(text: str) -> bytes:
    """A text as a QR code, drawn as SVG."""
    import segno  # only pages draw codes: a command starts sooner without it

    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", scale=4, border=2, light="#fff")
    return drawn.getvalue()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The 30 s step that a code is of: this one, the last or the next (RFC 6238, section 5.2)."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    this = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    for step in (this, this - 1, this + 1):
        if crypto.same(totp.generate_otp(step).encode(), digits.encode()):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Codes of 80 bits, in four groups of letters and digits that are not mistaken."""
    return [
        _grouped(base64.b32encode(secrets.token_bytes(10)).decode()) for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> bytes:
    """What is kept of a recovery code, however it was typed."""
    return crypto.sha256("".join(c for c in code.upper() if c.isalnum()).encode())


def _grouped(text: str) -> str:
    return "-".join(text[n : n + 4] for n in range(0, len(text), 4)).lower()
