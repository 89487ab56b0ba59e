"""Disputes over the API: listed, looked at, answered with evidence, accepted."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.interfaces.api import dispute_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Visit,
    Word,
    after_id,
    enter,
    page_of,
)
from huoshui.lines.payments.chart import seller_of
from huoshui.lines.payments.disputes import service, store
from huoshui.lines.payments.disputes.model import FILE_MOST, FILES_MOST, Dispute, UnknownDispute
from huoshui.lines.payments.disputes.paper import Paper
from huoshui.lines.payments.payment import service as payments

Number = Annotated[int, QueryParameter(ge=1, le=FILES_MOST, description="Which file")]
_CONTENT_MOST = FILE_MOST * 4 // 3 + 4  # in base64
_Line = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class DisputeFileAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file: its name, its content in base64, and what it shows."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f/\\]+$")]
    content: Annotated[bytes, msgspec.Meta(max_length=_CONTENT_MOST)]
    note: _Line = ""


class DisputeSubmitAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The evidence file is given to the rail; `sent_as` is what the rail calls the submission."""

    sent_as: _Line = ""


class DisputeAlone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to be said."""


@reads("/disputes", "payments:read", Page[views.DisputeView], bound="rows")
def list_disputes(
    request: Ask,
    state_: Word = "",
    rail: Word = "",
    payment: Word = "",
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.DisputeView]:
    """Disputes, newest first; by state, rail and payment. A seller sees those of its payments."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.page(
            tx,
            state=state_,
            rail=rail,
            payment_id=ids.read("pmt", payment) if payment else None,
            sellers=_sellers(visit),
            after=after_id("dpt", after),
            limit=limit,
        )
    return page_of("dpt", rows, limit, views.dispute)


def _sellers(visit: Visit) -> list[str] | None:
    """The sellers whose disputes a caller sees; None where it sees all."""
    bound = visit.bound
    return None if bound.whole else [ids.show("slr", seller) for seller in sorted(bound.sellers)]


@reads("/disputes/{ref:str}", "payments:read", views.DisputeDetail, bound="rows")
def show_dispute(request: Ask, ref: Ref) -> views.DisputeDetail:
    """One dispute with its files."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ids.read("dpt", ref))
        given = store.evidence(tx, found.id)
    return views.DisputeDetail(views.dispute(found), [views.evidence(each) for each in given])


@reads("/disputes/{ref:str}/file", "payments:read", Paper, bound="rows")
def show_dispute_paper(request: Ask, ref: Ref) -> Paper:
    """The evidence file as it was submitted, or as it would be now."""
    visit = enter(request)
    with visit.begin() as tx:
        return service.paper_of(tx, _own(tx, visit, ids.read("dpt", ref)))


@reads(
    "/disputes/{ref:str}/evidence",
    "payments:read",
    views.DisputeFileContent,
    bound="rows",
)
def show_dispute_evidence(request: Ask, ref: Ref, number: Number = 1) -> views.DisputeFileContent:
    """One file of a dispute with its content."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ids.read("dpt", ref))
        given, content = service.content(tx, found.id, number)
    return views.DisputeFileContent(views.evidence(given), content)


def _own(tx: Tx, visit: Visit, id_: UUID) -> Dispute:
    sellers = _sellers(visit)
    found = service.dispute(tx, id_)
    parts = payments.payment(tx, found.payment_id).parts
    if sellers is not None and {seller_of(part.account) for part in parts}.isdisjoint(sellers):
        raise UnknownDispute(kind="dispute", id=ids.show("dpt", id_))
    return found


@writes(
    "/disputes/{ref:str}/evidence",
    "payments:write",
    views.DisputeFileView,
    bound="book",
    asks=DisputeFileAsked,
    idempotency="optional",
)
def add_dispute_evidence(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Give a file; the same content twice is one file."""
    visit = enter(request)
    asked = decoded(body, DisputeFileAsked)
    id_ = ids.read("dpt", ref)

    def use_case(tx: Tx) -> views.DisputeFileView:
        given = service.add_evidence(tx, id_, asked.name, asked.content, asked.note)
        return views.evidence(given)

    return visit.answer(body, use_case)


@writes(
    "/disputes/{ref:str}/submit",
    "payments:write",
    views.DisputeView,
    bound="book",
    asks=DisputeSubmitAsked,
    body_needed=False,
    idempotency="optional",
    dry_run=True,
)
def submit_dispute(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Make the evidence file, seal its digest, and hold it as submitted to the rail."""
    visit = enter(request)
    asked = decoded(body or b"{}", DisputeSubmitAsked)
    id_ = ids.read("dpt", ref)
    return visit.answer(body, lambda tx: views.dispute(service.submit(tx, id_, asked.sent_as)))


@writes(
    "/disputes/{ref:str}/accept",
    "payments:write",
    views.DisputeView,
    bound="book",
    asks=DisputeAlone,
    body_needed=False,
    idempotency="optional",
    dry_run=True,
)
def accept_dispute(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Let the buyer have the money: the dispute is over."""
    visit = enter(request)
    decoded(body or b"{}", DisputeAlone)
    id_ = ids.read("dpt", ref)
    return visit.answer(body, lambda tx: views.dispute(service.accept(tx, id_)))


HANDLERS: list[Any] = [
    list_disputes, show_dispute, show_dispute_paper, show_dispute_evidence, add_dispute_evidence, submit_dispute,
    accept_dispute,
]  # fmt: skip
