"""What sellers pay for orders that are paid later: of what the loan pays and has not got back.

It is due when the order's money is the seller's own, and goes back in part with what goes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.ledger.split import by_weight
from huoshui.lines.lending.loan import store as loan_store
from huoshui.lines.payments.chart import seller_of, settlement_path
from huoshui.lines.payments.escrow.model import Escrow
from huoshui.lines.payments.escrow.service import Outcome
from huoshui.lines.payments.payment import search_store
from huoshui.lines.payments.payment.model import Payment
from huoshui.lines.payments.payment.search_store import Sought
from huoshui.scenarios.pay_later import store
from huoshui.scenarios.pay_later.model import RAIL
from huoshui.scenarios.pay_later.posting import Entry, post
from huoshui.scenarios.switching import store as switches

_ORDER_RAIL = "payment"  # see order_back.ORDER_RAIL
_PAYMENTS_MOST = 100  # of one order


def of_orders(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """Take or give back the fees of orders that are released, by what is left of them."""
    for outcome in outcomes:
        escrow = outcome.escrow
        released = escrow and outcome.txn_id and not outcome.problem and escrow.released_at
        if escrow and released and any(share.group == _ORDER_RAIL for share in escrow.sources):
            _of_order(tx, escrow)


def _of_order(tx: Tx, escrow: Escrow) -> None:
    rows = search_store.page(tx, Sought(order=escrow.order_key, rail=RAIL), limit=_PAYMENTS_MOST)
    sellers = Counter[str]()
    for share in escrow.parts:
        if share.role == "seller":
            sellers[settlement_path(share.group)] += share.left
    if rows:
        _settle(tx, f"pay_later/{ids.show('ord', escrow.order_id)}", rows, sellers)


def of_payment(tx: Tx, before: Payment | None, after: Payment) -> None:
    """Take or give back the fee of a payment that is nobody's order, where its sellers' parts moved."""
    if before is not None and (before.captured, before.refunded) == (
        after.captured,
        after.refunded,
    ):
        return
    sellers = Counter[str]()
    for part in after.parts:
        if seller_of(part.account):
            sellers[part.account] += part.left
    _settle(tx, f"pay_later/{ids.show('pmt', after.id)}", [after], sellers)


def _settle(tx: Tx, reference: str, payments: Sequence[Payment], sellers: Counter[str]) -> None:
    """Bring what each seller has paid to what is due of it. An order's own entries stay its own."""
    due: Counter[tuple[str, str]] = Counter()  # by seller and product
    for payment in payments:
        for tender in payment.tenders:
            if tender.rail == RAIL and tender.token:
                product, fee = _fee(tx, ids.read("loan", tender.token), tender.left)
                for path, part in _shared(fee, sellers).items():
                    due[path, product] += part
    paid = store.fees(tx, reference)
    entries = []
    for (path, product), amount in due.items():
        more = amount - paid.get((path, product), 0)
        name = f"fee/{reference}/{path}/{product}/{amount}/{tx.now.isoformat()}"
        entries.append(
            Entry(
                id=tx.id("txn", name), template="pay_later_fee",
                names={"seller": seller_of(path), "book": product}, amount=more,
                currency=payments[0].currency, reference=reference,
            )
        )  # fmt: skip
    post(tx, entries)


def _fee(tx: Tx, loan_id: UUID, left: int) -> tuple[str, int]:
    """The product of a loan, and the fee on what it pays, by the settings of its day."""
    loan = loan_store.loan(tx, loan_id)
    assert loan is not None, "a tender names a loan that stands"
    live = switches.at(tx, loan.product, loan.applied_at)
    return loan.product, live.settings.fee_of(left) if live else 0


def _shared(fee: int, sellers: Counter[str]) -> dict[str, int]:
    paths = sorted(sellers)
    weights = [sellers[path] for path in paths]
    if not any(weights):
        return dict.fromkeys(paths, 0)
    return dict(zip(paths, by_weight(fee, weights, weights.index(max(weights))), strict=True))
