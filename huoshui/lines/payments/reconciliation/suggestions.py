"""What a line in suspense might belong to: open items, the most likely first."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.payments.reconciliation import intake, placing, store
from huoshui.lines.payments.reconciliation.model import Item, Line

SHOWN = 8
_AROUND_DAYS = 30
_NEAR = 20  # a twentieth of the amount


class Suggestion(msgspec.Struct, frozen=True):
    """An open item and why it is suggested: `subject`, `amount`, or `near`; what it has more."""

    item: Item
    why: str
    difference: int


def suggest(tx: Tx, line: Line) -> list[Suggestion]:
    """Open items for a line: of its subject, of its amount, near its amount; the nearest in time first."""
    file = intake.load(tx, line.file_id)
    accounts = [p.id for p in placing.places(tx, file.source, file.rail, line.currency)]
    if not accounts:
        return []
    names = sorted({name for name in (line.subject, line.reference, line.batch) if name})
    found = store.items_named(tx, accounts, names) if names else []
    around = timedelta(days=_AROUND_DAYS)
    found += store.items_between(tx, accounts, line.at - around, line.at + around)
    rated = {item.key: rated for item in found if (rated := _rated(line, item))}
    order = {"subject": 0, "amount": 1, "near": 2}
    return sorted(
        rated.values(),
        key=lambda s: (order[s.why], abs(s.difference), abs(s.item.at - line.at), s.item.txn_id),
    )[:SHOWN]


def _rated(line: Line, item: Item) -> Suggestion | None:
    difference = item.amount - line.gross
    if (item.amount > 0) != (line.gross > 0):
        return None
    if line.subject and item.reference == line.subject:
        return Suggestion(item, "subject", difference)
    if difference == 0:
        return Suggestion(item, "amount", 0)
    if abs(difference) * _NEAR <= abs(line.gross):
        return Suggestion(item, "near", difference)
    return None
