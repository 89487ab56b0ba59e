"""The lane: one transaction for many callers, each with its own answer."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core.db import SYSTEM, Database, Tx
from huoshui.core.lane import Lane, LaneFull, LaneStopped, LaneTooLarge, Verb
from huoshui.core.lane.turns import Submission, Track
from tests import ground
from tests.core.lane_verbs import ECHO, INSERT, Gate, queued, running, stored

# Together, and each for itself


def test_each_gets_its_own_result_after_the_commit(
    lane: Lane, numbers: Database, book: int
) -> None:
    async def callers() -> list[list[int]]:
        wishes = (lane.submit(INSERT, [n], book=book, caller=f"c{n % 7}") for n in range(500))
        return await asyncio.gather(*wishes)

    assert asyncio.run(callers()) == [[-n] for n in range(500)]
    assert stored(numbers, book) == list(range(500))
    health = lane.health()
    assert (health.items, health.queued, health.refused, health.bisected) == (500, 0, 0, 0)
    assert health.batches < 100 and 1 <= health.batch_items.p50 <= health.batch_items.max <= 500
    assert 0 < health.flush_us.p50 <= health.flush_us.p95 <= health.flush_us.p99
    assert health.flush_us.p99 <= health.flush_us.max < 10_000_000
    assert 0 <= health.wait_us.p50 <= health.wait_us.max < 10_000_000


def test_callers_may_stand_in_several_loops_and_threads(
    lane: Lane, numbers: Database, book: int
) -> None:
    async def tasks(first: int) -> list[list[int]]:
        wishes = (lane.submit(INSERT, [n], book=book) for n in range(first, first + 100))
        return await asyncio.gather(*wishes)

    def blocking(first: int) -> list[list[int]]:
        return [lane.call(INSERT, [n], book=book) for n in range(first, first + 20)]

    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(asyncio.run, tasks(first)) for first in (0, 100, 200)]
        answers += [pool.submit(blocking, first) for first in (300, 320, 340)]
        got = [n for answer in answers for (n,) in answer.result(20)]
    assert got == [-n for n in range(360)]
    assert stored(numbers, book) == list(range(360))


def test_a_submission_of_nothing_is_answered_at_once(lane: Lane) -> None:
    assert asyncio.run(lane.submit(ECHO, [])) == lane.call(ECHO, []) == []
    assert lane.health().batches == 0


def test_a_large_submission_keeps_its_order_over_many_batches(numbers: Database, book: int) -> None:
    with running(numbers, batch_max=70) as lane:
        assert lane.call(INSERT, range(1000), book=book) == [-n for n in range(1000)]
        assert lane.health().batches == 15
        assert lane.health().batch_items.max == 70


def test_a_batch_is_of_one_verb_and_one_book(numbers: Database, book: int) -> None:
    other = ground.fresh_book()
    seen: list[tuple[str, int, list[int]]] = []

    def verb(name: str) -> Verb[int, int]:
        def run(tx: Tx, units: list[int]) -> list[int]:
            seen.append((name, tx.book, units))
            return units

        return Verb(name, run)

    a, b, gate = verb("a"), verb("b"), Gate()

    async def main(lane: Lane) -> None:
        first = await gate.shut(lane)
        wishes = [
            asyncio.create_task(lane.submit(which, [n], book=number))
            for n in range(3) for which in (a, b) for number in (book, other)
        ]  # fmt: skip
        await queued(lane, 12)
        gate.let_on.set()
        await asyncio.gather(first, *wishes)

    with running(numbers) as lane:
        asyncio.run(main(lane))
    expected = [(name, number, [0, 1, 2]) for name in "ab" for number in (book, other)]
    assert sorted(seen) == sorted(expected)


def test_the_actor_is_the_callers_where_they_have_one(lane: Lane) -> None:
    gate = Gate()
    gate.let_on.set()
    lane.call(gate.verb, ["x", "y"], actor="ann")

    async def two(*actors: str) -> None:
        gate.reached.clear()
        gate.let_on.clear()
        first = await gate.shut(lane)
        wishes = [asyncio.create_task(lane.submit(gate.verb, [a], actor=a)) for a in actors]
        await queued(lane, 2)
        gate.let_on.set()
        await asyncio.gather(first, *wishes)

    asyncio.run(two("ann", "ann"))
    asyncio.run(two("ann", "bob"))
    assert gate.actors == ["ann", SYSTEM, "ann", SYSTEM, SYSTEM]


def test_a_lone_command_goes_at_once(numbers: Database) -> None:
    with running(numbers, wait_ms=5_000) as lane:
        began = time.monotonic()
        for n in range(20):
            assert lane.call(ECHO, [n]) == [n]
        assert time.monotonic() - began < 4


# Units and their weight


def test_a_unit_is_never_cut_and_a_heavy_one_goes_alone(numbers: Database) -> None:
    gate = Gate(weight=len)

    async def main(lane: Lane) -> None:
        first = await gate.shut(lane)
        chains = ["aaaa", "bbbb", "cccc", "d" * 25, "ee", "f", ""]
        wish = asyncio.create_task(lane.submit(gate.verb, chains))
        await queued(lane, 41)
        gate.let_on.set()
        assert await wish == chains
        await first

    with running(numbers, batch_max=10) as lane:
        asyncio.run(main(lane))
        assert gate.batches[1:] == [["aaaa", "bbbb"], ["cccc"], ["d" * 25], ["ee", "f", ""]]
        assert lane.health().batch_items.max == 25


@settings(max_examples=ground.examples(60))
@given(data=st.data(), most=st.integers(1, 20))
def test_turns_are_fair_and_lose_nothing(data: st.DataObject, most: int) -> None:
    """Every unit goes once, in its caller's order; no caller waits for more than its share."""
    weights = st.lists(st.integers(1, 30), min_size=1, max_size=12)
    wishes = data.draw(st.lists(st.tuples(st.sampled_from("abcd"), weights), max_size=8))
    verb: Verb[Any, Any] = Verb("v", lambda tx, units: units, weight=lambda unit: unit[1])
    track = Track()
    waiting: dict[str, list[Any]] = {name: [] for name in "abcd"}
    for number, (caller, listed) in enumerate(wishes):
        units = [((number, place), weight) for place, weight in enumerate(listed)]
        track.add(Submission(verb, units, 1, "", caller, Future(), None))
        waiting[caller] += units
    total, batches = sum(w for units in waiting.values() for _, w in units), 0
    while track:
        slices, freed = track.take(most)
        taken: dict[str, list[Any]] = {}
        for submission, start, stop in slices:
            taken.setdefault(submission.caller, []).extend(submission.units[start:stop])
        weight = sum(w for units in taken.values() for _, w in units)
        assert weight <= most or sum(map(len, taken.values())) == 1
        assert weight == sum(freed.values())
        for caller, units in taken.items():
            assert waiting[caller][: len(units)] == units
            del waiting[caller][: len(units)]
        batches += 1
        assert batches <= 10 * (1 + total)
    assert not any(waiting.values())


