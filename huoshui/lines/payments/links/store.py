"""The SQL of payment links, and of the payments that were begun by one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huoshui.core.db import Tx
from huoshui.lines.payments.links.model import Link

_NAMES = Link.__struct_fields__
_COLUMNS = ", ".join(_NAMES)


def add(tx: Tx, new: Link) -> None:
    """Write a new link."""
    tx.append("payment_link", ("book", *_NAMES), [(tx.book, *(getattr(new, n) for n in _NAMES))])


def link(tx: Tx, id_: UUID) -> Link | None:
    """One link, or None."""
    query = f"SELECT {_COLUMNS} FROM payment_link WHERE book = %(book)s AND id = %(id)s"
    return tx.row(Link, query, id=id_)


def links(
    tx: Tx, *, sellers: list[str] | None, after: UUID | None = None, limit: int = 50
) -> list[Link]:
    """Links, newest first, older than the cursor; of these sellers only where any list is given."""
    return tx.rows(
        Link,
        f"""
        SELECT {_COLUMNS} FROM payment_link
        WHERE book = %(book)s AND (%(sellers)s::text[] IS NULL OR seller = ANY(%(sellers)s))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        sellers=sellers,
        after=after,
        limit=limit,
    )


def end(tx: Tx, id_: UUID, at: datetime) -> None:
    """Write that a link has ended; the first time stays."""
    tx.run(
        """UPDATE payment_link SET ended_at = %(at)s
        WHERE book = %(book)s AND id = %(id)s AND ended_at IS NULL""",
        id=id_,
        at=at,
    )


def payments_of(tx: Tx, reference: str, limit: int) -> list[UUID]:
    """The payments that were begun by a link, newest first."""
    rows = tx.tuples(
        """
        SELECT id FROM payment
        WHERE book = %(book)s AND reference = %(reference)s AND starts_with(reference, 'plk_')
        ORDER BY id DESC LIMIT %(limit)s
        """,
        reference=reference,
        limit=limit,
    )
    return [id_ for (id_,) in rows]
