"""What payments and their disputes tell, as activities, in the commit that moves them.

A payment for an order is told here and not as the order's tender: it knows the card.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts import activity
from huoshui.facts.activity import Activity, naming
from huoshui.lines.payments.chart import seller_of
from huoshui.lines.payments.disputes.model import Dispute
from huoshui.lines.payments.payment.model import Payment
from huoshui.lines.payments.rails.internal import INTERNAL

Change = tuple[Payment | None, Payment]  # as it was, and as it is


def told(tx: Tx, changed: Sequence[Change]) -> None:
    """Record what was captured and what was declined."""
    made = [each for change in changed for each in _of(tx, *change)]
    _record(tx, made)


def disputed(tx: Tx, payment: Payment, found: Dispute) -> None:
    """Record that a buyer's bank took money back."""
    _record(tx, [_disputed(tx, payment, found, "dispute.opened", {"cause": found.reason[:200]})])


def dispute_closed(tx: Tx, payment: Payment, found: Dispute, *, won: bool) -> None:
    """Record how a dispute ended, for the marketplace."""
    said = {"outcome": "won" if won else "lost"}
    _record(tx, [_disputed(tx, payment, found, "dispute.closed", said)])


def _disputed(
    tx: Tx, payment: Payment, found: Dispute, kind: str, said: dict[str, str]
) -> Activity:
    return msgspec.structs.replace(
        _about(tx, payment), kind=kind, key=ids.show("dpt", found.id), amount_minor=found.amount,
        currency=found.currency, attributes=said,
    )  # fmt: skip


def _record(tx: Tx, made: Sequence[Activity]) -> None:
    if made:
        known = naming.named(tx, made, strict=True)
        for start in range(0, len(known), activity.ACTIVITIES_MAX):
            activity.record(tx, known[start : start + activity.ACTIVITIES_MAX])


def _of(tx: Tx, before: Payment | None, after: Payment) -> list[Activity]:
    captured = after.captured - (before.captured if before else 0)
    if captured > 0:
        return [_moved(tx, after, "payment.captured", captured, {})]
    if after.error and (before is None or before.state != after.state):
        return [_moved(tx, after, "payment.failed", after.amount, {"code": after.error[:200]})]
    return []


def _moved(tx: Tx, payment: Payment, kind: str, amount: int, said: dict[str, str]) -> Activity:
    methods = {"method": payment.tenders[0].rail} if payment.tenders else {}
    return msgspec.structs.replace(
        _about(tx, payment), kind=kind, amount_minor=amount, currency=payment.currency,
        key=f"{ids.show('pmt', payment.id)}/{payment.version}", attributes=methods | said,
    )  # fmt: skip


def _about(tx: Tx, payment: Payment) -> Activity:
    sellers = sorted({seller_of(part.account) for part in payment.parts} - {""})
    cards = [t.token for t in payment.tenders if t.token and t.rail not in INTERNAL]
    return Activity(
        kind="", occurred_at=tx.now, buyer=payment.buyer or None, order=payment.order_key or None,
        merchant=sellers[0] if len(sellers) == 1 else None, card=cards[0] if cards else None,
    )  # fmt: skip
