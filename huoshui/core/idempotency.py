"""Idempotent requests: the first reply to a key is kept in the same commit and given again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import msgspec

from huoshui.core import columns, crypto
from huoshui.core.db import Tx
from huoshui.core.errors import Problem


class KeyReused(Problem):
    """The same idempotency key came with another request."""

    code = "idempotency_key_reused"
    status = 422


class Reply(msgspec.Struct, frozen=True):
    """A kept reply; `request` is the digest of what was asked."""

    request: bytes
    status: int
    body: bytes

    def answers(self, key: str, digest: bytes) -> Reply:
        """This reply, for the same request. Raises KeyReused for another one."""
        if not crypto.same(bytes(self.request), digest):
            raise KeyReused(key=key)
        return self


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
    return reply and reply.answers(key, crypto.sha256(request))


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


def kept_of(tx: Tx, keys: Collection[str]) -> Callable[[], dict[str, Reply]]:
    """The replies of those keys that have one, for many requests at once; asked for, not waited for.

    It waits for nobody. Who has locked what a request moves, and asks afterwards, finds the reply
    of everybody who moved it before.
    """
    rows = tx.ask(
        """SELECT key, request, status, body FROM idempotency
        WHERE book = %(book)s AND key = ANY(%(keys)s)""",
        keys=columns.texts(list(keys)),
    )
    return lambda: {key: Reply(request, status, body) for key, request, status, body in rows()}


def keep_all(tx: Tx, replies: Mapping[str, Reply]) -> None:
    """Keep first replies in one statement; a race for a key is lost with Conflict."""
    tx.append(
        "idempotency",
        ("book", "key", "request", "status", "body", "at"),
        # In one order: two writers of the same keys wait for each other and never deadlock.
        [(tx.book, k, r.request, r.status, r.body, tx.now) for k, r in sorted(replies.items())],
    )
