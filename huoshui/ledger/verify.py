"""Verification: everything that the ledger stores beside its transfers, recomputed from them."""

from __future__ import annotations

import hashlib
from typing import LiteralString
from uuid import UUID

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
    """Recompute counters, running balances, holds and the trial balance of the whole book.

    What is archived counts with the sums that it left on its accounts.
    """
    counts = tx.tuples(
        """SELECT (SELECT count(*) FROM transfer WHERE book = %(book)s),
                  (SELECT count(*) FROM account WHERE book = %(book)s)"""
    )[0]
    faults = [*_counters(tx), *_running(tx), *_held(tx), *verify_trial(tx)]
    return Verification(counts[0], counts[1], tuple(faults))


def verify_accounts(tx: Tx, ids: list[UUID]) -> list[Fault]:
    """The same for some accounts, without the trial balance."""
    return [*_counters(tx, ids), *_running(tx, ids), *_held(tx, ids)]


def _these(column: LiteralString, ids: list[UUID] | None) -> LiteralString:
    """A condition that names the accounts, so that the indexes find their rows; or none."""
    return "true" if ids is None else f"{column} = ANY(%(ids)s)"


def _counters(tx: Tx, ids: list[UUID] | None = None) -> list[Fault]:
    return tx.rows(
        Fault,
        f"""
        WITH moved AS (
            SELECT account_id AS id, sum(out_)::bigint AS o, sum(in_)::bigint AS i, count(*) AS n
            FROM entry WHERE book = %(book)s AND {_these("account_id", ids)} GROUP BY account_id),
        made AS (
            SELECT a.path, a.out_, a.in_, a.version, coalesce(m.o, 0) + coalesce(c.out_, 0) AS o,
                   coalesce(m.i, 0) + coalesce(c.in_, 0) AS i,
                   coalesce(m.n, 0) + coalesce(c.transfers, 0) AS n
            FROM account a LEFT JOIN moved m ON m.id = a.id
            LEFT JOIN carried c ON c.book = a.book AND c.account_id = a.id
            WHERE a.book = %(book)s AND {_these("a.id", ids)})
        SELECT 'counters' AS check, path AS account, concat_ws('/', out_, in_, version) AS stored,
               concat_ws('/', o, i, n) AS recomputed
        FROM made WHERE (out_, in_, version) IS DISTINCT FROM (o, i, n)
        LIMIT 20
        """,
        ids=ids,
    )


def _running(tx: Tx, ids: list[UUID] | None = None) -> list[Fault]:
    """Each row follows the one before it, or the archive's last; between archived rows lie gaps."""
    return tx.rows(
        Fault,
        f"""
        WITH told AS (
            SELECT account_id AS id, version AS v, balance AS after, net,
                   coalesce(lag(version) OVER own, 0) AS v_before,
                   coalesce(lag(balance) OVER own, 0) AS before
            FROM entry WHERE book = %(book)s AND {_these("account_id", ids)}
            WINDOW own AS (PARTITION BY account_id ORDER BY version)),
        made AS (
            SELECT told.id, told.v, told.after,
                   CASE WHEN v = v_before + 1 THEN before + net
                        WHEN v = c.version + 1 THEN c.balance + net
                        WHEN v <= c.version THEN after END AS should,
                   CASE WHEN v > v_before AND v <= c.version + 1 THEN v
                        ELSE v_before + 1 END AS n
            FROM told LEFT JOIN carried c ON c.book = %(book)s AND c.account_id = told.id)
        SELECT 'running' AS check, a.path AS account, concat_ws('@', after, v) AS stored,
               concat_ws('@', should, n) AS recomputed
        FROM made JOIN account a ON a.book = %(book)s AND a.id = made.id
        WHERE after IS DISTINCT FROM should OR v <> n
        LIMIT 20
        """,
        ids=ids,
    )


def _held(tx: Tx, ids: list[UUID] | None = None) -> list[Fault]:
    return tx.rows(
        Fault,
        f"""
        WITH side AS (
            SELECT from_id AS id, remaining AS o, 0::bigint AS i FROM hold
            WHERE book = %(book)s AND state = 'open' AND {_these("from_id", ids)}
            UNION ALL SELECT to_id, 0, remaining FROM hold
            WHERE book = %(book)s AND state = 'open' AND {_these("to_id", ids)}),
        held AS (SELECT id, sum(o)::bigint AS o, sum(i)::bigint AS i FROM side GROUP BY id)
        SELECT 'held' AS check, a.path AS account, concat_ws('/', a.held_out, a.held_in) AS stored,
               concat_ws('/', coalesce(h.o, 0), coalesce(h.i, 0)) AS recomputed
        FROM account a LEFT JOIN held h ON h.id = a.id
        WHERE a.book = %(book)s AND {_these("a.id", ids)}
          AND (a.held_out, a.held_in) IS DISTINCT FROM (coalesce(h.o, 0), coalesce(h.i, 0))
        LIMIT 20
        """,
        ids=ids,
    )


def verify_trial(tx: Tx) -> list[Fault]:
    """Whether as much went out as came in, in every currency."""
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
