"""SQL of sealed periods."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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


class DayMovement(msgspec.Struct, frozen=True):
    """What moved on one account on one day of the book, minor units; `n` transfers."""

    path: str
    kind: str
    class_: str
    currency: str
    day: str
    out_: int
    in_: int
    n: int


def seal_alone(tx: Tx) -> datetime | None:
    """Wait for every batch under way and hold off those that follow; until when it is sealed."""
    sealed: datetime | None = tx.value(
        """
        WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock(%(space)s, %(book)s))
        SELECT sealed_until FROM held LEFT JOIN ledger_state s ON s.book = %(book)s
        """,
        space=STATE_LOCK,
    )
    return sealed


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


def movements(tx: Tx, since: datetime | None, until: datetime, time_zone: str) -> list[DayMovement]:
    """What took effect from `since` up to `until`, by account and day of the book."""
    return tx.rows(
        DayMovement,
        """
        SELECT a.path, a.kind, a.class AS class_, a.currency,
               (m.effective_at AT TIME ZONE %(zone)s)::date::text AS day,
               sum(m.out_)::bigint AS out_, sum(m.in_)::bigint AS in_, count(*) AS n
        FROM entry m JOIN account a ON a.book = m.book AND a.id = m.account_id
        WHERE m.book = %(book)s AND m.kind IN (0, 2)
          AND m.effective_at >= coalesce(%(since)s, '-infinity'::timestamptz)
          AND m.effective_at < %(until)s
          AND m.recorded_at >= coalesce(%(since)s, '-infinity'::timestamptz)
        GROUP BY 1, 2, 3, 4, 5
        """,
        since=since,
        until=until,
        zone=time_zone,
    )
