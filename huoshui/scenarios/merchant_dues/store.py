"""The SQL of what merchants owe to lending."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.scenarios.merchant_dues.model import Due, Taken

# What is taken of a merchant's settlement account for what it owes, by template.
TEMPLATES = ("takings_shared", "pay_later_fee", "merchant_premium", "seller_debt_recovered")


def premium(tx: Tx, loan_id: UUID) -> int:
    """The merchant's part of a loan's premium, minor units."""
    found: int = tx.value(
        """SELECT coalesce(sum(amount), 0)::bigint FROM loan_part
        WHERE book = %(book)s AND loan_id = %(id)s AND kind = 'premium_merchant'""",
        id=loan_id,
    )
    return found


def premiums(tx: Tx, sellers: Sequence[str]) -> list[Due]:
    """What sellers owe of the premiums of their own loans, less what was taken; the oldest loan first.

    A loan that paid an order is its buyer's: that order's money pays for it.
    """
    return tx.rows(
        Due,
        """
        SELECT seller, 'premium' AS why, product, reference, currency, amount FROM (
            SELECT l.id, l.party AS seller, l.product, shown_id('loan', l.id) AS reference, l.currency,
                p.amount - coalesce((SELECT sum(t.amount) FROM transfer t
                    WHERE t.book = l.book AND t.leg = 0 AND t.template = 'takings_shared'
                      AND t.reference = 'premium/' || shown_id('loan', l.id)), 0)::bigint AS amount
            FROM loan l JOIN loan_part p ON p.book = l.book AND p.loan_id = l.id
                AND p.kind = 'premium_merchant'
            WHERE l.book = %(book)s AND l.party = ANY(%(sellers)s) AND p.amount > 0) AS due
        WHERE amount > 0 ORDER BY id
        """,
        sellers=columns.texts(list(sellers)),
    )


def claims(tx: Tx, seller_id: UUID, seller: str) -> list[Due]:
    """What a seller answers for of claims that it sold: recourse and dilution, the oldest first."""
    return tx.rows(
        Due,
        """SELECT %(seller)s::text AS seller, 'claim' AS why, product,
            shown_id('asg', id) AS reference, currency, claim AS amount
        FROM assignment WHERE book = %(book)s AND seller_id = %(id)s AND claim > 0 ORDER BY id""",
        seller=seller,
        id=seller_id,
    )


def taken(tx: Tx, path: str, limit: int) -> list[Taken]:
    """What was taken of an account for what its merchant owes, the last first."""
    return tx.rows(
        Taken,
        """
        SELECT t.recorded_at AS at, t.template, t.reference, a.currency,
            CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END AS amount, t.id AS txn_id
        FROM account a JOIN LATERAL (
            (SELECT * FROM transfer x WHERE x.book = a.book AND x.from_id = a.id
                AND x.template = ANY(%(templates)s) ORDER BY x.recorded_at DESC, x.from_version DESC LIMIT %(limit)s)
            UNION ALL
            (SELECT * FROM transfer x WHERE x.book = a.book AND x.to_id = a.id
                AND x.template = ANY(%(templates)s) ORDER BY x.recorded_at DESC, x.to_version DESC LIMIT %(limit)s)
            ) AS t ON true
        WHERE a.book = %(book)s AND a.path = %(path)s
        ORDER BY t.recorded_at DESC, t.id DESC LIMIT %(limit)s
        """,
        path=path,
        templates=columns.texts(list(TEMPLATES)),
        limit=limit,
    )
