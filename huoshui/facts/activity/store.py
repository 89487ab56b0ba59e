"""The SQL of activities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.facts.activity.model import Kept

_KEPT = ", ".join(Kept.__struct_fields__)
_WRITTEN = tuple(name for name in Kept.__struct_fields__ if name != "seq")
_TEXTS = ("kind", "key", "buyer", "merchant", "device", "ip", "card", "address", "phone", "order_",
          "currency", "actor")  # fmt: skip
_COLUMN = {"order": "order_"}
_ADD = f"""
    INSERT INTO activity (book, {", ".join(_WRITTEN)})
    SELECT %(book)s, * FROM unnest({", ".join(f"%({name})s" for name in _WRITTEN)})
    ON CONFLICT (book, kind, key) DO NOTHING
    RETURNING id, seq"""


def add(tx: Tx, rows: Sequence[Kept]) -> dict[UUID, int]:
    """Append activities but for those whose kind and key are kept; the number of each that was new."""
    arrays: dict[str, Any] = {
        name: columns.texts([getattr(row, name) for row in rows]) for name in _TEXTS
    }
    arrays |= {
        "id": columns.uuids([row.id for row in rows]),
        "occurred_at": columns.times([row.occurred_at for row in rows]),
        "recorded_at": columns.times([row.recorded_at for row in rows]),
        "amount": columns.bigints([row.amount for row in rows]),
        "attributes": columns.jsonbs([row.attributes for row in rows]),
    }
    return dict(tx.tuples(_ADD, **arrays))


def known(tx: Tx, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """The ids of activities by kind and key."""
    rows = tx.tuples(
        """SELECT a.kind, a.key, a.id
        FROM unnest(%(kinds)s, %(keys)s) AS asked(kind, key)
        JOIN activity a ON a.book = %(book)s AND a.kind = asked.kind AND a.key = asked.key""",
        kinds=columns.texts([kind for kind, _ in pairs]),
        keys=columns.texts([key for _, key in pairs]),
    )
    return {(kind, key): id_ for kind, key, id_ in rows}


def secret(tx: Tx) -> bytes | None:
    """What the book's identifiers are hashed with, or None."""
    found: bytes | None = tx.value("SELECT secret FROM activity_key WHERE book = %(book)s")
    return found


def make_secret(tx: Tx, made: bytes) -> None:
    """Keep a secret, unless there is one."""
    tx.run(
        """INSERT INTO activity_key (book, secret) VALUES (%(book)s, %(made)s)
        ON CONFLICT DO NOTHING""",
        made=made,
    )


def page(
    tx: Tx, *, kind: str = "", about: Mapping[str, str] | None = None, since: datetime | None = None,
    until: datetime | None = None, after: UUID | None = None, limit: int = 50,
) -> list[Kept]:  # fmt: skip
    """Activities, the newest told first; of a kind, about these, that happened within these times."""
    wanted = dict(about or {})
    named = "".join(f" AND {_COLUMN.get(name, name)} = %({name})s" for name in sorted(wanted))
    query = f"""SELECT {_KEPT} FROM activity
        WHERE book = %(book)s AND (%(kind)s = '' OR kind = %(kind)s){named}
          AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s"""
    return tx.rows(
        Kept, query, kind=kind, since=since, until=until, after=after, limit=limit, **wanted
    )


def by_id(tx: Tx, ids_: Sequence[UUID]) -> list[Kept]:
    """These activities, in the order in which they happened."""
    return tx.rows(
        Kept,
        f"""SELECT {_KEPT} FROM activity WHERE book = %(book)s AND id = ANY(%(ids)s)
        ORDER BY occurred_at, seq""",
        ids=list(ids_),
    )
