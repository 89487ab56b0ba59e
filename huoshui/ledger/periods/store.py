"""SQL of sealed periods."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from huoshui.core.db import Tx
from huoshui.ledger.store import STATE_LOCK


class PeriodRow(msgspec.Struct, frozen=True):
    """A row of `period`; `totals` as stored."""

    until: datetime
    since: datetime | None
    time_zone: str
    closed_at: datetime
    actor: str
    transfers: int
    totals: Any
    hash: str


class Movements(NamedTuple):
    """What moved on an account, day by day, minor units; days are counted from 2000-01-01."""

    path: str
    kind: str
    class_: str
    currency: str
    days: list[int]
    outs: list[int]
    ins: list[int]
    transfers: int


BATCH_MAX = 2**63 - 1


def settled_batch(tx: Tx) -> int:
    """A number up to which every batch of the book has ended, committed or not.

    Waits for those under way, and lets the next ones go on at once.
    """
    tx.value("SELECT pg_advisory_lock(%(space)s, %(book)s) IS NULL", space=STATE_LOCK)
    try:
        last: int = tx.value("SELECT last_value FROM batch_seq")
    finally:
        tx.value("SELECT pg_advisory_unlock(%(space)s, %(book)s)", space=STATE_LOCK)
    return last


def seal_alone(tx: Tx) -> datetime | None:
    """Wait for every batch under way and hold off those that follow; until when it is sealed."""
    # First the lock, then the question: one statement would see what stood before it waited.
    tx.run("SELECT pg_advisory_xact_lock(%(space)s, %(book)s)", space=STATE_LOCK)
    return sealed_until(tx)


def seal(tx: Tx, row: PeriodRow) -> None:
    """Keep a period and refuse from now on what would take effect in it."""
    tx.run(
        """
        INSERT INTO ledger_state (book, sealed_until) VALUES (%(book)s, %(until)s)
        ON CONFLICT (book) DO UPDATE SET sealed_until = EXCLUDED.sealed_until
        """,
        until=row.until,
    )
    names = row.__struct_fields__
    values = [getattr(row, name) for name in names]
    tx.append("period", ("book", *names), [(tx.book, *values)])


def sealed_until(tx: Tx) -> datetime | None:
    """Until when the book is sealed, or None."""
    sealed: datetime | None = tx.value(
        "SELECT sealed_until FROM ledger_state WHERE book = %(book)s"
    )
    return sealed


def periods(tx: Tx, before: datetime | None, limit: int) -> list[PeriodRow]:
    """Sealed periods, newest first, those that end before the cursor."""
    return tx.rows(
        PeriodRow,
        """
        SELECT until, since, time_zone, closed_at, actor, transfers, totals, hash FROM period
        WHERE book = %(book)s AND (%(before)s::timestamptz IS NULL OR until < %(before)s)
        ORDER BY until DESC LIMIT %(limit)s
        """,
        before=before,
        limit=limit,
    )


def movements(
    tx: Tx,
    since: datetime | None,
    until: datetime,
    time_zone: str,
    *,
    after: int = 0,
    last: int = BATCH_MAX,
) -> list[Movements]:
    """What took effect from `since` up to `until`, by account, of the batches in (after, last]."""
    rows = tx.tuples(
        """
        WITH moved AS (
            SELECT s.id, (m.effective_at AT TIME ZONE %(zone)s)::date - '2000-01-01'::date AS day,
                   sum(s.out_)::bigint AS out_, sum(s.in_)::bigint AS in_, count(*) AS n
            FROM transfer m CROSS JOIN LATERAL (
                VALUES (m.from_id, m.amount, 0::bigint), (m.to_id, 0, m.amount)) AS s (id, out_, in_)
            WHERE m.book = %(book)s AND m.kind IN (0, 2)
              AND m.batch > %(after)s AND m.batch <= %(last)s
              AND m.effective_at >= coalesce(%(since)s, '-infinity'::timestamptz)
              AND m.effective_at < %(until)s
              AND m.recorded_at >= coalesce(%(since)s, '-infinity'::timestamptz)
            GROUP BY 1, 2)
        SELECT a.path, a.kind, a.class, a.currency, array_agg(m.day), array_agg(m.out_),
               array_agg(m.in_), sum(m.n)::bigint
        FROM moved m JOIN account a ON a.book = %(book)s AND a.id = m.id
        GROUP BY 1, 2, 3, 4
        """,
        since=since,
        until=until,
        zone=time_zone,
        after=after,
        last=last,
    )
    return [Movements(*row) for row in rows]
