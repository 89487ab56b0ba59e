"""Settlement over the API: windows and their positions, the terms, payout batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import ids, money
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.interfaces.api import settlement_views as views
from huoshui.interfaces.api import views as shared_views
from huoshui.interfaces.api.body import BadParameter, decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Word,
    after_id,
    enter,
    on_one,
    page_of,
)
from huoshui.lines.payments.settlement import (
    SettlementTerms,
    batches,
    payouts,
    read_settlement_terms,
    store,
    window_store,
    windows,
)
from huoshui.lines.payments.settlement.model import Payout, UnknownPayout
from huoshui.scenarios import payout_flow

A = TypeVar("A")
State = Annotated[str, QueryParameter(name="state", max_length=40)]
_KEYS = frozenset({"key"})  # what an API key approves may have a limit of its own in the terms


class NothingAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say: the address says it all."""


class PayoutBatchAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pay out what sellers are owed in a currency; only these sellers where any are named."""

    currency: Annotated[str, Meta(min_length=3, max_length=12)]
    sellers: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=1000)] = []


class WhyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a payout failed or came back, in the rail's or the bank's words."""

    reason: Annotated[str, Meta(max_length=200)] = ""


@reads("/settlement/windows", "payments:read", Page[views.WindowView], bound="book")
def list_windows(request: Ask, after: Cursor = None, limit: Limit = 50) -> Page[views.WindowView]:
    """Settlement windows, newest first; the first one is open."""
    before = _number("after", after) if after else None
    with enter(request).begin() as tx:
        rows = window_store.windows(tx, before, limit)
        found = [views.window(row, windows.report(tx, row.number)) for row in rows]
    return Page(found, str(rows[-1].number) if len(rows) == limit else None)


@reads("/settlement/windows/{ref:str}", "payments:read", views.WindowView, bound="book")
def show_window(request: Ask, ref: Ref) -> views.WindowView:
    """One settlement window by its number; of the open one, what it holds so far."""
    with enter(request).begin() as tx:
        row = windows.window(tx, _number("ref", ref))
        so_far = windows.preview(tx).totals if row.closed_at is None else None
        return views.window(row, windows.report(tx, row.number), so_far)


@reads(
    "/settlement/windows/{ref:str}/positions",
    "payments:read",
    Page[views.PositionView],
    bound="book",
)
def list_positions(
    request: Ask, ref: Ref, party: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.PositionView]:
    """The positions of a closed window by account: of `party` seller, rail or platform alone."""
    currency, _, path = (after or "").partition(":")
    with enter(request).begin() as tx:
        row = windows.window(tx, _number("ref", ref))
        rows = window_store.positions(
            tx, row.number, party_kind=party, after=(path, currency), limit=limit
        )
    following = f"{rows[-1].currency}:{rows[-1].path}" if len(rows) == limit else None
    return Page([views.position(each) for each in rows], following)


