"""Factoring over the API: claims are registered and quoted, assignments followed to their end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.interfaces.api import factoring_views as views
from huoshui.interfaces.api.body import decoded
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
from huoshui.lines.lending.factoring import service, store
from huoshui.lines.lending.factoring.model import (
    Assignment,
    NotFactorable,
    UnknownAssignment,
    UnknownReceivable,
)
from huoshui.lines.lending.factoring.service import Claim
from huoshui.scenarios import factoring_flow

State = Annotated[str, QueryParameter(name="state", max_length=40)]
Minor = Annotated[int, Meta(ge=1, le=10**15)]
Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f]+$")]
Note = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Product = Annotated[str, Meta(min_length=1, max_length=60)]


class InvoiceAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An invoice: its number, who owes it, over how much, and by when."""

    document: Name
    debtor: Name
    face: Money
    issued_on: date
    due_on: date
    evidence: Note = ""


class ReceivableAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seller's claim: of a shipped order, by its id or key, or an invoice."""

    seller: Name
    order: Name | None = None
    invoice: InvoiceAsked | None = None


class AssignmentAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which claim, under which product."""

    receivable: Name
    product: Product


class AssignmentNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; it is kept with the entry."""

    note: Note = ""


class AssignmentStage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shows that the stage is reached: the reference of a fact, once."""

    evidence: Name


class AssignmentAmount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minor units of the assignment's currency, and what shows them."""

    amount: Minor
    note: Note = ""


