"""Many callers, each sending one transfer and waiting for its answer: a closed loop on the lane."""

from __future__ import annotations

import asyncio
import multiprocessing
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
    """Callers on one lane of this process, for so long."""
    return asyncio.run(_loop(Database(url), book, LOADS[load](), callers, seconds))


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
            [[result]] = await lane.submit(POSTING, [(next(load),)], book=book, caller=name)
            result.demand()
            waits.append(time.perf_counter() - asked)

    try:
        await asyncio.gather(*(call(str(number)) for number in range(callers)))
        return Loop(len(waits), time.perf_counter() - started, waits)
    finally:
        lane.stop()