def test_a_large_caller_does_not_delay_small_ones(numbers: Database) -> None:
    batches: list[list[Any]] = []

    def run(tx: Tx, units: list[Any]) -> list[Any]:
        batches.append(units)
        tx.value("SELECT 1")
        return units

    verb = Verb("note", run)
    seen: dict[str, int] = {}

    async def main(lane: Lane) -> None:
        large = asyncio.create_task(lane.submit(verb, range(100_000), caller="large"))
        smalls = []
        for n in range(30):
            await asyncio.sleep(0.002)
            seen[f"small {n}"] = len(batches)
            smalls.append(asyncio.create_task(lane.submit(verb, [f"small {n}"], caller=f"s{n}")))
            await asyncio.sleep(0)
        await asyncio.gather(large, *smalls)

    with running(numbers, batch_max=100, queue_max=300_000) as lane:
        asyncio.run(main(lane))
    places = {unit: place for place, units in enumerate(batches) for unit in units}
    # The one under way, one that was cut just then, and its own.
    assert max(places[name] - before for name, before in seen.items()) <= 2
    assert max(places[name] for name in seen) < places[99_999]
    assert [u for units in batches for u in units if u not in seen] == [*range(100_000)]


# Bounds


def test_a_full_queue_refuses_and_keeps_nothing(numbers: Database) -> None:
    gate = Gate()

    async def main(lane: Lane) -> None:
        first = await gate.shut(lane)
        mine = asyncio.create_task(lane.submit(gate.verb, range(5), caller="a"))
        await queued(lane, 5)
        with pytest.raises(LaneFull):  # no caller holds more than half
            await lane.submit(gate.verb, ["x"], caller="a")
        others = asyncio.create_task(lane.submit(gate.verb, range(4), caller="b"))
        await queued(lane, 9)
        with pytest.raises(LaneFull) as caught:
            await lane.submit(gate.verb, ["x", "y"], caller="c")
        assert caught.value.status == 429 and caught.value.facts["retry_after_s"] >= 1
        assert "9" in caught.value.detail("en") and caught.value.detail("zh")
        with pytest.raises(LaneTooLarge, match="lane_too_large") as large:
            await lane.submit(gate.verb, range(6), caller="d")
        assert large.value.facts == {"items": 6, "most": 5}
        assert (lane.health().queued, lane.health().refused) == (9, 3)
        gate.let_on.set()
        answers = await asyncio.gather(first, mine, others)
        assert [*answers] == [["first"], [*range(5)], [*range(4)]]
        assert await lane.submit(gate.verb, range(5), caller="a") == [*range(5)]

    with running(numbers, queue_max=10) as lane:
        asyncio.run(main(lane))


