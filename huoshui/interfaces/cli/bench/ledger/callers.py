"""Many callers, each sending one transfer and waiting for its answer: a closed loop on the lane."""

from __future__ import annotations

import asyncio
import gc
import itertools
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

import msgspec

from huoshui.core.db import Database
from huoshui.core.lane import Lane
from huoshui.interfaces.cli.bench.ledger import books
from huoshui.ledger import Transaction
from huoshui.ledger.lane import POSTING

Load = Callable[[], Iterator[Transaction]]

_MOST_PER_S = 30_000  # commands that are ready; a lane that took them all would end early
LOADS: dict[str, Load] = {"hot": books.hot, "uniform": books.uniform}


class Loop(msgspec.Struct, frozen=True):
    """What came of it: transfers, seconds, and how long each caller waited."""

    transfers: int
    seconds: float
    waits_s: list[float]

    @property
    def per_s(self) -> float:
        """Transfers a second."""
        return self.transfers / self.seconds


def loop(url: str, book: int, load: str, callers: int, seconds: float) -> Loop:
    """Callers on one lane of this process, for so long.

    Their commands are made beforehand: what a caller does before it calls is its own time.
    """
    made = list(itertools.islice(LOADS[load](), round(seconds * _MOST_PER_S)))
    gc.freeze()  # what was made beforehand is not the collector's to walk through
    with asyncio.Runner(loop_factory=event_loop) as runner:
        return runner.run(_loop(Database(url), book, iter(made), callers, seconds))


def event_loop() -> asyncio.AbstractEventLoop:
    """The event loop that the server runs on: the one that uvicorn takes up where it is there."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def many(url: str, book: int, load: str, callers: int, seconds: float, processes: int) -> Loop:
    """The same from several processes at once, each with a lane and its share of the callers."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        share = callers // processes
        running = [pool.submit(loop, url, book, load, share, seconds) for _ in range(processes)]
        done = [each.result() for each in running]
    waits = [wait for each in done for wait in each.waits_s]
    return Loop(sum(each.transfers for each in done), max(each.seconds for each in done), waits)


async def _loop(
    database: Database, book: int, load: Iterator[Transaction], callers: int, seconds: float
) -> Loop:
    lane = Lane(database).start()
    waits: list[float] = []
    started = time.perf_counter()
    until = started + seconds

    async def call(name: str) -> None:
        while (asked := time.perf_counter()) < until:
            command = next(load, None)
            if command is None:
                return
            [[result]] = await lane.submit(POSTING, [(command,)], book=book, caller=name)
            result.demand()
            waits.append(time.perf_counter() - asked)

    try:
        await asyncio.gather(*(call(str(number)) for number in range(callers)))
        return Loop(len(waits), time.perf_counter() - started, waits)
    finally:
        lane.stop()
