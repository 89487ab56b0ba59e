"""The SQL of parties' pages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huoshui.core.db import Tx
from huoshui.facts.pages.model import PartyPage

_NAMES = PartyPage.__struct_fields__
_COLUMNS = ", ".join(_NAMES)


def add(tx: Tx, new: PartyPage) -> None:
    """Write a new page."""
    tx.append("party_page", ("book", *_NAMES), [(tx.book, *(getattr(new, n) for n in _NAMES))])


def page(tx: Tx, id_: UUID) -> PartyPage | None:
    """One page, or None."""
    query = f"SELECT {_COLUMNS} FROM party_page WHERE book = %(book)s AND id = %(id)s"
    return tx.row(PartyPage, query, id=id_)


def pages(tx: Tx, party: str, after: UUID | None, limit: int) -> list[PartyPage]:
    """Pages, newest first, older than the cursor; of one party where one is named."""
    return tx.rows(
        PartyPage,
        f"""
        SELECT {_COLUMNS} FROM party_page
        WHERE book = %(book)s AND (%(party)s = '' OR party = %(party)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        party=party,
        after=after,
        limit=limit,
    )


def end(tx: Tx, id_: UUID, at: datetime) -> None:
    """Write that a page has ended; the first time stays."""
    tx.run(
        """UPDATE party_page SET ended_at = %(at)s
        WHERE book = %(book)s AND id = %(id)s AND ended_at IS NULL""",
        id=id_,
        at=at,
    )