def test_what_is_cancelled_disturbs_nobody(lane: Lane) -> None:
    gate = Gate()

    async def main() -> None:
        first = await gate.shut(lane)
        names = ("b", "c", "d", "c", "e")
        tasks = [asyncio.create_task(lane.submit(gate.verb, [n, n], caller=n)) for n in names]
        await queued(lane, 10)
        first.cancel()
        tasks[1].cancel(), tasks[4].cancel()
        await asyncio.sleep(0)
        gate.let_on.set()
        answers = await asyncio.gather(first, *tasks, return_exceptions=True)
        assert [a if isinstance(a, list) else type(a) for a in answers] == [
            asyncio.CancelledError, ["b", "b"], asyncio.CancelledError, ["d", "d"], ["c", "c"],
            asyncio.CancelledError,
        ]  # fmt: skip
        await queued(lane, 0)

    asyncio.run(main())
    done = [unit for batch in gate.batches for unit in batch]
    assert sorted(done) == ["b", "b", "c", "c", "d", "d", "first"]  # what had not begun was not


def test_a_loop_that_is_gone_disturbs_nobody(lane: Lane) -> None:
    gate = Gate()

    async def leave() -> None:
        await gate.shut(lane)

    asyncio.run(leave())
    gate.let_on.set()
    assert lane.call(ECHO, [1]) == [1]


# The end


def test_stopping_does_what_waits_and_takes_nothing_more(numbers: Database, book: int) -> None:
    with running(numbers, batch_max=50) as lane:

        async def main() -> list[Any]:
            wishes = [asyncio.create_task(lane.submit(INSERT, [n], book=book)) for n in range(1000)]
            await asyncio.sleep(0.01)
            await asyncio.to_thread(lane.stop)
            with pytest.raises(LaneStopped):
                await lane.submit(INSERT, [9999], book=book)
            return await asyncio.gather(*wishes)

        assert asyncio.run(main()) == [[-n] for n in range(1000)]
        assert stored(numbers, book) == list(range(1000))


def test_what_cannot_be_done_in_time_is_refused(numbers: Database, book: int) -> None:
    gate = Gate()

    async def main(lane: Lane) -> None:
        first = await gate.shut(lane)
        wish = asyncio.create_task(lane.submit(INSERT, [1], book=book))
        await queued(lane, 1)
        stopping = asyncio.create_task(asyncio.to_thread(lane.stop, 0))
        await asyncio.sleep(0.05)
        gate.let_on.set()
        with pytest.raises(LaneStopped):
            await wish
        assert await first == ["first"]
        await stopping

    with running(numbers) as lane:
        asyncio.run(main(lane))
    assert stored(numbers, book) == []


def test_a_lane_that_never_started_can_be_stopped(numbers: Database) -> None:
    lane = Lane(numbers)
    lane.stop()
    with pytest.raises(LaneStopped):
        lane.call(ECHO, [1])
