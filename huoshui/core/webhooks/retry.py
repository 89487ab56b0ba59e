"""When a webhook is tried again and when it is over: pure, on the world's clock.

Ten attempts over some three days. Each wait is spread by a tenth either way, by the delivery's own
id, so that what failed together does not come back together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec

from huoshui.core.webhooks.model import DEAD, DELIVERED, DUE, Reply

WAITS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
TRIES_MAX = len(WAITS_S) + 1
SPREAD_PER_MILLE = 100
RETRY_AFTER_MAX_S = 86_400
FAILING_MAX = timedelta(days=5)
GONE = 410
_SLOW_DOWN = (429, 503)


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of a delivery; `gone` says that the endpoint wants no more."""

    state: str
    due_at: datetime | None = None
    gone: bool = False


def verdict(delivery_id: UUID, tries: int, reply: Reply, now: datetime) -> Verdict:
    """What an answer to the try numbered `tries` (from 1) means."""
    if reply.good:
        return Verdict(DELIVERED)
    if reply.status == GONE:
        return Verdict(DEAD, gone=True)
    if tries >= TRIES_MAX:
        return Verdict(DEAD)
    wait_s = wait_after(delivery_id, tries)
    if reply.status in _SLOW_DOWN and reply.retry_after_s is not None:
        wait_s = max(wait_s, min(reply.retry_after_s, RETRY_AFTER_MAX_S))
    return Verdict(DUE, now + timedelta(seconds=wait_s))


def wait_after(delivery_id: UUID, tries: int) -> int:
    """Seconds until the try after the one numbered `tries`; at least one."""
    plain = WAITS_S[tries - 1]
    drawn = int.from_bytes(sha256(b"%b/%d" % (delivery_id.bytes, tries)).digest()[:4])
    per_mille = 1000 - SPREAD_PER_MILLE + drawn % (2 * SPREAD_PER_MILLE + 1)
    return max(1, plain * per_mille // 1000)


def failed_for_long(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint that has answered nothing good since then is to be disabled."""
    return failing_since is not None and now - failing_since >= FAILING_MAX
