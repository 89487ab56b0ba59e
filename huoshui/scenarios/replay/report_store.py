"""The SQL of a replay's report: set-based, over facts and transfers. Money in minor units."""

from __future__ import annotations

from datetime import date

import msgspec

from huoshui.core.db import Tx


class Counts(msgspec.Struct, frozen=True):
    """How many of what; `score` is the mean review in hundredths."""

    orders: int
    sellers: int
    buyers: int
    delivered: int
    late: int
    score: int
    taken: int
    refunded: int
    awaiting: int
    held: int
    released: int
    closed: int
    held_money: int
    paid_out: int


class Week(msgspec.Struct, frozen=True):
    """A week's orders, by its Monday."""

    week: date
    orders: int
    goods: int
    freight: int


class Month(msgspec.Struct, frozen=True):
    """A month's goods released and what the platform kept of them."""

    month: date
    goods: int
    kept: int


class RefundMonth(msgspec.Struct, frozen=True):
    """A month's refunds of one cause."""

    month: date
    cause: str
    refunds: int
    amount: int


class SellerSum(msgspec.Struct, frozen=True):
    """What a seller earned: its split, after what went back. `seller` is its public id."""

    seller: str
    orders: int
    earned: int


class Wait(msgspec.Struct, frozen=True):
    """How many (order, seller) parts were paid out `days` whole days after the payment."""

    days: int
    parts: int
    hours: int


class DayNet(msgspec.Struct, frozen=True):
    """What a kind of account gained (in - out) on one book date."""

    day: date
    kind: str
    net: int


def counts(tx: Tx) -> Counts:
    """Orders, parties, deliveries, reviews and the states of escrows."""
    row = tx.row(
        Counts,
        """
        SELECT
            (SELECT count(*) FROM order_ WHERE book = %(book)s AND superseded_at = 'infinity')
                AS orders,
            (SELECT count(*) FROM seller WHERE book = %(book)s AND superseded_at = 'infinity')
                AS sellers,
            (SELECT count(*) FROM buyer WHERE book = %(book)s AND superseded_at = 'infinity')
                AS buyers,
            d.delivered, d.late,
            (SELECT coalesce(round(avg(score) * 100), 0)::int FROM review
                WHERE book = %(book)s AND superseded_at = 'infinity') AS score,
            e.*,
            (SELECT coalesce(sum(amount), 0)::bigint FROM payout
                WHERE book = %(book)s AND state IN ('sent', 'paid')) AS paid_out
        FROM (SELECT count(*) AS delivered,
                     count(*) FILTER (WHERE d.occurred_at > o.estimated_at + interval '1 day')
                         AS late
              FROM delivery d JOIN order_ o ON o.book = d.book AND o.key = d.order_key
                  AND o.superseded_at = 'infinity'
              WHERE d.book = %(book)s AND d.superseded_at = 'infinity') d,
             (SELECT coalesce(sum(taken), 0)::bigint AS taken,
                     coalesce(sum(refunded), 0)::bigint AS refunded,
                     count(*) FILTER (WHERE state = 'awaiting') AS awaiting,
                     count(*) FILTER (WHERE state = 'held') AS held,
                     count(*) FILTER (WHERE state = 'released') AS released,
                     count(*) FILTER (WHERE state IN ('refunded', 'void')) AS closed,
                     coalesce(sum(taken - refunded) FILTER (WHERE state = 'held'), 0)::bigint
                         AS held_money
              FROM escrow WHERE book = %(book)s) e
        """,
    )
    assert row is not None, "an aggregate always has a row"
    return row


def span(tx: Tx, zone: str) -> tuple[date, date]:
    """The local dates of the first and the last order."""
    first, last = tx.tuples(
        """
        SELECT (min(occurred_at) AT TIME ZONE %(zone)s)::date,
               (max(occurred_at) AT TIME ZONE %(zone)s)::date
        FROM order_ WHERE book = %(book)s AND superseded_at = 'infinity'
        """,
        zone=zone,
    )[0]
    return first, last