@writes(
    "/settlement/windows/close",
    "settlement:write",
    views.WindowView,
    asks=NothingAsked,
    body_needed=False,
    idempotency="optional",
    dry_run=True,
    bound="book",
)
def close_window(request: Ask, body: RawBody) -> Response[bytes]:
    """Close the open window and open the next. With dry_run: what would be closed."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)

    def use_case(tx: Tx) -> views.WindowView:
        if visit.rehearsal:
            seen = windows.preview(tx)
            return views.window(seen.window, preview=seen.totals)
        return views.window(windows.close_window(tx))

    return visit.answer(body, use_case)


@reads("/settlement/terms", "payments:read", SettlementTerms, bound="book")
def show_settlement_terms(request: Ask) -> SettlementTerms:
    """The terms of settlement in force."""
    with enter(request).begin() as tx:
        return store.settlement_terms(tx)


@writes(
    "/settlement/terms",
    "settlement:approve",
    SettlementTerms,
    asks=SettlementTerms,
    idempotency="optional",
    bound="book",
)
def change_settlement_terms(request: Ask, body: RawBody) -> Response[bytes]:
    """Put other terms of settlement in force from now on: all of them, what is left out is default."""
    visit = enter(request)
    asked = read_settlement_terms(msgspec.to_builtins(decoded(body, SettlementTerms)))

    def use_case(tx: Tx) -> SettlementTerms:
        payouts.change_terms(tx, asked)
        return asked

    return visit.answer(body, use_case)


@reads("/payout-batches", "payments:read", Page[views.PayoutBatchView], bound="book")
def list_batches(
    request: Ask, state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.PayoutBatchView]:
    """Payout batches, newest first; of one state where it is named."""
    with enter(request).begin() as tx:
        cursor = after_id("pob", after)
        rows = store.batches(tx, state=state_, after=cursor, limit=limit)
    return page_of("pob", rows, limit, views.batch)


@reads("/payout-batches/{ref:str}", "payments:read", views.PayoutBatchView, bound="book")
def show_batch(request: Ask, ref: Ref) -> views.PayoutBatchView:
    """One payout batch."""
    with enter(request).begin() as tx:
        return views.batch(batches.load(tx, ids.read("pob", ref)))


@reads(
    "/payout-batches/{ref:str}/payouts",
    "payments:read",
    Page[shared_views.PayoutView],
    bound="book",
)
def list_batch_payouts(
    request: Ask, ref: Ref, state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[shared_views.PayoutView]:
    """The payouts of a batch, newest first."""
    with enter(request).begin() as tx:
        batch = batches.load(tx, ids.read("pob", ref))
        cursor = after_id("pay", after)
        rows = store.payouts(tx, batch_id=batch.id, state=state_, after=cursor, limit=limit)
    return page_of("pay", rows, limit, shared_views.payout)


@moves(
    "/payout-batches",
    "settlement:write",
    views.PayoutBatchView,
    asks=PayoutBatchAsked,
    body_needed=True,
    bound="book",
)
def make_batch(request: Ask, body: RawBody) -> Response[bytes]:
    """Draft a batch of what sellers are owed; what they owe themselves is recovered first."""
    visit = enter(request)
    asked = decoded(body, PayoutBatchAsked)
    money.digits(asked.currency)

    def use_case(tx: Tx) -> views.PayoutBatchView:
        sellers = frozenset(asked.sellers)
        return views.batch(payout_flow.make_batch(tx, asked.currency, sellers=sellers))

    return visit.answer(body, use_case)


@moves(
    "/payout-batches/{ref:str}/approve",
    "settlement:approve",
    views.PayoutBatchView,
    asks=NothingAsked,
    bound="book",
)
def approve_batch(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Approve a batch that another made; it is sent at once, or as the next open day begins."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)

    def use_case(tx: Tx) -> views.PayoutBatchView:
        return views.batch(batches.approve(tx, ids.read("pob", ref), roles=_KEYS))

    return visit.answer(body, use_case)


@writes(
    "/payout-batches/{ref:str}/cancel",
    "settlement:write",
    views.PayoutBatchView,
    asks=NothingAsked,
    body_needed=False,
    idempotency="optional",
    bound="book",
)
def cancel_batch(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Call off a batch that was not sent."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)
    return visit.answer(body, lambda tx: views.batch(batches.cancel(tx, ids.read("pob", ref))))


@reads("/payouts/{ref:str}", "payments:read", shared_views.PayoutView, bound="rows")
def show_payout(request: Ask, ref: Ref) -> shared_views.PayoutView:
    """One payout."""
    visit = enter(request)
    absent = UnknownPayout(kind="payout", id=ref[:64])
    with visit.begin() as tx:
        row = store.payout(tx, ids.read("pay", ref))
        visit.need_own(absent, sellers=[row.seller_id] if row else [])
        if row is None:
            raise absent
        return shared_views.payout(row)


@writes(
    "/payouts/{ref:str}/paid",
    "settlement:write",
    shared_views.PayoutView,
    asks=NothingAsked,
    body_needed=False,
    idempotency="optional",
    bound="book",
)
def confirm_payout(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """A payout that was made by hand arrived; the same again changes nothing."""
    return _on_payout(
        request, ref, body, NothingAsked, lambda tx, id_, asked: payouts.paid(tx, id_)
    )


@moves(
    "/payouts/{ref:str}/fail",
    "settlement:write",
    shared_views.PayoutView,
    asks=WhyAsked,
    bound="book",
)
def fail_payout(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """A payout did not leave: its money is the seller's again."""
    return _on_payout(
        request, ref, body, WhyAsked, lambda tx, id_, asked: payouts.failed(tx, id_, asked.reason)
    )


@moves(
    "/payouts/{ref:str}/return",
    "settlement:write",
    shared_views.PayoutView,
    asks=WhyAsked,
    bound="book",
)
def return_payout(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The seller's bank sent a payout back: its money is the seller's again."""
    return _on_payout(
        request, ref, body, WhyAsked, lambda tx, id_, asked: payouts.returned(tx, id_, asked.reason)
    )


@moves(
    "/payouts/{ref:str}/retry",
    "settlement:write",
    shared_views.PayoutView,
    asks=NothingAsked,
    bound="book",
)
def retry_payout(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Send a payout that failed or came back once more."""
    return _on_payout(
        request, ref, body, NothingAsked, lambda tx, id_, asked: payouts.retry(tx, id_)
    )


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or text != text.lstrip("0") or len(text) > 18:
        if name == "ref":
            raise windows.UnknownWindow(kind="window", id=text[:40])
        raise BadParameter(name=name, errors=(FieldError(name, "cursor", {"value": text[:40]}),))
    return int(text)


def _on_payout(
    request: Ask, ref: str, body: bytes, kind: type[A], act: Callable[[Tx, UUID, A], Payout]
) -> Response[bytes]:
    return on_one(
        request,
        ref,
        body,
        "pay",
        kind,
        lambda tx, id_, asked: shared_views.payout(act(tx, id_, asked)),
    )


HANDLERS = [
    list_windows, show_window, list_positions, close_window, show_settlement_terms,
    change_settlement_terms, list_batches, show_batch, list_batch_payouts, make_batch,
    approve_batch, cancel_batch, show_payout, confirm_payout, fail_payout, return_payout,
    retry_payout,
]  # fmt: skip
