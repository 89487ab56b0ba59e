"""SQL of the preview of a period's close: it reads as the close does, and locks nothing."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core.db import Tx


class Moves(msgspec.Struct, frozen=True):
    """What takes effect in a span: transactions and the transfers that they consist of."""

    transactions: int
    transfers: int


def moves(tx: Tx, since: datetime | None, until: datetime) -> Moves:
    """What moved money with effect from `since` up to `until`."""
    found = tx.row(
        Moves,
        """
        SELECT count(*) FILTER (WHERE leg = 0) AS transactions, count(*) AS transfers
        FROM transfer WHERE book = %(book)s AND kind IN (0, 2)
          AND effective_at >= coalesce(%(since)s, '-infinity'::timestamptz)
          AND effective_at < %(until)s
          AND recorded_at >= coalesce(%(since)s, '-infinity'::timestamptz)
        """,
        since=since,
        until=until,
    )
    assert found
    return found


def open_holds(tx: Tx) -> int:
    """How many holds are open."""
    count: int = tx.value("SELECT count(*) FROM hold WHERE book = %(book)s AND state = 'open'")
    return count
