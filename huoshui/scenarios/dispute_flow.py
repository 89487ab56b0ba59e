"""What happens when a buyer's bank takes money back, and when it gives it again.

A rail's notice opens a dispute once and moves its money in the same commit: from the payment, along
its parts; of a payment for an order, out of the order, along its split. A dispute that was won gives
it back the same way.
"""

from __future__ import annotations

from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.machine import IllegalMove
from huoshui.facts.commerce import store as facts
from huoshui.lines.payments.disputes import service
from huoshui.lines.payments.disputes import store as disputes
from huoshui.lines.payments.disputes.model import Dispute
from huoshui.lines.payments.disputes.service import Beginning
from huoshui.lines.payments.escrow import store as escrows
from huoshui.lines.payments.escrow.model import Refund, Restore, by_rail
from huoshui.lines.payments.payment import service as payment_service
from huoshui.lines.payments.payment import store as payment_store
from huoshui.lines.payments.payment.model import ChargeBack, ChargeWon, Payment
from huoshui.lines.payments.rails import Call, Notice
from huoshui.scenarios import loan_pay, order_money, payment_activity
from huoshui.scenarios.order_back import ORDER_RAIL

WON = "won"  # how a rail says of a dispute that the marketplace has the money again


def noticed(tx: Tx, call: Call, notice: Notice) -> Dispute | None:
    """Open or close the dispute that a notice speaks of; None where it is of no payment's money.

    What a rail says twice happens once. A closing that comes before the opening does both.
    """
    known = disputes.of_reference(tx, call.rail, _reference(notice))
    if known is None:
        known = _open(tx, call, notice)
    if known is None or notice.kind != "dispute_closed":
        return known
    return _close(tx, known, won=notice.reason == WON)


def _reference(notice: Notice) -> str:
    return (notice.about or notice.reference or notice.event)[:200]


def _open(tx: Tx, call: Call, notice: Notice) -> Dispute | None:
    amount = call.amount if notice.amount is None else notice.amount
    takes = call.verb == "capture" and call.subject.startswith("pmt_") and amount > 0
    if not takes or notice.currency not in ("", call.currency):
        return None
    before = _locked(tx, ids.read("pmt", call.subject))
    if before is None:
        return None
    reference = _reference(notice)
    left = _left(before, call)
    key = f"chargeback/{call.rail}/{reference}"
    most = _out_of_order(tx, before, min(amount, left), key) if before.order_key else None
    asked = ChargeBack(before.id, call.rail, call.tender, amount, most)
    after = payment_service.apply(tx, [asked])[0].demand().payment
    assert after is not None
    if loan_pay.repays(before):
        loan_pay.called_back(tx, after, after.charged - before.charged, key)
    reason = notice.reason if notice.kind == "dispute_opened" else ""
    said = Beginning(reference, amount, reason, notice.at)
    opened = service.begin(tx, call, said, after.charged - before.charged)
    payment_activity.disputed(tx, before, opened)
    return opened


def _locked(tx: Tx, id_: UUID) -> Payment | None:
    return payment_store.lock(tx, [id_]).get(id_)


def _left(payment: Payment, call: Call) -> int:
    known = call.tender < len(payment.tenders) and payment.tenders[call.tender].rail == call.rail
    return payment.tenders[call.tender].left if known else 0


def _out_of_order(tx: Tx, payment: Payment, amount: int, key: str) -> int:
    """Let the order give back what it can of an amount; how much it gave, minor units.

    An order that never had the money, or has given it back already, gives none.
    """
    id_ = facts.order_ids(tx, [payment.order_key]).get(payment.order_key)
    escrow = escrows.lock(tx, [id_]).get(id_) if id_ else None
    given = min(amount, by_rail(escrow, ORDER_RAIL)) if escrow else 0
    if not given or id_ is None:
        return 0
    command = Refund(id_, key, "chargeback", tx.now, amount=given, rail=ORDER_RAIL)
    return 0 if order_money.apply(tx, [command])[0].problem else given


def _close(tx: Tx, found: Dispute, *, won: bool) -> Dispute:
    try:
        after = service.end(tx, found, won=won)
    except IllegalMove:  # said before, or against what was said before: the money has moved
        return found
    payment = _locked(tx, after.payment_id)
    assert payment is not None, "a dispute is of a payment"
    payment_activity.dispute_closed(tx, payment, after, won=won)
    if won:
        _give_again(tx, after)
    return after


def _give_again(tx: Tx, won: Dispute) -> None:
    before = _locked(tx, won.payment_id)
    assert before is not None, "a dispute is of a payment"
    asked = ChargeWon(won.payment_id, won.rail, won.tender, won.amount)
    after = payment_service.apply(tx, [asked])[0].demand().payment
    assert after is not None
    again = before.charged - after.charged
    if before.order_key and again:
        _into_order(tx, won, before.order_key, again)
    if loan_pay.repays(before) and again:
        loan_pay.paid_again(tx, after, again, ids.show("dpt", won.id))


def _into_order(tx: Tx, won: Dispute, order_key: str, amount: int) -> None:
    id_ = facts.order_ids(tx, [order_key])[order_key]
    key = ids.show("dpt", won.id)
    command = Restore(id_, key, ORDER_RAIL, amount, tx.now)
    order_money.apply(tx, [command])[0].demand()
