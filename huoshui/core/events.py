"""Events: what happened, appended in the commit that made it happen (see `Tx.emit`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Tx


class Event(msgspec.Struct, frozen=True):
    """A stored event. `object` is the public id of what it happened to."""

    id: UUID
    type: str
    object: str
    at: datetime
    actor: str
    data: dict[str, Any]


def page(
    tx: Tx, *, object_id: str = "", kind: str = "", after: UUID | None = None, limit: int = 50
) -> list[Event]:
    """Events of the book, newest first, at most `limit`, older than the cursor `after`."""
    return tx.rows(
        Event,
        """
        SELECT id, type, object, at, actor, data FROM event
        WHERE book = %(book)s
          AND (%(object)s = '' OR object = %(object)s)
          AND (%(kind)s = '' OR type = %(kind)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        object=object_id,
        kind=kind,
        after=after,
        limit=limit,
    )
