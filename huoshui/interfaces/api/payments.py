"""Payments over the API: created, confirmed, captured, cancelled, refunded, looked at; balances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody

from huoshui.core import ids
from huoshui.core.access import Bound
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.interfaces.api import payment_asks as asks
from huoshui.interfaces.api import payment_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import hot, reads
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Time,
    Visit,
    Word,
    after_id,
    enter,
    moment,
    page_of,
)
from huoshui.interfaces.api.lane import through, verb
from huoshui.ledger import service as ledger
from huoshui.ledger.model import Account, UnknownAccount
from huoshui.lines.payments.chart import wallet_path
from huoshui.lines.payments.escrow import Terms
from huoshui.lines.payments.escrow import service as escrow
from huoshui.lines.payments.payment import search_store, service, store
from huoshui.lines.payments.payment import secret as secrets
from huoshui.lines.payments.payment.model import (
    Attach,
    Command,
    Confirm,
    Payment,
    UnknownPayment,
)
from huoshui.lines.payments.payment.search_store import Own, Sought
from huoshui.lines.payments.payment.service import Batch, Outcome
from huoshui.scenarios import payment_flow
from huoshui.scenarios.payment_flow import Wish

A = TypeVar("A")
_WRITE = "payments:write"
# Litestar keeps the word `state` for itself.
State = Annotated[str, QueryParameter(name="state", max_length=40)]
AmountBound = Annotated[int | None, QueryParameter(ge=0, le=10**15)]


class PaymentMove(msgspec.Struct, frozen=True):
    """What a request asks of a payment, and how its outcome is shown."""

    command: Callable[[Tx, str, Terms], Command]
    show: Callable[[Outcome], msgspec.Struct]
    weight: int = 3


class _Desk:
    """The commands of many requests on one batch of payments."""

    def __init__(self, tx: Tx, moves: Sequence[tuple[PaymentMove, str]]) -> None:
        self._tx = tx
        self._moves = [move for move, _ in moves]
        ahead = service.ahead(tx)
        terms = ahead.started()
        self._commands = [_command_of(tx, move, name, terms) for move, name in moves]
        self._batch = Batch(tx, [c for c in self._commands if not isinstance(c, Problem)], ahead)

    def answer(self, number: int) -> msgspec.Struct:
        command = self._commands[number]
        if isinstance(command, Problem):
            raise command
        return self._moves[number].show(self._batch.take(command).demand())

    def flush(self) -> None:
        payment_flow.finish(self._tx, self._batch)


def _command_of(tx: Tx, move: PaymentMove, name: str, terms: Terms) -> Command | Problem:
    """A request that asks for what cannot be has a problem of its own, and the batch goes on."""
    try:
        return move.command(tx, name, terms)
    except Problem as problem:
        return problem


PAYMENTS = verb("api.payments", _Desk)


def _shown(outcome: Outcome) -> views.PaymentView:
    assert outcome.payment is not None
    return views.payment(outcome.payment)


@hot("/payments", views.OpenedPayment, bound="book", asks=asks.PaymentAsked, scope=_WRITE)
async def create_payment(request: Ask, body: RawBody) -> Response[bytes]:
    """Create a payment; with `confirm` and means of ours it is paid and split in the same commit."""

    def read(visit: Visit) -> PaymentMove:
        asked = decoded(body, asks.PaymentAsked)
        secret = ""

        def command(tx: Tx, name: str, terms: Terms) -> Command:
            nonlocal secret
            id_ = tx.id("pmt", name)
            secret = secrets.make(id_, visit.actor.world, tx.book)
            return asks.create(tx, asked, terms, id_, secret)

        def show(outcome: Outcome) -> views.OpenedPayment:
            return views.OpenedPayment(_shown(outcome), secret)

        return PaymentMove(command, show)

    return await through(request, body, read, PAYMENTS)


async def _ask(
    request: Ask,
    ref: str,
    body: bytes,
    kind: type[A],
    make: Callable[[Tx, UUID, str, A], Command],
    show: Callable[[Outcome], msgspec.Struct] = _shown,
) -> Response[bytes]:
    """Ask something of one payment, in the lane: `make` gets its id, the wish's name and the body."""

    def read(visit: Visit) -> PaymentMove:
        asked, id_ = decoded(body, kind), ids.read("pmt", ref)
        return PaymentMove(lambda tx, name, _: make(tx, id_, name, asked), show)

    return await through(request, body, read, PAYMENTS)


def _attach(tx: Tx, id_: UUID, name: str, asked: asks.AttachAsked) -> Command:
    found = service.payment(tx, id_)
    tenders = asks.tenders_of(asked.tenders, found.amount, found.currency, found.buyer)
    return Attach(id_, tenders)


