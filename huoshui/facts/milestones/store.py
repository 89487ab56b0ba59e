"""The SQL of milestones."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.facts.milestones.model import Key, Source, Verified

_OWN = tuple(name for name in Source.__struct_fields__ if name != "public")
_SOURCE = f"""{", ".join(_OWN)}, (
    SELECT k.public FROM milestone_key k WHERE (k.book, k.source_id) = (s.book, s.id)
    ORDER BY k.number DESC LIMIT 1) AS public"""
_KEY = ", ".join(Key.__struct_fields__)
_FACT = ", ".join(Verified.__struct_fields__)


def add_source(tx: Tx, row: Source) -> None:
    """A new source, without its key."""
    values = [getattr(row, name) for name in _OWN]
    tx.append("milestone_source", ("book", *_OWN), [(tx.book, *values)])


def add_key(tx: Tx, row: Key) -> None:
    """A key that a source has from now on."""
    names = Key.__struct_fields__
    tx.append("milestone_key", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def source(tx: Tx, id_: UUID, *, lock: str = "") -> Source | None:
    """One source, or None; locked as `SHARE` or `NO KEY UPDATE` where it is said."""
    return tx.row(
        Source,
        f"SELECT {_SOURCE} FROM milestone_source s WHERE book = %(book)s AND id = %(id)s"
        + (" FOR SHARE OF s" if lock == "share" else "")
        + (" FOR NO KEY UPDATE OF s" if lock == "update" else ""),
        id=id_,
    )


def key(tx: Tx, public: str) -> Key | None:
    """A key that some source has or had, or None."""
    return tx.row(
        Key,
        f"SELECT {_KEY} FROM milestone_key WHERE book = %(book)s AND public = %(public)s",
        public=public,
    )


def keys(tx: Tx, source_id: UUID) -> list[Key]:
    """The keys of a source, newest first: the first is believed."""
    return tx.rows(
        Key,
        f"""SELECT {_KEY} FROM milestone_key
        WHERE book = %(book)s AND source_id = %(id)s ORDER BY number DESC""",
        id=source_id,
    )


def sources(tx: Tx, after: UUID | None, limit: int, state: str = "") -> list[Source]:
    """Sources, newest first; in a state where one is named."""
    return tx.rows(
        Source,
        f"""SELECT {_SOURCE} FROM milestone_source s
        WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR id < %(after)s)
          AND (%(state)s = '' OR state = %(state)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        after=after,
        limit=limit,
        state=state,
    )


def move(tx: Tx, before: Source, after: Source) -> int:
    """Write a source's new state, from the one it is known to be in; how many were moved."""
    return tx.count(
        """UPDATE milestone_source
        SET state = %(state)s, state_at = %(at)s, state_by = %(by)s, reason = %(reason)s
        WHERE book = %(book)s AND id = %(id)s AND state = %(before)s""",
        id=before.id,
        before=before.state,
        state=after.state,
        at=after.state_at,
        by=after.state_by,
        reason=after.reason,
    )


def add(tx: Tx, row: Verified) -> int:
    """Keep a milestone unless it is kept, or its number or what it certifies was used: how many were kept."""
    marks = ", ".join(f"%({name})s" for name in Verified.__struct_fields__)
    return tx.count(
        f"""INSERT INTO milestone (book, {_FACT}) VALUES (%(book)s, {marks})
        ON CONFLICT DO NOTHING""",
        **msgspec.structs.asdict(row),
    )


def of_digest(tx: Tx, digest: str) -> Verified | None:
    """The milestone of a text, or None."""
    return tx.row(
        Verified,
        f"SELECT {_FACT} FROM milestone WHERE book = %(book)s AND digest = %(digest)s",
        digest=digest,
    )


def milestone(tx: Tx, id_: UUID) -> Verified | None:
    """One milestone, or None."""
    return tx.row(
        Verified,
        f"SELECT {_FACT} FROM milestone WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def milestones(
    tx: Tx, *, subject: str = "", source_id: UUID | None = None, among: list[str] | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Verified]:  # fmt: skip
    """Milestones, newest first; of a subject, of a source, or of those `among` alone where given."""
    return tx.rows(
        Verified,
        f"""SELECT {_FACT} FROM milestone
        WHERE book = %(book)s
          AND (%(subject)s = '' OR subject = %(subject)s)
          AND (%(source)s::uuid IS NULL OR source_id = %(source)s)
          AND (%(among)s::text[] IS NULL OR subject = ANY(%(among)s))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        subject=subject,
        source=source_id,
        among=among,
        after=after,
        limit=limit,
    )
