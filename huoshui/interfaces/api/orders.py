"""Facts and orders: ingest, list, look at, confirm, cancel, refund."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody

from huoshui.core import ids
from huoshui.core.access import Bound
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import CurrencyMix, Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.model import AnyFact, Cancellation
from huoshui.facts.commerce.service import FactRefused, Ingested, UnknownOrder
from huoshui.facts.commerce.store import OrderRow
from huoshui.interfaces.api import views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Time,
    Word,
    after_id,
    enter,
    moment,
    page_of,
)
from huoshui.interfaces.api.problems import language
from huoshui.ledger import journal
from huoshui.lines.payments.escrow import service as payments
from huoshui.lines.payments.escrow.service import Outcome
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.scenarios import order_flow

EXPANDABLE = ("items", "tenders", "money", "history")
# What those see of an order whose it is only in part: its split names the other parties.
EXPANDABLE_BY = {"buyer": EXPANDABLE[:2], "seller": EXPANDABLE[:1], "partner": EXPANDABLE[:1]}
Expand = Annotated[
    str, QueryParameter(max_length=100, description=f"Any of {', '.join(EXPANDABLE)}")
]


class UnknownExpand(Problem):
    """`expand` names something that an order does not have; the problem lists what it has."""

    code = "unknown_expand"
    status = 422


class CancelledAlready(Problem):
    """The order was called off before; a cancellation is kept once."""

    code = "cancelled_already"
    status = 409


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts to ingest, what they refer to first: at most 2,000 in one call."""

    facts: list[AnyFact]


class RefundAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give back `amount`, or all that is left where it is absent."""

    amount: Money | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class ConfirmAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say: the call is the word of the buyer."""


class CancelAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Call the order off, and why."""

    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


@writes(
    "/facts",
    "facts:write",
    views.FactResults,
    asks=Facts,
    idempotency="optional",
    dry_run=True,
    bound="book",
)
def ingest_facts(request: Ask, body: RawBody) -> Response[bytes]:
    """Ingest facts; each gets its own result and the money of its order follows it.

    A refused fact does not stop the others. The same fact again changes nothing, the same key
    with other content is a correction.
    """
    visit = enter(request)
    facts = decoded(body, Facts).facts
    lang = language(request)

    def use_case(tx: Tx) -> views.FactResults:
        taken = order_flow.take(tx, facts)
        return views.FactResults([views.fact(result, lang) for result in taken.facts])

    return visit.answer(body, use_case)


@reads("/orders", "facts:read", Page[views.OrderView], bound="rows")
def list_orders(
    request: Ask,
    buyer: Word = "",
    seller: Word = "",
    since: Time = None,
    until: Time = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.OrderView]:
    """Orders, newest first; by buyer, seller (their keys) and time of purchase."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = commerce.orders(
            tx,
            buyer=buyer,
            seller=seller,
            since=moment(since),
            until=moment(until),
            after=after_id("ord", after),
            limit=limit,
            bound=visit.bound,
        )
        rows = _seen(tx, visit.bound, rows)
    return page_of("ord", rows, limit, views.order)


@reads("/orders/{ref:str}", "facts:read", views.OrderView, bound="rows")
def show_order(request: Ask, ref: Ref, expand: Expand = "", as_of: Time = None) -> views.OrderView:
    """One order by id or by the marketplace's own key.

    `expand` adds parts of it; `as_of` adds its history as it was known at that time.
    """
    visit = enter(request)
    wanted = {name for name in expand.split(",") if name} | ({"history"} if as_of else set())
    known = EXPANDABLE if visit.bound.whole else EXPANDABLE_BY[visit.actor.kind]
    if wanted - set(known):
        raise UnknownExpand(found=", ".join(sorted(wanted - set(known))), known=", ".join(known))
    with visit.begin() as tx:
        row = commerce.order(tx, ref)
        sellers, buyers = commerce.parties_of(tx, row)
        visit.need_own(UnknownOrder(order=ref[:128]), sellers=sellers, buyers=buyers)
        [row] = _seen(tx, visit.bound, [row])
        return _expanded(tx, visit.bound, row, wanted, as_of)


def _seen(tx: Tx, bound: Bound, rows: list[OrderRow]) -> list[OrderRow]:
    """Orders as the caller sees them: of those of several sellers, its own part."""
    return commerce.of_sellers(tx, rows, bound.sellers) if _in_part(bound) else rows


