"""Due work: in due order on the world's clock, together where it can, alone where it must."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huoshui.core import work
from huoshui.core.clock import ClockBackwards
from huoshui.core.db import Database, Tx
from huoshui.core.errors import NotFound
from huoshui.core.work import ATTEMPTS_MAX, Item, WorkFailed
from tests.ground import DAY, HOUR, START, Ground


class Diary:
    """Work that notes what it was given, and fails for the keys told."""

    def __init__(self, *failing: str) -> None:
        self.failing, self.runs = set(failing), list[list[str]]()

    def run(self, tx: Tx, items: list[Item]) -> None:
        self.runs.append([item.key for item in items])
        tx.emit("work.done", ",".join(item.key for item in items))
        if any(item.key in self.failing for item in items):
            raise NotFound(kind="thing", id="x")


def put_off(database: Database, book: int, *items: tuple[str, str, timedelta]) -> None:
    """Put work off to moments after the world's time (before, where negative)."""
    with database.begin(book=book) as tx:
        for kind, key, after in items:
            tx.later(kind, key, tx.now + after)


def test_a_clock_that_moves_runs_work_in_due_order(market: Ground) -> None:
    put_off(market.database, 1, ("b", "2", DAY), ("a", "1", HOUR), ("b", "3", HOUR),
            ("a", "later", 5 * DAY), ("a", "0", HOUR))  # fmt: skip
    diary = Diary()
    kinds = {"a": diary.run, "b": diary.run, "payments.payout_due": lambda tx, items: None,
             "settlement.close_due": lambda tx, items: None}  # fmt: skip
    ran = work.advance(market.database, kinds, START + 2 * DAY)
    assert diary.runs == [["0", "1"], ["3"], ["2"]] and ran == 5
    with market.database.begin() as tx:
        assert tx.now == START + 2 * DAY
        told = tx.tuples("SELECT object, at FROM event ORDER BY at, object")
    assert told == [("0,1", START + HOUR), ("3", START + HOUR), ("2", START + DAY)]


def test_work_may_put_itself_off_again(market: Ground) -> None:
    seen: list[int] = []

    def again(tx: Tx, items: list[Item]) -> None:
        seen.append(1)
        tx.later("tick", "tock", tx.now + HOUR)

    put_off(market.database, 1, ("tick", "tock", HOUR))
    kinds = {"tick": again, "payments.payout_due": lambda tx, items: None,
             "settlement.close_due": lambda tx, items: None}  # fmt: skip
    work.advance(market.database, kinds, START + 5 * HOUR)
    assert len(seen) == 5


def test_a_moving_clock_stops_at_the_first_failure(market: Ground) -> None:
    put_off(market.database, 1, ("a", "fine", HOUR), ("a", "bad", 2 * HOUR), ("a", "on", 3 * HOUR))
    diary = Diary("bad")
    with pytest.raises(WorkFailed) as caught:
        work.advance(market.database, {"a": diary.run}, START + DAY)
    assert caught.value.facts["key"] == "bad" and "bad" in caught.value.detail("zh")
    with market.database.begin() as tx:
        assert tx.now == START + HOUR, "what came before is kept, the clock stands there"
        assert work.next_due(tx) == START + 2 * HOUR
    diary.failing.clear()
    work.advance(market.database, {"a": diary.run}, START + 3 * HOUR)
    assert diary.runs[-2:] == [["bad"], ["on"]]
    with pytest.raises(ClockBackwards), market.database.begin(now=START):
        pass


def test_in_real_time_a_failing_batch_is_run_one_by_one(sandbox: Database, book: int) -> None:
    put_off(sandbox, book, *((("a", key, -HOUR)) for key in "1234"))
    diary = Diary("3")
    work.drain(sandbox, {"a": diary.run}, book=book)
    assert diary.runs == [["1", "2", "3", "4"], ["1"], ["2"], ["3"], ["4"]]
    with sandbox.begin(book=book) as tx:
        told = sorted(o for (o,) in tx.tuples("SELECT object FROM event WHERE book = %(book)s"))
        left = tx.tuples("SELECT key, attempts, state, last_error FROM work WHERE book = %(book)s")
    assert told == ["1", "2", "4"], "the failed runs left no trace"
    assert [row[:3] for row in left] == [("3", 1, "due")] and "NotFound" in left[0][3]


def test_work_that_keeps_failing_waits_longer_and_is_given_up(sandbox: Database, book: int) -> None:
    put_off(sandbox, book, ("a", "bad", -HOUR))
    diary, waits = Diary("bad"), list[int]()
    for _ in range(ATTEMPTS_MAX + 1):
        work.drain(sandbox, {"a": diary.run}, book=book)
        with sandbox.begin(book=book) as tx:
            wait = tx.value("SELECT due_at FROM work WHERE book = %(book)s") - tx.now
            waits.append(round(wait.total_seconds()))
            tx.run("UPDATE work SET due_at = %(t)s WHERE book = %(book)s", t=tx.now - HOUR)
    assert len(diary.runs) == ATTEMPTS_MAX
    assert waits[:ATTEMPTS_MAX] == pytest.approx([30, 60, 120, 240, 480], abs=2)
    with sandbox.begin(book=book) as tx:
        assert tx.value("SELECT state FROM work WHERE book = %(book)s") == "dead"
        tx.later("a", "bad", tx.now - HOUR)
    diary.failing.clear()
    assert work.drain(sandbox, {"a": diary.run}, book=book) == 1, "putting it off again revives it"


def test_two_workers_never_do_the_same_work(sandbox: Database, book: int) -> None:
    put_off(sandbox, book, ("a", "1", -HOUR), ("a", "2", -HOUR))
    with sandbox.begin(book=book) as first, sandbox.begin(book=book) as second:
        assert len(work.claim(first, first.now)) == 2
        assert work.claim(second, second.now) == []


def test_another_books_work_is_left_alone(sandbox: Database, book: int) -> None:
    put_off(sandbox, book, ("a", "1", -HOUR))
    diary = Diary()
    assert work.drain(sandbox, {"a": diary.run}, book=book + 700_000) == 0
