"""The merchant's page: what a seller has here, its payouts, payments and refunds; its own rows only."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.service import UnknownSeller
from huoshui.interfaces.console.page import (
    ApiCall,
    Column,
    Figure,
    Frame,
    Id,
    Lines,
    Link,
    ObjectPage,
    Row,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked, merchant_dues
from huoshui.interfaces.console.pages.batches import payout_state
from huoshui.ledger import service as ledger
from huoshui.ledger.model import Account
from huoshui.lines.payments.chart import receivable_path, settlement_path
from huoshui.lines.payments.disputes import store as dispute_store
from huoshui.lines.payments.payment import search_store
from huoshui.lines.payments.payment.model import Payment
from huoshui.lines.payments.payment.search_store import Own, Sought
from huoshui.lines.payments.settlement import store as payout_store

_RECENT = 20
_CURRENCIES = 5


def own_merchant_page(tx: Tx, frame: Frame, _: str = "") -> ObjectPage:
    """The page of the seller whose member is signed in. Raises NotFound for everybody else."""
    sellers = sorted(frame.bound.sellers)
    if frame.bound.whole or len(sellers) != 1:
        raise NotFound(kind="page", id="merchant")
    return merchant_page(tx, frame, ids.show("slr", sellers[0]))


def merchant_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One seller as it sees itself. Raises UnknownSeller, also for another's."""
    seller = commerce.seller(tx, key)
    if not frame.bound.covers(sellers=[seller.id]):
        raise UnknownSeller(seller=key[:128])
    shown = ids.show("slr", seller.id)
    return ObjectPage(
        title=seller.name or asked.short(seller.key),
        lead=frame.say("merchant.lead"),
        crumbs=(asked.home(frame),) if frame.bound.whole else (),
        key=shown,
        status=Status(frame.say("sellers.selling"), "accent"),
        figures=_figures(tx, frame, shown),
        lines=_payments(tx, frame, shown),
        tables=(
            _payouts(tx, frame, key=shown),
            *merchant_dues.tables(tx, frame, shown),
            _refunds(tx, frame, shown),
            _disputes(tx, frame, shown),
        ),
        links=(
            Link(frame.say("statements"), frame.to("statements"), "download"),
            Link(frame.say("links"), frame.to("links"), "receipt-text"),
        ),
        api_calls=(
            ApiCall(path=f"/v1/accounts?prefix={settlement_path(shown)}"),
            ApiCall(path=f"/v1/payouts?seller={shown}"),
            ApiCall(path=f"/v1/sellers/{shown}/dues"),
            ApiCall(path="/v1/payments"),
        ),
    )


def _accounts(tx: Tx, path: str) -> list[Account]:
    found = ledger.accounts(tx, prefix=path, after=path[:-1], limit=_CURRENCIES)
    return [account for account in found if account.path == path]


def _figures(tx: Tx, frame: Frame, seller: str) -> tuple[Figure, ...]:
    """What stands to the seller's account, what of it is held, what it owes; by currency."""
    found: list[Figure] = []
    for account in _accounts(tx, settlement_path(seller)):
        currency = account.currency
        found += [
            Figure(
                label=frame.say("merchant.balance"),
                value=Money(account.balance, currency),
                hint=frame.say("sellers.owed.negative") if account.balance < 0 else "",
                tone="bad" if account.balance < 0 else "neutral",
            ),
            Figure(label=frame.say("merchant.held"), value=Money(account.held_out, currency)),
            Figure(
                label=frame.say("merchant.available"),
                value=Money(max(0, account.available), currency),
            ),
        ]
    for account in _accounts(tx, receivable_path(seller)):
        if account.balance:
            found.append(
                Figure(
                    label=frame.say("merchant.owed"),
                    value=Money(account.balance, account.currency),
                    hint=frame.say("merchant.owed.means"),
                    tone="warn",
                )
            )
    return tuple(found)


