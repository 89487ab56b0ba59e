"""The SQL of a full run: who took what, balances by day, sums of postings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.scenarios.whatif.full.plan import FullRun


class TakenRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order, or a seller's part of one, of which somebody wanted a product; minor units."""

    product: str
    key: str
    object_id: UUID | None = None
    reason: str = ""
    amount: int = 0
    observed: int = 1
    stops: int | None = None


class Why(msgspec.Struct, frozen=True):
    """Why nothing came of what was wanted: how often, and for how much, minor units."""

    product: str
    reason: str
    count: int
    amount: int


def begin(tx: Tx, run: FullRun) -> None:
    """Note what a full run is run under."""
    tx.run(
        """INSERT INTO whatif_full (book, settings, begun_at)
        VALUES (%(book)s, %(settings)s::jsonb, %(now)s)""",
        settings=msgspec.json.encode(run).decode(),
        now=tx.now,
    )


def run(tx: Tx) -> FullRun | None:
    """What the full run of this world is run under, or None."""
    found = tx.value("SELECT settings FROM whatif_full WHERE book = %(book)s")
    return msgspec.convert(found, FullRun) if found is not None else None


def take(tx: Tx, rows: Sequence[TakenRow]) -> None:
    """Keep who took what."""
    names = TakenRow.__struct_fields__
    tx.append(
        "whatif_taken", ("book", *names), [(tx.book, *msgspec.structs.astuple(r)) for r in rows]
    )


def taken(tx: Tx, object_ids: Sequence[UUID]) -> dict[UUID, TakenRow]:
    """Who took these loans or assignments."""
    rows = tx.rows(
        TakenRow,
        """SELECT product, key, object_id, reason, amount, observed, stops FROM whatif_taken
        WHERE book = %(book)s AND object_id = ANY(%(ids)s)""",
        ids=columns.uuids(list(object_ids)),
    )
    return {row.object_id: row for row in rows if row.object_id}


