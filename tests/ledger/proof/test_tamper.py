"""A row that is changed by hand is named: every column of every sealed table, rows gone or added."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from huoshui.core import access
from huoshui.core.db import Database
from huoshui.core.ids import show
from huoshui.ledger import proof
from tests import ground
from tests.ledger.proof.books import Hand, furnished

# Of each sealed table its key, and how verification shows it.
TABLES = {
    "transfer": ("id", "leg"),
    "event": ("id",),
    "account": ("id",),
    "batch_seal": ("batch",),
    "log_leaf": ("leaf_index",),
    "log_node": ("level", "node_index"),
    "checkpoint": ("size",),
    "log_key": ("from_size",),
}
PREFIX = {"transfer": "txn", "event": "evt", "account": "acc"}
COLUMNS = {
    "transfer": (
        "book", "leg", "kind", "amount", "id", "from_id", "to_id", "from_after", "to_after",
        "from_version", "to_version", "effective_at", "recorded_at", "batch", "flags", "currency",
        "template", "reference", "actor", "from_held", "to_held", "timeout_s", "hold_id",
        "reverses",
    ),
    "event": ("book", "id", "type", "object", "at", "actor", "data"),
    "account": (
        "book", "id", "path", "currency", "kind", "class", "floor", "ceiling", "held_out", "out_",
        "held_in", "in_", "version", "opened_at", "closed", "moved_at",
    ),
    "batch_seal": ("book", "batch", "transfers", "balances", "root", "marks"),
    "log_leaf": ("book", "leaf_index", "kind", "ref", "digest"),
    "log_node": ("book", "level", "node_index", "hash"),
    "checkpoint": ("book", "size", "note"),
    "log_key": ("book", "from_size", "name", "public", "made_at"),
}  # fmt: skip
CASES = [(table, column) for table, names in COLUMNS.items() for column in names]
_BYTE = "set_byte({0}, 0, get_byte({0}, 0) # 1)"
CHANGED = {
    "integer": "coalesce({0}, 0) + 1",
    "smallint": "coalesce({0}, 0) + 1",
    "bigint": "coalesce({0}, 0) + 1",
    "text": "{0} || 'x'",
    "bytea": _BYTE,
    "boolean": "NOT {0}",
    "jsonb": "{0} || '{{\"more\": 1}}'",
    "uuid": "CASE WHEN {0} IS NULL THEN gen_random_uuid() ELSE"
    " encode(set_byte(uuid_send({0}), 15, get_byte(uuid_send({0}), 15) # 1), 'hex')::uuid END",
    "timestamp with time zone": "{0} + interval '1 microsecond'",
}
# Where another value is needed to pass the table's own checks, or to stay clear of other rows.
OWN = {
    ("transfer", "effective_at"): "{0} - interval '1 microsecond'",
    ("transfer", "leg"): "{0} + 7",
    ("account", "class"): "CASE {0} WHEN 'asset' THEN 'equity' ELSE 'asset' END",
    ("account", "out_"): "{0} + CASE WHEN in_ - {0} - held_out > floor IS FALSE THEN -1 ELSE 1 END",
    ("account", "floor"): "coalesce({0}, -99999999) - 1",
    ("account", "ceiling"): "coalesce({0}, 99999999) + 1",
    ("batch_seal", "batch"): "{0} + 1000000",
    ("log_leaf", "leaf_index"): "{0} + 1000000",
    ("log_node", "node_index"): "{0} + 1000000",
    ("checkpoint", "size"): "{0} + 1000000",
    ("log_key", "from_size"): "{0} + 1000000",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proof")


@pytest.fixture(scope="module")
def chance() -> Random:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return Random(seed)


@pytest.fixture(scope="module")
def hand(sandbox: Database, home: Path, chance: Random) -> Iterator[Hand]:
    number = ground.fresh_book()
    with sandbox.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
    furnished(sandbox, number, home, chance)
    found = proof.verify(sandbox, number=number)
    assert found.holds, found.faults
    assert found.unsealed.transfers and found.leaves > 32 and len(found.keys) == 2
    yield Hand(sandbox, number)
    assert proof.verify(sandbox, number=number).holds


def sealed(hand: Hand, table: str) -> str:
    """A condition that leaves out what still waits for the sealer."""
    if table == "transfer":
        return f"batch IN (SELECT batch FROM batch_seal WHERE book = {hand.number})"
    if table in ("event", "account"):
        return (
            f"id NOT IN (SELECT unnest(ids) FROM unsealed WHERE kind = '{table}'"
            f" AND book = {hand.number})"
        )
    return "true"


def pick(hand: Hand, chance: Random, table: str) -> tuple[object, ...]:
    """The key of a sealed row."""
    names = ", ".join(TABLES[table])
    rows = hand.run(
        f"SELECT {names} FROM {table} WHERE book = {hand.number} AND {sealed(hand, table)}"
        f" ORDER BY {names}"
    )
    return chance.choice(rows)


def shown(table: str, key: tuple[object, ...]) -> str:
    """A key as verification shows it."""
    return "/".join(show(PREFIX[table], k) if isinstance(k, UUID) else str(k) for k in key)


def where(table: str, key: tuple[object, ...]) -> str:
    return " AND ".join(
        f"{name} = '{value}'" for name, value in zip(TABLES[table], key, strict=True)
    )


def is_last_leaf(hand: Hand, table: str, key: tuple[object, ...]) -> bool:
    """Whether a row is the log's last leaf: without it the log is whole and shorter, which the
    checkpoint alone tells."""
    ends = f"SELECT max(leaf_index) FROM log_leaf WHERE book = {hand.number}"
    return table == "log_leaf" and hand.run(ends) == [key]


@pytest.mark.parametrize(("table", "column"), CASES)
def test_a_changed_column_is_named(
    sandbox: Database, hand: Hand, chance: Random, table: str, column: str
) -> None:
    key = pick(hand, chance, table)
    kind = dict(hand.columns(table))[column]
    change = OWN.get((table, column), CHANGED[kind]).format(column)
    change = f"{hand.number} + 500000" if column == "book" else change
    hand.keep(table)
    try:
        changed = hand.run(
            f"UPDATE {table} SET {column} = {change} WHERE book = {hand.number}"
            f" AND {where(table, key)} RETURNING {', '.join(TABLES[table])}"
        )
        assert len(changed) == 1
        found = proof.verify(sandbox, number=hand.number)
    finally:
        hand.restore(table)
    assert not found.holds
    if column == "book" and is_last_leaf(hand, table, key):
        assert found.first.table == "checkpoint"
        return
    assert found.first.table == table, (key, found.faults)
    rows = [fault.row for fault in found.faults if fault.table == table]
    keys = {shown(table, key), shown(table, changed[0])}
    if column == "book" and table == "transfer":  # what is gone is named by its place
        assert rows[0].startswith("batch ")
    else:
        assert any(k in row.split(" ")[0].split("…") for k in keys for row in rows), (keys, rows)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_row_that_is_gone_is_missed(
    sandbox: Database, hand: Hand, chance: Random, table: str
) -> None:
    key = pick(hand, chance, table)
    hand.keep(table)
    try:
        hand.run(f"DELETE FROM {table} WHERE book = {hand.number} AND {where(table, key)}")
        found = proof.verify(sandbox, number=hand.number)
    finally:
        hand.restore(table)
    assert not found.holds
    named = "checkpoint" if is_last_leaf(hand, table, key) else table
    assert any(fault.table == named for fault in found.faults), found.faults


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_row_that_was_put_in_is_named(
    sandbox: Database, hand: Hand, chance: Random, table: str
) -> None:
    key = pick(hand, chance, table)
    own = {
        "transfer": "id = gen_random_uuid()", "event": "id = gen_random_uuid()",
        "account": "id = gen_random_uuid(), path = path || 'x'", "batch_seal": "batch = 99999999",
        "log_leaf": "leaf_index = 99999999", "log_node": "node_index = 99999999",
        "checkpoint": "size = 99999999", "log_key": "from_size = 99999999",
    }[table]  # fmt: skip
    hand.keep(table)
    try:
        hand.run(f"CREATE TEMP TABLE twin AS SELECT * FROM {table} LIMIT 0")
        names = ", ".join(f'"{name}"' for name, _ in hand.columns(table))
        hand.run(
            f"CREATE TABLE twin AS SELECT {names} FROM {table}"
            f" WHERE book = {hand.number} AND {where(table, key)}"
        )
        hand.run(f"UPDATE twin SET {own}")
        hand.run(f"INSERT INTO {table} ({names}) SELECT {names} FROM twin")
        found = proof.verify(sandbox, number=hand.number)
    finally:
        hand.run("DROP TABLE IF EXISTS twin")
        hand.restore(table)
    assert not found.holds
    assert any(fault.table == table for fault in found.faults), found.faults


@pytest.mark.parametrize("table", ["hold", "reversal"])
def test_what_is_kept_beside_the_seal_is_compared(
    sandbox: Database, hand: Hand, chance: Random, table: str
) -> None:
    change = {"hold": "amount = amount + 1", "reversal": "by_id = gen_random_uuid()"}[table]
    hand.keep(table)
    try:
        hand.run(f"UPDATE {table} SET {change} WHERE book = {hand.number}")
        found = proof.verify(sandbox, number=hand.number)
    finally:
        hand.restore(table)
    assert found.first.table == table
    assert table in found.compared_not_covered


def test_the_tail_is_compared_and_said_not_to_be_covered(sandbox: Database, hand: Hand) -> None:
    hand.keep("transfer")
    try:
        hand.run(
            f"UPDATE transfer SET amount = amount + 1 WHERE book = {hand.number}"
            f" AND NOT ({sealed(hand, 'transfer')})"
        )
        found = proof.verify(sandbox, number=hand.number)
    finally:
        hand.restore("transfer")
    assert found.first.check == "fold" and found.unsealed.transfers


def test_columns_are_all_in_the_campaign(hand: Hand) -> None:
    for table, names in COLUMNS.items():
        assert {name for name, _ in hand.columns(table)} == set(names)
