"""SQL of rail files: what rails did on a day, as the facts and the books know it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.scenarios.rail_files.model import Deal, Verb

# A tender is the rail's own news; that it was booked, and as what, is what its file is held against.
# Each part asks for the order of its index: of tables that were empty when the plan was made, all
# indexes that begin with the book look the same.
_DEALS = """
    SELECT t.method, 'capture', o.id::text, t.amount_minor, t.currency, t.recorded_at, t.id
    FROM (SELECT * FROM tender WHERE book = %(book)s AND recorded_at >= %(since)s
            AND recorded_at < %(until)s ORDER BY book, recorded_at OFFSET 0) AS t
    CROSS JOIN LATERAL (
        SELECT id FROM order_ WHERE book = %(book)s AND key = t.order_key
            AND superseded_at = 'infinity' LIMIT 1) AS o
    WHERE t.version = 1
    UNION ALL
    SELECT split_part(a.path, ':', 2), 'refund', m.reference, m.amount, m.currency, m.recorded_at,
           m.id
    FROM account a CROSS JOIN LATERAL (
        SELECT * FROM transfer WHERE to_id = a.id AND recorded_at >= %(since)s
            AND recorded_at < %(until)s ORDER BY to_id, recorded_at OFFSET 0) AS m
    WHERE a.book = %(book)s AND a.kind = 'rail.clearing' AND m.template = 'order_refunded'
    UNION ALL
    SELECT 'bank', 'pay_out', p.id::text, p.amount, p.currency, p.at, p.id
    FROM (SELECT * FROM payout WHERE book = %(book)s AND at >= %(since)s AND at < %(until)s
            AND state IN ('sent', 'paid') ORDER BY book, at OFFSET 0) AS p
    ORDER BY 1, 6, 7"""
_PREFIX: dict[Verb, str] = {"capture": "ord", "pay_out": "pay"}


def deals(tx: Tx, since: datetime, until: datetime) -> list[Deal]:
    """What rails took, gave back and paid out in a span, by rail and time."""
    with tx.by_index():
        rows = tx.tuples(_DEALS, since=since, until=until)
    return [
        Deal(rail, verb, _shown(verb, about), amount, currency, at)
        for rail, verb, about, amount, currency, at, _ in rows
    ]


def _shown(verb: Verb, about: str) -> str:
    return ids.show(_PREFIX[verb], UUID(about)) if verb in _PREFIX else about
