"""Transactions: all or nothing, savepoints, conflicts repeated, the world's clock."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta

import msgspec
import psycopg
import pytest

from huoshui.core import db, events
from huoshui.core.clock import ClockBackwards
from huoshui.core.db import Database, DatabaseGone, Tx
from huoshui.core.errors import Conflict
from tests.ground import DAY, HOUR, START, Ground


class Row(msgspec.Struct):
    """Two columns."""

    a: int
    b: str


def kinds(tx: Tx) -> list[str]:
    """The types of the book's events, oldest first."""
    return [event.type for event in reversed(events.page(tx))]


def test_rows_are_typed_and_the_book_is_always_given(tx: Tx) -> None:
    rows = tx.rows(Row, "SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS t (a, b) ORDER BY a")
    assert rows == [Row(1, "x"), Row(2, "y")]
    assert tx.row(Row, "SELECT 1 AS a, 'x' AS b WHERE false") is None
    assert tx.value("SELECT %(book)s::int") == tx.book
    assert tx.count("SELECT 1 WHERE false") == 0


@pytest.mark.parametrize("rows", [1, 4_000, 16_000])
def test_a_commit_ends_whatever_the_size_of_the_last_statement(
    sandbox: Database, book: int, rows: int
) -> None:
    """What does not fit the socket at once has left before the commit is sent, or both sides wait."""
    with sandbox.begin(book=book) as tx:
        tx.run("CREATE TABLE IF NOT EXISTS large (book integer, a text)")
    with sandbox.begin(book=book) as tx:
        tx.append("large", ("book", "a"), [(book, "x" * 1_000)] * rows)
    with sandbox.begin(book=book) as tx:
        assert tx.value("SELECT count(*) FROM large WHERE book = %(book)s") == rows
        tx.run("DROP TABLE large")


def test_an_exception_undoes_everything(sandbox: Database, book: int) -> None:
    with pytest.raises(ZeroDivisionError), sandbox.begin(book=book) as tx:
        tx.emit("thing.happened", "x")
        tx.later("kind", "key", tx.now)
        tx.flush()
        raise ZeroDivisionError
    with sandbox.begin(book=book) as tx:
        assert kinds(tx) == [] and tx.value("SELECT count(*) FROM work WHERE book = %(book)s") == 0


