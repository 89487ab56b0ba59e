"""Who goes next: what waits for one verb in one book, cut into batches fairly."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

from huoshui.core.lane.model import PartFailed, Verb


class Submission:
    """Units of one caller on their way; what they come to is written here by the lane's thread."""

    __slots__ = ("actor", "at_ns", "book", "caller", "errors", "future", "left", "loop",
                 "results", "taken", "units", "verb", "weight", "weights")  # fmt: skip

    def __init__(
        self, verb: Verb[Any, Any], units: Sequence[Any], book: int, actor: str, caller: str,
        future: asyncio.Future[Any] | Future[Any], loop: asyncio.AbstractEventLoop | None,
    ) -> None:  # fmt: skip
        self.verb = verb
        self.units = units
        self.book = book
        self.actor = actor
        self.caller = caller
        self.future = future
        self.loop = loop
        self.at_ns = time.monotonic_ns()
        self.taken = 0
        self.left = len(units)
        self.results: list[Any] = [None] * len(units)
        self.errors: dict[int, Exception] = {}
        self.weights = None if verb.weight is None else [max(1, verb.weight(u)) for u in units]
        self.weight = len(units) if self.weights is None else sum(self.weights)

    def weighs(self, start: int, stop: int) -> int:
        """The items of the units from `start` to `stop`."""
        return stop - start if self.weights is None else sum(self.weights[start:stop])

    def fitting(self, room: int) -> int:
        """Up to which unit those not yet taken come to at most `room` items."""
        if self.weights is None:
            return min(self.taken + room, len(self.units))
        stop = self.taken
        while stop < len(self.units) and self.weights[stop] <= room:
            room -= self.weights[stop]
            stop += 1
        return stop

    def answer(self) -> None:
        """Tell the caller; called in its event loop, or from any thread for one that blocks."""
        if self.future.done():  # it was cancelled
            return
        with suppress(InvalidStateError):
            if not self.errors:
                self.future.set_result(self.results)
            elif len(self.errors) == len(self.units):
                self.future.set_exception(self.errors[0])
            else:
                self.future.set_exception(PartFailed(self.results, self.errors))


# Units of a submission that are in a batch: from where, up to where.
Slice = tuple[Submission, int, int]


class Track:
    """What waits for one verb in one book: a queue a caller, served in turn.

    Deficit round robin (Shreedhar and Varghese, 1995): at its turn a caller is credited with an
    equal share of the batch and may send units up to its credit; what a heavy unit lacks is kept.
    """

    def __init__(self) -> None:
        self._queues: dict[str, deque[Submission]] = {}
        self._turns: deque[str] = deque()
        self._credit: dict[str, int] = {}

    def add(self, submission: Submission) -> None:
        """Queue a submission behind the others of its caller."""
        queue = self._queues.get(submission.caller)
        if queue is None:
            self._queues[submission.caller] = deque((submission,))
            self._turns.append(submission.caller)
        else:
            queue.append(submission)

    def take(self, most: int) -> tuple[list[Slice], dict[str, int]]:
        """A batch of at most `most` items, or one heavier unit; and the items freed, by caller."""
        slices: list[Slice] = []
        freed: dict[str, int] = {}
        room, share = most, max(1, most // max(1, len(self._turns)))
        while self._turns and room > 0:
            caller = self._turns[0]
            queue = self._queues[caller]
            credit = self._credit.get(caller, 0) + share
            before = freed.get(caller, 0)
            spent, full = _serve(queue, credit, room, slices)
            room -= spent
            freed[caller] = before + spent + _sweep(queue)
            self._credit[caller] = credit - spent
            if full:
                break  # the next batch begins with this caller
            self._turns.popleft()
            if queue:
                self._turns.append(caller)
            else:
                del self._queues[caller], self._credit[caller]
        return slices, freed

    def __bool__(self) -> bool:
        return bool(self._turns)


def _sweep(queue: deque[Submission]) -> int:
    """Drop what stands first and nobody waits for any more; how many items that frees."""
    freed = 0
    while queue and queue[0].future.cancelled():
        gone = queue.popleft()
        freed += gone.weighs(gone.taken, len(gone.units))
    return freed


def _serve(
    queue: deque[Submission], credit: int, room: int, slices: list[Slice]
) -> tuple[int, bool]:
    """Put a caller's next units into the batch; their items, and whether no more has room."""
    spent = 0
    while queue and spent < room:
        first = queue[0]
        if first.future.cancelled():
            break
        start, stop = first.taken, first.fitting(min(credit, room) - spent)
        if start == stop:
            if first.weighs(start, start + 1) > credit - spent:
                break  # until it has saved up for it
            if slices:
                return spent, True
            stop = start + 1  # heavier than any batch: it goes alone
        spent += first.weighs(start, stop)
        slices.append((first, start, stop))
        first.taken = stop
        if stop == len(first.units):
            queue.popleft()
    return spent, False


def halves(part: list[Slice]) -> tuple[list[Slice], list[Slice]]:
    """A part of a batch as two, cut between units."""
    half = sum(stop - start for _, start, stop in part) // 2
    first: list[Slice] = []
    for place, (submission, start, stop) in enumerate(part):
        if stop - start >= half:
            cut = start + half
            first += [(submission, start, cut)] if half else []
            rest = [(submission, cut, stop)] if cut < stop else []
            return first, rest + part[place + 1 :]
        first.append((submission, start, stop))
        half -= stop - start
    raise AssertionError("unreachable")
