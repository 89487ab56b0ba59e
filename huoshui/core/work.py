"""The due-work queue: timers, retries and jobs in one table, on the world's clock.

A line names its kinds of work and gives a function that takes a list of items. Items that fall
due at one moment and are of one kind run together, in one transaction; if it fails, each runs
alone, and one that still fails is put off (30 s doubling, five times) and then is dead: kept,
shown, and to be retried by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem

ATTEMPTS_MAX = 5
BACKOFF_FIRST_S = 30
BATCH_MAX = 500


class Item(msgspec.Struct, frozen=True):
    """One piece of due work."""

    id: UUID
    kind: str
    key: str
    due_at: datetime
    payload: dict[str, Any]
    attempts: int


_NEXT_DUE = "SELECT min(due_at) FROM work WHERE book = %(book)s AND state = 'due'"

Run = Callable[[Tx, list[Item]], None]
Kinds = Mapping[str, Run]


class WorkFailed(Problem):
    """A piece of due work failed while a simulated clock was moved; the clock stops there."""

    code = "work_failed"
    status = 500


def next_due(tx: Tx) -> datetime | None:
    """When the next piece of work falls due, or None."""
    due: datetime | None = tx.value(_NEXT_DUE)
    return due


def advance(database: Database, kinds: Kinds, until: datetime, *, book: int = 1) -> int:
    """Move a simulated clock to `until`, running due work in due order; how much was run.

    Stops at the first failure with WorkFailed: what came before it is kept.
    """
    count = 0
    while True:
        with database.begin(book=book) as tx:
            due, now = next_due(tx), tx.now
        if due is None or due > until:
            break
        # What is due already runs on the clock as it stands: a clock that ticks cannot be set back.
        count += _step(database, kinds, due if due > now else None, book)
    with database.begin(book=book) as tx:
        now = tx.now
    if now < until:
        with database.begin(book=book, now=until):
            pass
    return count


def _step(database: Database, kinds: Kinds, at: datetime | None, book: int) -> int:
    with database.begin(book=book, now=at) as tx:
        return run_moment(tx, kinds).count


class Moment(msgspec.Struct, frozen=True):
    """How much was run, and when the next piece falls due."""

    count: int
    due: datetime | None


def run_moment(tx: Tx, kinds: Kinds) -> Moment:
    """Run all that is due by the transaction's time, kind after kind, in the caller's commit."""
    count = 0
    while True:
        asked = tx.ask(_NEXT_DUE) if count else None  # at first there is something to run
        items = claim(tx, tx.now)
        if not items:
            return Moment(count, asked()[0][0] if asked else next_due(tx))
        try:
            kinds[items[0].kind](tx, items)
        except Problem as error:
            raise WorkFailed(kind=items[0].kind, key=items[0].key, reason=str(error)) from error
        finish(tx, items)
        count += len(items)
        tx.flush()


def drain(database: Database, kinds: Kinds, *, book: int = 1) -> int:
    """Run what is due now in a world on real time; how many items were run or put off."""
    count = 0
    while True:
        with database.begin(book=book) as tx:
            items = claim(tx, tx.now)
            if not items:
                return count
            _attempt(tx, kinds, items)
            count += len(items)


def claim(tx: Tx, until: datetime) -> list[Item]:
    """The items of the earliest due moment and, within it, of the first kind; locked."""
    return tx.rows(
        Item,
        """
        SELECT id, kind, key, due_at, payload, attempts FROM work
        WHERE book = %(book)s AND state = 'due' AND (due_at, kind) = (
            SELECT due_at, kind FROM work
            WHERE book = %(book)s AND state = 'due' AND due_at <= %(until)s
            ORDER BY due_at, kind LIMIT 1)
        ORDER BY key LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        """,
        until=until,
        limit=BATCH_MAX,
    )


def finish(tx: Tx, items: list[Item]) -> None:
    """Take done work off the queue, unless it was put off again meanwhile."""
    tx.run(
        "DELETE FROM work WHERE book = %(book)s AND id = ANY(%(ids)s)",
        ids=[item.id for item in items],
    )


def _attempt(tx: Tx, kinds: Kinds, items: list[Item]) -> None:
    try:
        with tx.savepoint():
            kinds[items[0].kind](tx, items)
            finish(tx, items)
    except Exception as error:
        if len(items) == 1:
            _put_off(tx, items[0], error)
            return
        for item in items:
            _attempt(tx, kinds, [item])


def _put_off(tx: Tx, item: Item, error: Exception) -> None:
    attempts = item.attempts + 1
    tx.run(
        """
        UPDATE work SET attempts = %(attempts)s, last_error = %(error)s,
            due_at = %(due)s, state = %(state)s
        WHERE book = %(book)s AND id = %(id)s
        """,
        id=item.id,
        attempts=attempts,
        error=f"{type(error).__name__}: {error}"[:500],
        due=tx.now + timedelta(seconds=BACKOFF_FIRST_S * 2**item.attempts),
        state="dead" if attempts >= ATTEMPTS_MAX else "due",
    )