def _in_part(bound: Bound) -> bool:
    return not bound.whole and not bound.buyers


def _expanded(
    tx: Tx, bound: Bound, row: OrderRow, wanted: set[str], as_of: str | None
) -> views.OrderView:
    extra: dict[str, Any] = {}
    if "items" in wanted:
        lines = commerce.items(tx, row.key)
        own = [i for i in lines if not _in_part(bound) or i.seller_id in bound.sellers]
        extra["items"] = [views.item(i) for i in own]
    if "tenders" in wanted:
        extra["tenders"] = [views.tender(t) for t in commerce.tenders(tx, row.key)]
    if "money" in wanted:
        extra["money"] = views.order_money(payments.money_of(tx, row.id))
    if "history" in wanted:
        extra["history"] = commerce.history(tx, row.key, moment(as_of))
    return msgspec.structs.replace(views.order(row), **extra)


@moves(
    "/orders/{ref:str}/confirm", "payments:write", views.MovedView, asks=ConfirmAsked, bound="book"
)
def confirm_order(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The buyer has the goods: split the escrow."""
    visit = enter(request)
    decoded(body or b"{}", ConfirmAsked)

    def use_case(tx: Tx) -> views.MovedView:
        return _shown(tx, order_flow.confirm(tx, commerce.order(tx, ref).id))

    return visit.answer(body, use_case)


@moves(
    "/orders/{ref:str}/cancel", "payments:write", views.MovedView, asks=CancelAsked, bound="book"
)
def cancel_order(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Call an order off: what was paid goes back, and the cancellation is kept as a fact."""
    visit = enter(request)
    asked = decoded(body or b"{}", CancelAsked)

    def use_case(tx: Tx) -> views.MovedView:
        row = commerce.order(tx, ref)
        fact = Cancellation(key=row.key, occurred_at=tx.now, order=row.key, reason=asked.reason)
        taken = order_flow.take(tx, [fact])
        _demand(taken.facts[0])
        if not taken.outcomes:
            raise CancelledAlready(order=row.key)
        return _shown(tx, taken.outcomes[0].demand())

    return visit.answer(body, use_case)


@moves(
    "/orders/{ref:str}/refund", "payments:write", views.MovedView, asks=RefundAsked, bound="book"
)
def refund_order(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Give back part or all of what was paid, along the split."""
    visit = enter(request)
    asked = decoded(body or b"{}", RefundAsked)

    def use_case(tx: Tx) -> views.MovedView:
        row = commerce.order(tx, ref)
        if asked.amount and asked.amount.currency != row.currency:
            raise CurrencyMix(first=row.currency, second=asked.amount.currency[:8])
        amount = asked.amount.amount if asked.amount else None
        return _shown(tx, order_flow.refund(tx, row.id, visit.wish, amount, asked.reason))

    return visit.answer(body, use_case)


@reads("/sellers", "facts:read", Page[views.SellerView], bound="rows")
def list_sellers(
    request: Ask, key: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.SellerView]:
    """Sellers, newest first."""
    visit = enter(request)
    with visit.begin() as tx:
        cursor = after_id("slr", after)
        rows = commerce.sellers(tx, key=key, after=cursor, limit=limit, bound=visit.bound)
    return page_of("slr", rows, limit, views.seller)


@reads("/payouts", "payments:read", Page[views.PayoutView], bound="rows")
def list_payouts(
    request: Ask, seller: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.PayoutView]:
    """Payouts, newest first; of one seller by its id."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = payout_store.payouts(
            tx,
            seller=ids.read("slr", seller) if seller else None,
            among=visit.bound.seller_ids,
            after=after_id("pay", after),
            limit=limit,
        )
    return page_of("pay", rows, limit, views.payout)


def _shown(tx: Tx, outcome: Outcome) -> views.MovedView:
    posted = journal.transaction(tx, outcome.txn_id) if outcome.txn_id else None
    return views.moved(outcome, posted)


def _demand(result: Ingested) -> None:
    if result.outcome == "refused":
        errors = (result.error,) if result.error else ()
        raise FactRefused(key=result.fact.key, count=1, errors=errors)


HANDLERS = [
    ingest_facts, list_orders, show_order, confirm_order, cancel_order, refund_order,
    list_sellers, list_payouts,
]  # fmt: skip
