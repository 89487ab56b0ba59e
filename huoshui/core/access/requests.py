"""The log of requests: who called what, when, how it ended. Kept in batches, for some weeks.

Requests are noted in memory and written by a thread of their own in transactions of their own: a
request never waits for its line, and its line never undoes it. What does not fit in memory while
the database is slow is counted and dropped.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from huoshui.core import clock, ids
from huoshui.core.db import Database, Tx
from huoshui.core.ids import Mint

KEPT_DAYS = 30
KEPT_ROWS = 5_000_000  # of a book
WAITING_MAX = 20_000
WRITE_EVERY_S = 1
PRUNE_ROWS = 10_000
PRUNE_EVERY_MIN = 10
_log = logging.getLogger("huoshui.requests")


class Call(msgspec.Struct, frozen=True):
    """A request as it is kept: its path without the query, its time in microseconds."""

    id: UUID
    at: datetime
    key_id: UUID | None
    caller: str
    method: str
    path: str
    status: int
    took_us: int
    request_id: str


def add(tx: Tx, calls: list[Call]) -> None:
    """Write a batch of one book."""
    fields = Call.__struct_fields__
    tx.append(
        "request_log",
        ("book", *fields),
        [(tx.book, *msgspec.structs.astuple(call)) for call in calls],
    )


def prune(tx: Tx, now: datetime) -> int:
    """Drop what is older than the retention, or beyond its rows; at most some thousands at once."""
    floor = ids.uuid7(now - timedelta(days=KEPT_DAYS), bytes(10))
    return tx.count(
        """
        DELETE FROM request_log WHERE book = %(book)s AND id IN (
            SELECT id FROM request_log
            WHERE book = %(book)s AND id < greatest(%(floor)s, coalesce((
                SELECT id FROM request_log WHERE book = %(book)s
                ORDER BY id DESC OFFSET %(rows)s LIMIT 1), %(floor)s))
            ORDER BY id LIMIT %(most)s)
        """,
        floor=floor,
        rows=KEPT_ROWS,
        most=PRUNE_ROWS,
    )


def calls(
    tx: Tx,
    *,
    key_id: UUID | None = None,
    path: str = "",
    status: str = "",
    after: UUID | None = None,
    limit: int = 50,
) -> list[Call]:
    """Requests, newest first; of a key, with a path that starts so, of a status or a class (4xx)."""
    low, high = _statuses(status)
    return tx.rows(
        Call,
        """
        SELECT id, at, key_id, caller, method, path, status, took_us, request_id FROM request_log
        WHERE book = %(book)s
          AND (%(key)s::uuid IS NULL OR key_id = %(key)s)
          AND (%(path)s = '' OR starts_with(path, %(path)s))
          AND status BETWEEN %(low)s AND %(high)s
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        key=key_id,
        path=path,
        low=low,
        high=high,
        after=after,
        limit=limit,
    )


def _statuses(text: str) -> tuple[int, int]:
    if len(text) == 3 and text[0].isascii() and text[0].isdigit() and text[1:] == "xx":
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    if len(text) == 3 and text.isascii() and text.isdigit():
        return int(text), int(text)
    return 0, 999


class RequestLog:
    """What was noted and not written yet, and the thread that writes it."""

    def __init__(self, database: Callable[[str], Database]) -> None:
        self._database = database
        self._waiting: deque[tuple[str, int, Call]] = deque()
        self._mint = Mint()
        self._over = threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pruned_at: dict[tuple[str, int], datetime] = {}
        self.dropped = 0

    def note(
        self,
        world: str,
        book: int,
        *,
        key_id: UUID | None,
        caller: str,
        method: str,
        path: str,
        status: int,
        took_us: int,
        request_id: str,
    ) -> None:
        """Note a request that has been answered; it costs no more than putting it in a row."""
        if len(self._waiting) >= WAITING_MAX:
            self.dropped += 1
            return
        at = clock.system_now()
        id_ = self._mint.make("req", "", at)
        call = Call(id_, at, key_id, caller[:120], method, path[:300], status, took_us, request_id)
        self._waiting.append((world, book, call))

    def start(self) -> None:
        """Write every second from now on."""
        self._over.clear()
        self._thread = threading.Thread(target=self._run, name="huoshui-requests", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._over.set()
        if self._thread:
            self._thread.join(timeout=10)
            self._thread = None

    def write(self) -> None:
        """Write what waits: a transaction a book. All that was noted before stands when it returns."""
        with self._writing:
            self._write()

    def _write(self) -> None:
        batches: dict[tuple[str, int], list[Call]] = defaultdict(list)
        while self._waiting:
            world, book, call = self._waiting.popleft()
            batches[world, book].append(call)
        for (world, book), batch in batches.items():
            try:
                with self._database(world).begin(book=book) as tx:
                    add(tx, batch)
                    self._prune(tx, world)
            except Exception as error:
                self.dropped += len(batch)
                _log.error("requests not logged", exc_info=error, extra={"world": world})

    def _prune(self, tx: Tx, world: str) -> None:
        now, before = clock.system_now(), self._pruned_at.get((world, tx.book))
        due = before is None or now - before > timedelta(minutes=PRUNE_EVERY_MIN)
        if due and prune(tx, now) < PRUNE_ROWS:
            self._pruned_at[world, tx.book] = now

    def _run(self) -> None:
        while not self._over.wait(WRITE_EVERY_S):
            self.write()
        self.write()
