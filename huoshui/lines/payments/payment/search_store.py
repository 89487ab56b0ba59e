"""The SQL of lists of payments and refunds: filtered, newest first, by indexes whatever the filter.

A list of few (a rail's, a seller's, a buyer's) is led by an index in the order of the ids; the other
filters are then asked of its payments alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.payments.chart import seller_of
from huoshui.lines.payments.payment.machine import PAYMENT
from huoshui.lines.payments.payment.model import Payment, Refund
from huoshui.lines.payments.payment.store import COLUMNS, REFUND, payment_of, refund_of

_MILLISECOND = timedelta(milliseconds=1)
_AT_ALL = UUID(int=(1 << 128) - 1)  # behind every id


class Own(msgspec.Struct, frozen=True):
    """Whose payments: those that these buyers pay, or of which these sellers get a part."""

    buyers: list[str]
    sellers: list[str]

    def has(self, payment: Payment) -> bool:
        """Whether a payment is among them."""
        sellers = {seller_of(part.account) for part in payment.parts}
        return payment.buyer in self.buyers or not sellers.isdisjoint(self.sellers)


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which payments: all that is said must hold. Amounts in minor units, `least` and `most`
    included, `until` not; `seller` is a seller's public id, `among` whose the caller may see."""

    state: str = ""
    order: str = ""
    buyer: str = ""
    seller: str = ""
    rail: str = ""
    currency: str = ""
    least: int | None = None
    most: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    among: Own | None = None


def page(tx: Tx, sought: Sought, *, after: UUID | None = None, limit: int = 50) -> list[Payment]:
    """Payments, newest first, older than the cursor."""
    query, params = question(sought, after=after, limit=limit)
    if sought.least is not None or sought.most is not None:
        # How many amounts are within bounds only the bounds themselves say: plan with them.
        tx.run("SET LOCAL plan_cache_mode = force_custom_plan")
    return [payment_of(row) for row in tx.tuples(query, **params)]


def question(
    sought: Sought, *, after: UUID | None = None, limit: int = 50
) -> tuple[str, dict[str, Any]]:
    """The query behind a page, and its parameters."""
    asked = _asked(sought)
    params = msgspec.structs.asdict(sought) | {"limit": limit, "before": _before(sought, after)}
    params |= {
        "first": ids.uuid7(sought.since, bytes(10)) if sought.since else None,
        "own_sellers": sought.among.sellers if sought.among else [],
        "own_buyers": sought.among.buyers if sought.among else [],
    }
    del params["among"]
    led = _led(sought, asked)
    columns = ", ".join(f"p.{name}" for name in COLUMNS)
    if not led:
        query = f"""SELECT {columns} FROM payment p
        WHERE {_all(asked)} AND p.id < %(before)s ORDER BY p.id DESC LIMIT %(limit)s"""
        return query, params
    query = f"""WITH found AS ({" UNION ".join(led)})
        SELECT {columns} FROM found JOIN payment p ON p.book = %(book)s AND p.id = found.id
        ORDER BY p.id DESC LIMIT %(limit)s"""
    return query, params


def _led(sought: Sought, asked: dict[str, str]) -> list[str]:
    """The first so many of each index that leads; none where the book itself is paged."""
    if sought.among:
        whose = [_by_name("seller", "%(own_sellers)s", asked)] if sought.among.sellers else []
        return [*whose, _by_buyer(asked)] if sought.among.buyers or not whose else whose
    if sought.order:
        return []  # its own index leads to few
    for kind in ("seller", "rail"):
        if kind in asked:
            others = {name: condition for name, condition in asked.items() if name != kind}
            return [_by_name(kind, f"ARRAY[%({kind})s]", others)]
    return []


def _by_name(kind: str, names: str, asked: dict[str, str]) -> str:
    return f"""(SELECT each.id FROM unnest({names}::text[]) AS n (name), LATERAL (
        SELECT p.id FROM payment_index i JOIN payment p ON p.book = i.book AND p.id = i.payment_id
        WHERE i.book = %(book)s AND i.kind = '{kind}' AND i.name = n.name
          AND i.payment_id < %(before)s AND {_all(asked)}
        ORDER BY i.payment_id DESC LIMIT %(limit)s) AS each)"""


def _by_buyer(asked: dict[str, str]) -> str:
    return f"""(SELECT each.id FROM unnest(%(own_buyers)s::text[]) AS n (name), LATERAL (
        SELECT p.id FROM payment p
        WHERE p.buyer = n.name AND p.buyer <> '' AND p.id < %(before)s AND {_all(asked)}
        ORDER BY p.id DESC LIMIT %(limit)s) AS each)"""


def _all(asked: dict[str, str]) -> str:
    return " AND ".join(("p.book = %(book)s", *asked.values()))


def _asked(sought: Sought) -> dict[str, str]:
    """The conditions by what they are of; what is not sought is not asked."""
    # OFFSET 0: looked up for each payment that is met, never listed whole beforehand.
    named = """EXISTS (SELECT FROM payment_index s WHERE s.book = p.book AND s.kind = '{kind}'
        AND s.name = %({kind})s AND s.payment_id = p.id OFFSET 0)"""
    # As it stands: an index of the states that are few is of use only to who names one.
    state = f"p.state = '{sought.state}'" if sought.state in PAYMENT.states else "false"
    conditions = {
        "state": state,
        "order": "p.order_key = %(order)s AND p.order_key <> ''",
        "buyer": "p.buyer = %(buyer)s AND p.buyer <> ''",
        "seller": named.format(kind="seller"),
        "rail": named.format(kind="rail"),
        "currency": "p.currency = %(currency)s",
        "least": "p.amount >= %(least)s",
        "most": "p.amount <= %(most)s",
        "since": "p.id >= %(first)s AND p.created_at >= %(since)s",
        "until": "p.created_at < %(until)s",
    }
    return {
        name: condition
        for name, condition in conditions.items()
        if getattr(sought, name) not in (None, "")
    }


def _before(sought: Sought, after: UUID | None) -> UUID:
    """Below which id the page begins: ids lead with the moment at which they were made."""
    end = ids.uuid7(sought.until + _MILLISECOND, bytes(10)) if sought.until else _AT_ALL
    return min(after or _AT_ALL, end)


def refunds(
    tx: Tx, *, among: Own | None = None, after: UUID | None = None, limit: int = 50
) -> list[Refund]:
    """Refunds, newest first, older than the cursor; of some parties only where `among` says so."""
    whose = """
          AND (EXISTS (SELECT FROM payment_index i WHERE i.book = r.book AND i.kind = 'seller'
                       AND i.name = ANY(%(sellers)s) AND i.payment_id = r.payment_id)
               OR EXISTS (SELECT FROM payment p WHERE p.book = r.book AND p.id = r.payment_id
                          AND p.buyer = ANY(%(buyers)s)))"""
    rows = tx.tuples(
        f"""SELECT {REFUND} FROM payment_refund r
        WHERE book = %(book)s AND id < %(before)s {whose if among else ""}
        ORDER BY id DESC LIMIT %(limit)s""",
        before=after or _AT_ALL,
        sellers=among.sellers if among else [],
        buyers=among.buyers if among else [],
        limit=limit,
    )
    return [refund_of(row) for row in rows]
