"""What was seen of sellers' orders: their parts, as they were split or would have been, and their days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.facts.commerce import store as facts
from huoshui.lines.payments.escrow import plan
from huoshui.lines.payments.escrow import service as escrows
from huoshui.lines.payments.escrow.terms import Terms, confirm_due
from huoshui.scenarios.factoring_flow import UNPROMISED
from huoshui.scenarios.whatif import store
from huoshui.scenarios.whatif.model import SaleSeen
from huoshui.scenarios.whatif.store import OrderMoney


def sales(tx: Tx) -> dict[str, list[SaleSeen]]:
    """The parts of each seller in orders that were paid for, in the order of payment."""
    terms, zone = escrows.terms(tx), access.zone_of(tx)
    found: dict[str, list[SaleSeen]] = {}
    known, orders = store.regions(tx), store.money(tx)
    unsplit = _unsplit(tx, terms, [o for o in orders if not o.parts and o.shipped_at])

    def due(order: OrderMoney) -> date | None:
        if order.shipped_at is None:
            return None
        arrives = order.estimated_at or order.shipped_at + UNPROMISED
        return confirm_due(terms, zone, max(arrives, order.shipped_at)).astimezone(zone).date()

    for order in orders:
        for seller, amount, back in order.parts or unsplit.get(order.key, []):
            found.setdefault(seller, []).append(
                SaleSeen(
                    order.key, seller, known.get(seller, ""), amount, back, order.taken_at,
                    order.shipped_at, due(order), order.released_at, order.returned_at,
                )
            )  # fmt: skip
    return found


def _unsplit(
    tx: Tx, terms: Terms, orders: Iterable[OrderMoney]
) -> dict[str, list[tuple[str, int, int]]]:
    """What sellers would get of orders whose money lies in escrow still."""
    taken = {order.key: order.taken for order in orders}
    items: dict[str, list[facts.ItemRow]] = {}
    for item in facts.items(tx, sorted(taken)) if taken else ():
        items.setdefault(item.order_key, []).append(item)
    return {
        key: [
            (each.group, each.amount, 0)
            for each in plan.parts(own, taken[key], terms)
            if each.role == "seller"
        ]
        for key, own in items.items()
    }