def weeks(tx: Tx, zone: str) -> list[Week]:
    """Orders, goods and freight by week of purchase."""
    return tx.rows(
        Week,
        """
        SELECT date_trunc('week', o.occurred_at AT TIME ZONE %(zone)s)::date AS week,
               count(*) AS orders, coalesce(sum(i.goods), 0)::bigint AS goods,
               coalesce(sum(i.freight), 0)::bigint AS freight
        FROM order_ o
        LEFT JOIN (SELECT order_key, sum(price_minor) AS goods, sum(freight_minor) AS freight
                   FROM item WHERE book = %(book)s AND superseded_at = 'infinity'
                   GROUP BY order_key) i ON i.order_key = o.key
        WHERE o.book = %(book)s AND o.superseded_at = 'infinity'
        GROUP BY 1 ORDER BY 1
        """,
        zone=zone,
    )


def months(tx: Tx, zone: str) -> list[Month]:
    """Goods of the orders released in a month, and commission and surcharge less subsidy."""
    return tx.rows(
        Month,
        """
        WITH goods AS (
            SELECT date_trunc('month', e.released_at AT TIME ZONE %(zone)s)::date AS month,
                   sum(i.price_minor)::bigint AS goods
            FROM escrow e JOIN item i ON i.book = e.book AND i.order_key = e.order_key
                AND i.superseded_at = 'infinity'
            WHERE e.book = %(book)s AND e.released_at IS NOT NULL GROUP BY 1),
        kept AS (
            SELECT date_trunc('month', m.effective_at AT TIME ZONE %(zone)s)::date AS month,
                   sum(m.net)::bigint AS kept
            FROM account a JOIN entry m ON m.book = a.book AND m.account_id = a.id
            WHERE a.book = %(book)s
              AND a.kind IN ('platform.commission', 'platform.surcharge', 'platform.subsidy')
            GROUP BY 1)
        SELECT goods.month, goods.goods, coalesce(kept.kept, 0)::bigint AS kept
        FROM goods LEFT JOIN kept USING (month) ORDER BY 1
        """,
        zone=zone,
    )


def refunds(tx: Tx, zone: str) -> list[RefundMonth]:
    """Refunds by month and cause."""
    return tx.rows(
        RefundMonth,
        """
        SELECT date_trunc('month', at AT TIME ZONE %(zone)s)::date AS month, cause,
               count(*) AS refunds, sum(amount)::bigint AS amount
        FROM refund WHERE book = %(book)s GROUP BY 1, 2 ORDER BY 1, 2
        """,
        zone=zone,
    )


def sellers(tx: Tx) -> list[SellerSum]:
    """Sellers by what they earned, the largest first."""
    return tx.rows(
        SellerSum,
        """
        WITH earned AS (
            SELECT a.path, count(DISTINCT t.reference) AS orders,
                   sum(m.net)::bigint AS earned
            FROM account a
            JOIN entry m ON m.book = a.book AND m.account_id = a.id
            JOIN txn t ON t.book = m.book AND t.id = m.txn_id AND t.template <> 'seller_paid_out'
            WHERE a.book = %(book)s AND a.kind = 'merchant.settlement'
            GROUP BY a.path)
        SELECT split_part(path, ':', 2) AS seller, orders, earned
        FROM earned ORDER BY earned DESC, path
        """,
    )


def waits(tx: Tx) -> list[Wait]:
    """Days from the payment of an order to the payout of each seller's part of it."""
    return tx.rows(
        Wait,
        """
        WITH paid AS (
            SELECT EXTRACT(epoch FROM p.at - e.taken_at) / 3600 AS hours
            FROM payout p
            JOIN transfer m ON m.book = p.book AND m.to_id = p.account_id
                AND m.to_version > p.from_version AND m.to_version <= p.to_version
            JOIN escrow e ON e.book = m.book AND e.released_by = m.id
            WHERE p.book = %(book)s)
        SELECT floor(hours / 24)::int AS days, count(*) AS parts, sum(hours)::bigint AS hours
        FROM paid GROUP BY 1 ORDER BY 1
        """,
    )


def daily_nets(tx: Tx, zone: str) -> list[DayNet]:
    """What escrow and the debts to sellers, carriers and the tax office gained each day."""
    return tx.rows(
        DayNet,
        """
        SELECT (m.effective_at AT TIME ZONE %(zone)s)::date AS day, a.kind,
               sum(m.net)::bigint AS net
        FROM account a JOIN entry m ON m.book = a.book AND m.account_id = a.id
        WHERE a.book = %(book)s AND a.class = 'liability'
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        zone=zone,
    )
