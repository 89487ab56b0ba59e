"""The tamper log's SQL: the queue, leaves, nodes, seals, checkpoints, and batches as records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.ledger.proof import leaf, merkle
from huoshui.ledger.proof.merkle import Node, Range

LOCK = 0x5345414C  # "SEAL": one sealer a book
STEP = 4  # complete subtrees of every fourth level are stored

# What a kind of leaf seals: its table, and the digest of the row that `l.ref` names.
_ID: LiteralString = "CASE WHEN length(l.ref) = 16 THEN encode(l.ref, 'hex')::uuid END"
_NUMBER: LiteralString = (
    "CASE WHEN length(l.ref) = 8 THEN ('x' || encode(l.ref, 'hex'))::bit(64)::bigint END"
)
SOURCES: dict[str, tuple[str, LiteralString]] = {
    "event": ("event", f"""SELECT sha256(event_form(e)) FROM event e
        WHERE e.book = l.book AND e.id = {_ID}"""),
    "account": ("account", f"""SELECT sha256(account_form(a)) FROM account a
        WHERE a.book = l.book AND a.id = {_ID}"""),
    "batch": ("batch_seal", f"""SELECT sha256(batch_form(b)) FROM batch_seal b
        WHERE b.book = l.book AND b.batch = {_NUMBER}"""),
    "key": ("log_key", f"""SELECT sha256(key_form(k)) FROM log_key k
        WHERE k.book = l.book AND k.from_size = {_NUMBER}"""),
}  # fmt: skip

# A transfer's hash as a leaf, and what `batch.Record` reads.
HASHES: LiteralString = """
    string_agg(sha256('\\x00'::bytea || transfer_form(t)), ''::bytea ORDER BY t.id, t.leg)"""
RECORDS: LiteralString = """
    string_agg(uuid_send(t.id) || uuid_send(t.from_id) || uuid_send(t.to_id)
        || coalesce(uuid_send(t.hold_id), '\\x00000000000000000000000000000000'::bytea)
        || int8send(t.amount) || int8send(t.from_after) || int8send(t.to_after)
        || int8send(t.from_version) || int8send(t.to_version)
        || int8send(coalesce(t.from_held, 0)) || int8send(coalesce(t.to_held, 0))
        || timestamptz_send(t.recorded_at) || int4send(coalesce(t.timeout_s, 0))
        || int2send(t.leg) || int2send(t.kind) || int2send(t.flags),
        ''::bytea ORDER BY t.id, t.leg)"""


class Queued(msgspec.Struct, frozen=True):
    """What committed and waits: a batch by its number, or rows by their ids."""

    seq: int
    kind: str
    batch: int | None
    ids: list[UUID] | None


class Leaf(msgspec.Struct, frozen=True):
    """A leaf of the log to be appended."""

    kind: str
    ref: bytes
    digest: bytes


class Lag(msgspec.Struct, frozen=True):
    """What waits for the sealer: how many commits' worth, and since when (real time)."""

    waiting: int
    oldest: datetime | None
    seconds: int


def take_lock(tx: Tx) -> bool:
    """Whether this transaction is now the book's one sealer."""
    taken: bool = tx.value("SELECT pg_try_advisory_xact_lock(%(lock)s, %(book)s)", lock=LOCK)
    return taken


def wait_for_lock(tx: Tx) -> None:
    """Be the book's one sealer, after the one at work."""
    tx.value("SELECT pg_advisory_xact_lock(%(lock)s, %(book)s)", lock=LOCK)


def queue(tx: Tx, limit: int) -> list[Queued]:
    """What waits, in the order in which it was queued."""
    return tx.rows(
        Queued,
        """SELECT seq, kind, batch, ids FROM unsealed WHERE book = %(book)s
        ORDER BY seq LIMIT %(limit)s""",
        limit=limit,
    )


def lag(tx: Tx) -> Lag:
    """How far the sealer is behind."""
    found = tx.row(
        Lag,
        """SELECT count(*) AS waiting, min(queued_at) AS oldest,
               coalesce(extract(epoch FROM clock_timestamp() - min(queued_at)), 0)::bigint
                   AS seconds
        FROM unsealed WHERE book = %(book)s""",
    )
    assert found
    return found


