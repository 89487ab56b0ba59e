"""Facilities over the API: opened, changed, frozen, appealed against; reserved under, drawn, restored."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import CurrencyMix, Money
from huoshui.interfaces.api import facility_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.devices import covers, own_parties
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
    on_one,
    page_of,
)
from huoshui.interfaces.api.settlement import NothingAsked, State
from huoshui.lines.lending.facility import port, service, store
from huoshui.lines.lending.facility.model import (
    PPM,
    BadFacility,
    Change,
    Facility,
    Level,
    UnknownFacility,
    UnknownFacilityChange,
    limit_of,
)
from huoshui.lines.lending.facility.service import Asked, Freezing, Opening
from huoshui.lines.lending.facility.way import Stand, narrowest, stands

Words = Annotated[
    str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")
]
Note = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Share = Annotated[str, Meta(pattern=r"^[0-9]{1,2}(\.[0-9]{1,6})?$", description="0.5 is 50 %")]
Parts = Annotated[int, QueryParameter(ge=1, le=120, description="Parts of the plan to come down")]
Place = Annotated[int | None, QueryParameter(ge=1, description="`next` of the page before")]


class FacilityAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A facility: its level, whose it is, below which one it stands, and its first limit."""

    level: Level
    limit: Money
    name: Words
    party: Note = ""
    scene: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00-\x1f]*$")] = ""
    parent: str | None = None
    since: date | None = None
    cause: Words = "opened"


class LimitAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of the limit. A base has an amount; an uplift an amount or a share of the base, and a last
    day; an achievement also its evidence."""

    kind: Literal["base", "uplift", "achievement"]
    cause: Words
    amount: Money | None = None
    share: Share | None = None
    since: date | None = None
    until: date | None = None
    evidence: Note = ""


class FacilityFreezeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A freeze of what is not drawn, or of a share of it as it is now; it ends after its last day."""

    cause: Words
    until: date
    share: Share | None = None
    evidence: Note = ""


class FacilityEndAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it ends before its day."""

    cause: Words


class AppealAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the freeze is wrong."""

    words: Words


class AppealAnswered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Granted, the freeze ends at once; rejected, the answer says why."""

    outcome: Literal["grant", "reject"]
    answer: Words


class ReserveAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much, until when, and for what."""

    amount: Money
    until: datetime
    reference: Note = ""


class DrawAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a reservation, or all of it; the rest is free again."""

    amount: Money | None = None


class RestoreAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much was repaid, and by what."""

    amount: Money
    reference: Note = ""


def _ppm(share: str | None) -> int | None:
    return None if share is None else int(Decimal(share) * PPM)


def _minor(amount: Money | None, of: Facility) -> int | None:
    """An amount in the facility's currency. Raises CurrencyMix."""
    if amount is not None and amount.currency != of.currency:
        raise CurrencyMix(first=of.currency, second=amount.currency[:8])
    return None if amount is None else amount.amount


def _own(tx: Tx, visit: Visit, id_: UUID) -> Facility:
    """A facility of the caller. Raises UnknownFacility."""
    bound = visit.bound
    found = service.find(tx, id_)
    if not bound.whole and not covers(bound, found.party):
        raise UnknownFacility(kind="facility", id=found.shown)
    return found


def _own_change(tx: Tx, visit: Visit, id_: UUID) -> Change:
    """A change of a facility of the caller. Raises UnknownFacilityChange."""
    bound = visit.bound
    found = service.find_change(tx, id_)
    if not bound.whole and not covers(bound, service.find(tx, found.facility_id).party):
        raise UnknownFacilityChange(kind="facility_change", id=found.shown)
    return found


def _stand(tx: Tx, of: Facility) -> Stand:
    return stands(tx, [service.find(tx, of.id)])[0]


