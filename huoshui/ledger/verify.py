"""Verification: everything that the ledger stores beside its transfers, recomputed from them."""

from __future__ import annotations

import hashlib

import msgspec

from huoshui.core.db import Tx


class Fault(msgspec.Struct, frozen=True):
    """A place where what is stored disagrees with the transfers."""

    check: str
    account: str
    stored: str
    recomputed: str


class Verification(msgspec.Struct, frozen=True):
    """What was checked and what disagreed; at most 20 faults of each check are listed."""

    transfers: int
    accounts: int
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing disagreed."""
        return not self.faults


def verify(tx: Tx) -> Verification:
    """Recompute counters, running balances, holds and the trial balance of the whole book."""
    counts = tx.tuples(
        """SELECT (SELECT count(*) FROM transfer WHERE book = %(book)s),
                  (SELECT count(*) FROM account WHERE book = %(book)s)"""
    )[0]
    faults = [*_counters(tx), *_running(tx), *_held(tx), *_trial(tx)]
    return Verification(counts[0], counts[1], tuple(faults))


def _counters(tx: Tx) -> list[Fault]:
    return tx.rows(
        Fault,
        """
        WITH moved AS (
            SELECT account_id AS id, sum(out_)::bigint AS o, sum(in_)::bigint AS i, count(*) AS n
            FROM entry WHERE book = %(book)s GROUP BY account_id)
        SELECT 'counters' AS check, a.path AS account,
               concat_ws('/', a.out_, a.in_, a.version) AS stored,
               concat_ws('/', coalesce(m.o, 0), coalesce(m.i, 0), coalesce(m.n, 0)) AS recomputed
        FROM account a LEFT JOIN moved m ON m.id = a.id
        WHERE a.book = %(book)s AND (a.out_, a.in_, a.version)
            IS DISTINCT FROM (coalesce(m.o, 0), coalesce(m.i, 0), coalesce(m.n, 0))
        LIMIT 20
        """,
    )


def _running(tx: Tx) -> list[Fault]:
    return tx.rows(
        Fault,
        """
        WITH told AS (
            SELECT account_id AS id, version AS v, balance AS after,
                   sum(net) OVER own AS should, row_number() OVER own AS n
            FROM entry WHERE book = %(book)s
            WINDOW own AS (PARTITION BY account_id ORDER BY version))
        SELECT 'running' AS check, a.path AS account, concat_ws('@', after, v) AS stored,
               concat_ws('@', should, n) AS recomputed
        FROM told JOIN account a ON a.book = %(book)s AND a.id = told.id
        WHERE after <> should OR v <> n
        LIMIT 20
        """,
    )


def _held(tx: Tx) -> list[Fault]:
    return tx.rows(
        Fault,
        """
        WITH side AS (
            SELECT from_id AS id, remaining AS o, 0::bigint AS i FROM hold
            WHERE book = %(book)s AND state = 'open'
            UNION ALL SELECT to_id, 0, remaining FROM hold
            WHERE book = %(book)s AND state = 'open'),
        held AS (SELECT id, sum(o)::bigint AS o, sum(i)::bigint AS i FROM side GROUP BY id)
        SELECT 'held' AS check, a.path AS account, concat_ws('/', a.held_out, a.held_in) AS stored,
               concat_ws('/', coalesce(h.o, 0), coalesce(h.i, 0)) AS recomputed
        FROM account a LEFT JOIN held h ON h.id = a.id
        WHERE a.book = %(book)s
          AND (a.held_out, a.held_in) IS DISTINCT FROM (coalesce(h.o, 0), coalesce(h.i, 0))
        LIMIT 20
        """,
    )


def _trial(tx: Tx) -> list[Fault]:
    return tx.rows(
        Fault,
        """
        SELECT 'trial_balance' AS check, currency AS account,
               sum(out_)::text AS stored, sum(in_)::text AS recomputed
        FROM account WHERE book = %(book)s
        GROUP BY currency HAVING sum(out_) <> sum(in_)
        """,
    )


def ledger_hash(tx: Tx, time_zone: str) -> str:
    """SHA-256 over sorted lines `path,book date,currency,out,in`: what moved where on which day.

    The book date is the effective time's date in the marketplace's time zone. Two runs that
    moved the same money have the same hash, whatever their batches and restarts.
    """
    rows = tx.tuples(
        """
        SELECT a.path, (m.effective_at AT TIME ZONE %(zone)s)::date::text, a.currency,
               sum(m.out_)::text, sum(m.in_)::text
        FROM entry m
        JOIN account a ON a.book = m.book AND a.id = m.account_id
        WHERE m.book = %(book)s
        GROUP BY 1, 2, 3
        """,
        zone=time_zone,
    )
    total = hashlib.sha256()
    for line in sorted(",".join(row) for row in rows):
        total.update(line.encode() + b"\n")
    return total.hexdigest()
