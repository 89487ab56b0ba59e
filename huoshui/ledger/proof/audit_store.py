"""What verification reads: the log in order, batches in windows, and what is kept beside them."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.ledger.proof.fold import Carried
from huoshui.ledger.proof.merkle import Node
from huoshui.ledger.proof.store import HASHES, RECORDS, SOURCES, STEP

_SOURCE: LiteralString = " ".join(
    f"WHEN '{kind}' THEN ({query})" for kind, (_, query) in SOURCES.items()
)
# The key of a source's rows as a leaf names it.
_REFS: dict[str, tuple[LiteralString, LiteralString]] = {
    "event": ("event", "uuid_send(s.id)"),
    "account": ("account", "uuid_send(s.id)"),
    "batch": ("batch_seal", "int8send(s.batch)"),
    "key": ("log_key", "int8send(s.from_size)"),
}


class LogRow(msgspec.Struct, frozen=True):
    """A leaf with its hash in the tree, the digest of its row as it stands, and whether a later
    leaf of the same row follows."""

    leaf_index: int
    kind: str
    ref: bytes
    digest: bytes
    hash: bytes
    source: bytes | None
    later: bool


class BatchRow(msgspec.Struct, frozen=True):
    """A batch as its transfers make it, beside its seal and the digest in the log."""

    batch: int
    hashes: bytes
    records: bytes
    transfers: int | None
    marks: bytes | None
    seal_digest: bytes | None
    log_digest: bytes | None
    queued: bool


class CounterRow(msgspec.Struct, frozen=True):
    """An account's stored counters; `moved_us` in microseconds since 2000."""

    id: UUID
    version: int
    out_: int
    in_: int
    held_out: int
    held_in: int
    moved_us: int


class HoldRow(msgspec.Struct, frozen=True):
    """An open hold as stored; 0 for one that never runs out."""

    id: UUID
    from_id: UUID
    to_id: UUID
    remaining: int
    expires_us: int


class Counts(msgspec.Struct, frozen=True):
    """How much there is, to show progress and coverage."""

    leaves: int
    transfers: int
    events: int
    accounts: int
    queued_batches: int
    queued_events: int


def counts(tx: Tx) -> Counts:
    """How much there is in a book."""
    found = tx.row(
        Counts,
        """SELECT (SELECT count(*) FROM log_leaf WHERE book = %(book)s) AS leaves,
            (SELECT count(*) FROM transfer WHERE book = %(book)s) AS transfers,
            (SELECT count(*) FROM event WHERE book = %(book)s) AS events,
            (SELECT count(*) FROM account WHERE book = %(book)s) AS accounts,
            count(*) FILTER (WHERE kind = 'batch') AS queued_batches,
            coalesce(sum(cardinality(ids)) FILTER (WHERE kind = 'event'), 0)::bigint
                AS queued_events
        FROM unsealed WHERE book = %(book)s""",
    )
    assert found
    return found


def leaves(tx: Tx, after: int, limit: int) -> list[LogRow]:
    """The log's leaves in order, after an index."""
    # A subquery a row: each page finds its rows by their keys, never by scanning a table.
    return tx.rows(
        LogRow,
        f"""
        SELECT l.leaf_index, l.kind, l.ref, l.digest, sha256('\\x00'::bytea || leaf_form(l)) AS hash,
            CASE l.kind {_SOURCE} END AS source,
            l.kind = 'account' AND (
                SELECT max(x.leaf_index) FROM log_leaf x
                WHERE x.book = l.book AND x.kind = l.kind AND x.ref = l.ref) > l.leaf_index AS later
        FROM log_leaf l WHERE l.book = %(book)s AND l.leaf_index > %(after)s
        ORDER BY l.leaf_index LIMIT %(limit)s
        """,
        after=after,
        limit=limit,
    )


def stored_nodes(tx: Tx, start: int, end: int) -> dict[Node, bytes]:
    """The stored subtrees that leaves from `start` up to `end` complete."""
    levels = list(range(STEP, end.bit_length() + 1, STEP))
    rows = tx.tuples(
        """
        SELECT n.level, n.node_index, n.hash
        FROM unnest(%(levels)s::integer[], %(firsts)s::bigint[], %(ends)s::bigint[])
            AS r (level, first, stop)
        JOIN log_node n ON n.book = %(book)s AND n.level = r.level
            AND n.node_index >= r.first AND n.node_index < r.stop
        """,
        levels=levels,
        firsts=[start >> level for level in levels],
        ends=[end >> level for level in levels],
    )
    return {(level, index): hash_ for level, index, hash_ in rows}