def unqueue(tx: Tx, seqs: list[int]) -> None:
    """Take what is sealed off the queue."""
    tx.run("DELETE FROM unsealed WHERE book = %(book)s AND seq = ANY(%(seqs)s)", seqs=seqs)


def batches(tx: Tx, numbers: list[int]) -> list[tuple[int, bytes, bytes]]:
    """(batch, hashes, records) of some batches."""
    return tx.tuples(
        f"""
        SELECT t.batch, {HASHES}, {RECORDS} FROM transfer t
        WHERE t.book = %(book)s AND {_OF_BATCHES} GROUP BY t.batch
        """,
        **_bounds(numbers),
    )


def batch_leaves(tx: Tx, numbers: list[int]) -> list[tuple[int, int, bytes]]:
    """(batch, transfers, hashes of all leaves) of some batches, all made by the database: what
    seals has no time to spare. Verification makes the balances by itself."""
    return tx.tuples(
        f"""
        WITH t AS MATERIALIZED (
            SELECT t.batch, t.id, t.leg, t.from_id, t.to_id, t.from_version, t.to_version,
                t.from_after, t.to_after, coalesce(t.from_held, 0) AS from_held,
                coalesce(t.to_held, 0) AS to_held,
                sha256('\\x00'::bytea || transfer_form(t)) AS hash
            FROM transfer t WHERE t.book = %(book)s AND {_OF_BATCHES}),
        gone AS (
            SELECT DISTINCT ON (batch, from_id) batch, from_id AS account, from_version AS version,
                from_after AS balance, from_held AS held, id, leg
            FROM t ORDER BY batch, from_id, from_version DESC),
        come AS (
            SELECT DISTINCT ON (batch, to_id) batch, to_id AS account, to_version AS version,
                to_after AS balance, to_held AS held, id, leg
            FROM t ORDER BY batch, to_id, to_version DESC),
        leaf AS (
            SELECT batch, false AS is_balance, id AS key, leg, hash FROM t
            UNION ALL
            SELECT batch, true, account, 0, sha256('\\x0062616c616e63652f310a'::bytea
                || int4send(%(book)s) || uuid_send(account)
                || CASE WHEN c.version IS NULL OR g.version > c.version
                   THEN uuid_send(g.id) || int2send(g.leg) || int8send(g.version)
                        || int8send(g.balance)
                   ELSE uuid_send(c.id) || int2send(c.leg) || int8send(c.version)
                        || int8send(c.balance) END
                || form_long(g.held) || form_long(c.held))
            FROM gone g FULL JOIN come c USING (batch, account))
        SELECT batch, count(*) FILTER (WHERE NOT is_balance),
            string_agg(hash, ''::bytea ORDER BY is_balance, key, leg)
        FROM leaf GROUP BY batch
        """,
        **_bounds(numbers),
    )


# The bounds find the pages by the BRIN index, which knows no list.
_OF_BATCHES: LiteralString = "t.batch BETWEEN %(first)s AND %(last)s AND t.batch = ANY(%(numbers)s)"


def _bounds(numbers: list[int]) -> dict[str, Any]:
    return {"first": min(numbers), "last": max(numbers), "numbers": numbers}


def digests(tx: Tx, kind: str, refs: list[bytes]) -> dict[bytes, bytes]:
    """The digests of the rows of a kind as they stand."""
    rows = tx.tuples(
        f"""
        SELECT l.ref, ({SOURCES[kind][1]}) FROM unnest(%(refs)s::bytea[]) AS r (ref),
            LATERAL (SELECT %(book)s::integer AS book, r.ref) AS l
        """,
        refs=refs,
    )
    return {ref: digest for ref, digest in rows if digest is not None}


def size(tx: Tx) -> int:
    """How many leaves the log has."""
    found: int = tx.value(
        "SELECT coalesce(max(leaf_index) + 1, 0) FROM log_leaf WHERE book = %(book)s"
    )
    return found


