"""The lane itself: its queue, its thread, and what it does when a batch breaks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from huoshui.core.db import SYSTEM, Database, DatabaseGone
from huoshui.core.errors import Conflict
from huoshui.core.lane.model import LaneFull, LaneHealth, LaneStopped, LaneTooLarge, R, U, Verb
from huoshui.core.lane.tally import Tally
from huoshui.core.lane.turns import Slice, Submission, Track, halves

# How often a part of a batch is run where another writer was first: a key that was taken is
# mostly taken for good, a deadlock passes.
_TRIES_KEY, _TRIES_LOCK = 3, 10
_GONE_S = 10  # how long a lost connection is looked for
_PAUSE_MS = 100
_SECOND_NS = 1_000_000_000
# How long the lane waits for who was answered last: for the next one, and in all.
_GAP_MS, _COMPANY_MAX_NS = 2, _SECOND_NS // 50


class _OutcomeUnknown(DatabaseGone):
    """The connection was lost at the commit of a verb that may not be run twice."""


class Lane:
    """One writer for the hot verbs of this process on one database."""

    def __init__(
        self, database: Database, *, batch_max: int = 2000, wait_ms: int = 6,
        queue_max: int = 20_000,
    ) -> None:  # fmt: skip
        self._url = database.url
        self._batch_max = batch_max
        self._wait_ms = wait_ms
        self._queue_max = queue_max
        self._thread: threading.Thread | None = None
        self._abandoned = threading.Event()
        # The lane's thread alone: what it has sorted, and its connection.
        self._tracks: dict[tuple[str, int], Track] = {}
        self._expected = 1  # submissions to wait for: all that may come back
        self._took_ns = 0  # what the last batch took
        self._database = Database(self._url, pool_size=1)
        # Under the lock: what callers and the lane's thread share.
        self._bell = threading.Condition(threading.Lock())
        self._inbox: list[Submission] = []
        self._wanted = 0  # rung for at so many submissions, 0 for none
        self._stopping = False
        self._queued = 0
        self._held: dict[str, int] = {}
        self._tally = Tally()

    def start(self) -> Lane:
        """Connect and begin. Raises DatabaseGone."""
        self._database.open()
        self._thread = threading.Thread(target=self._work, name="huoshui-lane", daemon=True)
        self._thread.start()
        return self

    def stop(self, timeout_s: int = 10) -> None:
        """Do what waits, take nothing more; what is left after `timeout_s` gets LaneStopped."""
        with self._bell:
            self._stopping = True
            self._bell.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._abandoned.set()
            self._thread.join()
        self._database.close()

    async def submit(
        self, verb: Verb[U, R], units: Sequence[U], *, book: int = 1, actor: str = SYSTEM,
        caller: str = "",
    ) -> list[R]:  # fmt: skip
        """Have units done and wait for their commit; one result a unit.

        `caller` is whom fairness counts: an API key, or one of its large calls. What has not
        begun when the waiting task is cancelled is not done. Raises LaneFull, LaneTooLarge and
        LaneStopped with nothing done, DatabaseGone, a unit's own exception where it was the only
        one or all failed, and PartFailed where others stand.
        """
        if not units:
            return []
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[R]] = loop.create_future()
        self._accept(Submission(verb, units, book, actor, caller, future, loop))
        return await future

    def call(
        self, verb: Verb[U, R], units: Sequence[U], *, book: int = 1, actor: str = SYSTEM,
        caller: str = "",
    ) -> list[R]:  # fmt: skip
        """`submit` for a thread without an event loop: it blocks until the commit."""
        if not units:
            return []
        future: Future[list[R]] = Future()
        self._accept(Submission(verb, units, book, actor, caller, future, None))
        try:
            return future.result()
        except BaseException:
            future.cancel()  # interrupted while it waited
            raise

    def health(self) -> LaneHealth:
        """What waits, what was done, and how long it took of late."""
        with self._bell:
            return self._tally.health(self._queued)

    def _accept(self, submission: Submission) -> None:
        most, weight, caller = self._queue_max // 2, submission.weight, submission.caller
        with self._bell:
            if self._stopping:
                raise LaneStopped()
            if weight > most:
                self._tally.refused += 1
                raise LaneTooLarge(items=weight, most=most)
            held = self._held.get(caller, 0) + weight
            if held > most or self._queued + weight > self._queue_max:
                self._tally.refused += 1
                raise LaneFull(queued=self._queued, retry_after_s=self._tally.seconds(self._queued))
            self._held[caller] = held
            self._queued += weight
            self._inbox.append(submission)
            if 0 < self._wanted <= len(self._inbox):
                self._wanted = 0
                self._bell.notify()

    def _work(self) -> None:
        while self._gather():
            for key, track in list(self._tracks.items()):  # verbs and books in turn
                slices, freed = track.take(self._batch_max)
                if not track:
                    del self._tracks[key]
                self._free(freed)
                if slices:
                    self._serve(slices)

    def _gather(self) -> bool:
        """Wait for submissions and sort them into their tracks; False when it is time to end."""
        with self._bell:
            if not self._tracks:
                self._await_company()
            while not self._tracks and not self._inbox and not self._stopping:
                self._listen(1, None)
            arrived, self._inbox = self._inbox, []
        for submission in arrived:
            key = (submission.verb.name, submission.book)
            track = self._tracks.get(key)
            if track is None:
                track = self._tracks[key] = Track()
            track.add(submission)
        return bool(self._tracks)

    def _await_company(self) -> None:
        """Wait for those who were answered last, as long as they keep coming back."""
        until_ns, came = time.monotonic_ns() + self._took_ns, -1
        while came < len(self._inbox) < self._expected and time.monotonic_ns() < until_ns:
            came = len(self._inbox)
            self._listen(self._expected, _GAP_MS if came else self._wait_ms)

    def _listen(self, wanted: int, most_ms: int | None) -> None:
        if self._stopping:
            return
        self._wanted = wanted
        self._bell.wait(None if most_ms is None else most_ms / 1000)
        self._wanted = 0

    def _free(self, freed: dict[str, int]) -> None:
        with self._bell:
            for caller, items in freed.items():
                self._queued -= items
                self._held[caller] -= items
                if not self._held[caller]:
                    del self._held[caller]

    def _serve(self, slices: list[Slice]) -> None:
        """Do a batch, by halves where it breaks, and answer each part as it stands."""
        began_ns = time.monotonic_ns()
        answered = 0
        parts = [slices]
        while parts:
            part = parts.pop()
            try:
                results = self._transact(part)
            except (DatabaseGone, LaneStopped) as error:
                answered += _settle(part, error)
            except Exception as error:
                if len(part) == 1 and part[0][2] - part[0][1] == 1:
                    answered += _settle(part, error)
                else:
                    self._tally.bisected += 1
                    first, second = halves(part)
                    parts += [second, first]
            else:
                answered += _settle(part, results)
        self._took_ns = min(time.monotonic_ns() - began_ns, _COMPANY_MAX_NS)
        with self._bell:
            self._expected = max(1, answered + len(self._inbox))
            self._tally.batch(slices, began_ns)

    def _transact(self, part: list[Slice]) -> list[Any]:
        """Run the verb on a part of a batch in one transaction, again where that may help."""
        verb, book = part[0][0].verb, part[0][0].book
        actors = {submission.actor for submission, _, _ in part}
        actor = actors.pop() if len(actors) == 1 else SYSTEM
        units = [u for s, start, stop in part for u in s.units[start:stop]]
        conflicts, until_ns = 0, 0
        while not self._abandoned.is_set():
            try:
                return self._once(verb, units, book, actor)
            except Conflict as error:
                conflicts += 1
                if conflicts >= (_TRIES_KEY if "constraint" in error.facts else _TRIES_LOCK):
                    raise
            except _OutcomeUnknown:
                self._reopen(0)
                raise
            except DatabaseGone:
                until_ns = self._regain(until_ns)
            self._tally.retried += 1
        raise LaneStopped()

    def _once(self, verb: Verb[Any, Any], units: list[Any], book: int, actor: str) -> list[Any]:
        """Run the verb and commit. Where the connection is lost before, nothing was committed."""
        decided = False
        try:
            with self._database.begin(book=book, actor=actor) as tx:
                results = verb.run(tx, units)
                if len(results) != len(units):
                    raise ValueError(f"{verb.name}: {len(results)} results, {len(units)} units")
                decided = True
            return results
        except DatabaseGone as error:
            if decided and not verb.idempotent:
                raise _OutcomeUnknown() from error
            raise

    def _regain(self, until_ns: int) -> int:
        """Find a new connection; until when to go on, where this is the first loss (0) or not.

        Raises DatabaseGone.
        """
        now_ns = time.monotonic_ns()
        if not until_ns:
            until_ns = now_ns + _GONE_S * _SECOND_NS
        elif now_ns >= until_ns:
            raise DatabaseGone()
        else:  # a connection there was, and it was of no use
            self._abandoned.wait(_PAUSE_MS / 1000)
        if not self._reopen(until_ns):
            raise DatabaseGone()
        return until_ns

    def _reopen(self, until_ns: int) -> bool:
        """Look for a new connection, at least once and until that moment; whether there is one."""
        self._database.close()
        while True:
            try:
                self._database = Database(self._url, pool_size=1).open(timeout_s=1)
            except DatabaseGone:
                over = time.monotonic_ns() >= until_ns
                if over or self._abandoned.wait(_PAUSE_MS / 1000):
                    return False
            else:
                return True


def _settle(part: list[Slice], outcome: list[Any] | Exception) -> int:
    """Note what became of a part and answer who has all; how many were answered.

    Each event loop is woken once, whatever the number of its callers.
    """
    place = 0
    done: dict[asyncio.AbstractEventLoop | None, list[Submission]] = {}
    for submission, start, stop in part:
        if isinstance(outcome, Exception):
            submission.errors.update(dict.fromkeys(range(start, stop), outcome))
        else:
            submission.results[start:stop] = outcome[place : place + stop - start]
            place += stop - start
        submission.left -= stop - start
        if not submission.left:
            done.setdefault(submission.loop, []).append(submission)
    for loop, submissions in done.items():
        if loop is None:
            _answer(submissions)
        else:
            with suppress(RuntimeError):  # the loop was closed: nobody waits
                loop.call_soon_threadsafe(_answer, submissions)
    return sum(map(len, done.values()))


def _answer(submissions: list[Submission]) -> None:
    for submission in submissions:
        submission.answer()
