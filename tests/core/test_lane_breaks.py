"""The lane when something breaks: the guilty alone fail, a lost connection is found again."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from huoshui.core import columns, db
from huoshui.core.db import Database, DatabaseGone, Tx
from huoshui.core.errors import Conflict
from huoshui.core.lane import Lane, PartFailed, Verb, turns, writer
from huoshui.core.lane.turns import Submission
from tests.core.lane_verbs import (
    DECIDE,
    ECHO,
    INSERT,
    Gate,
    insert,
    insert_once,
    queued,
    running,
    stored,
)

# What breaks


@pytest.mark.parametrize("guilty", [0, 1, 100, 399])
@pytest.mark.parametrize(
    ("verb", "poison", "error"),
    [
        (INSERT, -1, psycopg.errors.CheckViolation),
        (INSERT, 7_000, Conflict),
        (DECIDE, 666, ZeroDivisionError),
        (INSERT, "x", columns.WrongValue),
    ],
)
def test_one_guilty_unit_fails_alone(
    numbers: Database, book: int, verb: Any, poison: Any, error: type[Exception], guilty: int
) -> None:
    with numbers.begin(book=book) as tx:
        tx.run("INSERT INTO lane_tried VALUES (%(book)s, 7000)")
    units: list[Any] = [*range(1_000, 1_400)]
    units[guilty] = poison
    gate = Gate()

    async def main(lane: Lane) -> list[Any]:
        first = await gate.shut(lane)
        wishes = [
            asyncio.create_task(lane.submit(verb, [unit], book=book, caller=f"{n % 3}"))
            for n, unit in enumerate(units)
        ]
        await queued(lane, 400)
        gate.let_on.set()
        return await asyncio.gather(first, *wishes, return_exceptions=True)

    with running(numbers) as lane:
        answers = asyncio.run(main(lane))[1:]
        assert isinstance(answers.pop(guilty), error)
        innocent = [unit for unit in units if unit is not poison]
        assert answers == [[-unit] for unit in innocent]
        assert 1 < lane.health().bisected < 12
    assert stored(numbers, book) == [*innocent, 7_000]


def test_a_submission_that_failed_in_part_says_which(
    lane: Lane, numbers: Database, book: int
) -> None:
    with pytest.raises(PartFailed) as caught:
        lane.call(INSERT, [1, -2, 3, 4, -5], book=book)
    assert caught.value.results == [-1, None, -3, -4, None]
    assert set(caught.value.errors) == {1, 4}
    assert "2 of 5 units" in str(caught.value)
    assert stored(numbers, book) == [1, 3, 4]
    with pytest.raises(psycopg.errors.CheckViolation):
        lane.call(INSERT, [-1, -2], book=book)


def test_a_conflict_that_passes_is_not_seen(lane: Lane) -> None:
    tries: list[int] = []

    def run(tx: Tx, units: list[int]) -> list[int]:
        tries.append(len(units))
        if len(tries) < 9:
            raise Conflict()
        return units

    assert lane.call(Verb("fight", run), [1, 2, 3, 4]) == [1, 2, 3, 4]
    assert tries == [4] * 9
    assert (lane.health().retried, lane.health().bisected) == (8, 0)


def test_a_verb_that_loses_a_result_commits_nothing(
    lane: Lane, numbers: Database, book: int
) -> None:
    with pytest.raises(ValueError, match="lose: 0 results, 1 units"):
        lane.call(Verb("lose", lambda tx, units: insert(tx, units)[1:]), [1, 2], book=book)
    assert stored(numbers, book) == []


# A connection that is lost

_KILL = "SELECT pg_terminate_backend(pg_backend_pid())"


def _dying(after: bool, idempotent: bool) -> tuple[Verb[int, int], list[int]]:
    """A verb whose server process dies at its first run, before or after it has decided."""
    tries: list[int] = []

    def run(tx: Tx, units: list[int]) -> list[int]:
        tries.append(len(units))
        results = insert_once(tx, units)
        if len(tries) == 1:
            tx.run(_KILL) if after else tx.value(_KILL)
        return results

    return Verb("dying", run, idempotent=idempotent), tries


@pytest.mark.parametrize(("after", "idempotent"), [(False, False), (False, True), (True, True)])
def test_a_lost_connection_is_not_seen(
    lane: Lane, numbers: Database, book: int, after: bool, idempotent: bool
) -> None:
    verb, tries = _dying(after, idempotent)
    assert lane.call(verb, [1, 2], book=book) == [-1, -2]
    assert (tries, stored(numbers, book), lane.health().retried) == ([2, 2], [1, 2], 1)


def test_where_the_outcome_is_unknown_the_caller_is_told(lane: Lane, book: int) -> None:
    verb, tries = _dying(after=True, idempotent=False)
    with pytest.raises(DatabaseGone):
        lane.call(verb, [1, 2], book=book)
    assert tries == [2]
    assert lane.call(verb, [3], book=book) == [-3]  # there is a new connection


@contextmanager
def shut_out(database: Database) -> Iterator[None]:
    """No new connection to this database."""
    name = db.database_name(database.url)
    with db.admin(db.database_url(database.url, "postgres")) as execute:
        execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            yield
        finally:
            execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_a_server_that_comes_back_is_waited_for(lane: Lane, numbers: Database, book: int) -> None:
    verb, tries = _dying(after=True, idempotent=True)
    with ThreadPoolExecutor(1) as pool:
        with shut_out(numbers):
            answer = pool.submit(lane.call, verb, [1], book=book)
            time.sleep(0.3)
            assert not answer.done() and tries == [1]
        assert answer.result(10) == [-1]
    assert stored(numbers, book) == [1]


def test_a_server_that_stays_away_is_said_to_be_gone(
    lane: Lane, numbers: Database, book: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_GONE_S", 0)
    verb, _ = _dying(after=True, idempotent=True)
    with shut_out(numbers), pytest.raises(DatabaseGone):
        lane.call(verb, [1], book=book)
    assert lane.call(verb, [2], book=book) == [-2]


def test_halves_cut_between_units() -> None:
    def part(*sizes: int) -> list[Any]:
        units = [list(range(size)) for size in sizes]
        return [(Submission(ECHO, u, 1, "", "", Future(), None), 0, len(u)) for u in units]

    for sizes in ((1, 1), (2,), (5,), (1, 4), (4, 1), (3, 3, 3), (1, 1, 1), (7, 1, 2)):
        first, second = turns.halves(part(*sizes))
        lengths = [sum(stop - start for _, start, stop in half) for half in (first, second)]
        assert lengths == [sum(sizes) // 2, sum(sizes) - sum(sizes) // 2]
        assert all(start < stop for _, start, stop in first + second)


def test_deadlocked_lanes_both_end_well(numbers: Database, book: int) -> None:
    """Two processes' lanes whose verb locks rows in opposite orders."""
    with numbers.begin(book=book) as tx:
        tx.run("INSERT INTO lane_tried SELECT %(book)s, unnest(ARRAY[1, 2])")
    meet = threading.Barrier(2)

    def verb(rows: tuple[int, int]) -> Verb[int, int]:
        tries: list[int] = []

        def run(tx: Tx, units: list[int]) -> list[int]:
            query = "SELECT n FROM lane_tried WHERE book = %(book)s AND n = %(n)s FOR UPDATE"
            tries.append(1)
            tx.value(query, n=rows[0])
            if len(tries) == 1:
                meet.wait(10)
            tx.value(query, n=rows[1])
            return units

        return Verb("lock", run)

    with running(numbers) as one, running(numbers) as two, ThreadPoolExecutor(2) as pool:
        answers = [
            pool.submit(lane.call, verb(rows), [9], book=book)
            for lane, rows in ((one, (1, 2)), (two, (2, 1)))
        ]
        assert [answer.result(20) for answer in answers] == [[9], [9]]
        assert one.health().retried + two.health().retried >= 1
