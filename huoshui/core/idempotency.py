"""Idempotent requests: the first reply to a key is kept in the same commit and given again."""

from __future__ import annotations

import msgspec

from huoshui.core import crypto
from huoshui.core.db import Tx
from huoshui.core.errors import Problem


class KeyReused(Problem):
    """The same idempotency key came with another request."""

    code = "idempotency_key_reused"
    status = 422


class Reply(msgspec.Struct, frozen=True):
    """A kept reply."""

    request: bytes
    status: int
    body: bytes


def kept(tx: Tx, key: str, request: bytes) -> Reply | None:
    """The reply that this key was first given, or None. Raises KeyReused for another request.

    Waits while another request with this key is under way, so that a repeat gets the first
    one's reply and never a refusal that the first one's own effect brought about.
    """
    tx.run("SELECT pg_advisory_xact_lock(%(book)s, hashtext(%(key)s))", key=key)
    reply = tx.row(
        Reply,
        "SELECT request, status, body FROM idempotency WHERE book = %(book)s AND key = %(key)s",
        key=key,
    )
    if reply and not crypto.same(bytes(reply.request), crypto.sha256(request)):
        raise KeyReused(key=key)
    return reply


def keep(tx: Tx, key: str, request: bytes, status: int, body: bytes) -> None:
    """Keep the first reply; a race for one key is lost by the later writer with Conflict."""
    tx.run(
        """
        INSERT INTO idempotency (book, key, request, status, body, at)
        VALUES (%(book)s, %(key)s, %(request)s, %(status)s, %(body)s, %(at)s)
        """,
        key=key,
        request=crypto.sha256(request),
        status=status,
        body=body,
        at=tx.now,
    )
