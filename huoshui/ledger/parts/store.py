"""SQL of the parts of the table of transfers: making, measuring, archiving and dropping them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.ledger.model import Moved
from huoshui.ledger.store import STATE_LOCK

_LOCK = 0x50415254  # "PART": one at a time changes what parts there are
_PATIENCE_S = 5  # for readers under way; everybody else waits behind, so it is not for long
COLUMNS = ("book", "batch", *Moved._fields)
_COLUMNS = ", ".join(COLUMNS)


class PartRow(msgspec.Struct, frozen=True):
    """A part: its name and bytes with indexes; `rows` as PostgreSQL last estimated them."""

    name: str
    bytes: int
    rows: int


class SizeRow(msgspec.Struct, frozen=True):
    """A table or an index of the ledger with all its parts."""

    name: str
    kind: str
    bytes: int


class Range(NamedTuple):
    """Ids from `first` up to and without `until`."""

    first: UUID
    until: UUID


def lock(tx: Tx) -> None:
    """Be the only one who changes what parts there are."""
    tx.value("SELECT pg_advisory_xact_lock(%(lock)s)", lock=_LOCK)


def hold_off(tx: Tx) -> None:
    """Wait for every batch of the book under way and hold off those that follow."""
    tx.value("SELECT pg_advisory_xact_lock(%(space)s, %(book)s)", space=STATE_LOCK)


def parts(tx: Tx) -> list[PartRow]:
    """The parts of the book, oldest first."""
    return tx.rows(
        PartRow,
        """
        SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes,
               greatest(c.reltuples, 0)::bigint AS rows
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'transfer'::regclass AND c.relname ~ %(name)s
        ORDER BY 1
        """,
        name=rf"^transfer_{tx.book}_[0-9]{{6}}$",
    )


def exists(tx: Tx, name: str) -> bool:
    """Whether a table of that name stands."""
    return tx.value("SELECT to_regclass(%(name)s) IS NOT NULL", name=name) is True


def resting(tx: Tx, ids: Range) -> bool:
    """Whether rows of these ids lie outside every part."""
    found: bool = tx.value(
        """SELECT EXISTS (SELECT FROM transfer_rest
        WHERE book = %(book)s AND id >= %(first)s AND id < %(until)s)""",
        first=ids.first,
        until=ids.until,
    )
    return found


def next_resting(tx: Tx, place: UUID) -> UUID | None:
    """The least id from `place` on whose row lies outside every part."""
    found: UUID | None = tx.value(
        """SELECT id FROM transfer_rest WHERE book = %(book)s AND id >= %(place)s
        ORDER BY id LIMIT 1""",
        place=place,
    )
    return found


def create(tx: Tx, name: str, ids: Range, *, move: bool) -> None:
    """Make the part of these ids, with the rows that lay outside every part where `move`.

    The name is made of two numbers, and so are the bounds: nothing a user wrote gets here.
    """
    bounds = f"FROM ({tx.book}, '{ids.first}') TO ({tx.book}, '{ids.until}')"
    tx.run(f"CREATE TABLE {name} (LIKE transfer INCLUDING ALL)")
    tx.run(f"""ALTER TABLE {name} SET (autovacuum_freeze_min_age = 0,
        autovacuum_vacuum_insert_scale_factor = 0.05,
        autovacuum_vacuum_insert_threshold = 100000)""")
    if move:
        _move(tx, name, ids)
    tx.run(f"ALTER TABLE transfer ATTACH PARTITION {name} FOR VALUES {bounds}")
    tx.run(f"""CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""")


def _move(tx: Tx, name: str, ids: Range) -> None:
    # Nobody may be planning a reading meanwhile: who had seen the old parts, then waited for this
    # commit, would look for the moved rows where they no longer are.
    tx.run(f"SET LOCAL lock_timeout = '{_PATIENCE_S}s'")
    tx.run("LOCK TABLE transfer IN ACCESS EXCLUSIVE MODE")
    tx.run("ALTER TABLE transfer_rest DISABLE TRIGGER transfer_rest_append_only")
    tx.run(
        f"""
        WITH gone AS (
            DELETE FROM transfer_rest
            WHERE book = %(book)s AND id >= %(first)s AND id < %(until)s RETURNING *)
        INSERT INTO {name} ({_COLUMNS}) SELECT {_COLUMNS} FROM gone
        """,
        first=ids.first,
        until=ids.until,
    )
    tx.run("ALTER TABLE transfer_rest ENABLE TRIGGER transfer_rest_append_only")


def drop(tx: Tx, name: str) -> None:
    """Take a part off the table and drop it."""
    tx.run(f"ALTER TABLE transfer DETACH PARTITION {name}")
    tx.run(f"DROP TABLE {name}")


def rows(tx: Tx, name: str, after: tuple[UUID, int], limit: int) -> list[tuple[Any, ...]]:
    """Rows of a part in order of (id, leg), all columns in the order of COLUMNS."""
    return tx.tuples(
        f"""SELECT {_COLUMNS} FROM {name} WHERE (id, leg) > (%(id)s, %(leg)s)
        ORDER BY id, leg LIMIT %(limit)s""",
        id=after[0],
        leg=after[1],
        limit=limit,
    )


def count(tx: Tx, name: str) -> int:
    """How many transfers a part holds."""
    found: int = tx.value(f"SELECT count(*) FROM {name}")
    return found


def sealed_until(tx: Tx) -> datetime | None:
    """Until when the book is sealed."""
    found: datetime | None = tx.value("SELECT sealed_until FROM ledger_state WHERE book = %(book)s")
    return found


def horizon(tx: Tx) -> UUID | None:
    """Below which id the book is archived, or None."""
    found: UUID | None = tx.value("SELECT horizon FROM ledger_state WHERE book = %(book)s")
    return found


def hindrance(tx: Tx, ids: Range, last_batch: int) -> str:
    """Why a part cannot go yet: `holds` are open, `proof` waits, `rest` lies outside; or empty."""
    found: str = tx.value(
        """
        SELECT CASE
            WHEN EXISTS (SELECT FROM hold WHERE book = %(book)s AND state = 'open'
                         AND id >= %(first)s AND id < %(until)s) THEN 'holds'
            WHEN EXISTS (SELECT FROM unsealed WHERE book = %(book)s AND kind = 'batch'
                         AND batch <= %(last)s) THEN 'proof'
            WHEN EXISTS (SELECT FROM transfer_rest WHERE book = %(book)s AND id < %(until)s)
                THEN 'rest'
            ELSE '' END
        """,
        first=ids.first,
        until=ids.until,
        last=last_batch,
    )
    return found


class Carry(NamedTuple):
    """What a part leaves on an account: a row of `carried`, but for its book."""

    account_id: UUID
    out_: int
    in_: int
    transfers: int
    version: int
    balance: int
    out_version: int
    held_out: int
    in_version: int
    held_in: int
    effective_at: datetime
    recorded_at: datetime


def carry(tx: Tx, carries: list[Carry]) -> None:
    """Add what a part leaves to what earlier parts left."""
    content = list(zip(*carries, strict=True))
    tx.run(
        """
        INSERT INTO carried AS c (book, account_id, out_, in_, transfers, version, balance,
            out_version, held_out, in_version, held_in, effective_at, recorded_at)
        SELECT %(book)s, n.* FROM unnest(%(ids)s, %(outs)s, %(ins)s, %(counts)s, %(versions)s,
            %(balances)s, %(out_versions)s, %(held_outs)s, %(in_versions)s, %(held_ins)s,
            %(effects)s, %(records)s) AS n
        ON CONFLICT (book, account_id) DO UPDATE SET
            out_ = c.out_ + EXCLUDED.out_, in_ = c.in_ + EXCLUDED.in_,
            transfers = c.transfers + EXCLUDED.transfers,
            version = greatest(c.version, EXCLUDED.version),
            balance = CASE WHEN EXCLUDED.version > c.version THEN EXCLUDED.balance
                      ELSE c.balance END,
            out_version = greatest(c.out_version, EXCLUDED.out_version),
            held_out = CASE WHEN EXCLUDED.out_version > c.out_version THEN EXCLUDED.held_out
                       ELSE c.held_out END,
            in_version = greatest(c.in_version, EXCLUDED.in_version),
            held_in = CASE WHEN EXCLUDED.in_version > c.in_version THEN EXCLUDED.held_in
                      ELSE c.held_in END,
            effective_at = greatest(c.effective_at, EXCLUDED.effective_at),
            recorded_at = greatest(c.recorded_at, EXCLUDED.recorded_at)
        """,
        ids=columns.uuids(content[0]),
        outs=columns.bigints(content[1]),
        ins=columns.bigints(content[2]),
        counts=columns.bigints(content[3]),
        versions=columns.bigints(content[4]),
        balances=columns.bigints(content[5]),
        out_versions=columns.bigints(content[6]),
        held_outs=columns.bigints(content[7]),
        in_versions=columns.bigints(content[8]),
        held_ins=columns.bigints(content[9]),
        effects=columns.times(content[10]),
        records=columns.times(content[11]),
    )
    # A day that ended before an account's archive does cannot be counted again.
    tx.run(
        """DELETE FROM day_balance d USING unnest(%(ids)s, %(effects)s) AS n (id, at)
        WHERE d.book = %(book)s AND d.account_id = n.id AND d.until <= n.at""",
        ids=columns.uuids(content[0]),
        effects=columns.times(content[10]),
    )


class ArchiveRow(msgspec.Struct, frozen=True):
    """A row of `archive`."""

    name: str
    first_id: UUID
    until_id: UUID
    transfers: int
    amount: int
    sha256: str
    archived_at: datetime
    actor: str


def keep_archive(tx: Tx, row: ArchiveRow) -> None:
    """Say that a part is archived: ids below its end are refused, ended holds forgotten."""
    names = row.__struct_fields__
    tx.append("archive", ("book", *names), [(tx.book, *(getattr(row, n) for n in names))])
    tx.run(
        """
        INSERT INTO ledger_state (book, horizon) VALUES (%(book)s, %(until)s)
        ON CONFLICT (book) DO UPDATE SET horizon = EXCLUDED.horizon
        """,
        until=row.until_id,
    )
    tx.run(
        """DELETE FROM hold WHERE book = %(book)s AND id >= %(first)s AND id < %(until)s
        AND state <> 'open'""",
        first=row.first_id,
        until=row.until_id,
    )


def archives(tx: Tx) -> list[ArchiveRow]:
    """The archived parts of the book, oldest first."""
    return tx.rows(
        ArchiveRow,
        """SELECT name, first_id, until_id, transfers, amount::bigint AS amount, sha256,
        archived_at, actor FROM archive WHERE book = %(book)s ORDER BY first_id""",
    )


class SealRow(NamedTuple):
    """What the tamper log says of a batch."""

    batch: int
    transfers: int
    root: bytes
    marks: bytes


def seals(tx: Tx, batches: list[int]) -> dict[int, SealRow]:
    """The seals of batches by their numbers."""
    rows = tx.tuples(
        """SELECT batch, transfers, root, marks FROM batch_seal
        WHERE book = %(book)s AND batch = ANY(%(batches)s)""",
        batches=columns.bigints(batches),
    )
    return {row[0]: SealRow(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows}


def transfers(tx: Tx) -> int:
    """How many transfers stand in the world, all books and parts."""
    found: int = tx.value("SELECT count(*) FROM transfer")
    return found


def sizes(tx: Tx) -> list[SizeRow]:
    """Bytes of the ledger's tables, and of the indexes of `transfer`, with all parts."""
    return tx.rows(
        SizeRow,
        """
        WITH RECURSIVE part AS (
            SELECT 'transfer'::regclass::oid AS id
            UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.id),
        own AS (
            SELECT coalesce(up.relname, c.relname) AS name, pg_relation_size(c.oid) AS bytes
            FROM part JOIN pg_index x ON x.indrelid = part.id
            JOIN pg_class c ON c.oid = x.indexrelid
            LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            LEFT JOIN pg_class up ON up.oid = i.inhparent)
        SELECT 'transfer' AS name, 'heap' AS kind, sum(pg_table_size(id))::bigint AS bytes
        FROM part
        UNION ALL SELECT name, 'index', sum(bytes)::bigint FROM own GROUP BY name
        UNION ALL SELECT c.relname, 'table', pg_total_relation_size(c.oid) FROM pg_class c
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
          AND c.relname = ANY(%(tables)s)
        ORDER BY 2, 3 DESC
        """,
        tables=[
            "account", "hold", "burnt", "reversal", "day_balance", "period", "carried", "unsealed",
            "batch_seal", "log_leaf", "log_node", "event", "work",
        ],
    )  # fmt: skip
