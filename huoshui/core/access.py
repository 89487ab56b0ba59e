"""Access: books and scoped keys. A key is shown once; only its digest is kept.

`hs_<world>_<secret>`: the prefix names the world, the row behind the digest names the book, so
that a key can only ever read and move what belongs to its own book in its own world.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import columns, crypto, ids
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, NotFound, Problem

_KEY = re.compile(r"hs_([a-z][a-z0-9-]{0,39})_([A-Za-z0-9_-]{20,64})")

SCOPES = {
    "facts:read": "read sellers, buyers, products, orders",
    "facts:write": "ingest and correct facts",
    "payments:read": "read escrows, refunds and payouts",
    "payments:write": "confirm, cancel and refund orders",
    "ledger:read": "read accounts, transactions, trial balance",
    "ledger:write": "open accounts, post and reverse transactions, hold and capture",
    "ledger:close": "close periods; close, reopen and bound accounts",
    "events:read": "read events",
    "replays:read": "read replays and their reports",
    "clock:write": "advance the clock of a world that is not live",
    "keys:write": "make, list and revoke keys",
    "console": "sign in to the console",
}


class WrongKey(Problem):
    """No key, a malformed one, or one that is unknown or revoked: nobody is told which."""

    code = "wrong_key"
    status = 401


class OutOfScope(Problem):
    """The key lacks a scope; the problem names it."""

    code = "out_of_scope"
    status = 403


class UnknownScope(Problem):
    """Not a scope that exists; the problem lists those that do."""

    code = "unknown_scope"
    status = 422


class Actor(msgspec.Struct, frozen=True):
    """Who acts: a key's id, its world, its book and its scopes."""

    key_id: UUID
    name: str
    world: str
    book: int
    scopes: frozenset[str]

    def need(self, scope: str) -> None:
        """Raises OutOfScope unless the key has the scope."""
        if scope not in self.scopes:
            raise OutOfScope(scope=scope)


class Key(msgspec.Struct, frozen=True):
    """A key as listed: never its secret."""

    id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


class Book(msgspec.Struct, frozen=True):
    """One marketplace's books."""

    book: int
    slug: str
    name: str
    currency: str
    time_zone: str
    generated: bool


def world_of(key: str) -> str:
    """The world that a key's prefix names. Raises WrongKey."""
    match = _KEY.fullmatch(key)
    if not match:
        raise WrongKey()
    return match[1]


def make_key(
    tx: Tx, world: str, name: str, scopes: frozenset[str] = frozenset(SCOPES)
) -> tuple[Key, str]:
    """A new key for the transaction's book, and its text, which is never to be had again."""
    unknown = sorted(scopes - SCOPES.keys())
    if unknown:
        raise UnknownScope(
            scope=", ".join(unknown),
            known=", ".join(SCOPES),
            errors=tuple(FieldError("/scopes", "scope", {"scope": s}) for s in unknown),
        )
    text = f"hs_{world}_{crypto.token()}"
    key = Key(tx.id("key", text), name, text[-4:], tuple(sorted(scopes)), tx.now, None)
    tx.run(
        """
        INSERT INTO api_key (book, id, name, hint, digest, scopes, created_at)
        VALUES (%(book)s, %(id)s, %(name)s, %(hint)s, %(digest)s, %(scopes)s, %(at)s)
        """,
        id=key.id,
        name=name,
        hint=key.hint,
        digest=crypto.sha256(text.encode()),
        scopes=list(key.scopes),
        at=tx.now,
    )
    return key, text


def who(tx: Tx, key: str) -> Actor:
    """The actor behind a key's text. Raises WrongKey."""
    row = tx.row(
        _ActorRow,
        """
        SELECT id, name, book, scopes FROM api_key
        WHERE digest = %(digest)s AND revoked_at IS NULL
        """,
        digest=crypto.sha256(key.encode()),
    )
    if row is None:
        raise WrongKey()
    return Actor(row.id, row.name, world_of(key), row.book, frozenset(row.scopes))


class _ActorRow(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    book: int
    scopes: list[str]


def keys(tx: Tx, *, after: UUID | None = None, limit: int | None = None) -> list[Key]:
    """The keys of the book, newest first, older than the cursor; all of them without a limit."""
    return tx.rows(
        Key,
        """
        SELECT id, name, hint, scopes, created_at, revoked_at FROM api_key
        WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        after=after,
        limit=limit,
    )


def valid(tx: Tx, key_ids: Collection[UUID]) -> set[UUID]:
    """Those of these keys of the book that are not revoked."""
    rows = tx.tuples(
        """SELECT id FROM api_key
        WHERE book = %(book)s AND id = ANY(%(ids)s) AND revoked_at IS NULL""",
        ids=columns.uuids(list(key_ids)),
    )
    return {id_ for (id_,) in rows}


def revoke(tx: Tx, key_id: UUID) -> None:
    """Revoke a key of this book at once. Raises NotFound."""
    done = tx.count(
        """
        UPDATE api_key SET revoked_at = coalesce(revoked_at, %(at)s)
        WHERE book = %(book)s AND id = %(id)s
        """,
        id=key_id,
        at=tx.now,
    )
    if not done:
        raise NotFound(kind="key", id=ids.show("key", key_id))


def open_book(tx: Tx, book: Book) -> Book:
    """Open a marketplace's books; the same slug again changes nothing."""
    tx.run(
        """
        INSERT INTO book (book, slug, name, currency, time_zone, generated)
        VALUES (%(number)s, %(slug)s, %(name)s, %(currency)s, %(time_zone)s, %(generated)s)
        ON CONFLICT DO NOTHING
        """,
        number=book.book,
        slug=book.slug,
        name=book.name,
        currency=book.currency,
        time_zone=book.time_zone,
        generated=book.generated,
    )
    return this_book(tx)


def this_book(tx: Tx) -> Book:
    """The books that this transaction works on. Raises NotFound."""
    row = tx.row(
        Book,
        """
        SELECT book, slug, name, currency, time_zone, generated FROM book
        WHERE book = %(book)s
        """,
    )
    if row is None:
        raise NotFound(kind="book", id=str(tx.book))
    return row


def books(tx: Tx) -> list[int]:
    """The numbers of this world's books."""
    return [number for (number,) in tx.tuples("SELECT book FROM book ORDER BY book")]