def stray_nodes(tx: Tx, size: int) -> list[Node]:
    """Stored subtrees that no log of this size has."""
    rows = tx.tuples(
        """SELECT level, node_index FROM log_node WHERE book = %(book)s
        AND (level <= 0 OR level %% %(step)s <> 0 OR level > 62 OR node_index < 0
             OR node_index >= %(size)s >> level) LIMIT 20""",
        size=size,
        step=STEP,
    )
    return [(level, index) for level, index in rows]


def checkpoints(tx: Tx, after: int, until: int) -> list[tuple[int, str]]:
    """The signed notes over sizes after one and up to another."""
    return tx.tuples(
        """SELECT size, note FROM checkpoint
        WHERE book = %(book)s AND size > %(after)s AND size <= %(until)s ORDER BY size""",
        after=after,
        until=until,
    )


def unsealed_rows(tx: Tx, kind: str) -> list[bytes]:
    """Rows of a source that no leaf names and that do not wait either."""
    table, ref = _REFS[kind]
    # Sets are compared in one pass each, whatever the planner believes of their size.
    rows = tx.tuples(
        f"""
        SELECT {ref} AS ref FROM {table} s WHERE s.book = %(book)s
        EXCEPT SELECT l.ref FROM log_leaf l WHERE l.book = %(book)s AND l.kind = %(kind)s
        EXCEPT SELECT uuid_send(unnest(q.ids)) FROM unsealed q
            WHERE q.book = %(book)s AND q.kind = %(kind)s AND q.ids IS NOT NULL
        ORDER BY ref LIMIT 20
        """,
        kind=kind,
    )
    return [ref for (ref,) in rows]


def waiting(tx: Tx, kind: str) -> set[bytes]:
    """The ids that wait for the sealer."""
    rows = tx.tuples(
        "SELECT DISTINCT unnest(ids) FROM unsealed WHERE book = %(book)s AND kind = %(kind)s",
        kind=kind,
    )
    return {id_.bytes for (id_,) in rows}


def last_batch(tx: Tx) -> int:
    """The highest number that a batch can rightly have."""
    found: int = tx.value("SELECT last_value FROM batch_seq")
    return found


def batch_sizes(tx: Tx, after: int, until: int) -> list[tuple[int, int]]:
    """(batch, transfers) of the batches in a range of numbers, sealed or standing."""
    return tx.tuples(
        """
        SELECT batch, max(n) FROM (
            SELECT batch, count(*) AS n FROM transfer
            WHERE book = %(book)s AND batch > %(after)s AND batch <= %(until)s GROUP BY batch
            UNION ALL
            SELECT batch, 0 FROM batch_seal
            WHERE book = %(book)s AND batch > %(after)s AND batch <= %(until)s) AS found
        GROUP BY batch ORDER BY batch
        """,
        after=after,
        until=until,
    )


def batches(tx: Tx, first: int, last: int) -> list[BatchRow]:
    """Batches in order of their numbers, transfers hashed and packed by the database."""
    return tx.rows(
        BatchRow,
        f"""
        SELECT batch, coalesce(m.hashes, '') AS hashes, coalesce(m.records, '') AS records,
            s.transfers, s.marks, s.digest AS seal_digest,
            (SELECT l.digest FROM log_leaf l WHERE l.book = %(book)s AND l.kind = 'batch'
                AND l.ref = int8send(batch) LIMIT 1) AS log_digest,
            EXISTS (SELECT FROM unsealed q WHERE q.book = %(book)s AND q.batch = coalesce(m.batch, s.batch))
                AS queued
        FROM (
            SELECT t.batch, {HASHES} AS hashes, {RECORDS} AS records FROM transfer t
            WHERE t.book = %(book)s AND t.batch >= %(first)s AND t.batch <= %(last)s
            GROUP BY t.batch) AS m
        FULL JOIN (
            SELECT b.batch, b.transfers, b.marks, sha256(batch_form(b)) AS digest
            FROM batch_seal b
            WHERE b.book = %(book)s AND b.batch >= %(first)s AND b.batch <= %(last)s) AS s
            USING (batch)
        ORDER BY batch
        """,
        first=first,
        last=last,
    )


