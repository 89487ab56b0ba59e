"""Payouts: on the days of the platform's calendar every seller is paid what it has earned."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.work import Item
from huoshui.ledger import Sheet, Transaction
from huoshui.lines.payments.chart import CHART, SETTLEMENT_KIND, TEMPLATES
from huoshui.lines.payments.escrow import store
from huoshui.lines.payments.escrow.store import Payable, PayoutRow
from huoshui.lines.payments.escrow.terms import Terms, next_payout

PAYOUT_DUE = "payments.payout_due"
_PAYOUT_PATH = "rail:bank:payout"
_CHUNK = 2000


def schedule(tx: Tx, terms: Terms) -> None:
    """Put the next payout day on the queue."""
    zone = ZoneInfo(access.this_book(tx).time_zone)
    tx.later(PAYOUT_DUE, "calendar", next_payout(terms, zone, tx.now))


def pay_out(tx: Tx) -> list[PayoutRow]:
    """Pay every seller whose balance reaches the least amount of the terms."""
    terms = store.terms(tx) or Terms()
    payable = store.payable(tx, SETTLEMENT_KIND, terms.payout_min)
    paid: list[PayoutRow] = []
    for start in range(0, len(payable), _CHUNK):
        paid += _pay_chunk(tx, payable[start : start + _CHUNK], terms.payout_min)
    return paid


def run_due(tx: Tx, items: list[Item]) -> None:
    """The payout day: pay, then put the next day on the queue."""
    pay_out(tx)
    schedule(tx, store.terms(tx) or Terms())


def _pay_chunk(tx: Tx, payable: list[Payable], least: int) -> list[PayoutRow]:
    paths = [(p.path, p.currency) for p in payable]
    paths += [(_PAYOUT_PATH, currency) for currency in {p.currency for p in payable}]
    sheet = ledger.load(tx, paths, chart=CHART)
    # What was payable a moment ago may have been refunded before the accounts were locked.
    earned = [a for a in payable if sheet.balance(a.path, a.currency) >= least]
    paid = [_pay(tx, sheet, account) for account in earned]
    store.add_payouts(tx, paid)
    ledger.flush(tx, sheet)
    return paid


def _pay(tx: Tx, sheet: Sheet, account: Payable) -> PayoutRow:
    seller = account.path.split(":")[1]
    key = f"{seller}/{account.currency}/{tx.now.isoformat()}"
    payout_id, txn_id = tx.id("pay", key), tx.id("txn", f"payout/{key}")
    amount = sheet.balance(account.path, account.currency)
    legs = TEMPLATES["seller_paid_out"].legs({"seller": seller}, {"amount": amount})
    transaction = Transaction(
        id=txn_id,
        template="seller_paid_out",
        reference=ids.show("pay", payout_id),
        currency=account.currency,
        legs=tuple(legs),
        effective_at=tx.now,
    )
    sheet.post(transaction).demand()
    tx.emit("seller.paid_out", ids.show("pay", payout_id), seller=seller, amount=amount)
    return PayoutRow(
        payout_id,
        _seller_id(seller),
        account.account_id,
        amount,
        account.currency,
        tx.now,
        account.paid_version,
        sheet.version(account.path, account.currency),
        txn_id,
    )


def _seller_id(text: str) -> UUID:
    return ids.read("slr", text)
