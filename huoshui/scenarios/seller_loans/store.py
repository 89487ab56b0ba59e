"""The SQL of what sellers sold, by their payouts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.lines.payments.settlement.store import SALES, SALES_BACK
from huoshui.scenarios.seller_loans.model import Sold


def sold(
    tx: Tx, zone: str, sellers: Sequence[UUID] | None = None, since: datetime | None = None
) -> list[Sold]:
    """What sellers sold for each of their payouts, day by day; of these, and since a time, where named.

    The first payout stands in the list whenever it was: with what it brought if that is within the time.
    """
    rows = tx.tuples(
        """
        WITH paid AS (
            SELECT p.seller_id, p.account_id, p.at, p.from_version, p.to_version
            FROM payout p
            WHERE p.book = %(book)s AND p.state IN ('sent', 'paid') AND p.seller_id IS NOT NULL
              AND (%(all)s OR p.seller_id = ANY(%(sellers)s))),
        moved AS (
            SELECT p.seller_id, p.at, m.amount
            FROM paid p JOIN transfer m ON m.book = %(book)s AND m.to_id = p.account_id
                AND m.to_version > p.from_version AND m.to_version <= p.to_version
            WHERE m.kind IN (0, 2) AND m.template = ANY(%(sales)s)
              AND (%(since)s::timestamptz IS NULL OR p.at >= %(since)s)
            UNION ALL
            SELECT p.seller_id, p.at, -m.amount
            FROM paid p JOIN transfer m ON m.book = %(book)s AND m.from_id = p.account_id
                AND m.from_version > p.from_version AND m.from_version <= p.to_version
            WHERE m.kind IN (0, 2) AND m.template = ANY(%(back)s)
              AND (%(since)s::timestamptz IS NULL OR p.at >= %(since)s)
            UNION ALL
            SELECT p.seller_id, min(p.at), 0 FROM paid p GROUP BY 1)
        SELECT shown_id('slr', m.seller_id), coalesce(s.region, ''),
               (m.at AT TIME ZONE %(zone)s)::date AS on, sum(m.amount)::bigint
        FROM moved m LEFT JOIN seller s ON s.book = %(book)s AND s.id = m.seller_id
            AND s.superseded_at = 'infinity'
        GROUP BY 1, 2, 3 ORDER BY 1, 3
        """,
        zone=zone,
        all=sellers is None,
        sellers=columns.uuids(list(sellers or ())),
        since=since,
        sales=columns.texts(SALES),
        back=columns.texts(SALES_BACK),
    )
    return [
        Sold(seller, region, tuple((on, amount) for _, _, on, amount in of))
        for (seller, region), of in groupby(rows, key=lambda row: (row[0], row[1]))
    ]


def paid_on(tx: Tx, zone: str, day: date) -> list[UUID]:
    """The sellers that were paid out on a day."""
    rows = tx.tuples(
        """SELECT DISTINCT seller_id FROM payout
        WHERE book = %(book)s AND state IN ('sent', 'paid') AND seller_id IS NOT NULL
          AND at >= %(day)s::timestamp AT TIME ZONE %(zone)s
          AND at < (%(day)s + 1)::timestamp AT TIME ZONE %(zone)s
        ORDER BY 1""",
        day=day,
        zone=zone,
    )
    return [seller for (seller,) in rows]


def paid_since(tx: Tx, zone: str, day: date) -> list[UUID]:
    """The sellers that were paid out on a day or since."""
    rows = tx.tuples(
        """SELECT DISTINCT seller_id FROM payout
        WHERE book = %(book)s AND state IN ('sent', 'paid') AND seller_id IS NOT NULL
          AND at >= %(day)s::timestamp AT TIME ZONE %(zone)s
        ORDER BY 1""",
        day=day,
        zone=zone,
    )
    return [seller for (seller,) in rows]


def has_open(tx: Tx, party: str, product: str) -> bool:
    """Whether a party has a loan of a product that is not over: on offer, signed or running."""
    found: bool = tx.value(
        """SELECT EXISTS (SELECT FROM loan WHERE book = %(book)s AND party = %(party)s
            AND product = %(product)s AND state IN ('signed', 'running'))""",
        party=party,
        product=product,
    )
    return found


def next_paid(tx: Tx, zone: str, day: date) -> date | None:
    """The first day from one on, on which sellers were paid out; None where there is none yet."""
    found: date | None = tx.value(
        """SELECT (min(at) AT TIME ZONE %(zone)s)::date FROM payout
        WHERE book = %(book)s AND state IN ('sent', 'paid')
          AND at >= %(day)s::timestamp AT TIME ZONE %(zone)s""",
        day=day,
        zone=zone,
    )
    return found
