"""Standard Webhooks signatures: what we send with, and what a receiver verifies with.

The signed text is `id.timestamp.body`; the signature is `v1,` and the base64 of its HMAC-SHA-256
under the bytes behind `whsec_`. While a secret is being rotated both sign, parted by a blank.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from huoshui.core import clock
from huoshui.core.errors import Problem

PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_S = 300
_VERSION = "v1"
_SECRET_BYTES = range(24, 65)  # as the specification recommends


class BadWebhookSecret(Problem):
    """Not `whsec_` and the base64 of 24 to 64 bytes."""

    code = "bad_webhook_secret"
    status = 422


class WrongWebhook(Problem):
    """What arrived is not signed by this secret, or is too old, too new or incomplete."""

    code = "wrong_webhook"
    status = 401


def shown(secret: bytes) -> str:
    """A secret as it is told, once."""
    return PREFIX + base64.b64encode(secret).decode()


def secret_of(text: str) -> bytes:
    """The bytes behind `whsec_…`. Raises BadWebhookSecret."""
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadWebhookSecret() from error
    if len(secret) not in _SECRET_BYTES:
        raise BadWebhookSecret()
    return secret


def headers(
    webhook_id: str, timestamp_s: int, body: bytes, secrets: Iterable[bytes]
) -> dict[str, str]:
    """The three headers of a webhook, signed by each secret."""
    signatures = [signature(secret, webhook_id, timestamp_s, body) for secret in secrets]
    return {ID: webhook_id, TIMESTAMP: str(timestamp_s), SIGNATURE: " ".join(signatures)}


def signature(secret: bytes, webhook_id: str, timestamp_s: int, body: bytes) -> str:
    """One signature: `v1,…`."""
    said = b"%b.%d.%b" % (webhook_id.encode(), timestamp_s, body)
    mac = hmac.new(secret, said, hashlib.sha256).digest()
    return f"{_VERSION},{base64.b64encode(mac).decode()}"


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    tolerance_s: int = TOLERANCE_S,
    *,
    now_s: int | None = None,
) -> str:
    """The id of a webhook that is signed by `secret` (`whsec_…`) and no older than the tolerance.

    Keep the id: a webhook may come more than once. Raises WrongWebhook, BadWebhookSecret.
    """
    told = {name.lower(): text for name, text in headers.items()}
    webhook_id, sent = told.get(ID, ""), told.get(TIMESTAMP, "")
    if not webhook_id or not (sent.isascii() and sent.isdecimal()) or len(sent) > 12:
        raise WrongWebhook(reason="headers")
    now_s = int(clock.system_now().timestamp()) if now_s is None else now_s
    if abs(now_s - int(sent)) > tolerance_s:
        raise WrongWebhook(reason="timestamp")
    wanted = signature(secret_of(secret), webhook_id, int(sent), body).encode()
    # All are compared, each in constant time.
    found = [hmac.compare_digest(wanted, s.encode()) for s in told.get(SIGNATURE, "").split()]
    if not any(found):
        raise WrongWebhook(reason="signature")
    return webhook_id
