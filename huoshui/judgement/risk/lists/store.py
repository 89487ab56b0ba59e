"""The SQL of lists."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.judgement.risk.lists.model import Entry

_FIELDS = ", ".join(Entry.__struct_fields__)

# By the same snapshot that the decision keeps: what its own transaction has just written is not in it.
_HITS = """
    SELECT coalesce(%(then)s, pg_current_snapshot()::text), array_agg(e.id ORDER BY e.id), array_agg(e.effect ORDER BY e.id)
    FROM list_entry e
    WHERE e.book = %(book)s AND e.subject = ANY(%(subjects)s) AND e.ends IS NULL
      AND e.valid_from <= %(at)s AND %(at)s < e.valid_until
      AND pg_visible_in_snapshot(e.xid, coalesce(%(then)s::pg_snapshot, pg_current_snapshot()))
      AND NOT EXISTS (
          SELECT FROM list_entry x WHERE x.book = e.book AND x.ends = e.id
          AND pg_visible_in_snapshot(x.xid, coalesce(%(then)s::pg_snapshot, pg_current_snapshot())))
"""


class Hits(msgspec.Struct, frozen=True):
    """The entries that held for the subjects of a request, and the snapshot that saw them."""

    snapshot: str
    ids: tuple[UUID, ...]
    effects: frozenset[str]


def hits(
    tx: Tx, subjects: Collection[str], at: datetime, then: str | None = None
) -> Callable[[], Hits]:
    """The entries that hold for subjects; asked for, not waited for. With `then`, as that snapshot saw."""
    rows = tx.ask(_HITS, subjects=columns.texts(list(subjects)), at=at, then=then)

    def answer() -> Hits:
        snapshot, found, effects = rows()[0]
        return Hits(snapshot, tuple(found or ()), frozenset(effects or ()))

    return answer


def add(tx: Tx, row: Entry) -> None:
    """Keep an entry for good."""
    names = Entry.__struct_fields__
    tx.append("list_entry", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def entry(tx: Tx, id_: UUID) -> Entry | None:
    """An entry that was not taken back."""
    return tx.row(
        Entry,
        f"""SELECT {_FIELDS} FROM list_entry e
        WHERE book = %(book)s AND id = %(id)s AND ends IS NULL
          AND NOT EXISTS (SELECT FROM list_entry x WHERE x.book = e.book AND x.ends = e.id)""",
        id=id_,
    )


def entries(
    tx: Tx, *, subject: str = "", effect: str = "", after: UUID | None = None, limit: int = 50
) -> list[Entry]:
    """Entries that were not taken back, newest first."""
    params: dict[str, Any] = {"subject": subject, "effect": effect, "after": after, "limit": limit}
    return tx.rows(
        Entry,
        f"""SELECT {_FIELDS} FROM list_entry e
        WHERE book = %(book)s AND ends IS NULL
          AND (%(subject)s = '' OR subject = %(subject)s)
          AND (%(effect)s = '' OR effect = %(effect)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
          AND NOT EXISTS (SELECT FROM list_entry x WHERE x.book = e.book AND x.ends = e.id)
        ORDER BY id DESC LIMIT %(limit)s""",
        **params,
    )


def lock(tx: Tx) -> None:
    """One writer of the lists at a time, so that nothing is taken back twice."""
    tx.run("SELECT pg_advisory_xact_lock(%(book)s, hashtext('risk/lists'))")
