"""What sellers pay for orders that are paid later: the fee on what the loan pays and has not got back,
and their part of its premium.

It is due when the order's money is the seller's own, and goes back in part with what goes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.ledger.split import by_weight
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan import store as loan_store
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.payments.chart import seller_of, settlement_path
from huoshui.lines.payments.escrow.model import Escrow
from huoshui.lines.payments.escrow.service import Outcome
from huoshui.lines.payments.payment import search_store
from huoshui.lines.payments.payment.model import Payment
from huoshui.lines.payments.payment.search_store import Sought
from huoshui.scenarios.merchant_dues import store as dues
from huoshui.scenarios.pay_later import store
from huoshui.scenarios.pay_later.model import RAIL
from huoshui.scenarios.pay_later.posting import Entry, post
from huoshui.scenarios.switching import store as switches

_ORDER_RAIL = "payment"  # see order_back.ORDER_RAIL
_PAYMENTS_MOST = 100  # of one order


class _Sellers(msgspec.Struct, frozen=True):
    """Settlement accounts with what they have of an order's money: what is left, and what it was."""

    left: Counter[str]
    whole: Counter[str]

    def add(self, path: str, left: int, whole: int) -> None:
        """A part of a seller."""
        self.left[path] += left
        self.whole[path] += whole


def of_orders(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """Take or give back the fees of orders that are released, by what is left of them."""
    for outcome in outcomes:
        escrow = outcome.escrow
        released = escrow and outcome.txn_id and not outcome.problem and escrow.released_at
        if escrow and released and any(share.group == _ORDER_RAIL for share in escrow.sources):
            _of_order(tx, escrow)


def _of_order(tx: Tx, escrow: Escrow) -> None:
    rows = search_store.page(tx, Sought(order=escrow.order_key, rail=RAIL), limit=_PAYMENTS_MOST)
    sellers = _Sellers(Counter(), Counter())
    for share in escrow.parts:
        if share.role == "seller":
            sellers.add(settlement_path(share.group), share.left, share.amount)
    if rows:
        _settle(tx, f"pay_later/{ids.show('ord', escrow.order_id)}", rows, sellers)


def of_payment(tx: Tx, before: Payment | None, after: Payment) -> None:
    """Take or give back the fee of a payment that is nobody's order, where its sellers' parts moved."""
    if before is not None and (before.captured, before.refunded) == (
        after.captured,
        after.refunded,
    ):
        return
    sellers = _Sellers(Counter(), Counter())
    for part in after.parts:
        if seller_of(part.account):
            sellers.add(part.account, part.left, part.amount)
    _settle(tx, f"pay_later/{ids.show('pmt', after.id)}", [after], sellers)


def _settle(tx: Tx, reference: str, payments: Sequence[Payment], sellers: _Sellers) -> None:
    """Bring what each seller has paid to what is due of it. An order's own entries stay its own.

    What goes back gives back its part of the fee; the premium was paid for the loan, and stays paid.
    """
    found = [
        (loan, tender.left)
        for payment in payments
        for tender in payment.tenders
        if tender.rail == RAIL and tender.token
        if (loan := loan_store.loan(tx, ids.read("loan", tender.token)))
    ]
    if not found:
        return
    fees = [(loan.product, _fee(tx, loan, left)) for loan, left in found]
    _take(tx, reference, found[0][0].currency, sellers.left, "pay_later_fee", fees)
    insured = [loan for loan, _ in found if contract.tables(tx, loan).premium]
    if insured:
        premiums = [(loan.product, dues.premium(tx, loan.id)) for loan in insured]
        _take(tx, reference, insured[0].currency, sellers.whole, "merchant_premium", premiums)


def _take(
    tx: Tx, reference: str, currency: str, sellers: Counter[str], template: str,
    asked: Sequence[tuple[str, int]],
) -> None:  # fmt: skip
    """Take or give back what is asked by products of one template, each seller's by its share."""
    due: Counter[tuple[str, str]] = Counter()  # by seller and product
    for product, amount in asked:
        for path, part in _shared(amount, sellers).items():
            due[path, product] += part
    paid = store.taken(tx, reference, template)
    entries = []
    for (path, product), amount in due.items():
        more = amount - paid.get((path, product), 0)
        name = f"{template}/{reference}/{path}/{product}/{amount}/{tx.now.isoformat()}"
        entries.append(
            Entry(
                id=tx.id("txn", name), template=template,
                names={"seller": seller_of(path), "book": product}, amount=more,
                currency=currency, reference=reference,
            )
        )  # fmt: skip
    post(tx, entries)


def _fee(tx: Tx, loan: Loan, left: int) -> int:
    """The fee on what a loan pays, by its product's file and the settings of its day."""
    live = switches.at(tx, loan.product, loan.applied_at)
    table = contract.tables(tx, loan).merchant
    own = table.of(loan.instalments) if table else "0"
    return live.settings.fee_of(left, own) if live else 0


def _shared(amount: int, sellers: Counter[str]) -> dict[str, int]:
    paths = sorted(sellers)
    weights = [sellers[path] for path in paths]
    if not any(weights):
        return dict.fromkeys(paths, 0)
    return dict(zip(paths, by_weight(amount, weights, weights.index(max(weights))), strict=True))