@writes(
    "/receivables", "factoring:write", views.ReceivableView, asks=ReceivableAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def register_receivable(request: Ask, body: RawBody) -> Response[bytes]:
    """Register a claim; the same claim again, whatever its number is written like, is that one."""
    visit, asked = enter(request), decoded(body, ReceivableAsked)

    def use_case(tx: Tx) -> views.ReceivableView:
        if asked.order is not None and asked.invoice is None:
            found = factoring_flow.register_order(tx, asked.order, asked.seller)
        elif asked.invoice is not None and asked.order is None:
            said = msgspec.structs.asdict(asked.invoice)
            seller = commerce.seller(tx, asked.seller)
            found = service.register(tx, Claim(kind="invoice", seller_id=seller.id, **said))
        else:
            raise NotFactorable(reason="order_or_invoice")
        return views.receivable(found)

    return visit.answer(body, use_case)


@reads("/receivables", "factoring:read", Page[views.ReceivableView], bound="rows")
def list_receivables(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[views.ReceivableView]:
    """Claims, newest first; a seller sees its own."""
    visit = enter(request)
    with visit.begin() as tx:
        sellers = visit.bound.seller_ids
        rows = store.receivables(tx, sellers=sellers, after=after_id("rcv", after), limit=limit)
    return page_of("rcv", rows, limit, views.receivable)


@reads("/receivables/{ref:str}", "factoring:read", views.ReceivableView, bound="rows")
def show_receivable(request: Ask, ref: Ref) -> views.ReceivableView:
    """One claim."""
    visit = enter(request)
    absent = UnknownReceivable(kind="receivable", id=ref)
    with visit.begin() as tx:
        found = service.receivable(tx, ids.read("rcv", ref))
        visit.need_own(absent, sellers=[found.seller_id])
        return views.receivable(found)


@reads(
    "/receivables/{ref:str}/quote", "factoring:read", views.FactoringQuoteView, bound="rows",
    stateful=True,
)  # fmt: skip
def quote_receivable(
    request: Ask, ref: Ref, product: Word = "factoring-with-recourse"
) -> views.FactoringQuoteView:
    """What a claim would come to under a product that is offered now; nothing is kept."""
    visit = enter(request)
    absent = UnknownReceivable(kind="receivable", id=ref)
    with visit.begin() as tx:
        found = service.receivable(tx, ids.read("rcv", ref))
        visit.need_own(absent, sellers=[found.seller_id])
        return views.quote(service.quote_for(tx, found, product), found.currency)


@writes(
    "/assignments", "factoring:write", views.AssignmentView, asks=AssignmentAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def offer_assignment(request: Ask, body: RawBody) -> Response[bytes]:
    """Offer to buy a claim. A claim stands under one assignment at most."""
    visit, asked = enter(request), decoded(body, AssignmentAsked)
    id_ = ids.read("rcv", asked.receivable)
    return visit.answer(body, lambda tx: views.assignment(service.offer(tx, id_, asked.product)))


@reads("/assignments", "factoring:read", Page[views.AssignmentView], bound="rows")
def list_assignments(
    request: Ask, state_: State = "", debtor: Word = "", order: Word = "",
    after: Cursor = None, limit: Limit = 50,
) -> Page[views.AssignmentView]:  # fmt: skip
    """Assignments, newest first; by state, debtor and order. A seller sees its own."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.assignments(
            tx,
            state=state_,
            debtor=debtor,
            order_id=ids.read("ord", order) if order else None,
            sellers=visit.bound.seller_ids,
            after=after_id("asg", after),
            limit=limit,
        )
    return page_of("asg", rows, limit, views.assignment)


@reads("/assignments/{ref:str}", "factoring:read", views.AssignmentDetail, bound="rows")
def show_assignment(request: Ask, ref: Ref) -> views.AssignmentDetail:
    """One assignment with all that happened to it."""
    visit = enter(request)
    absent = UnknownAssignment(kind="assignment", id=ref)
    with visit.begin() as tx:
        found = service.assignment(tx, ids.read("asg", ref))
        visit.need_own(absent, sellers=[found.seller_id])
        entries = [views.entry(each) for each in store.entries(tx, found.id)]
    return views.AssignmentDetail(views.assignment(found), entries)


@reads("/factoring/debtors", "factoring:read", Page[views.DebtorView], bound="rows")
def list_debtors(request: Ask, limit: Limit = 50) -> Page[views.DebtorView]:
    """Debtors on whom most is out; a seller sees those of its own claims."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.debtors(tx, access.today(tx), limit, visit.bound.seller_ids)
    return Page([views.debtor(row) for row in rows])


def _paid(
    request: Ask, ref: str, body: bytes, act: Callable[[Tx, UUID, int, str], Assignment]
) -> Response[bytes]:
    """A verb with an amount that came into the bank."""
    return on_one(
        request, ref, body, "asg", AssignmentAmount,
        lambda tx, id_, asked: views.assignment(act(tx, id_, asked.amount, asked.note)),
    )  # fmt: skip


def _noted(
    request: Ask, ref: str, body: bytes, act: Callable[[Tx, UUID, str], Assignment]
) -> Response[bytes]:
    """A verb that may have a note."""
    return on_one(
        request, ref, body, "asg", AssignmentNote,
        lambda tx, id_, asked: views.assignment(act(tx, id_, asked.note)),
    )  # fmt: skip


@writes(
    "/assignments/{ref:str}/assign", "factoring:write", views.AssignmentView, asks=AssignmentNote,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def assign_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The seller agrees: the claim counts against the limits."""
    return _noted(request, ref, body, lambda tx, id_, note: service.assign(tx, id_))


@writes(
    "/assignments/{ref:str}/decline", "factoring:write", views.AssignmentView, asks=AssignmentNote,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def decline_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Nothing comes of it: the claim is free again."""
    return _noted(request, ref, body, service.decline)


@moves(
    "/assignments/{ref:str}/advance", "factoring:write", views.AssignmentView, asks=AssignmentNote,
    bound="book",
)  # fmt: skip
def advance_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Buy the claim; the advance leaves with the seller's next payout."""
    return _noted(request, ref, body, lambda tx, id_, note: factoring_flow.advance(tx, id_))


@moves(
    "/assignments/{ref:str}/release", "factoring:write", views.AssignmentView, asks=AssignmentStage,
    body_needed=True, bound="book",
)  # fmt: skip
def release_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Pay the next stage of the advance, by the reference of the signed fact that shows it."""
    return on_one(
        request, ref, body, "asg", AssignmentStage,
        lambda tx, id_, asked: views.assignment(factoring_flow.release(tx, id_, asked.evidence)),
    )  # fmt: skip


@moves(
    "/assignments/{ref:str}/confirm", "factoring:write", views.AssignmentView, asks=AssignmentNote,
    bound="book",
)  # fmt: skip
def confirm_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The buyer confirms: the reserve less the fee is the seller's. An order does this by itself."""
    return _noted(request, ref, body, factoring_flow.confirm)


@moves(
    "/assignments/{ref:str}/collect", "factoring:write", views.AssignmentView,
    asks=AssignmentAmount, body_needed=True, bound="book",
)  # fmt: skip
def collect_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The buyer paid an invoice, in whole or part, or something came in after a write-off."""
    return _paid(request, ref, body, factoring_flow.collect)


def _amount(
    request: Ask, ref: str, body: bytes, act: Callable[[Tx, Assignment, int, str], Assignment]
) -> Response[bytes]:
    def use_case(tx: Tx, id_: UUID, asked: AssignmentAmount) -> views.AssignmentView:
        before = service.assignment(tx, id_, lock=True)
        return views.assignment(act(tx, before, asked.amount, asked.note))

    return on_one(request, ref, body, "asg", AssignmentAmount, use_case)


@moves(
    "/assignments/{ref:str}/repay", "factoring:write", views.AssignmentView,
    asks=AssignmentAmount, body_needed=True, bound="book",
)  # fmt: skip
def repay_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The seller paid into the bank what it owes; out of its takings it is paid by itself."""
    return _paid(request, ref, body, factoring_flow.repay)


@moves(
    "/assignments/{ref:str}/dilute", "factoring:write", views.AssignmentView,
    asks=AssignmentAmount, body_needed=True, bound="book",
)  # fmt: skip
def dilute_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Goods of an invoice came back: the buyer owes less. An order's returns do this by themselves."""
    return _amount(request, ref, body, service.dilute)


@writes(
    "/assignments/{ref:str}/dispute", "factoring:write", views.AssignmentView, asks=AssignmentNote,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def dispute_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The buyer objects."""
    return _noted(request, ref, body, service.dispute)


@writes(
    "/assignments/{ref:str}/resume", "factoring:write", views.AssignmentView, asks=AssignmentNote,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def resume_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The objection is gone: all is as before it."""
    return _noted(request, ref, body, service.resume)


@moves(
    "/assignments/{ref:str}/recourse", "factoring:write", views.AssignmentView,
    asks=AssignmentNote, bound="book",
)  # fmt: skip
def claim_recourse(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The seller is to buy back what the buyer did not pay."""
    return _noted(request, ref, body, service.recourse)


@moves(
    "/assignments/{ref:str}/write-off", "factoring:write", views.AssignmentView,
    asks=AssignmentNote, bound="book",
)  # fmt: skip
def write_off_assignment(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Take what is owed out of the books as lost."""
    return _noted(request, ref, body, service.write_off)


HANDLERS: list[Any] = [
    register_receivable, list_receivables, show_receivable, quote_receivable, offer_assignment,
    list_assignments, show_assignment, assign_assignment, decline_assignment, advance_assignment, release_assignment,
    confirm_assignment, collect_assignment, repay_assignment, dilute_assignment, dispute_assignment,
    resume_assignment, claim_recourse, write_off_assignment, list_debtors,
]  # fmt: skip
