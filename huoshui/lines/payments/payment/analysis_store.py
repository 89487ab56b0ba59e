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
    """What a rail brought in and what it kept, since the book was opened, minor units."""

    rail: str
    currency: str
    brought: int
    fees: int


def _first(since: datetime) -> UUID:
    """The least id of what was made since a time: ids lead with their moment."""
    return ids.uuid7(since, bytes(10))


def reached(tx: Tx, since: datetime) -> list[Reached]:
    """How far the means of payments made since a time came, by rail."""
    return tx.rows(
        Reached,
        """
        SELECT t->>0 AS rail, count(*) AS created,
            count(*) FILTER (WHERE t->>3 <> 'new') AS confirmed,
            count(*) FILTER (WHERE (t->>4)::bigint > 0) AS authorised,
            count(*) FILTER (WHERE (t->>5)::bigint > 0) AS captured
        FROM payment p, jsonb_array_elements(p.tenders) AS t
        WHERE p.book = %(book)s AND p.id >= %(first)s
        GROUP BY 1 ORDER BY 2 DESC, 1
        """,
        first=_first(since),
    )


def days(tx: Tx, since: datetime, zone: str) -> list[Daily]:
    """The payments made since a time, by day of the book's time zone and currency."""
    return tx.rows(
        Daily,
        """
        SELECT (created_at AT TIME ZONE %(zone)s)::date AS day, currency, count(*) AS made,
            count(*) FILTER (WHERE captured > 0) AS succeeded,
            sum(captured)::bigint AS captured, sum(refunded)::bigint AS refunded,
            sum(charged)::bigint AS charged
        FROM payment WHERE book = %(book)s AND id >= %(first)s
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        first=_first(since),
        zone=zone,
    )


def declines(tx: Tx, since: datetime, limit: int = 20) -> list[Declined]:
    """Why calls to rails were declined since a time, the most frequent first."""
    return tx.rows(
        Declined,
        """
        SELECT rail, code, count(*) AS times FROM rail_call
        WHERE book = %(book)s AND state = 'declined' AND settled_at >= %(since)s
          AND subject LIKE 'pmt\\_%%'
        GROUP BY rail, code ORDER BY 3 DESC, 1, 2 LIMIT %(limit)s
        """,
        since=since,
        limit=limit,
    )


def costs(tx: Tx) -> list[Cost]:
    """What each rail brought in and kept, from its two accounts."""
    return tx.rows(
        Cost,
        """
        SELECT split_part(path, ':', 2) AS rail, currency,
            sum(CASE WHEN kind = 'rail.clearing' THEN out_ ELSE 0 END)::bigint AS brought,
            sum(CASE WHEN kind = 'rail.fees' THEN out_ - in_ ELSE 0 END)::bigint AS fees
        FROM account
        WHERE book = %(book)s AND kind IN ('rail.clearing', 'rail.fees') AND path <> 'rail:payment:clearing'
        GROUP BY 1, 2 HAVING sum(out_ + in_) > 0 ORDER BY 3 DESC, 1, 2
        """,
    )
