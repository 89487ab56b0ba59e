"""SQL of what rails' files say in a replay: lines, the time until money came, money on its way."""

from __future__ import annotations

from datetime import date

import msgspec

from huoshui.core.db import Tx


class Settled(msgspec.Struct, frozen=True):
    """Lines of files by what became of them, and what buyers paid until it came; minor units."""

    lines: int
    matched: int
    waiting: int
    waiting_gross: int
    came: int
    hours: int
    unpaid: int


class Cause(msgspec.Struct, frozen=True):
    """Lines that lie in suspense under a cause."""

    cause: str
    lines: int


class DayClearing(msgspec.Struct, frozen=True):
    """What rails owed more at the end of a book date than before it; minor units."""

    day: date
    net: int


def settled(tx: Tx) -> Settled:
    """What became of lines; hours from a tender to its match, summed over those that came."""
    row = tx.row(
        Settled,
        """
        SELECT l.*, c.*,
               (SELECT count(*) FROM payout WHERE book = %(book)s AND state = 'sent') AS unpaid
        FROM (SELECT count(*) AS lines,
                     count(*) FILTER (WHERE state = 'matched') AS matched,
                     count(*) FILTER (WHERE state IN ('suspense', 'asked')) AS waiting,
                     coalesce(sum(gross) FILTER (WHERE state IN ('suspense', 'asked')), 0)::bigint
                         AS waiting_gross
              FROM statement_line WHERE book = %(book)s AND state <> 'split') l,
             (SELECT count(*) AS came, coalesce(
                     sum(EXTRACT(epoch FROM m.made_at - t.effective_at) / 3600), 0)::bigint AS hours
              FROM line_match m
              JOIN line_match_item i ON i.book = m.book AND i.match_id = m.id AND NOT i.freed
              JOIN account a ON a.book = i.book AND a.id = i.account_id
                  AND a.kind = 'rail.clearing'
              JOIN transfer t ON t.book = i.book AND t.id = i.txn_id AND t.leg = i.leg
              WHERE m.book = %(book)s AND i.amount > 0) c
        """,
    )
    assert row is not None, "an aggregate always has a row"
    return row


def causes(tx: Tx) -> list[Cause]:
    """What lies in suspense, by its cause."""
    return tx.rows(
        Cause,
        """
        SELECT cause, count(*) AS lines FROM statement_line
        WHERE book = %(book)s AND state IN ('suspense', 'asked') GROUP BY cause ORDER BY cause
        """,
    )


def clearing(tx: Tx, zone: str) -> list[DayClearing]:
    """What rails owed more each day: taken from buyers and not yet come."""
    return tx.rows(
        DayClearing,
        """
        SELECT (m.effective_at AT TIME ZONE %(zone)s)::date AS day, -sum(m.net)::bigint AS net
        FROM account a JOIN entry m ON m.book = a.book AND m.account_id = a.id
        WHERE a.book = %(book)s AND a.kind = 'rail.clearing'
        GROUP BY 1 ORDER BY 1
        """,
        zone=zone,
    )
