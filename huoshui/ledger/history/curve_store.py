"""SQL of an account's balance at many moments: seeks, and a bounded look at what came late."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx

LOOKS_MAX = 400  # rows beyond a counted day that one moment may cost
WHOLE_MAX = 20_000  # transfers of an account whose every row is read once


class Told(msgspec.Struct, frozen=True):
    """A balance (in - out, minor units) at a moment, by what was recorded before it."""

    at: datetime
    balance: int


class Effect(msgspec.Struct, frozen=True):
    """The same by effect; None where too much lies behind the last counted day."""

    at: datetime
    balance: int | None


def recorded(tx: Tx, account_id: UUID, moments: list[datetime]) -> list[Told]:
    """What was recorded before each moment: one index seek a side."""
    return tx.rows(
        Told,
        """
        SELECT w.at, coalesce(last.balance, 0) AS balance
        FROM unnest(%(moments)s) AS w (at) LEFT JOIN LATERAL (
            SELECT version, balance FROM (
                (SELECT from_version AS version, from_after AS balance FROM transfer
                 WHERE book = %(book)s AND from_id = %(id)s AND recorded_at < w.at
                 ORDER BY recorded_at DESC, from_version DESC LIMIT 1)
                UNION ALL
                (SELECT to_version, to_after FROM transfer
                 WHERE book = %(book)s AND to_id = %(id)s AND recorded_at < w.at
                 ORDER BY recorded_at DESC, to_version DESC LIMIT 1)
                UNION ALL
                (SELECT version, balance FROM carried
                 WHERE book = %(book)s AND account_id = %(id)s)) AS sides
            ORDER BY version DESC LIMIT 1) last ON true
        ORDER BY w.at
        """,
        id=account_id,
        moments=columns.times(moments),
    )


def effective_whole(tx: Tx, account_id: UUID, moments: list[datetime]) -> list[Effect]:
    """What took effect before each moment, from every row of an account: for one of few."""
    return tx.rows(
        Effect,
        """
        WITH moved AS MATERIALIZED (
            SELECT width_bucket(effective_at, %(moments)s) AS place, sum(net)::bigint AS net FROM (
                SELECT effective_at, -amount AS net FROM transfer
                WHERE book = %(book)s AND from_id = %(id)s AND kind IN (0, 2)
                UNION ALL
                SELECT effective_at, amount FROM transfer
                WHERE book = %(book)s AND to_id = %(id)s AND kind IN (0, 2)) AS sides
            GROUP BY 1)
        SELECT w.at, (coalesce((SELECT in_ - out_ FROM carried
                                WHERE book = %(book)s AND account_id = %(id)s), 0)
                      + coalesce((SELECT sum(net) FROM moved WHERE place < w.n), 0))::bigint
               AS balance
        FROM unnest(%(moments)s) WITH ORDINALITY AS w (at, n) ORDER BY w.at
        """,
        id=account_id,
        moments=columns.times(moments),
    )


def _arm(side: LiteralString, sign: LiteralString, late: bool) -> LiteralString:
    span: LiteralString = (
        "recorded_at - effective_at > interval '1 day'"
        if late
        else """recorded_at - effective_at <= interval '1 day'
            AND recorded_at >= b.since AND recorded_at < w.at + interval '1 day'"""
    )
    return f"""
        (SELECT {sign}amount AS net FROM transfer
         WHERE b.since < w.at AND book = %(book)s AND {side}_id = %(id)s AND kind IN (0, 2)
           AND effective_at >= b.since AND effective_at < w.at AND {span} LIMIT {LOOKS_MAX + 1})"""


_SINCE: LiteralString = " UNION ALL ".join(
    _arm(side, sign, late) for side, sign in (("from", "-"), ("to", "")) for late in (False, True)
)


def effective_counted(tx: Tx, account_id: UUID, moments: list[datetime]) -> list[Effect]:
    """What took effect before each moment: the nearest counted day, and some rows behind it.

    A moment at which a counted day ends costs one seek: nothing behind it is looked at.
    """
    return tx.rows(
        Effect,
        f"""
        SELECT w.at, CASE WHEN d.most <= {LOOKS_MAX} THEN b.net + d.net END AS balance
        FROM unnest(%(moments)s) AS w (at)
        CROSS JOIN LATERAL (
            SELECT coalesce(max(c.until), '-infinity') AS since,
                   coalesce(max(c.net), (SELECT in_ - out_ FROM carried
                       WHERE book = %(book)s AND account_id = %(id)s), 0) AS net
            FROM (SELECT until, in_ - out_ AS net FROM day_balance
                  WHERE book = %(book)s AND account_id = %(id)s AND until <= w.at
                  ORDER BY until DESC LIMIT 1) AS c) b
        CROSS JOIN LATERAL (
            SELECT count(*) AS most, coalesce(sum(net), 0)::bigint AS net
            FROM (SELECT net FROM ({_SINCE}) AS late LIMIT {LOOKS_MAX + 1}) AS behind) d
        ORDER BY w.at
        """,
        id=account_id,
        moments=columns.times(moments),
    )
