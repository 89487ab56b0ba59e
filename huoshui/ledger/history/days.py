"""Days of the book, and the counting of balances at their ends.

A counted day is a cache: dropped it costs time and no truth. It is kept right by two rules. Who
counts first says up to when (`begin`), while no batch is under way, so that every later batch
knows to look for counted days; and both hold the accounts' locks while they write.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.ledger.history import store

ACCOUNTS_AT_ONCE = 100
Progress = Callable[[int, int], None]


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """When a day of the book begins, UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day of the book that a moment lies in."""
    return at.astimezone(zone).date()


def next_day_start(at: datetime, zone: ZoneInfo) -> datetime:
    """When the day of the book after that of `at` begins, UTC."""
    return day_start(day_of(at, zone) + timedelta(days=1), zone)


def begin(tx: Tx) -> tuple[datetime, datetime | None]:
    """Say that days are counted up to today's beginning: (that, and what was said before)."""
    place = access.zone_of(tx)
    until = day_start(day_of(tx.now, place), place)
    return until, store.move_mark(tx, until)


def count_some(
    tx: Tx, until: datetime, moved_since: datetime | None, after: UUID | None
) -> UUID | None:
    """Count the day that ends at `until` for the next accounts; behind which to go on, or None.

    Only accounts that were moved at or after `moved_since` are looked at.
    """
    ids = store.lock_moved(tx, moved_since, after, ACCOUNTS_AT_ONCE)
    if ids:
        store.count_day(tx, ids, until)
    return ids[-1] if len(ids) == ACCOUNTS_AT_ONCE else None


def rebuild(database: Database, *, book: int = 1, progress: Progress | None = None) -> int:
    """Count every day of every account anew, some accounts a commit; how many accounts."""
    until, _ = database.run(begin, book=book)
    with database.begin(book=book) as tx:
        total = store.moved_accounts(tx)
        name = str(access.zone_of(tx))
    done, after = 0, None
    while True:
        with database.begin(book=book) as tx:
            ids = store.lock_moved(tx, None, after, ACCOUNTS_AT_ONCE)
            if ids:
                store.count_days(tx, ids, name, until)
        done += len(ids)
        if progress:
            progress(done, max(total, done))
        if len(ids) < ACCOUNTS_AT_ONCE:
            return done
        after = ids[-1]