def counters(tx: Tx, after: UUID | None, limit: int) -> list[CounterRow]:
    """Accounts with their counters, in order of their ids."""
    return tx.rows(
        CounterRow,
        """
        SELECT id, version, out_, in_, held_out, held_in,
            coalesce((extract(epoch FROM moved_at) * 1000000)::bigint - 946684800000000, 0)
                AS moved_us
        FROM account WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
        ORDER BY id LIMIT %(limit)s
        """,
        after=after,
        limit=limit,
    )


def carried(tx: Tx) -> dict[bytes, Carried]:
    """What archived transfers left on accounts."""
    rows = tx.tuples(
        """SELECT account_id, version, balance, out_, held_out, held_in FROM carried
        WHERE book = %(book)s"""
    )
    return {row[0].bytes: Carried(*row[1:]) for row in rows}


def archived(tx: Tx) -> int:
    """How many transfers were archived."""
    found: int = tx.value(
        "SELECT coalesce(sum(transfers), 0)::bigint FROM archive WHERE book = %(book)s"
    )
    return found


def open_holds(tx: Tx, after: UUID | None, limit: int) -> list[HoldRow]:
    """Open holds in order of their ids."""
    return tx.rows(
        HoldRow,
        """
        SELECT id, from_id, to_id, remaining,
            coalesce((extract(epoch FROM expires_at) * 1000000)::bigint - 946684800000000, 0)
                AS expires_us
        FROM hold WHERE book = %(book)s AND state = 'open'
            AND (%(after)s::uuid IS NULL OR id > %(after)s)
        ORDER BY id LIMIT %(limit)s
        """,
        after=after,
        limit=limit,
    )


def wrong_holds(tx: Tx) -> list[tuple[UUID, str, str]]:
    """Holds whose terms or end are not what the transfers say: (id, stored, recomputed)."""
    return tx.tuples(
        """
        WITH deed AS (
            SELECT hold_id, bool_or(kind = 3) AS released, bool_or(kind = 4) AS expired,
                   bool_or(kind = 2) AS captured, bool_or(kind = 2 AND flags & 16 = 0) AS final,
                   coalesce(sum(amount) FILTER (WHERE kind = 2), 0) AS taken
            FROM transfer WHERE book = %(book)s AND hold_id IS NOT NULL GROUP BY hold_id),
        made AS (
            SELECT t.id, concat_ws(' ', t.from_id, t.to_id, t.amount, CASE
                    WHEN d.released THEN 'released' WHEN d.expired THEN 'expired'
                    WHEN d.final OR d.captured AND d.taken = t.amount THEN 'captured'
                    ELSE 'open' END,
                t.flags, t.currency, t.template, t.reference, t.recorded_at) AS terms
            FROM transfer t LEFT JOIN deed d ON d.hold_id = t.id
            WHERE t.book = %(book)s AND t.kind = 1),
        kept AS (
            SELECT h.id, concat_ws(' ', h.from_id, h.to_id, h.amount, h.state, h.flags,
                h.currency, h.template, h.reference, h.held_at) AS terms
            FROM hold h WHERE h.book = %(book)s)
        SELECT id, coalesce(kept.terms, '-'), coalesce(made.terms, '-')
        FROM kept FULL JOIN made USING (id)
        WHERE kept.terms IS DISTINCT FROM made.terms AND (made.id IS NOT NULL OR id >= coalesce(
            (SELECT horizon FROM ledger_state WHERE book = %(book)s), id))
        ORDER BY id LIMIT 20
        """
    )


def wrong_reversals(tx: Tx) -> list[tuple[UUID, str, str]]:
    """Reversals that are not what the transfers say: (transaction, stored, recomputed)."""
    return tx.tuples(
        """
        WITH made AS (SELECT reverses AS txn_id, id AS by_id FROM transfer
            WHERE book = %(book)s AND leg = 0 AND reverses IS NOT NULL)
        SELECT txn_id, coalesce(r.by_id::text, '-'), coalesce(made.by_id::text, '-')
        FROM (SELECT * FROM reversal WHERE book = %(book)s) AS r FULL JOIN made USING (txn_id)
        WHERE r.by_id IS DISTINCT FROM made.by_id AND (made.by_id IS NOT NULL OR r.by_id >= coalesce(
            (SELECT horizon FROM ledger_state WHERE book = %(book)s), r.by_id))
        ORDER BY txn_id LIMIT 20
        """
    )