def append(
    tx: Tx, start: int, leaves: list[Leaf], nodes: list[tuple[Node, bytes]], seals: list[leaf.Batch]
) -> None:
    """Append leaves from an index on, the subtrees that they completed, and seals of batches."""
    tx.append(
        "log_leaf",
        ("book", "leaf_index", "kind", "ref", "digest"),
        [(tx.book, start + i, new.kind, new.ref, new.digest) for i, new in enumerate(leaves)],
    )
    tx.append(
        "log_node",
        ("book", "level", "node_index", "hash"),
        [(tx.book, level, index, hash_) for (level, index), hash_ in nodes],
    )
    tx.append(
        "batch_seal",
        ("book", "batch", "transfers", "balances", "root", "marks"),
        [(s.book, s.batch, s.transfers, s.balances, s.root, s.marks) for s in seals],
    )


def nodes(tx: Tx, wanted: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of complete subtrees, made of those that are stored."""
    ranges = {node: _stored(node) for node in wanted}
    found = _hashes(tx, sorted(set(ranges.values())))
    return {
        node: merkle.root([found[level, i] for i in range(first, end)])
        for node, (level, first, end) in ranges.items()
    }


def range_hashes(tx: Tx, ranges: list[Range]) -> list[bytes]:
    """The hashes of the ranges of a proof."""
    found = nodes(tx, {node for range_ in ranges for node in merkle.nodes_of(*range_)})
    return [merkle.range_hash(*range_, found.__getitem__) for range_ in ranges]


def _stored(node: Node) -> tuple[int, int, int]:
    """The level at or below a subtree's that is stored, and the range of indexes there."""
    level, index = node
    above = level % STEP
    return level - above, index << above, (index + 1) << above


def _hashes(tx: Tx, ranges: list[tuple[int, int, int]]) -> dict[Node, bytes]:
    rows = tx.tuples(
        """
        WITH r AS (SELECT * FROM unnest(%(levels)s::integer[], %(firsts)s::bigint[],
                                        %(ends)s::bigint[]) AS r (level, first, stop))
        SELECT 0, l.leaf_index, sha256('\\x00'::bytea || leaf_form(l)) FROM r JOIN log_leaf l
            ON r.level = 0 AND l.leaf_index >= r.first AND l.leaf_index < r.stop
            WHERE l.book = %(book)s
        UNION ALL
        SELECT n.level, n.node_index, n.hash FROM r JOIN log_node n
            ON n.level = r.level AND n.node_index >= r.first AND n.node_index < r.stop
            WHERE n.book = %(book)s
        """,
        levels=[level for level, _, _ in ranges],
        firsts=[first for _, first, _ in ranges],
        ends=[end for _, _, end in ranges],
    )
    return {(level, index): hash_ for level, index, hash_ in rows}


def keys(tx: Tx) -> list[leaf.Key]:
    """The log's public keys, oldest first."""
    return tx.rows(
        leaf.Key,
        """SELECT book, from_size, name, public, made_at FROM log_key
        WHERE book = %(book)s ORDER BY from_size""",
    )


def keep_key(tx: Tx, key: leaf.Key) -> None:
    """Remember a public key."""
    tx.append(
        "log_key",
        ("book", "from_size", "name", "public", "made_at"),
        [(key.book, key.from_size, key.name, key.public, key.made_at)],
    )


def origin_parts(tx: Tx) -> tuple[str, str]:
    """The names of the world and of the book."""
    world, slug = tx.tuples(
        "SELECT (SELECT name FROM world), slug FROM book WHERE book = %(book)s"
    )[0]
    return world, slug


def keep_checkpoint(tx: Tx, size_: int, note: str) -> None:
    """Remember a signed note over the log at a size."""
    tx.append("checkpoint", ("book", "size", "note"), [(tx.book, size_, note)])


def last_checkpoint(tx: Tx, at_least: int = 0) -> str | None:
    """The newest signed note, or the first that covers so many leaves; None before there is one."""
    note: str | None = tx.value(
        """SELECT note FROM checkpoint WHERE book = %(book)s AND size >= %(least)s
        ORDER BY CASE WHEN %(least)s = 0 THEN -size ELSE size END LIMIT 1""",
        least=at_least,
    )
    return note


_TRANSFER: LiteralString = """book, id, leg, kind, flags, from_id, to_id, amount, from_after, to_after,
    from_version, to_version, effective_at, recorded_at, batch, from_held, to_held, timeout_s,
    hold_id, reverses, currency, template, reference, actor"""


def transfers_between(
    tx: Tx, account: UUID, since: datetime, until: datetime, limit: int
) -> list[leaf.Transfer]:
    """An account's transfers recorded in [since, until), in order of its versions."""
    return tx.rows(
        leaf.Transfer,
        f"""
        SELECT {_TRANSFER} FROM (
            SELECT *, from_version AS own FROM transfer WHERE book = %(book)s
                AND from_id = %(id)s AND recorded_at >= %(since)s AND recorded_at < %(until)s
            UNION ALL
            SELECT *, to_version FROM transfer WHERE book = %(book)s
                AND to_id = %(id)s AND recorded_at >= %(since)s AND recorded_at < %(until)s
        ) AS found ORDER BY own LIMIT %(limit)s
        """,
        id=account,
        since=since,
        until=until,
        limit=limit,
    )


def transfers_beside(
    tx: Tx, account: UUID, since: datetime, until: datetime
) -> tuple[leaf.Transfer | None, leaf.Transfer | None]:
    """The last transfer of an account before a period, and the first after it."""
    before = tx.row(
        leaf.Transfer,
        f"""
        SELECT {_TRANSFER} FROM (
            (SELECT *, from_version AS own FROM transfer WHERE book = %(book)s
             AND from_id = %(id)s AND recorded_at < %(since)s
             ORDER BY recorded_at DESC, from_version DESC LIMIT 1)
            UNION ALL
            (SELECT *, to_version FROM transfer WHERE book = %(book)s
             AND to_id = %(id)s AND recorded_at < %(since)s
             ORDER BY recorded_at DESC, to_version DESC LIMIT 1)) AS found
        ORDER BY own DESC LIMIT 1
        """,
        id=account,
        since=since,
    )
    after = tx.row(
        leaf.Transfer,
        f"""
        SELECT {_TRANSFER} FROM (
            (SELECT *, from_version AS own FROM transfer WHERE book = %(book)s
             AND from_id = %(id)s AND recorded_at >= %(until)s
             ORDER BY recorded_at, from_version LIMIT 1)
            UNION ALL
            (SELECT *, to_version FROM transfer WHERE book = %(book)s
             AND to_id = %(id)s AND recorded_at >= %(until)s
             ORDER BY recorded_at, to_version LIMIT 1)) AS found
        ORDER BY own LIMIT 1
        """,
        id=account,
        until=until,
    )
    return before, after


def account(tx: Tx, id_: UUID) -> leaf.Account | None:
    """What of an account is sealed, as it stands."""
    return tx.row(
        leaf.Account,
        """SELECT book, id, path, currency, kind, class AS class_, floor, ceiling, closed, opened_at
        FROM account WHERE book = %(book)s AND id = %(id)s""",
        id=id_,
    )


def seals(tx: Tx, numbers: list[int]) -> list[leaf.Batch]:
    """The seals of batches, those that are sealed."""
    return tx.rows(
        leaf.Batch,
        """SELECT book, batch, transfers, balances, root, marks FROM batch_seal
        WHERE book = %(book)s AND batch = ANY(%(numbers)s) ORDER BY batch""",
        numbers=numbers,
    )


def leaf_of(tx: Tx, kind: str, refs: list[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """(index, digest) of the latest leaves of some rows."""
    rows = tx.tuples(
        """
        SELECT DISTINCT ON (ref) ref, leaf_index, digest FROM log_leaf
        WHERE book = %(book)s AND kind = %(kind)s AND ref = ANY(%(refs)s::bytea[])
        ORDER BY ref, leaf_index DESC
        """,
        kind=kind,
        refs=refs,
    )
    return {ref: (index, digest) for ref, index, digest in rows}