@writes(
    "/facilities", "facilities:write", views.FacilityView, asks=FacilityAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def open_facility(request: Ask, body: RawBody) -> Response[bytes]:
    """Open a facility for a group, a borrower or a scene, with its first limit."""
    visit = enter(request)
    asked = decoded(body, FacilityAsked)
    opening = Opening(
        level=asked.level, currency=asked.limit.currency, amount=asked.limit.amount,
        name=asked.name, party=asked.party, scene=asked.scene,
        parent=ids.read("fac", asked.parent) if asked.parent else None,
        since=asked.since, cause=asked.cause,
    )  # fmt: skip
    return visit.answer(
        body, lambda tx: views.facility(_stand(tx, service.open_facility(tx, opening)))
    )


@reads("/facilities", "facilities:read", Page[views.FacilityView], bound="rows")
def list_facilities(
    request: Ask, party: Word = "", level: Word = "", state_: State = "",
    after: Cursor = None, limit: Limit = 50,
) -> Page[views.FacilityView]:  # fmt: skip
    """Facilities, newest first; of a party, a level, in a state. A borrower sees its own."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.facilities(
            tx,
            party=party,
            level=level,
            state=state_,
            among=own_parties(visit.bound),
            after=after_id("fac", after),
            limit=limit,
        )
        standing = {each.facility.id: each for each in stands(tx, rows)}
    return page_of("fac", rows, limit, lambda row: views.facility(standing[row.id]))


@reads("/facilities/{ref:str}", "facilities:read", views.FacilityDetail, bound="rows")
def show_facility(
    request: Ask, ref: Ref, parts: Parts = service.PARTS
) -> views.FacilityDetail:  # fmt: skip
    """One facility: its tree, what may be drawn, its limit over time, the plan to come down."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ids.read("fac", ref))
        way, below = stands(tx, store.way_up(tx, found.id)), stands(tx, store.below(tx, found.id))
        limit = limit_of(store.changes(tx, [found.id])[found.id])
        plan = service.plan(tx, found.id, parts)
    currency = found.currency
    days = limit.changes(date.min)
    return views.FacilityDetail(
        views.facility(way[0]),
        Money(narrowest(way).available, currency),
        [views.facility(each) for each in below],
        [views.LimitPoint(d, Money(limit.at(d), currency), list(limit.causes(d))) for d in days],
        [views.part(each, currency) for each in plan],
    )


@reads(
    "/facilities/{ref:str}/changes", "facilities:read", Page[views.FacilityChangeView], bound="rows"
)
def list_facility_changes(
    request: Ask, ref: Ref, after: Place = None, limit: Limit = 50
) -> Page[views.FacilityChangeView]:
    """All that was said of a limit, newest first."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ids.read("fac", ref))
        rows = store.changes_page(tx, found.id, before=after, limit=limit)
    end = str(rows[-1].number) if len(rows) == limit else None
    return Page([views.change(row, found) for row in rows], end)


@writes(
    "/facilities/{ref:str}/changes", "facilities:write", views.FacilityTurned, asks=LimitAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def change_facility_limit(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Change the limit: another base, an uplift for a season, an uplift for an achievement."""

    def act(tx: Tx, id_: UUID, asked: LimitAsked) -> views.FacilityTurned:
        found = service.find(tx, id_)
        said = Asked(
            kind=asked.kind, cause=asked.cause, since=asked.since, until=asked.until,
            amount=_minor(asked.amount, found), share_ppm=_ppm(asked.share),
            evidence=asked.evidence,
        )  # fmt: skip
        return _turned(service.change_limit(tx, id_, said), found)

    return on_one(request, ref, body, "fac", LimitAsked, act)


def _turned(turned: service.Turned, of: Facility) -> views.FacilityTurned:
    return views.FacilityTurned(views.change(turned.change, of), views.facility(turned.stand))


@writes(
    "/facilities/{ref:str}/freeze", "facilities:write", views.FacilityTurned,
    asks=FacilityFreezeAsked, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def freeze_facility(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Freeze what is not drawn, with a reason and a last day; what is drawn or reserved stays."""

    def act(tx: Tx, id_: UUID, asked: FacilityFreezeAsked) -> views.FacilityTurned:
        said = Freezing(
            cause=asked.cause, until=asked.until, share_ppm=_ppm(asked.share), evidence=asked.evidence,
        )  # fmt: skip
        return _turned(service.freeze(tx, id_, said), service.find(tx, id_))

    return on_one(request, ref, body, "fac", FacilityFreezeAsked, act)


@writes(
    "/facilities/{ref:str}/close", "facilities:write", views.FacilityView, asks=NothingAsked,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def close_facility(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Let nothing more be drawn, for good; it must not be in use."""

    def act(tx: Tx, id_: UUID, _: NothingAsked) -> views.FacilityView:
        return views.facility(_stand(tx, service.close(tx, id_)))

    return on_one(request, ref, body, "fac", NothingAsked, act)


@writes(
    "/facility-changes/{ref:str}/end", "facilities:write", views.FacilityTurned, asks=FacilityEndAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def end_facility_change(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """End an uplift, an achievement or a freeze before its day, from today on."""

    def act(tx: Tx, id_: UUID, asked: FacilityEndAsked) -> views.FacilityTurned:
        turned = service.end(tx, id_, asked.cause)
        return _turned(turned, service.find(tx, turned.change.facility_id))

    return on_one(request, ref, body, "fch", FacilityEndAsked, act)


@writes(
    "/facility-changes/{ref:str}/appeal", "facilities:appeal", views.FacilityAppealView,
    asks=AppealAsked, idempotency="optional", dry_run=True, bound="rows",
)  # fmt: skip
def appeal_against_freeze(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Say why a freeze of one's own facility is wrong."""
    visit = enter(request)
    asked, id_ = decoded(body, AppealAsked), ids.read("fch", ref)

    def use_case(tx: Tx) -> views.FacilityAppealView:
        return views.appeal(service.appeal(tx, _own_change(tx, visit, id_).id, asked.words))

    return visit.answer(body, use_case)


@reads("/facility-appeals", "facilities:read", Page[views.FacilityAppealView], bound="rows")
def list_facility_appeals(
    request: Ask, facility: Word = "", state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.FacilityAppealView]:
    """Appeals, newest first; of a facility, in a state."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.appeals(
            tx,
            facility=ids.read("fac", facility) if facility else None,
            state=state_,
            among=own_parties(visit.bound),
            after=after_id("fap", after),
            limit=limit,
        )
    return page_of("fap", rows, limit, views.appeal)


@writes(
    "/facility-appeals/{ref:str}/decide", "facilities:write", views.FacilityAppealView,
    asks=AppealAnswered, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def decide_facility_appeal(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Answer an appeal; granted, the freeze ends at once."""

    def act(tx: Tx, id_: UUID, asked: AppealAnswered) -> views.FacilityAppealView:
        return views.appeal(service.decide_appeal(tx, id_, asked.outcome, asked.answer))

    return on_one(request, ref, body, "fap", AppealAnswered, act)


@reads("/facility-reservations", "facilities:read", Page[views.ReservationView], bound="rows")
def list_reservations(
    request: Ask, facility: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.ReservationView]:
    """Reservations and what became of them, newest first; of a facility."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.reservations(
            tx,
            facility=ids.read("fac", facility) if facility else None,
            among=own_parties(visit.bound),
            after=after_id("rsv", after),
            limit=limit,
        )
        fates = {fate.reservation.id: fate for fate in port.fates(tx, rows)}
    return page_of("rsv", rows, limit, lambda row: views.reservation(fates[row.id]))


@moves(
    "/facilities/{ref:str}/reservations", "facilities:draw", views.FacilityExposureView, asks=ReserveAsked,
    body_needed=True, bound="book",
)  # fmt: skip
def reserve_under_facility(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Keep an amount for a drawdown on its way, under the facility and all above it."""

    def act(tx: Tx, id_: UUID, asked: ReserveAsked) -> views.FacilityExposureView:
        amount = _minor(asked.amount, service.find(tx, id_))
        if asked.until.tzinfo is None:
            raise BadFacility(field="until")
        return views.exposure(
            port.reserve(tx, id_, amount or 0, asked.until, reference=asked.reference)
        )

    return on_one(request, ref, body, "fac", ReserveAsked, act)


@moves(
    "/facility-reservations/{ref:str}/draw", "facilities:draw", views.FacilityExposureView, asks=DrawAsked,
    bound="book",
)  # fmt: skip
def draw_reservation(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Draw a reservation or part of it; the rest is free again."""

    def act(tx: Tx, id_: UUID, asked: DrawAsked) -> views.FacilityExposureView:
        found = service.find(tx, port.find(tx, id_).facility_id)
        return views.exposure(port.draw(tx, id_, _minor(asked.amount, found)))

    return on_one(request, ref, body, "rsv", DrawAsked, act)


@moves(
    "/facility-reservations/{ref:str}/release", "facilities:draw", views.FacilityExposureView,
    asks=NothingAsked, bound="book",
)  # fmt: skip
def release_reservation(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Free what a reservation keeps."""

    def act(tx: Tx, id_: UUID, _: NothingAsked) -> views.FacilityExposureView:
        return views.exposure(port.release(tx, id_))

    return on_one(request, ref, body, "rsv", NothingAsked, act)


@moves(
    "/facilities/{ref:str}/restore", "facilities:draw", views.FacilityExposureView, asks=RestoreAsked,
    body_needed=True, bound="book",
)  # fmt: skip
def restore_facility(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """What was drawn is repaid: it may be drawn again, as far as the limit of the day goes."""

    def act(tx: Tx, id_: UUID, asked: RestoreAsked) -> views.FacilityExposureView:
        amount = _minor(asked.amount, service.find(tx, id_)) or 0
        cause = tx.id("txn", f"{ref}/restore/{tx.now.isoformat()}/{asked.reference}")
        return views.exposure(port.restore(tx, id_, amount, cause=cause, reference=asked.reference))

    return on_one(request, ref, body, "fac", RestoreAsked, act)


HANDLERS = [
    open_facility, list_facilities, show_facility, list_facility_changes, change_facility_limit,
    freeze_facility, close_facility, end_facility_change, appeal_against_freeze,
    list_facility_appeals, decide_facility_appeal, list_reservations, reserve_under_facility,
    draw_reservation, release_reservation, restore_facility,
]  # fmt: skip
