"""Scoped keys. A key is shown once; only its digest is kept.

`hs_<world>_<secret>`: the prefix names the world, the row behind the digest names the book and the
organisation, so that a key can only ever read and move what is its own in its own world. What it
may do is what it was given and what its organisation's role still allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from uuid import UUID

import msgspec

from huoshui.core import columns, crypto, ids
from huoshui.core.access.model import (
    SCOPES,
    Actor,
    Key,
    Kind,
    OutOfScope,
    UnknownScope,
    WrongKey,
    bound_of,
    role_scopes,
    widest,
)
from huoshui.core.access.organisations import organisation
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, NotFound

_KEY = re.compile(r"hs_([a-z][a-z0-9-]{0,39})_([A-Za-z0-9_-]{20,64})")


def world_of(key: str) -> str:
    """The world that a key's prefix names. Raises WrongKey."""
    match = _KEY.fullmatch(key)
    if not match:
        raise WrongKey()
    return match[1]


def make_key(
    tx: Tx,
    world: str,
    name: str,
    scopes: frozenset[str] | None = None,
    *,
    organisation_id: UUID | None = None,
) -> tuple[Key, str]:
    """A new key for the transaction's book, and its text, which is never to be had again.

    All that its owner's role allows, or of that the `scopes`. Raises UnknownScope, OutOfScope for
    more than the role allows, NotFound for an organisation that is not there.
    """
    allowed = _allowed(tx, organisation_id)
    wanted = allowed if scopes is None else scopes
    _check(wanted, allowed)
    text = f"hs_{world}_{crypto.token()}"
    key = Key(
        tx.id("key", text), name, text[-4:], tuple(sorted(wanted)), tx.now, None, organisation_id
    )
    tx.run(
        """
        INSERT INTO api_key (book, id, name, hint, digest, scopes, created_at, organisation_id)
        VALUES (%(book)s, %(id)s, %(name)s, %(hint)s, %(digest)s, %(scopes)s, %(at)s, %(owner)s)
        """,
        id=key.id,
        name=name,
        hint=key.hint,
        digest=crypto.sha256(text.encode()),
        scopes=list(key.scopes),
        at=tx.now,
        owner=organisation_id,
    )
    return key, text


def _allowed(tx: Tx, organisation_id: UUID | None) -> frozenset[str]:
    if organisation_id is None:
        return role_scopes("marketplace", widest("marketplace"))
    owner = organisation(tx, organisation_id)
    if owner.ended_at is not None:
        raise NotFound(kind="organisation", id=ids.show("org", organisation_id))
    return role_scopes(owner.kind, owner.role)


def _check(wanted: frozenset[str], allowed: frozenset[str]) -> None:
    unknown = sorted(wanted - SCOPES.keys())
    if unknown:
        raise UnknownScope(
            scope=", ".join(unknown),
            known=", ".join(SCOPES),
            errors=tuple(FieldError("/scopes", "scope", {"scope": s}) for s in unknown),
        )
    if wanted - allowed:
        raise OutOfScope(scope=min(wanted - allowed))


class _ActorRow(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    book: int
    scopes: list[str]
    organisation_id: UUID | None
    kind: Kind
    role: str
    object_id: UUID | None
    granted: list[UUID | None]


def who(tx: Tx, key: str) -> Actor:
    """The actor behind a key's text. Raises WrongKey."""
    row = tx.row(
        _ActorRow,
        """
        SELECT k.id, k.name, k.book, k.scopes, k.organisation_id,
            coalesce(o.kind, 'marketplace') AS kind, coalesce(o.role, %(owner)s) AS role,
            o.object_id, ARRAY(
                SELECT g.seller_id FROM row_grant g
                WHERE g.book = k.book AND g.organisation_id = k.organisation_id
                  AND g.revoked_at IS NULL) AS granted
        FROM api_key k
        LEFT JOIN organisation o ON o.book = k.book AND o.id = k.organisation_id
        WHERE k.digest = %(digest)s AND k.revoked_at IS NULL AND o.ended_at IS NULL
        """,
        digest=crypto.sha256(key.encode()),
        owner=widest("marketplace"),
    )
    if row is None:
        raise WrongKey()
    return Actor(
        row.id,
        row.name,
        world_of(key),
        row.book,
        frozenset(row.scopes) & role_scopes(row.kind, row.role),
        row.kind,
        row.organisation_id,
        bound_of(row.kind, row.object_id, row.granted),
    )


def keys(
    tx: Tx,
    *,
    after: UUID | None = None,
    limit: int | None = None,
    organisation_id: UUID | None = None,
) -> list[Key]:
    """The keys of the book, or of one organisation, newest first, older than the cursor."""
    return tx.rows(
        Key,
        """
        SELECT id, name, hint, scopes, created_at, revoked_at, organisation_id FROM api_key
        WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR id < %(after)s)
          AND (%(owner)s::uuid IS NULL OR organisation_id = %(owner)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        after=after,
        limit=limit,
        owner=organisation_id,
    )


def key_of(tx: Tx, key_id: UUID) -> Key:
    """One key of the book. Raises NotFound."""
    row = tx.row(
        Key,
        """
        SELECT id, name, hint, scopes, created_at, revoked_at, organisation_id FROM api_key
        WHERE book = %(book)s AND id = %(id)s
        """,
        id=key_id,
    )
    if row is None:
        raise NotFound(kind="key", id=ids.show("key", key_id))
    return row


def valid(tx: Tx, key_ids: Collection[UUID]) -> Callable[[], set[UUID]]:
    """Those of these keys of the book that are not revoked: asked for, and not waited for."""
    rows = tx.ask(
        """SELECT id FROM api_key
        WHERE book = %(book)s AND id = ANY(%(ids)s) AND revoked_at IS NULL""",
        ids=columns.uuids(list(key_ids)),
    )
    return lambda: {id_ for (id_,) in rows()}


def revoke(tx: Tx, key_id: UUID, *, organisation_id: UUID | None = None) -> None:
    """Revoke a key of this book at once, of one organisation only where it is named.

    Raises NotFound.
    """
    done = tx.count(
        """
        UPDATE api_key SET revoked_at = coalesce(revoked_at, %(at)s)
        WHERE book = %(book)s AND id = %(id)s
          AND (%(owner)s::uuid IS NULL OR organisation_id = %(owner)s)
        """,
        id=key_id,
        at=tx.now,
        owner=organisation_id,
    )
    if not done:
        raise NotFound(kind="key", id=ids.show("key", key_id))