@hot(
    "/payments/{ref:str}/attach",
    views.PaymentView,
    bound="book",
    asks=asks.AttachAsked,
    scope=_WRITE,
)
async def attach_tenders(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Say by which means a payment is paid, at first or after others were declined."""
    return await _ask(request, ref, body, asks.AttachAsked, _attach)


@hot(
    "/payments/{ref:str}/confirm",
    views.PaymentView,
    bound="book",
    asks=asks.PaymentAlone,
    body_needed=False,
    scope=_WRITE,
)
async def confirm_payment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Go on with the means that are attached."""

    def make(tx: Tx, id_: UUID, name: str, asked: asks.PaymentAlone) -> Command:
        return Confirm(id_)

    return await _ask(request, ref, body or b"{}", asks.PaymentAlone, make)


def _capture(tx: Tx, id_: UUID, name: str, asked: asks.CapturePaymentAsked) -> Command:
    wish = Wish("capture", _minor(tx, id_, asked.amount), asked.final)
    return payment_flow.command(tx, id_, wish, name)


@hot(
    "/payments/{ref:str}/capture",
    views.PaymentView,
    bound="book",
    asks=asks.CapturePaymentAsked,
    body_needed=False,
    scope=_WRITE,
)
async def capture_payment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Capture part or all of what is reserved; a final capture frees the rest."""
    return await _ask(request, ref, body or b"{}", asks.CapturePaymentAsked, _capture)


def _minor(tx: Tx, id_: UUID, amount: Money | None) -> int | None:
    """The amount that is asked for, in the payment's currency. Raises CurrencyMix."""
    return asks.same(amount, service.payment(tx, id_).currency, "/amount") if amount else None


@hot(
    "/payments/{ref:str}/cancel",
    views.PaymentView,
    bound="book",
    asks=asks.PaymentAlone,
    body_needed=False,
    scope=_WRITE,
)
async def cancel_payment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Call a payment off; of one that was captured in part, free the rest."""

    def make(tx: Tx, id_: UUID, name: str, asked: asks.PaymentAlone) -> Command:
        return payment_flow.command(tx, id_, Wish("cancel"), name)

    return await _ask(request, ref, body or b"{}", asks.PaymentAlone, make)


def _refund(tx: Tx, id_: UUID, name: str, asked: asks.RefundPaymentAsked) -> Command:
    wish = Wish("refund", _minor(tx, id_, asked.amount), reason=asked.reason)
    return payment_flow.command(tx, id_, wish, name)


@hot(
    "/payments/{ref:str}/refund",
    views.PaymentRefundView,
    bound="book",
    asks=asks.RefundPaymentAsked,
    body_needed=False,
    scope=_WRITE,
)
async def refund_payment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Give back part or all of a payment, along its parts and means; of an order, refund the order."""

    def show(outcome: Outcome) -> views.PaymentRefundView:
        assert outcome.refund is not None
        return views.refund(outcome.refund)

    return await _ask(request, ref, body or b"{}", asks.RefundPaymentAsked, _refund, show)


@reads("/payments", "payments:read", Page[views.PaymentView], bound="rows")
def list_payments(
    request: Ask,
    state_: State = "",
    order: Word = "",
    buyer: Word = "",
    seller: Word = "",
    rail: Word = "",
    currency: Word = "",
    amount_min: AmountBound = None,
    amount_max: AmountBound = None,
    since: Time = None,
    until: Time = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.PaymentView]:
    """Payments, newest first; by state, order, parties, rail, amount (minor units) and time of creation.

    A seller or buyer sees its own.
    """
    visit = enter(request)
    sought = Sought(
        state=state_,
        order=order,
        buyer=buyer,
        seller=seller,
        rail=rail,
        currency=currency,
        least=amount_min,
        most=amount_max,
        since=moment(since),
        until=moment(until),
        among=_own(visit.bound),
    )
    cursor = after_id("pmt", after)
    with visit.begin() as tx:
        rows = search_store.page(tx, sought, after=cursor, limit=limit)
    return page_of("pmt", rows, limit, views.payment)


def _own(bound: Bound) -> Own | None:
    if bound.whole:
        return None
    return Own(
        [ids.show("byr", buyer) for buyer in sorted(bound.buyers)],
        [ids.show("slr", seller) for seller in sorted(bound.sellers)],
    )


@reads("/payments/{ref:str}", "payments:read", views.PaymentDetail, bound="rows")
def show_payment(request: Ask, ref: Ref) -> views.PaymentDetail:
    """One payment with its refunds, and what cleared in which window."""
    visit = enter(request)
    id_ = ids.read("pmt", ref)
    with visit.begin() as tx:
        found = service.payment(tx, id_)
        need_own(visit, found)
        refunds = [views.refund(each) for each in store.refunds_of(tx, id_)]
        clearing = [
            views.clearing(row) for row in store.clearing_of(tx, id_)
        ]  # fmt: skip
    return views.PaymentDetail(views.payment(found), refunds, clearing)


def need_own(visit: Visit, found: Payment) -> None:
    """That the caller may see a payment. Raises UnknownPayment."""
    own = _own(visit.bound)
    if own is not None and not own.has(found):
        raise UnknownPayment(kind="payment", id=ids.show("pmt", found.id))


@reads("/refunds", "payments:read", Page[views.PaymentRefundView], bound="book")
def list_refunds(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[views.PaymentRefundView]:
    """Refunds of payments, newest first."""
    with enter(request).begin() as tx:
        cursor = after_id("prf", after)
        rows = search_store.refunds(tx, after=cursor, limit=limit)
    return page_of("prf", rows, limit, views.refund)


@reads("/wallets/{ref:str}", "payments:read", views.WalletView, bound="rows")
def show_wallet(request: Ask, ref: Ref, currency: Word = "CNY") -> views.WalletView:
    """A party's stored balance and points. A buyer sees its own."""
    visit = enter(request)
    own = _own(visit.bound)
    if own is not None and ref not in own.buyers:
        raise UnknownAccount(account=ref[:80])
    with visit.begin() as tx:
        unit = escrow.terms(tx).points_unit
        found = ledger.account_at(tx, wallet_path(ref), currency)
        points = _balance(tx, f"points:{ref}", unit)
    return views.wallet(ref, found, points)


def _balance(tx: Tx, path: str, unit: str) -> int:
    try:
        account: Account = ledger.account_at(tx, path, unit)
    except UnknownAccount:
        return 0
    return account.available


HANDLERS: list[Any] = [
    create_payment, attach_tenders, confirm_payment, capture_payment, cancel_payment,
    refund_payment, list_payments, show_payment, list_refunds, show_wallet,
]  # fmt: skip
