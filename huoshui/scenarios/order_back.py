"""What an order gives back to the payments that paid it goes back by them, in the same commit."""

from __future__ import annotations

from collections.abc import Sequence

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.ledger import journal
from huoshui.lines.payments.chart import rail_path
from huoshui.lines.payments.escrow.service import Outcome
from huoshui.lines.payments.payment import search_store
from huoshui.lines.payments.payment.machine import allowed
from huoshui.lines.payments.payment.model import GiveBack
from huoshui.lines.payments.payment.search_store import Sought
from huoshui.lines.payments.payment.service import Batch
from huoshui.scenarios import pay_later
from huoshui.scenarios.pay_later import fees

ORDER_RAIL = "payment"  # the means by which an order knows that a payment of ours paid it
ORDER_PART = rail_path(ORDER_RAIL)
_PAYMENTS_MOST = 100  # of one order


def went_back(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """Refund payments by what their orders gave back to them, the latest payment first."""
    for outcome in outcomes:
        escrow = outcome.escrow
        by_payment = escrow and any(share.group == ORDER_RAIL for share in escrow.sources)
        if outcome.refund and outcome.txn_id and escrow and by_payment:
            _went_back(tx, outcome, escrow.order_key)


def _went_back(tx: Tx, outcome: Outcome, order_key: str) -> None:
    assert outcome.txn_id is not None
    posted = journal.transaction(tx, outcome.txn_id)
    left = sum(leg.amount for leg in posted.legs if leg.target == ORDER_PART)
    commands = []
    paid = search_store.page(tx, Sought(order=order_key), limit=_PAYMENTS_MOST) if left else []
    for payment in paid:
        given = min(left, payment.left)
        if given and "refund" in allowed(payment.state):
            key = f"order/{ids.show('txn', outcome.txn_id)}/{ids.show('pmt', payment.id)}"
            commands.append(GiveBack(payment.id, tx.id("prf", key), key, given, "order"))
            left -= given
    if commands:
        batch = Batch(tx, commands)
        done = [batch.take(command) for command in commands]
        batch.flush()
        for each in done:
            each.demand()
        pay_later.follow(tx, batch.changed())
    fees.of_orders(tx, [outcome])
