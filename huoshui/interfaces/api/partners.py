"""Partners of lending over the API: who gains what, and claims on those who bear losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts import partners as names
from huoshui.interfaces.api import partner_views as views
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
from huoshui.interfaces.api.settlement import State
from huoshui.lines.lending.partners import service, store
from huoshui.lines.lending.partners.claim import CoverClaim
from huoshui.scenarios import partners

Note = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class CoverClaimNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; it is kept with the entry."""

    note: Note = ""


class CoverClaimGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the claim is accepted, in minor units: all of it where that is left out."""

    amount: Annotated[int, Meta(ge=1, le=10**15)] | None = None
    note: Note = ""


class PartnerNameAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A partner's word in products' files, and what it is called in both languages."""

    party: Annotated[str, Meta(min_length=1, max_length=60)]
    en: Annotated[str, Meta(min_length=1, max_length=80)]
    zh: Annotated[str, Meta(min_length=1, max_length=80)]


@reads("/partners", "loans:read", Page[views.PartnerStatementView], bound="book")
def list_partners(request: Ask) -> Page[views.PartnerStatementView]:
    """Who gains what: the statement of each party by product, from what was posted."""
    visit = enter(request)
    with visit.begin() as tx:
        return Page([views.statement(row) for row in partners.all_statements(tx)])


@reads("/partner-names", "loans:read", Page[views.PartnerNameView], bound="book")
def list_partner_names(request: Ask) -> Page[views.PartnerNameView]:
    """What partners are called: a name in both languages for each word of products' files."""
    visit = enter(request)
    with visit.begin() as tx:
        return Page([views.name(row) for row in names.names(tx)])


@writes(
    "/partner-names", "parties:write", views.PartnerNameView, asks=PartnerNameAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def name_partner(request: Ask, body: RawBody) -> Response[bytes]:
    """Call a partner so from now on, in contracts to come and on pages; those that stand keep the old name."""
    visit, asked = enter(request), decoded(body, PartnerNameAsked)
    return visit.answer(
        body, lambda tx: views.name(names.name_partner(tx, asked.party, asked.en, asked.zh))
    )


@reads("/cover-claims", "loans:read", Page[views.CoverClaimView], bound="book")
def list_cover_claims(
    request: Ask, loan: Word = "", state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.CoverClaimView]:
    """Claims on covers, newest first; of a loan, in a state."""
    visit = enter(request)
    loan_id = ids.read("loan", loan) if loan else None
    with visit.begin() as tx:
        rows = store.claims(
            tx, state=state_, loan_id=loan_id, after=after_id("clm", after), limit=limit
        )
    return page_of("clm", rows, limit, views.claim)


@reads("/cover-claims/{ref:str}", "loans:read", views.CoverClaimDetail, bound="book")
def show_cover_claim(request: Ask, ref: Ref) -> views.CoverClaimDetail:
    """One claim and what happened to it."""
    visit = enter(request)
    with visit.begin() as tx:
        found = service.find_claim(tx, ids.read("clm", ref))
        entries = [views.entry(each) for each in store.entries(tx, found.id)]
    return views.CoverClaimDetail(views.claim(found), entries)


def _noted(
    request: Ask, ref: str, body: bytes, act: Callable[[Tx, UUID, str], CoverClaim]
) -> Response[bytes]:
    """A verb that may have a note."""
    return on_one(
        request, ref, body, "clm", CoverClaimNote,
        lambda tx, id_, asked: views.claim(act(tx, id_, asked.note)),
    )  # fmt: skip


@writes(
    "/cover-claims/{ref:str}/submit", "loans:service", views.CoverClaimView, asks=CoverClaimNote,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def submit_cover_claim(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Put a claim to its cover, for what is due by now."""
    return _noted(request, ref, body, service.submit)


@moves(
    "/cover-claims/{ref:str}/accept", "loans:service", views.CoverClaimView,
    asks=CoverClaimGrant, bound="book",
)  # fmt: skip
def accept_cover_claim(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The cover accepts it, or a part of it: it owes that from now on."""
    return on_one(
        request, ref, body, "clm", CoverClaimGrant,
        lambda tx, id_, asked: views.claim(service.accept(tx, id_, asked.amount, asked.note)),
    )  # fmt: skip


@writes(
    "/cover-claims/{ref:str}/refuse", "loans:service", views.CoverClaimView, asks=CoverClaimNote,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def refuse_cover_claim(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The cover refuses it: who has the rest bears it."""
    return _noted(request, ref, body, service.refuse)


@writes(
    "/cover-claims/{ref:str}/contest", "loans:service", views.CoverClaimView, asks=CoverClaimNote,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def contest_cover_claim(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """A refused claim is put to its cover again."""
    return _noted(request, ref, body, service.contest)


@moves(
    "/cover-claims/{ref:str}/pay", "loans:service", views.CoverClaimView, asks=CoverClaimNote,
    bound="book",
)  # fmt: skip
def pay_cover_claim(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The cover has paid what it owes; the funders have their parts of it."""
    return _noted(request, ref, body, service.pay)


@moves(
    "/cover-claims/{ref:str}/give-back", "loans:service", views.CoverClaimView,
    asks=CoverClaimNote, bound="book",
)  # fmt: skip
def give_back_cover_claim(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The cover has got back its part of what was recovered."""
    return _noted(request, ref, body, service.give_back)


HANDLERS = [
    list_partners, list_partner_names, name_partner, list_cover_claims, show_cover_claim, submit_cover_claim, accept_cover_claim,
    refuse_cover_claim, contest_cover_claim, pay_cover_claim, give_back_cover_claim,
]  # fmt: skip
