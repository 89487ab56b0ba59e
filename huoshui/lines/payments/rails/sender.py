"""The sender: due calls leave the house, outside every transaction, and what is said is recorded.

A call is claimed in one commit, which says that it was sent; only then does the request leave; the
answer is recorded in another. Whatever kills the sender between the two leaves a call that was
sent and has no answer: it is asked about, never sent again. Any number of senders may work.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Protocol, runtime_checkable

import msgspec

from huoshui.core import access, work
from huoshui.core.db import Database, Tx
from huoshui.lines.payments.rails import health_store, registry, store
from huoshui.lines.payments.rails.model import Answer, Rail, Verdict
from huoshui.lines.payments.rails.pace import LEASE, next_ask
from huoshui.lines.payments.rails.recording import Answered, Said, record
from huoshui.lines.payments.rails.store import CallRow

_log = logging.getLogger("huoshui.rails")
PARALLEL = 8  # requests under way at one rail
_RECORDED_MOST = 100
_SETTLES_MS = 15_000  # how long a moving clock waits for requests that are under way
_PAUSE_MS = 50
Find = Callable[[str], Rail]


@runtime_checkable
class Clocked(Protocol):
    """A rail that has a clock to be moved: a simulator."""

    def move_clock(self, now: datetime) -> None:
        """Move it on to a time."""


class _Heard(msgspec.Struct, frozen=True):
    book: int
    rail: str
    said: Said


class Sender:
    """Sends the calls of the books of one world.

    `find` gives the plug-in of a rail: a call of one that is not there is declined, since nothing
    of it has left.
    """

    def __init__(
        self,
        database: Database,
        answered: Answered,
        *,
        find: Find = registry.rail,
        parallel: int = PARALLEL,
    ) -> None:
        self.database = database
        self._answered = answered
        self._find = find
        self._parallel = parallel
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._busy: Counter[str] = Counter()
        self._heard: SimpleQueue[_Heard] = SimpleQueue()

    def close(self) -> None:
        """Wait for the requests under way and record what they bring."""
        for pool in self._pools.values():
            pool.shutdown(wait=True)
        self._pools.clear()
        self._take_in(block_ms=0)

    def turn(self, *, wait_ms: int = 200) -> int:
        """Claim and send what is due in every book, then record what was said by now.

        Answers how many calls left or were asked about. Where nothing is due, waits up to
        `wait_ms` for an answer.
        """
        database = self.database
        with database.begin() as tx:
            books = access.books(tx)
        left = sum(self._send_due(book) for book in books)
        self._take_in(block_ms=0 if left else wait_ms)
        return left

    def drain(self, book: int) -> int:
        """Send what is due in a book until nothing is due or under way; how many left."""
        count = 0
        while True:
            left = self._send_due(book)
            count += left
            if not left and not self._busy.total():
                self._take_in(block_ms=0)
                return count
            self._take_in(block_ms=0 if left else _PAUSE_MS)

    def move_clocks(self, now: datetime) -> None:
        """The world's clock was moved: simulators move theirs."""
        for name in registry.outside():
            with suppress(registry.UnknownRail):
                rail = self._find(name)
                if isinstance(rail, Clocked):
                    rail.move_clock(now)

    def _send_due(self, book: int) -> int:
        database = self.database
        with database.begin(book=book) as tx:
            due = store.due_rails(tx, registry.outside())
        return sum(self._send_rail(book, rail) for rail in due)

    def _send_rail(self, book: int, rail: str) -> int:
        room = self._parallel - self._busy[rail]
        if room <= 0:
            return 0
        claimed = self.database.run(lambda tx: claim(tx, rail, room), book=book)
        for row in claimed:
            self._busy[rail] += 1
            self._pool(rail).submit(self._ask, book, row)
        return len(claimed)

    def _pool(self, rail: str) -> ThreadPoolExecutor:
        if rail not in self._pools:
            name = f"huoshui-rail-{rail}"
            self._pools[rail] = ThreadPoolExecutor(self._parallel, thread_name_prefix=name)
        return self._pools[rail]

    def _ask(self, book: int, row: CallRow) -> None:
        started = time.monotonic_ns()
        way, answer = ask(row, self._find)
        took_ms = (time.monotonic_ns() - started) // 1_000_000
        said = Said(
            call_id=row.id,
            answer=answer,
            took_ms=took_ms,
            way="lost" if way == "lost" else "asked",
        )
        self._heard.put(_Heard(book, row.rail, said))

    def _take_in(self, *, block_ms: int) -> None:
        """Record what was heard by now, book by book; `block_ms` to wait for the first."""
        heard: list[_Heard] = []
        try:
            if block_ms:
                heard.append(self._heard.get(timeout=block_ms / 1000))
            while len(heard) < _RECORDED_MOST:
                heard.append(self._heard.get_nowait())
        except Empty:
            pass
        for each in heard:
            self._busy[each.rail] -= 1
        for book in sorted({each.book for each in heard}):
            self._record(book, [each.said for each in heard if each.book == book])

    def _record(self, book: int, said: list[Said]) -> None:
        """Record together; where that fails each alone, so that one holds up no other.

        What cannot be recorded stays as it was claimed: the rail is asked again when its time has
        come.
        """
        try:
            self.database.run(lambda tx: record(tx, said, self._answered), book=book)
        except Exception as error:
            if len(said) > 1:
                for each in said:
                    self._record(book, [each])
            else:
                facts = {"book": book, "call": str(said[0].call_id)}
                _log.error("an answer could not be recorded", extra=facts, exc_info=error)