def begun(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Of these orders, those that somebody has paid later, or would have."""
    rows = tx.tuples(
        "SELECT DISTINCT key FROM whatif_taken WHERE book = %(book)s AND key = ANY(%(keys)s)",
        keys=columns.texts(list(keys)),
    )
    return {key for (key,) in rows}


def lent_before(tx: Tx, buyers: Sequence[str]) -> list[str]:
    """Of buyers, those that have had a loan."""
    if not buyers:
        return []
    rows = tx.tuples(
        """SELECT DISTINCT b.key FROM buyer b JOIN loan l ON l.book = b.book
            AND l.party = shown_id('byr', b.id)
        WHERE b.book = %(book)s AND b.key = ANY(%(keys)s) AND b.superseded_at = 'infinity'""",
        keys=columns.texts(list(buyers)),
    )
    return [key for (key,) in rows]


def refused(tx: Tx) -> list[Why]:
    """Why nothing came of what was wanted."""
    return tx.rows(
        Why,
        """SELECT product, reason, count(*)::int AS count, sum(amount)::bigint AS amount
        FROM whatif_taken WHERE book = %(book)s AND reason <> '' GROUP BY 1, 2 ORDER BY 1, 2""",
    )


def counts(tx: Tx) -> dict[str, int]:
    """How many loans or assignments of each product there are."""
    return dict(
        tx.tuples(
            """SELECT product, count(*)::int FROM whatif_taken
            WHERE book = %(book)s AND object_id IS NOT NULL GROUP BY 1"""
        )
    )


class Begun(msgspec.Struct, frozen=True):
    """How many were taken of a product in a span."""

    product: str
    count: int


def begun_between(tx: Tx, since: datetime, until: datetime) -> dict[str, int]:
    """How many loans and claims of each product began in a span."""
    return dict(
        tx.tuples(
            """SELECT t.product, count(*)::int FROM whatif_taken t
            LEFT JOIN loan l ON l.book = t.book AND l.id = t.object_id
            LEFT JOIN assignment a ON a.book = t.book AND a.id = t.object_id
            WHERE t.book = %(book)s AND t.object_id IS NOT NULL
              AND coalesce(l.applied_at, a.offered_at) >= %(since)s
              AND coalesce(l.applied_at, a.offered_at) < %(until)s
            GROUP BY 1""",
            since=since,
            until=until,
        )
    )


def regions(tx: Tx, orders: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Of orders, the key and the region of the buyer, and the currency."""
    rows = tx.tuples(
        """SELECT o.key, o.buyer_key, coalesce(b.region, ''), o.currency
        FROM order_ o LEFT JOIN buyer b ON b.book = o.book AND b.key = o.buyer_key
            AND b.superseded_at = 'infinity'
        WHERE o.book = %(book)s AND o.key = ANY(%(keys)s) AND o.superseded_at = 'infinity'""",
        keys=columns.texts(list(orders)),
    )
    return {key: (buyer, region, currency) for key, buyer, region, currency in rows}


class Balance(msgspec.Struct, frozen=True):
    """What an account gained on a day, minor units of in - out."""

    path: str
    on: date
    net: int


def daily(tx: Tx, paths: Sequence[str], zone: str) -> list[Balance]:
    """What accounts gained on each day, by the days of effect."""
    return tx.rows(
        Balance,
        """SELECT a.path, (e.effective_at AT TIME ZONE %(zone)s)::date AS on,
               sum(e.net)::bigint AS net
        FROM account a JOIN entry e ON e.book = a.book AND e.account_id = a.id
        WHERE a.book = %(book)s AND a.path = ANY(%(paths)s)
        GROUP BY 1, 2 HAVING sum(e.net) <> 0 ORDER BY 2, 1""",
        paths=columns.texts(list(paths)),
        zone=zone,
    )


class Sum(msgspec.Struct, frozen=True):
    """What a template moved on an account: how often, and in - out in minor units."""

    account_id: UUID
    path: str
    template: str
    count: int
    net: int


def sums(tx: Tx, paths: Sequence[str]) -> list[Sum]:
    """What was posted to accounts, by template."""
    return tx.rows(
        Sum,
        """SELECT a.id AS account_id, a.path, t.template, count(*)::int AS count,
               sum(CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END)::bigint AS net
        FROM account a JOIN transfer t ON t.book = a.book AND a.id IN (t.from_id, t.to_id)
            AND t.kind IN (0, 2)
        WHERE a.book = %(book)s AND a.path = ANY(%(paths)s)
        GROUP BY 1, 2, 3 ORDER BY 2, 3""",
        paths=columns.texts(list(paths)),
    )


class Entry(msgspec.Struct, frozen=True):
    """A posting behind a figure: `net` is in - out of the account, minor units."""

    txn_id: UUID
    leg: int
    at: datetime
    template: str
    reference: str
    path: str
    net: int


def entries(
    tx: Tx, paths: Sequence[str], templates: Sequence[str], after: UUID | None, limit: int
) -> list[Entry]:
    """Postings to accounts, in the order of their ids; of all templates where none is named."""
    return tx.rows(
        Entry,
        """SELECT t.id AS txn_id, t.leg::int AS leg, t.effective_at AS at, t.template, t.reference,
               a.path, CASE WHEN t.to_id = a.id THEN t.amount ELSE -t.amount END AS net
        FROM account a JOIN transfer t ON t.book = a.book AND a.id IN (t.from_id, t.to_id)
            AND t.kind IN (0, 2)
        WHERE a.book = %(book)s AND a.path = ANY(%(paths)s)
          AND (%(all)s OR t.template = ANY(%(templates)s))
          AND (%(after)s::uuid IS NULL OR t.id > %(after)s)
        ORDER BY t.id, t.leg, a.path LIMIT %(limit)s""",
        paths=columns.texts(list(paths)),
        templates=columns.texts(list(templates)),
        all=not templates,
        after=after,
        limit=limit,
    )


class Wait(msgspec.Struct, frozen=True):
    """Mean whole hours from the buyer's payment until the seller's money left, of a product's claims:
    the advance, and what the order brought itself."""

    product: str
    paid: int
    waits: int
    waited: int


def waits(tx: Tx) -> list[Wait]:
    """How long sellers waited for the advance, and would have waited for their orders' own payouts."""
    return tx.rows(
        Wait,
        """
        WITH sold AS (
            SELECT t.product, t.object_id, a.seller_id, e.taken_at, e.released_by
            FROM whatif_taken t
            JOIN assignment a ON a.book = t.book AND a.id = t.object_id
            JOIN escrow e ON e.book = t.book AND e.order_id = a.order_id
            WHERE t.book = %(book)s),
        financed AS (
            SELECT m.reference, m.to_id, m.to_version FROM transfer m
            WHERE m.book = %(book)s AND m.template = 'seller_financed'),
        first AS (
            SELECT s.object_id, min(p.at) AS at
            FROM sold s
            JOIN financed m ON m.reference = shown_id('asg', s.object_id)
            JOIN payout p ON p.book = %(book)s AND p.account_id = m.to_id
                AND m.to_version > p.from_version AND m.to_version <= p.to_version
                AND p.state IN ('sent', 'paid')
            GROUP BY 1),
        own AS (
            SELECT s.object_id, min(p.at) AS at
            FROM sold s
            JOIN transfer m ON m.book = %(book)s AND m.id = s.released_by
            JOIN payout p ON p.book = %(book)s AND p.account_id = m.to_id
                AND p.seller_id = s.seller_id
                AND m.to_version > p.from_version AND m.to_version <= p.to_version
                AND p.state IN ('sent', 'paid')
            GROUP BY 1)
        SELECT s.product, count(*)::int AS paid,
               (sum(EXTRACT(epoch FROM f.at - s.taken_at)) / 3600 / count(*))::int AS waits,
               (sum(EXTRACT(epoch FROM o.at - s.taken_at)) / 3600 / count(*))::int AS waited
        FROM sold s JOIN first f ON f.object_id = s.object_id
        JOIN own o ON o.object_id = s.object_id
        GROUP BY 1 ORDER BY 1
        """,
    )
