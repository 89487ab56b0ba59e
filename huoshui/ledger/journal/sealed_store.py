"""SQL of what the tamper log covers: an account's newest transfer, and what waits for the sealer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core.db import Tx


class Newest(msgspec.Struct, frozen=True):
    """An account's newest transfer, and whether the tamper log covers it."""

    recorded_at: datetime
    sealed: bool


class Waiting(msgspec.Struct, frozen=True):
    """What of one kind waits for the sealer: entries of the queue, and the rows that they name."""

    kind: str
    entries: int
    rows: int


def newest(tx: Tx, account: UUID) -> Newest | None:
    """The newest transfer of an account, or None where nothing moved it (or all is archived)."""
    return tx.row(
        Newest,
        """
        SELECT last.recorded_at, EXISTS (
            SELECT FROM batch_seal s WHERE s.book = %(book)s AND s.batch = last.batch) AS sealed
        FROM (
            (SELECT batch, recorded_at, from_version AS version FROM transfer
             WHERE book = %(book)s AND from_id = %(id)s
             ORDER BY recorded_at DESC, from_version DESC LIMIT 1)
            UNION ALL
            (SELECT batch, recorded_at, to_version FROM transfer
             WHERE book = %(book)s AND to_id = %(id)s
             ORDER BY recorded_at DESC, to_version DESC LIMIT 1)
            ORDER BY version DESC LIMIT 1) AS last
        """,
        id=account,
    )


def waiting(tx: Tx) -> list[Waiting]:
    """What waits for the sealer, by kind."""
    return tx.rows(
        Waiting,
        """
        SELECT kind, count(*) AS entries, coalesce(sum(cardinality(ids)), 0)::bigint AS rows
        FROM unsealed WHERE book = %(book)s GROUP BY kind ORDER BY kind
        """,
    )


def log_size(tx: Tx) -> int:
    """How many leaves the log has."""
    size: int = tx.value(
        "SELECT coalesce(max(leaf_index) + 1, 0) FROM log_leaf WHERE book = %(book)s"
    )
    return size
