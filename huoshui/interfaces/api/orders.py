"""Facts and orders: ingest, list, look at, confirm, cancel, refund."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import CurrencyMix, Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.model import AnyFact, Cancellation
from huoshui.facts.commerce.service import FactRefused, Ingested
from huoshui.facts.commerce.store import OrderRow
from huoshui.ledger import service as ledger
from huoshui.lines.payments import service as payments
from huoshui.lines.payments import store as payments_store
from huoshui.lines.payments.service import Outcome
from huoshui.interfaces.api import views
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    decoded,
    door_of,
    moment,
    moving,
)
from huoshui.interfaces.api.problems import language
from huoshui.scenarios import order_flow

EXPANDABLE = ("items", "tenders", "money", "history")
Expand = Annotated[str, Parameter(max_length=100, description=f"Any of {', '.join(EXPANDABLE)}")]


class UnknownExpand(Problem):
    """`expand` names something that an order does not have; the problem lists what it has."""

    code = "unknown_expand"
    status = 422


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts to ingest, what they refer to first."""

    facts: list[AnyFact]


class RefundAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give back `amount`, or all that is left where it is absent."""

    amount: Money | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


@post("/facts", sync_to_thread=True, status_code=200)
def ingest(request: Ask, body: bytes) -> views.FactResults:
    """Ingest facts; each gets its own result and the money of its order follows it."""
    facts = decoded(body, Facts).facts
    lang = language(request)
    with door_of(request).begin(request, "facts:write") as tx:
        taken = order_flow.take(tx, facts)
    return views.FactResults([views.fact(result, lang) for result in taken.facts])


@get("/orders", sync_to_thread=True)
def list_orders(
    request: Ask,
    buyer: str = "",
    seller: str = "",
    since: str | None = None,
    until: str | None = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.OrderView]:
    """Orders, newest first; by buyer, seller (their keys) and time of purchase."""
    with door_of(request).begin(request, "facts:read") as tx:
        rows = commerce.orders(
            tx,
            buyer=buyer,
            seller=seller,
            since=moment(since),
            until=moment(until),
            after=ids.read("ord", after) if after else None,
            limit=limit,
        )
    return Page([views.order(r) for r in rows], _next("ord", [r.id for r in rows], limit))


@get("/orders/{ref:str}", sync_to_thread=True)
def show_order(
    request: Ask, ref: str, expand: Expand = "", as_of: str | None = None
) -> views.OrderView:
    """One order by id or by the marketplace's key; `as_of` bounds its history."""
    wanted = {name for name in expand.split(",") if name}
    if wanted - set(EXPANDABLE):
        raise UnknownExpand(
            found=", ".join(sorted(wanted - set(EXPANDABLE))), known=", ".join(EXPANDABLE)
        )
    with door_of(request).begin(request, "facts:read") as tx:
        row = commerce.order(tx, ref)
        return _expanded(tx, row, wanted, as_of)


def _expanded(tx: Tx, row: OrderRow, wanted: set[str], as_of: str | None) -> views.OrderView:
    extra: dict[str, Any] = {}
    if "items" in wanted:
        extra["items"] = [views.item(i) for i in commerce.items(tx, row.key)]
    if "tenders" in wanted:
        extra["tenders"] = [views.tender(t) for t in commerce.tenders(tx, row.key)]
    if "money" in wanted:
        extra["money"] = views.order_money(payments.money_of(tx, row.id))
    if "history" in wanted:
        extra["history"] = commerce.history(tx, row.key, moment(as_of))
    return msgspec.structs.replace(views.order(row), **extra)


@post("/orders/{ref:str}/confirm", sync_to_thread=True, status_code=200)
def confirm(request: Ask, ref: str, body: bytes) -> Response[Any]:
    """The buyer has the goods: split the escrow."""

    def use_case(tx: Tx) -> views.MovedView:
        return _shown(tx, order_flow.confirm(tx, commerce.order(tx, ref).id))

    return moving(request, "payments:write", body, use_case)


@post("/orders/{ref:str}/cancel", sync_to_thread=True, status_code=200)
def cancel(request: Ask, ref: str, body: bytes) -> Response[Any]:
    """Call an order off: what was paid goes back, and the cancellation is kept as a fact."""
    asked = decoded(body or b"{}", Reason)

    def use_case(tx: Tx) -> views.MovedView:
        row = commerce.order(tx, ref)
        fact = Cancellation(key=row.key, occurred_at=tx.now, order=row.key, reason=asked.reason)
        taken = order_flow.take(tx, [fact])
        _demand(taken.facts[0])
        if not taken.outcomes:
            raise FactRefused(key=row.key, count=1)
        return _shown(tx, taken.outcomes[0].demand())

    return moving(request, "payments:write", body, use_case)


@post("/orders/{ref:str}/refund", sync_to_thread=True, status_code=200)
def refund(request: Ask, ref: str, body: bytes) -> Response[Any]:
    """Give back part or all of what was paid, along the split."""
    asked = decoded(body or b"{}", RefundAsked)

    def use_case(tx: Tx) -> views.MovedView:
        row = commerce.order(tx, ref)
        if asked.amount and asked.amount.currency != row.currency:
            raise CurrencyMix(first=row.currency, second=asked.amount.currency)
        key = request.headers.get("idempotency-key", "dry-run")
        amount = asked.amount.amount if asked.amount else None
        return _shown(tx, order_flow.refund(tx, row.id, key, amount, asked.reason))

    return moving(request, "payments:write", body, use_case)


@get("/sellers", sync_to_thread=True)
def list_sellers(
    request: Ask, key: str = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.SellerView]:
    """Sellers, newest first."""
    with door_of(request).begin(request, "facts:read") as tx:
        cursor = ids.read("slr", after) if after else None
        rows = commerce.sellers(tx, key=key, after=cursor, limit=limit)
    return Page([views.seller(r) for r in rows], _next("slr", [r.id for r in rows], limit))


@get("/payouts", sync_to_thread=True)
def list_payouts(
    request: Ask, seller: str = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.PayoutView]:
    """Payouts, newest first; of one seller by its id."""
    with door_of(request).begin(request, "payments:read") as tx:
        rows = payments_store.payouts(
            tx,
            seller=ids.read("slr", seller) if seller else None,
            after=ids.read("pay", after) if after else None,
            limit=limit,
        )
    return Page([views.payout(r) for r in rows], _next("pay", [r.id for r in rows], limit))


def _shown(tx: Tx, outcome: Outcome) -> views.MovedView:
    posted = ledger.transaction(tx, outcome.txn_id) if outcome.txn_id else None
    return views.moved(outcome, posted)


def _demand(result: Ingested) -> None:
    if result.outcome == "refused":
        errors = (result.error,) if result.error else ()
        raise FactRefused(key=result.fact.key, count=1, errors=errors)


def _next(prefix: str, found: list[UUID], limit: int) -> str | None:
    return ids.show(prefix, found[-1]) if len(found) == limit else None


HANDLERS = [
    ingest, list_orders, show_order, confirm, cancel, refund, list_sellers, list_payouts
]  # fmt: skip