def _payouts(tx: Tx, frame: Frame, *, key: str) -> Table:
    found = payout_store.payouts(tx, seller=ids.read("slr", key), limit=_RECENT)
    rows = tuple(
        Row(
            cells=(
                payout.at,
                Money(payout.amount, payout.currency),
                payout_state(frame, payout),
                Id(ids.show("pay", payout.id)),
            )
        )
        for payout in found
    )
    return Table(
        title=frame.say("sellers.payouts"),
        columns=(
            Column(title=frame.say("order.at")),
            Column(title=frame.say("order.amount"), align="end"),
            Column(title=frame.say("payouts.state")),
            Column(title=frame.say("sellers.payout")),
        ),
        rows=rows,
        note="" if rows else frame.say("sellers.no_payouts"),
    )


def _refunds(tx: Tx, frame: Frame, seller: str) -> Table:
    found = search_store.refunds(tx, among=Own([], [seller]), limit=_RECENT)
    rows = tuple(
        Row(
            cells=(
                refund.at,
                Money(refund.amount, refund.currency),
                asked.payment_state(frame, refund.state, "refund"),
                refund.reason,
                Id(ids.show("pmt", refund.payment_id)),
            )
        )
        for refund in found
    )
    return Table(
        title=frame.say("merchant.refunds"),
        columns=(
            Column(title=frame.say("order.at")),
            Column(title=frame.say("order.amount"), align="end"),
            Column(title=frame.say("links.state")),
            Column(title=frame.say("merchant.reason"), wide=True),
            Column(title=frame.say("links.payment")),
        ),
        rows=rows,
        note="" if rows else frame.say("merchant.no_refunds"),
    )


def _disputes(tx: Tx, frame: Frame, seller: str) -> Table:
    found = dispute_store.page(tx, sellers=[seller], limit=_RECENT)
    rows = tuple(
        Row(
            cells=(
                dispute.opened_at,
                Money(dispute.amount, dispute.currency),
                asked.payment_state(frame, dispute.state, "dispute"),
                dispute.reason,
                dispute.due_at,
                Id(ids.show("pmt", dispute.payment_id)),
            )
        )
        for dispute in found
    )
    return Table(
        title=frame.say("merchant.disputes"),
        columns=(
            Column(title=frame.say("order.at")),
            Column(title=frame.say("order.amount"), align="end"),
            Column(title=frame.say("links.state")),
            Column(title=frame.say("merchant.reason"), wide=True),
            Column(title=frame.say("merchant.due")),
            Column(title=frame.say("links.payment")),
        ),
        rows=rows,
        note="" if rows else frame.say("merchant.no_disputes"),
    )


def _payments(tx: Tx, frame: Frame, seller: str) -> Lines:
    shown = asked.limit(frame)
    sought = Sought(among=Own([], [seller]))
    found = search_store.page(tx, sought, after=asked.cursor(frame, "pmt"), limit=shown + 1)
    more, first = asked.paged(frame, "pmt", found)
    rows = tuple(_payment(frame, payment, settlement_path(seller)) for payment in found[:shown])
    return Lines(
        table=Table(
            title=frame.say("merchant.payments"),
            columns=(
                Column(title=frame.say("order.at")),
                Column(title=frame.say("merchant.paid"), align="end"),
                Column(title=frame.say("merchant.share"), align="end",
                       hint=frame.say("merchant.share.means")),
                Column(title=frame.say("merchant.charged"), align="end"),
                Column(title=frame.say("links.state")),
                Column(title=frame.say("links.payment")),
            ),
            rows=rows,
            note="" if rows else frame.say("merchant.no_payments"),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
    )  # fmt: skip


def _payment(frame: Frame, payment: Payment, path: str) -> Row:
    own = sum(part.left for part in payment.parts if part.account == path)
    return Row(
        cells=(
            payment.created_at,
            Money(payment.captured, payment.currency),
            Money(own, payment.currency),
            Money(payment.charged, payment.currency) if payment.charged else None,
            asked.payment_state(frame, payment.state),
            Id(ids.show("pmt", payment.id)),
        )
    )
