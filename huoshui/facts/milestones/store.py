"""The SQL of milestones."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.facts.milestones.model import Source, Verified

_SOURCE = ", ".join(Source.__struct_fields__)
_FACT = ", ".join(Verified.__struct_fields__)


def add_source(tx: Tx, row: Source) -> None:
    """A new source."""
    names = Source.__struct_fields__
    tx.append("milestone_source", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def source(tx: Tx, id_: UUID, *, lock: bool = False) -> Source | None:
    """One source, or None."""
    return tx.row(
        Source,
        f"SELECT {_SOURCE} FROM milestone_source WHERE book = %(book)s AND id = %(id)s"
        + (" FOR SHARE" if lock else ""),
        id=id_,
    )


def of_key(tx: Tx, public: str) -> Source | None:
    """The source of a key, or None."""
    return tx.row(
        Source,
        f"SELECT {_SOURCE} FROM milestone_source WHERE book = %(book)s AND public = %(public)s",
        public=public,
    )


def sources(tx: Tx, after: UUID | None, limit: int) -> list[Source]:
    """Sources, newest first."""
    return tx.rows(
        Source,
        f"""SELECT {_SOURCE} FROM milestone_source
        WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        after=after,
        limit=limit,
    )


def revoke(tx: Tx, row: Source) -> None:
    """Write that a source is believed no more."""
    tx.run(
        """UPDATE milestone_source
        SET revoked_at = %(at)s, revoked_by = %(by)s, reason = %(reason)s
        WHERE book = %(book)s AND id = %(id)s""",
        id=row.id,
        at=row.revoked_at,
        by=row.revoked_by,
        reason=row.reason,
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


def milestones(
    tx: Tx, *, subject: str = "", among: list[str] | None = None, after: UUID | None = None,
    limit: int = 50,
) -> list[Verified]:  # fmt: skip
    """Milestones, newest first; of a subject, or of those `among` alone where given."""
    return tx.rows(
        Verified,
        f"""SELECT {_FACT} FROM milestone
        WHERE book = %(book)s
          AND (%(subject)s = '' OR subject = %(subject)s)
          AND (%(among)s::text[] IS NULL OR subject = ANY(%(among)s))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        subject=subject,
        among=among,
        after=after,
        limit=limit,
    )
