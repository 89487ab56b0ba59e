"""Verbs for the tests of the lane: on a table of numbers, once each in a book, none below zero."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from huoshui.core import columns
from huoshui.core.db import Database, Tx
from huoshui.core.lane import Lane, Verb


@contextmanager
def running(database: Database, **sizes: int) -> Iterator[Lane]:
    lane = Lane(database, **sizes).start()
    yield lane
    lane.stop()


def stored(database: Database, book: int) -> list[int]:
    """The numbers of a book."""
    with database.begin(book=book) as tx:
        rows = tx.tuples("SELECT n FROM lane_tried WHERE book = %(book)s ORDER BY n")
    return [n for (n,) in rows]


def insert(tx: Tx, units: list[int]) -> list[int]:
    query = "INSERT INTO lane_tried SELECT %(book)s, unnest(%(units)s)"
    tx.run(query, units=columns.integers(units))
    return [-unit for unit in units]


def insert_once(tx: Tx, units: list[int]) -> list[int]:
    query = "INSERT INTO lane_tried SELECT %(book)s, unnest(%(units)s) ON CONFLICT DO NOTHING"
    tx.run(query, units=columns.integers(units))
    return [-unit for unit in units]


def _decide(tx: Tx, units: list[int]) -> list[int]:
    if 666 in units:
        raise ZeroDivisionError("six hundred and sixty-six")
    return insert(tx, units)


INSERT = Verb("insert", insert)
DECIDE = Verb("decide", _decide)
ECHO: Verb[Any, Any] = Verb("echo", lambda tx, units: list(units))


class Gate:
    """A verb that notes its batches, and waits at the first until it is let on."""

    def __init__(self, weight: Callable[[Any], int] | None = None) -> None:
        self.batches: list[list[Any]] = []
        self.actors: list[str] = []
        self.reached, self.let_on = threading.Event(), threading.Event()
        self.verb: Verb[Any, Any] = Verb("gate", self._run, weight)

    def _run(self, tx: Tx, units: list[Any]) -> list[Any]:
        self.batches.append(units)
        self.actors.append(tx.actor)
        self.reached.set()
        assert self.let_on.wait(10)
        return units

    async def shut(self, lane: Lane) -> asyncio.Task[list[Any]]:
        """Submit what keeps the lane busy until `let_on`."""
        task = asyncio.create_task(lane.submit(self.verb, ["first"], caller="first"))
        await asyncio.to_thread(self.reached.wait, 10)
        return task


async def queued(lane: Lane, items: int) -> None:
    """Wait until so many items are queued."""
    async with asyncio.timeout(10):
        while lane.health().queued != items:  # noqa: ASYNC110 (the lane rings no bell for this)
            await asyncio.sleep(0.001)
