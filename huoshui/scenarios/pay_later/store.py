"""The SQL of paying later."""

from __future__ import annotations

from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.lending.facility import store as facilities
from huoshui.lines.lending.facility.model import Facility


def buyer_id(id_: UUID) -> str:
    """A buyer's public id."""
    return ids.show("byr", id_)


def way(tx: Tx, programme_id: UUID, party: str) -> list[Facility]:
    """A buyer's facility under a programme and what is above it; the programme alone where none is."""
    own = tx.value(
        """SELECT id FROM facility
        WHERE book = %(book)s AND parent_id = %(parent)s AND party = %(party)s AND state = 'open'
        ORDER BY id LIMIT 1""",
        parent=programme_id,
        party=party,
    )
    return facilities.way_up(tx, own or programme_id)


def draws(tx: Tx, loan_id: UUID) -> int:
    """How many times a loan was drawn."""
    found: int = tx.value(
        """SELECT count(*) FROM loan_event
        WHERE book = %(book)s AND loan_id = %(id)s AND kind = 'drawdown'""",
        id=loan_id,
    )
    return found


def taken(tx: Tx, reference: str, template: str) -> dict[tuple[str, str], int]:
    """What each settlement account has paid of an order or a payment by a template and product, less
    what came back."""
    rows = tx.tuples(
        """
        SELECT s.path, split_part(i.path, ':', 2),
               sum(CASE WHEN s.id = t.from_id THEN t.amount ELSE -t.amount END)::bigint
        FROM transfer t
        JOIN account s ON s.book = t.book AND s.id IN (t.from_id, t.to_id)
            AND s.kind = 'merchant.settlement'
        JOIN account i ON i.book = t.book AND i.id IN (t.from_id, t.to_id) AND i.id <> s.id
        WHERE t.book = %(book)s AND t.reference = %(reference)s AND t.leg = 0
          AND t.template = %(template)s
        GROUP BY 1, 2
        """,
        reference=reference,
        template=template,
    )
    return {(path, product): amount for path, product, amount in rows}
