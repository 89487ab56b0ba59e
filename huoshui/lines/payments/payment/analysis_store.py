"""The SQL of what payments succeed and cost: counted from the payments as they stand."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx


class Reached(msgspec.Struct, frozen=True):
    """Of the means of payment of one rail, how many came how far."""

    rail: str
    created: int
    confirmed: int
    authorised: int
    captured: int


class Daily(msgspec.Struct, frozen=True):
    """A day's payments of a currency; amounts in minor units."""

    day: date
    currency: str
    made: int
    succeeded: int
    captured: int
    refunded: int
    charged: int


class Declined(msgspec.Struct, frozen=True):
    """A rail's code of refusal, and how often it was given."""

    rail: str
    code: str
    times: int


class Cost(msgspec.Struct, frozen=True):
    """What a rail brought in and what it kept on a day, minor units."""

    day: date
    rail: str
    currency: str
    brought: int
    fees: int


class Period(msgspec.Struct, frozen=True):
    """From `since` on, before `until`; days are those of the book's time `zone`."""

    since: datetime
    until: datetime
    zone: str


def _first(since: datetime) -> UUID:
    """The least id of what was made since a time: ids lead with their moment."""
    return ids.uuid7(since, bytes(10))


def reached(tx: Tx, period: Period) -> list[Reached]:
    """How far the means of payments made in a period came, by rail."""
    return tx.rows(
        Reached,
        """
        SELECT t->>0 AS rail, count(*) AS created,
            count(*) FILTER (WHERE t->>3 <> 'new') AS confirmed,
            count(*) FILTER (WHERE (t->>4)::bigint > 0) AS authorised,
            count(*) FILTER (WHERE (t->>5)::bigint > 0) AS captured
        FROM payment p, jsonb_array_elements(p.tenders) AS t
        WHERE p.book = %(book)s AND p.id >= %(first)s AND p.id < %(last)s
        GROUP BY 1 ORDER BY 2 DESC, 1
        """,
        first=_first(period.since),
        last=_first(period.until),
    )


def days(tx: Tx, period: Period) -> list[Daily]:
    """The payments made in a period, by day and currency."""
    return tx.rows(
        Daily,
        """
        SELECT (created_at AT TIME ZONE %(zone)s)::date AS day, currency, count(*) AS made,
            count(*) FILTER (WHERE captured > 0) AS succeeded,
            sum(captured)::bigint AS captured, sum(refunded)::bigint AS refunded,
            sum(charged)::bigint AS charged
        FROM payment WHERE book = %(book)s AND id >= %(first)s AND id < %(last)s
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        first=_first(period.since),
        last=_first(period.until),
        zone=period.zone,
    )


def declines(tx: Tx, period: Period, limit: int = 20) -> list[Declined]:
    """Why calls to rails were declined in a period, the most frequent first."""
    return tx.rows(
        Declined,
        """
        SELECT rail, code, count(*) AS times FROM rail_call
        WHERE book = %(book)s AND state = 'declined'
          AND settled_at >= %(since)s AND settled_at < %(until)s
          AND subject LIKE 'pmt\\_%%'
        GROUP BY rail, code ORDER BY 3 DESC, 1, 2 LIMIT %(limit)s
        """,
        since=period.since,
        until=period.until,
        limit=limit,
    )


def costs(tx: Tx, period: Period) -> list[Cost]:
    """What was booked of each rail in a period, by day: brought in, and kept as fees.

    Both are transfers of the rail's two accounts. What a reversal takes back was not brought in
    again (a match that is undone); a fee that is given back counts against the fees.
    """
    return tx.rows(
        Cost,
        """
        WITH rail AS (
            SELECT id, kind, split_part(path, ':', 2) AS name FROM account
            WHERE book = %(book)s AND kind IN ('rail.clearing', 'rail.fees')
              AND path <> 'rail:payment:clearing'),
        moved AS (
            SELECT r.name, t.recorded_at, t.currency,
                CASE WHEN r.kind = 'rail.clearing' AND t.reverses IS NULL THEN t.amount ELSE 0 END
                    AS brought,
                CASE WHEN r.kind = 'rail.fees' THEN t.amount ELSE 0 END AS fees
            FROM rail r JOIN transfer t ON t.from_id = r.id
            WHERE t.book = %(book)s AND t.recorded_at >= %(since)s AND t.recorded_at < %(until)s
              AND t.kind IN (0, 2)
            UNION ALL
            SELECT r.name, t.recorded_at, t.currency, 0, -t.amount
            FROM rail r JOIN transfer t ON t.to_id = r.id
            WHERE t.book = %(book)s AND t.recorded_at >= %(since)s AND t.recorded_at < %(until)s
              AND t.kind IN (0, 2) AND r.kind = 'rail.fees')
        SELECT (recorded_at AT TIME ZONE %(zone)s)::date AS day, name AS rail, currency,
            sum(brought)::bigint AS brought, sum(fees)::bigint AS fees
        FROM moved GROUP BY 1, 2, 3 HAVING sum(brought) <> 0 OR sum(fees) <> 0 ORDER BY 1, 2, 3
        """,
        since=period.since,
        until=period.until,
        zone=period.zone,
    )