def test_a_savepoint_undoes_what_was_emitted_and_put_off_within(
    sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        tx.emit("a.kept", "x")
        with pytest.raises(psycopg.errors.DivisionByZero), tx.savepoint():
            tx.emit("b.undone", "x")
            tx.later("kind", "undone", tx.now)
            tx.value("SELECT 1 / 0")
        with tx.savepoint():
            tx.emit("c.kept", "x")
            tx.later("kind", "kept", tx.now)
        assert tx.earliest_later == tx.now
    with sandbox.begin(book=book) as tx:
        assert sorted(kinds(tx)) == ["a.kept", "c.kept"]
        assert tx.value("SELECT string_agg(key, ',') FROM work WHERE book = %(book)s") == "kept"


def test_putting_off_again_moves_the_first(sandbox: Database, book: int) -> None:
    for days in (1, 2, 3):
        with sandbox.begin(book=book) as tx:
            tx.later("kind", "key", START, n=0)
            tx.later("kind", "key", START + days * DAY, n=days)
    with sandbox.begin(book=book) as tx:
        rows = tx.tuples("SELECT due_at, payload FROM work WHERE book = %(book)s")
        assert rows == [(START + 3 * DAY, {"n": 3})]


def test_a_conflict_is_repeated_until_it_is_won(sandbox: Database, book: int) -> None:
    tries = []

    def insert(tx: Tx) -> int:
        tries.append(1)
        if len(tries) < 3:
            tx.run("INSERT INTO idempotency VALUES (%(book)s, 'k', '', 200, '', now())")
            tx.run("INSERT INTO idempotency VALUES (%(book)s, 'k', '', 200, '', now())")
        return len(tries)

    assert sandbox.run(insert, book=book) == 3


def test_a_conflict_that_stays_is_raised(sandbox: Database, book: int) -> None:
    def insert(tx: Tx) -> None:
        tx.run("INSERT INTO book SELECT * FROM book WHERE book = %(book)s")

    with pytest.raises(Conflict) as caught:
        sandbox.run(insert, book=book)
    assert caught.value.facts["constraint"] == "book_pkey"


def test_deadlocked_writers_both_end_well(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        tx.run("""INSERT INTO work (book, id, kind, key, due_at, payload)
            SELECT %(book)s, gen_random_uuid(), 'k', n::text, now(), '{}'
            FROM generate_series(1, 2) n""")
    meet = threading.Barrier(2)
    ended: list[str] = []

    def write(first: str, second: str) -> None:
        waited: list[bool] = []

        def touch(tx: Tx) -> None:
            query = "UPDATE work SET attempts = attempts + 1 WHERE book = %(book)s AND key = %(k)s"
            tx.run(query, k=first)
            if not waited:
                waited.append(True)
                meet.wait(10)
            tx.run(query, k=second)

        sandbox.run(touch, book=book)
        ended.append(first)

    threads = [threading.Thread(target=write, args=pair) for pair in (("1", "2"), ("2", "1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ended) == ["1", "2"]
    with sandbox.begin(book=book) as tx:
        assert tx.tuples("SELECT attempts FROM work WHERE book = %(book)s") == [(2,), (2,)]


def test_a_simulated_clock_moves_forward_only_and_with_the_commit(market: Ground) -> None:
    with market.database.begin() as tx:
        assert tx.now == START and tx.simulated
    with market.database.begin(now=START + DAY) as tx:
        assert tx.now == START + DAY
    with pytest.raises(ZeroDivisionError), market.database.begin(now=START + 2 * DAY):
        raise ZeroDivisionError
    with market.database.begin() as tx:
        assert tx.now == START + DAY
    with pytest.raises(ClockBackwards) as caught, market.database.begin(now=START):
        pass
    assert caught.value.detail("en")


def test_a_sandboxs_clock_ticks_and_can_be_advanced(sandbox: Database) -> None:
    with sandbox.begin() as tx:
        before, simulated = tx.now, tx.simulated
    assert not simulated
    with sandbox.begin(now=before + HOUR) as tx:
        assert abs(tx.now - before - HOUR) < timedelta(seconds=2)
    with sandbox.begin() as tx:
        assert tx.now - before >= HOUR - timedelta(seconds=2)


def test_a_database_that_is_not_there_is_said_to_be_gone(main_url: str) -> None:
    with pytest.raises(DatabaseGone):
        with db.admin(db.database_url(main_url, "nowhere")):
            pass


def test_a_value_too_large_for_an_index_is_no_loss_of_the_server(
    sandbox: Database, book: int
) -> None:
    with pytest.raises(psycopg.errors.ProgramLimitExceeded), sandbox.begin(book=book) as tx:
        tx.emit(secrets.token_hex(20_000), "x")


def test_events_page_by_object_kind_and_cursor(tx: Tx) -> None:
    for number in range(4):
        tx.emit("a.done" if number % 2 else "b.done", f"x{number % 2}", n=number)
        tx.flush()
    assert [e.data["n"] for e in events.page(tx, kind="a.done")] == [3, 1]
    assert [e.data["n"] for e in events.page(tx, object_id="x0")] == [2, 0]
    first = events.page(tx, limit=3)
    assert len(events.page(tx, after=first[-1].id)) == 1


def test_events_are_append_only(market: Ground) -> None:
    with market.database.begin() as tx:
        tx.emit("a.done", "x")
    for statement in ("UPDATE event SET type = 'x'", "DELETE FROM event", "TRUNCATE event"):
        with db.admin(market.database.url) as execute:
            with pytest.raises(psycopg.errors.IntegrityError):
                execute(statement)