def claim(tx: Tx, rail: str, room: int) -> list[CallRow]:
    """Take calls of a rail to be sent or asked about now; as they stood before."""
    breaker = health_store.breaker(tx, rail)
    if breaker.opened_at:
        breaker = health_store.lock_breaker(tx, rail)
    rows = store.claim(tx, rail, breaker.room(tx.now, room))
    if rows and breaker.opened_at:
        health_store.put_breaker(tx, rail, breaker.probing(tx.now))
    # Further off each time: what cannot be recorded does not come round for ever.
    looks = [tx.now + max(LEASE, next_ask(row.attempts + 1)) for row in rows]
    store.mark_claimed(tx, [row.id for row in rows], looks)
    return rows


def ask(row: CallRow, find: Find) -> tuple[str, Answer]:
    """Ask the rail what its state asks for: `send` it, ask its `status`, or nothing, as it is lost.

    Never raises: a plug-in that fails is silent.
    """
    if row.state == "sent":  # whoever sent it is gone: what became of it is not known
        return "lost", Answer(verdict="unknown", code="sender_gone")
    try:
        rail = find(row.rail)
    except registry.UnknownRail:
        verdict: Verdict = "declined" if row.state == "due" else "unknown"
        return "asked", Answer(verdict=verdict, code="rail_not_configured")
    try:
        if row.state == "due":
            return "send", rail.send(row.call)
        return "status", rail.status(row.call)
    except Exception as error:
        facts = {"rail": row.rail, "call": str(row.id)}
        _log.error("a rail's plug-in failed", extra=facts, exc_info=error)
        return "asked", Answer(verdict="unknown")


def advance(
    database: Database, kinds: work.Kinds, until: datetime, sender: Sender, *, book: int = 1
) -> int:
    """Move a clock to `until`: due work and calls to rails run in due order as it passes.

    As `work.advance`, but the rails are asked at each moment at which they would have been.
    """
    count = 0
    while True:
        sender.drain(book)
        _wait_for_others(database, book)
        with database.begin(book=book) as tx:
            moments = [m for m in (work.next_due(tx), store.next_look(tx)) if m]
            now = tx.now
        moment = min([max(m, now) for m in moments] + [until])
        count += work.advance(database, kinds, moment, book=book)
        sender.move_clocks(moment)
        if moment >= until:
            sender.drain(book)
            return count


def _wait_for_others(database: Database, book: int) -> None:
    # Another sender may have requests under way: the clock would pass over their leases.
    for _ in range(_SETTLES_MS // _PAUSE_MS):
        with database.begin(book=book) as tx:
            if not store.under_way(tx):
                return
        time.sleep(_PAUSE_MS / 1000)
