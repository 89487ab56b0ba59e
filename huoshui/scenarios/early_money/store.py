"""The SQL of which orders could be advanced."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huoshui.core.db import Tx


def shipped(tx: Tx, seller_key: str, seller_id: UUID, since: datetime, limit: int) -> list[str]:
    """Keys of a seller's orders that are shipped, whose money is held and whose claim is not sold;
    the latest first."""
    rows = tx.tuples(
        """
        SELECT e.order_key
        FROM escrow e
        JOIN shipment s ON s.book = e.book AND s.order_key = e.order_key
            AND s.superseded_at = 'infinity'
        WHERE e.book = %(book)s AND e.state = 'held' AND e.opened_at >= %(since)s
          AND EXISTS (
            SELECT FROM item i WHERE i.book = e.book AND i.order_key = e.order_key
              AND i.seller_key = %(seller)s AND i.superseded_at = 'infinity')
          AND NOT EXISTS (
            SELECT FROM assignment a WHERE a.book = e.book AND a.order_id = e.order_id
              AND a.seller_id = %(seller_id)s AND a.state <> 'declined')
        GROUP BY e.order_key
        ORDER BY max(s.occurred_at) DESC, e.order_key LIMIT %(limit)s
        """,
        seller=seller_key,
        seller_id=seller_id,
        since=since,
        limit=limit,
    )
    return [key for (key,) in rows]
