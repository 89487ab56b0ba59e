"""Milestones over the API: sources are registered, signed facts presented; and credit lines of products."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts.milestones import service, store
from huoshui.facts.milestones.model import Source, Verified
from huoshui.interfaces.api import facility_views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.devices import own_parties
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
from huoshui.interfaces.api.settlement import NothingAsked
from huoshui.lines.lending.facility import service as facilities
from huoshui.lines.lending.facility.way import stands
from huoshui.scenarios import credit_lines

Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
Kind = Annotated[str, Meta(min_length=1, max_length=60)]


class MilestoneSourceAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who certifies: a name, its Ed25519 key (32 bytes, URL-safe base64), and what it may certify."""

    name: Name
    key: Annotated[str, Meta(max_length=64)]
    kinds: Annotated[list[Kind], Meta(min_length=1, max_length=20)]


class SourceStopAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is believed no more, or not for now."""

    reason: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


class SourceKeyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key that is believed from now on: Ed25519, 32 bytes in URL-safe base64."""

    key: Annotated[str, Meta(max_length=64)]


class MilestoneAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signed text, as the source made it."""

    fact: Annotated[str, Meta(max_length=4_000)]


class CreditLineAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose line, of which product, below which facility."""

    product: Annotated[str, Meta(min_length=1, max_length=60)]
    party: Annotated[str, Meta(min_length=1, max_length=64)]
    parent: Annotated[str, Meta(max_length=64)] | None = None


class MilestoneSourceView(msgspec.Struct, frozen=True):
    """A source of milestones: `trusted`, `suspended` or `revoked`, since when and why."""

    id: str
    name: str
    key: str
    kinds: list[str]
    registered_at: datetime
    state: str
    state_at: datetime
    reason: str


class SourceKeyView(msgspec.Struct, frozen=True):
    """A key of a source, believed until the next one took its place."""

    number: int
    key: str
    from_at: datetime


class MilestoneSourceShown(msgspec.Struct, frozen=True):
    """A source, and every key that it had, newest first: with them what it signed can be verified."""

    source: MilestoneSourceView
    keys: list[SourceKeyView]


class MilestoneView(msgspec.Struct, frozen=True):
    """A milestone that was believed; `fact` is what the source signed."""

    id: str
    source: str
    kind: str
    subject: str
    reference: str
    reached_at: datetime
    ends_at: datetime
    recorded_at: datetime
    fact: str


class MilestoneTurned(msgspec.Struct, frozen=True):
    """A milestone, and each limit that it lifted; `again`: it was known already and nothing moved."""

    milestone: MilestoneView
    again: bool
    lifted: list[facility_views.FacilityTurned]


def source_view(found: Source) -> MilestoneSourceView:
    """A source."""
    return MilestoneSourceView(
        found.shown, found.name, found.public, found.kinds, found.registered_at,
        found.state, found.state_at, found.reason,
    )  # fmt: skip


def milestone_view(found: Verified) -> MilestoneView:
    """A milestone."""
    return MilestoneView(
        found.shown, ids.show("msr", found.source_id), found.kind, found.subject,
        found.reference, found.reached_at, found.ends_at, found.recorded_at, found.text,
    )  # fmt: skip


