"""Columns on the wire: what is written in binary comes back as it was, whatever its type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huoshui.core import columns, db
from huoshui.core.columns import Column, WrongValue
from huoshui.core.db import Database
from tests import ground

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=3.5))])
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def integer(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


KINDS: dict[str, tuple[Callable[[Any], Column], st.SearchStrategy[Any]]] = {
    "smallint": (columns.smallints, integer(16)),
    "integer": (columns.integers, integer(32)),
    "bigint": (columns.bigints, integer(64)),
    "uuid": (columns.uuids, st.uuids()),
    "text": (columns.texts, TEXT),
    "timestamptz": (columns.times, TIMES),
    "date": (columns.dates, st.dates()),
    "boolean": (columns.booleans, st.booleans()),
    "bytea": (columns.byteas, st.binary(max_size=20)),
    "jsonb": (columns.jsonbs, JSON),
}
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "json": JSON,
    "varchar(30)": TEXT,
    "numeric": st.decimals(allow_infinity=False, allow_nan=False, places=6),
    "text[]": st.lists(TEXT | st.none(), max_size=4),
    "bigint[]": st.lists(integer(64), max_size=4),
    "bytea[]": st.lists(st.binary(max_size=5), max_size=4),
    "double precision": st.floats(allow_nan=False),
    "inet": st.ip_addresses(v=4),
}


@pytest.fixture(scope="module")
def ground_table(sandbox: Database) -> Iterator[Database]:
    """A table with a column of each type, in the order of KINDS and OTHERS."""
    types = [*KINDS, *OTHERS]
    listed = ", ".join(f"c{place} {name}" for place, name in enumerate(types))
    with db.admin(sandbox.url) as execute:
        execute(f"CREATE TABLE columns_tried (n integer, {listed})")
    yield sandbox
    with db.admin(sandbox.url) as execute:
        execute("DROP TABLE columns_tried")


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=ground.examples(40))
@given(data=st.data())
def test_an_array_comes_back_as_it_was(sandbox: Database, name: str, data: st.DataObject) -> None:
    make, values = KINDS[name]
    # Few distinct values, many distinct values, one only, none at all.
    pool = data.draw(st.lists(values | st.none(), max_size=6))
    given_ = data.draw(st.lists(st.sampled_from(pool), max_size=30)) if pool else []
    with sandbox.begin() as tx:
        found = tx.tuples("SELECT unnest(%(values)s)", values=make(given_))
        kind = tx.value("SELECT pg_typeof(%(values)s)::text", values=make(given_))
    assert kind == ("timestamp with time zone" if name == "timestamptz" else name) + "[]"
    assert [value for (value,) in found] == given_


@pytest.mark.parametrize("place", range(len(KINDS) + len(OTHERS)))
@settings(max_examples=ground.examples(15))
@given(data=st.data())
def test_what_is_appended_stands(ground_table: Database, place: int, data: st.DataObject) -> None:
    values = [*(made for _, made in KINDS.values()), *OTHERS.values()][place]
    given_ = data.draw(st.lists(values | st.none(), max_size=8))
    with ground_table.begin() as tx:
        tx.run("DELETE FROM columns_tried")
        tx.append("columns_tried", ("n", f"c{place}"), enumerate(given_))
        found = tx.tuples(f"SELECT c{place} FROM columns_tried ORDER BY n")
    assert [value for (value,) in found] == given_


@given(values=st.lists(integer(64), min_size=1))
@example(values=[0] * 10_000)
@example(values=list(range(10_000)))
def test_numbers_are_written_the_same_with_and_without_null(values: list[int]) -> None:
    plain, mixed = columns.bigints(values), columns.bigints([*values, None])
    assert mixed.content[20:] == plain.content[20:] + b"\xff" * 4


def test_the_ends_of_time_are_kept(sandbox: Database) -> None:
    with sandbox.begin() as tx:
        for array in (columns.times, columns.dates):
            found = tx.tuples(
                "SELECT v::text FROM unnest(%(values)s) v", values=array(["infinity", "-infinity"])
            )
            assert found == [("infinity",), ("-infinity",)]


def test_a_char_column_still_sees_to_its_length(sandbox: Database, book: int) -> None:
    names = ("book", "slug", "name", "currency", "time_zone")
    row = (ground.fresh_book(), f"book-x{book}", "x", "CNYX", "UTC")
    with pytest.raises(Exception, match="too long"), sandbox.begin(book=book) as tx:
        tx.append("book", names, [row])


def test_what_the_table_knows_by_itself_needs_no_value(sandbox: Database, book: int) -> None:
    names = ("book", "slug", "name", "currency", "time_zone")
    row = (number := ground.fresh_book(), f"book-{number}", "x", "CNY", "UTC")
    with sandbox.begin(book=book) as tx:
        tx.append("book", names, [row])
        tx.append("book", names, [])
        assert tx.value("SELECT generated FROM book WHERE book = %(n)s", n=number) is False


@pytest.mark.parametrize(
    ("make", "values", "said"),
    [
        (columns.bigints, [1, "2"], r"no bigint: '2' \(str\) in row 1"),
        (columns.bigints, [1, None, 2**63], r"no bigint: 9223372036854775808 \(int\) in row 2"),
        (columns.bigints, [1.5, 2.5], r"no bigint: 1.5 \(float\) in row 0"),
        (columns.smallints, [2**15] * 3, r"no smallint: 32768 \(int\) in row 0"),
        (columns.integers, [1, Decimal(2)], r"no integer: Decimal\('2'\) \(Decimal\) in row 1"),
        (columns.uuids, [uuid4(), "x"], r"no uuid: 'x' \(str\) in row 1"),
        (columns.texts, ["a", 1], r"no text: 1 \(int\) in row 1"),
        (columns.texts, ["a", b"b"], r"no text: b'b' \(bytes\) in row 1"),
        (columns.texts, ["a", ["b"]], r"no text: \['b'\] \(list\) in row 1"),
        (columns.times, [datetime(2025, 1, 1)], r"no timestamptz: datetime.datetime\(2025"),
        (columns.times, ["tomorrow"], r"no timestamptz: 'tomorrow' \(str\) in row 0"),
        (columns.dates, [date(2025, 1, 1), 5], r"no date: 5 \(int\) in row 1"),
        (columns.booleans, [True, "f"], r"no boolean: 'f' \(str\) in row 1"),
        (columns.byteas, [b"a", "b"], r"no bytea: 'b' \(str\) in row 1"),
        (columns.jsonbs, [1, {"a": object()}], r"no jsonb: {'a': <object .* \(dict\) in row 1"),
    ],
)
def test_a_value_of_another_type_is_named(
    make: Callable[[Any], Column], values: list[Any], said: str
) -> None:
    with pytest.raises(WrongValue, match=said):
        make(values)


def test_a_wrong_value_is_named_with_its_table_and_column(ground_table: Database) -> None:
    with pytest.raises(WrongValue, match=r"columns_tried\.n: no integer: 'x' \(str\) in row 1"):
        with ground_table.begin() as tx:
            tx.append("columns_tried", ("n", "c0"), [(1, 2), ("x", 3)])


def test_rows_of_unequal_length_are_refused(ground_table: Database) -> None:
    with pytest.raises(ValueError, match="zip"), ground_table.begin() as tx:
        tx.append("columns_tried", ("n", "c0"), [(1, 2), (1,)])
    with pytest.raises(ValueError, match="zip"), ground_table.begin() as tx:
        tx.append("columns_tried", ("n", "c0"), [(1,), (1,)])


def test_a_column_that_was_added_is_found(ground_table: Database) -> None:
    with ground_table.begin() as tx:
        tx.append("columns_tried", ("n",), [(7,)])
        tx.run("ALTER TABLE columns_tried ADD COLUMN added text")
        tx.append("columns_tried", ("n", "added"), [(8, "x")])
        assert tx.value("SELECT added FROM columns_tried WHERE n = 8") == "x"


def test_a_large_statement_is_waited_for(ground_table: Database) -> None:
    """More than the socket takes at once, then a sync: of a count, and of a savepoint."""
    rows = [(n, f"{n:0200}") for n in range(20_000)]
    place = list(KINDS).index("text")
    with ground_table.begin() as tx:
        tx.append("columns_tried", ("n", f"c{place}"), rows)
        with tx.savepoint():
            tx.append("columns_tried", ("n", f"c{place}"), rows)
        tx.append("columns_tried", ("n", f"c{place}"), rows)
        assert tx.count("DELETE FROM columns_tried WHERE n >= 0") >= 60_000


def test_a_float_travels_exactly(ground_table: Database) -> None:
    place = len(KINDS) + list(OTHERS).index("double precision")
    with ground_table.begin() as tx:
        tx.run("DELETE FROM columns_tried")
        tx.append("columns_tried", (f"c{place}",), [(math.inf,), (0.1 + 0.2,)])
        found = tx.tuples(f"SELECT c{place} FROM columns_tried ORDER BY 1")
    assert found == [(0.1 + 0.2,), (math.inf,)]


def test_an_empty_list_of_ids_finds_nothing(sandbox: Database) -> None:
    with sandbox.begin() as tx:
        query = "SELECT count(*) FROM event WHERE id = ANY(%(ids)s)"
        assert tx.value(query, ids=columns.uuids([])) == 0
        some = columns.uuids([UUID(int=0), None])
        assert tx.value("SELECT %(ids)s = ARRAY[%(zero)s, NULL]", ids=some, zero=UUID(int=0))
