"""The database and Python make the same bytes of every row that is sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core.db import Database
from huoshui.ledger.proof import leaf, merkle
from tests.ground import examples

SMALL, INT = st.integers(-(2**15), 2**15 - 1), st.integers(-(2**31), 2**31 - 1)
LONG = st.integers(-(2**63), 2**63 - 1)
IDS = st.uuids()
TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)
BYTES = st.binary(max_size=40)
MOMENT = st.datetimes(
    datetime(1971, 1, 1), datetime(2198, 1, 1), timezones=st.just(UTC)
)  # fmt: skip
KINDS: dict[Any, st.SearchStrategy[Any]] = {
    int: LONG, str: TEXT, UUID: IDS, datetime: MOMENT, bytes: BYTES, bool: st.booleans(),
}  # fmt: skip
NARROW = {"book": INT, "leg": SMALL, "kind": SMALL, "flags": SMALL, "timeout_s": INT | st.none(),
          "transfers": INT, "balances": INT, "root": st.binary(min_size=32, max_size=32),
          "public": st.binary(min_size=32, max_size=32)}  # fmt: skip


def rows(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Rows of a kind, every column anything that its type can hold."""
    drawn = {}
    for field in msgspec.structs.fields(kind):
        strategy = KINDS.get(field.type)
        if strategy is None:  # may be empty
            inner = next(t for t in field.type.__args__ if t is not type(None))
            strategy = KINDS[inner] | st.none()
        if not (kind is leaf.Account and field.name == "kind"):
            strategy = NARROW.get(field.name, strategy)
        drawn[field.name] = strategy
    return st.builds(kind, **drawn)


def in_database(database: Database, table: str, form: str, row: Any) -> bytes:
    """A row's bytes as the database makes them."""
    names = [field.rstrip("_") if field == "class_" else field for field in row.__struct_fields__]
    values = {
        name: f"\\x{value.hex()}" if isinstance(value, bytes) else value
        for name, value in zip(names, msgspec.structs.astuple(row), strict=True)
    }
    with database.begin() as tx:
        found: bytes = tx.value(
            f"SELECT {form}(json_populate_record(NULL::{table}, %(row)s::json))",
            row=msgspec.json.encode(values).decode(),
        )
    return found


@given(row=rows(leaf.Transfer))
@settings(max_examples=examples(60))
def test_transfers(sandbox: Database, row: leaf.Transfer) -> None:
    assert in_database(sandbox, "transfer", "transfer_form", row) == row.form


@given(row=rows(leaf.Account))
@settings(max_examples=examples(40))
def test_accounts(sandbox: Database, row: leaf.Account) -> None:
    assert in_database(sandbox, "account", "account_form", row) == row.form


@given(row=rows(leaf.Batch))
@settings(max_examples=examples(20))
def test_batches(sandbox: Database, row: leaf.Batch) -> None:
    assert in_database(sandbox, "batch_seal", "batch_form", row) == row.form


@given(row=rows(leaf.Key))
@settings(max_examples=examples(20))
def test_keys(sandbox: Database, row: leaf.Key) -> None:
    assert in_database(sandbox, "log_key", "key_form", row) == row.form


JSON = st.recursive(
    st.none() | st.booleans() | LONG | TEXT, lambda inner: st.lists(inner, max_size=3)
)


@given(row=rows(leaf.Event), data=st.dictionaries(TEXT, JSON, max_size=3))
@settings(max_examples=examples(40))
def test_events(sandbox: Database, row: leaf.Event, data: dict[str, Any]) -> None:
    """Of the data the bytes are PostgreSQL's own text of it."""
    text = msgspec.json.encode(data).decode()
    with sandbox.begin() as tx:
        stored = tx.value("SELECT %(text)s::jsonb::text", text=text)
        found = tx.value(
            """SELECT event_form(ROW(%(number)s::int, %(id)s::uuid, %(type)s, %(object)s,
                %(at)s::timestamptz, %(actor)s, %(text)s::jsonb)::event)""",
            number=row.book, id=row.id, type=row.type, object=row.object, at=row.at,
            actor=row.actor, text=text,
        )  # fmt: skip
    assert found == msgspec.structs.replace(row, data=stored).form


@given(kind=TEXT, ref=BYTES, digest=st.binary(min_size=32, max_size=32))
@settings(max_examples=examples(20))
def test_leaves_of_the_log(sandbox: Database, kind: str, ref: bytes, digest: bytes) -> None:
    with sandbox.begin() as tx:
        found = tx.value(
            """SELECT sha256('\\x00'::bytea
                || leaf_form(ROW(1, 2, %(kind)s, %(ref)s::bytea, %(digest)s::bytea)::log_leaf))""",
            kind=kind, ref=ref, digest=digest,
        )  # fmt: skip
    assert found == merkle.leaf_hash(leaf.envelope(kind, ref, digest))


@given(st.data())
@settings(max_examples=examples(40))
def test_no_two_rows_have_the_same_bytes(data: st.DataObject) -> None:
    """A text cannot run into the next one, nor an empty column into a full one."""
    first, second = data.draw(rows(leaf.Transfer)), data.draw(rows(leaf.Transfer))
    changed = data.draw(st.sampled_from(first.__struct_fields__))
    mixed = msgspec.structs.replace(first, **{changed: getattr(second, changed)})
    assert (mixed == first) == (mixed.form == first.form)


def test_a_form_stays_what_it_was() -> None:
    """The bytes of a sealed row never change: what was sealed years ago must verify."""
    row = leaf.Transfer(
        1, UUID(int=2), 3, 0, 0, UUID(int=4), UUID(int=5), 6, -6, 6, 7, 8,
        datetime(2026, 6, 18, tzinfo=UTC), datetime(2026, 6, 18, 1, tzinfo=UTC), 9, None, 10, None,
        None, UUID(int=11), "CNY", "split", "ord_参考", "system",
    )  # fmt: skip
    assert sha256(row.form).hexdigest() == (
        "bbcaf7c8da79b7996f30c16ce27ab53e6e1f26c6fe4a18c84fbfa166d31e683b"
    )