@writes(
    "/milestone-sources", "facilities:write", MilestoneSourceView, asks=MilestoneSourceAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def register_milestone_source(request: Ask, body: RawBody) -> Response[bytes]:
    """Believe what a key signs from now on, for some kinds of milestones."""
    visit, asked = enter(request), decoded(body, MilestoneSourceAsked)
    return visit.answer(
        body, lambda tx: source_view(service.register(tx, asked.name, asked.key, asked.kinds))
    )


@reads("/milestone-sources", "facilities:read", Page[MilestoneSourceView], bound="book")
def list_milestone_sources(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[MilestoneSourceView]:
    """Sources of milestones, newest first."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.sources(tx, after_id("msr", after), limit)
    return page_of("msr", rows, limit, source_view)


@writes(
    "/milestone-sources/{ref:str}/revoke", "facilities:write", MilestoneSourceView,
    asks=SourceStopAsked, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def revoke_milestone_source(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Believe a source no more; what it certified before stands."""
    return on_one(
        request, ref, body, "msr", SourceStopAsked,
        lambda tx, id_, asked: source_view(service.revoke(tx, id_, asked.reason)),
    )  # fmt: skip


@writes(
    "/milestone-sources/{ref:str}/suspend", "facilities:write", MilestoneSourceView,
    asks=SourceStopAsked, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def suspend_milestone_source(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Believe a source in nothing new for now."""
    return on_one(
        request, ref, body, "msr", SourceStopAsked,
        lambda tx, id_, asked: source_view(service.suspend(tx, id_, asked.reason)),
    )  # fmt: skip


@writes(
    "/milestone-sources/{ref:str}/resume", "facilities:write", MilestoneSourceView,
    asks=NothingAsked, body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def resume_milestone_source(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Believe a suspended source again."""
    return on_one(
        request, ref, body, "msr", NothingAsked,
        lambda tx, id_, _: source_view(service.resume(tx, id_)),
    )  # fmt: skip


@writes(
    "/milestone-sources/{ref:str}/rotate", "facilities:write", MilestoneSourceView,
    asks=SourceKeyAsked, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def rotate_milestone_source(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Believe another key of a source from now on; the one before signs nothing more."""
    return on_one(
        request, ref, body, "msr", SourceKeyAsked,
        lambda tx, id_, asked: source_view(service.rotate(tx, id_, asked.key)),
    )  # fmt: skip


@reads("/milestone-sources/{ref:str}", "facilities:read", MilestoneSourceShown, bound="book")
def show_milestone_source(request: Ask, ref: Ref) -> MilestoneSourceShown:
    """A source with the keys that it had."""
    visit, id_ = enter(request), ids.read("msr", ref)
    with visit.begin() as tx:
        found = service.find_source(tx, id_)
        keys = [SourceKeyView(k.number, k.public, k.from_at) for k in store.keys(tx, id_)]
    return MilestoneSourceShown(source_view(found), keys)


@writes(
    "/milestones", "facts:write", MilestoneTurned, asks=MilestoneAsked, idempotency="optional",
    dry_run=True, bound="book",
)  # fmt: skip
def present_milestone(request: Ask, body: RawBody) -> Response[bytes]:
    """Present a signed milestone: it is verified and kept, and lifts the limits that it may, once."""
    visit, asked = enter(request), decoded(body, MilestoneAsked)

    def use_case(tx: Tx) -> MilestoneTurned:
        found = credit_lines.present(tx, asked.fact)
        lifted = [
            facility_views.FacilityTurned(
                facility_views.change(each.change, each.stand.facility),
                facility_views.facility(each.stand),
            )
            for each in found.turned
        ]
        return MilestoneTurned(milestone_view(found.milestone), found.again, lifted)

    return visit.answer(body, use_case)


@reads("/milestones", "facilities:read", Page[MilestoneView], bound="rows")
def list_milestones(
    request: Ask, subject: Word = "", source: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[MilestoneView]:
    """Milestones that were believed, newest first; of a source; who is bound sees its own."""
    visit, of = enter(request), ids.read("msr", source) if source else None
    with visit.begin() as tx:
        rows = store.milestones(
            tx, subject=subject, source_id=of, among=own_parties(visit.bound), after=after_id("mst", after),
            limit=limit,
        )  # fmt: skip
    return page_of("mst", rows, limit, milestone_view)


@writes(
    "/credit-lines", "facilities:write", facility_views.FacilityView, asks=CreditLineAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def open_credit_line(request: Ask, body: RawBody) -> Response[bytes]:
    """Open a party's line of a product, with the base and the seasons that its file says."""
    visit, asked = enter(request), decoded(body, CreditLineAsked)
    parent = ids.read("fac", asked.parent) if asked.parent else None

    def use_case(tx: Tx) -> facility_views.FacilityView:
        made = credit_lines.open_line(tx, asked.product, asked.party, parent)
        return facility_views.facility(stands(tx, [facilities.find(tx, made.id)])[0])

    return visit.answer(body, use_case)


HANDLERS = [
    register_milestone_source, list_milestone_sources, show_milestone_source,
    suspend_milestone_source, resume_milestone_source, rotate_milestone_source,
    revoke_milestone_source, present_milestone, list_milestones, open_credit_line,
]  # fmt: skip
