"""Mandates over the API: propose, consent, revoke; and what devices ask for under them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.interfaces.api import device_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.devices import covers, issuer_of, own_parties
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
from huoshui.interfaces.api.settlement import NothingAsked, State
from huoshui.lines.payments.devices.issuer import Issuer
from huoshui.lines.payments.mandates import service, store
from huoshui.lines.payments.mandates.model import Mandate, UnknownDebit, UnknownMandate
from huoshui.lines.payments.mandates.service import Proposal
from huoshui.lines.payments.mandates.store import DebitRow

Minor = Annotated[int, Meta(ge=1, le=10**13)]
Party = Annotated[str, Meta(min_length=1, max_length=64)]


class PayerConfirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The caller's word that the payer confirmed strongly, and by what. A passkey that is held here is
    not the caller's to claim: it is the payer's on the mandate's page."""

    by: Literal["passkey", "password_and_code", "in_person"]
    reference: Annotated[str, Meta(max_length=120)] = ""

    @property
    def proof(self) -> str:
        """As it is kept."""
        return f"{self.by}: {self.reference}" if self.reference else self.by


class MandateAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Caps in minor units of the currency; with a confirmation it is in force at once."""

    payer: Party
    merchant: Party
    currency: Annotated[str, Meta(min_length=3, max_length=12)]
    single_max: Minor
    daily_max: Minor
    total_max: Minor | None = None
    device: Annotated[str, Meta(max_length=64)] = ""
    scene: Annotated[str, Meta(max_length=40)] = ""
    ends_at: datetime | None = None
    confirmation: PayerConfirmation | None = None


class ConsentAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the payer confirmed it."""

    confirmation: PayerConfirmation


class EventsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages that devices signed, in their order."""

    events: Annotated[
        list[Annotated[str, Meta(max_length=8_000)]],
        Meta(min_length=1, max_length=service.EVENTS_MAX),
    ]


@writes(
    "/mandates", "mandates:write", views.MandateView, asks=MandateAsked, idempotency="optional",
    dry_run=True, bound="book",
)  # fmt: skip
def propose_mandate(request: Ask, body: RawBody) -> Response[bytes]:
    """Put a mandate before a payer; nothing is taken under it before the consent."""
    visit = enter(request)
    asked = decoded(body, MandateAsked)
    fields = msgspec.structs.asdict(asked)
    confirmation = fields.pop("confirmation")

    def use_case(tx: Tx) -> views.MandateView:
        made = service.propose(tx, Proposal(**fields))
        if confirmation:
            made = service.consent(tx, made.id, confirmation.proof)
        return views.mandate(made)

    return visit.answer(body, use_case)


@reads("/mandates", "devices:read", Page[views.MandateView], bound="rows")
def list_mandates(
    request: Ask, payer: Word = "", merchant: Word = "", state_: State = "",
    after: Cursor = None, limit: Limit = 50,
) -> Page[views.MandateView]:  # fmt: skip
    """Mandates, newest first; of a payer, for a merchant, in a state."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.mandates(
            tx,
            payer=payer,
            merchant=merchant,
            state=state_,
            among=own_parties(visit.bound),
            after=after_id("mdt", after),
            limit=limit,
        )
    return page_of("mdt", rows, limit, views.mandate)


@reads("/mandates/{ref:str}", "devices:read", views.MandateView, bound="rows")
def show_mandate(request: Ask, ref: Ref) -> views.MandateView:
    """One mandate."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ref, merchant=True)
        return views.mandate(found)


def _own(tx: Tx, visit: Visit, ref: str, *, merchant: bool = False) -> Mandate:
    """A mandate of the caller as its payer, or to see as its merchant. Raises UnknownMandate."""
    bound = visit.bound
    found = service.find(tx, ref)
    if not covers(bound, found.payer, *([found.merchant] if merchant else [])):
        raise UnknownMandate(kind="mandate", id=ref)
    return found


def _moved(
    request: Ask, ref: str, body: bytes, move: Callable[[Tx, Mandate], Mandate]
) -> Response[bytes]:
    visit = enter(request)
    return visit.answer(body, lambda tx: views.mandate(move(tx, _own(tx, visit, ref))))


@writes(
    "/mandates/{ref:str}/consent", "mandates:write", views.MandateView, asks=ConsentAsked,
    idempotency="optional", dry_run=True, bound="rows",
)  # fmt: skip
def consent_to_mandate(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The payer agrees, strongly confirmed."""
    enter(request)
    proof = decoded(body, ConsentAsked).confirmation.proof
    return _moved(request, ref, body, lambda tx, found: service.consent(tx, found.id, proof))


@writes(
    "/mandates/{ref:str}/page", "mandates:write", views.OpenedMandate, asks=NothingAsked,
    body_needed=False, idempotency="optional", bound="rows",
)  # fmt: skip
def open_mandate_page(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """A fresh secret for the page on which the payer consents by a passkey; the one before ends."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)

    def use_case(tx: Tx) -> views.OpenedMandate:
        found = _own(tx, visit, ref)
        found, secret = service.open_page(tx, found.id, visit.actor.world)
        return views.OpenedMandate(views.mandate(found), secret)

    return visit.answer(body, use_case)


@writes(
    "/mandates/{ref:str}/decline", "mandates:write", views.MandateView, asks=NothingAsked,
    body_needed=False, idempotency="optional", dry_run=True, bound="rows",
)  # fmt: skip
def decline_mandate(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The payer does not agree."""
    enter(request)
    decoded(body or b"{}", NothingAsked)
    return _moved(request, ref, body, lambda tx, found: service.decline(tx, found.id))


@writes(
    "/mandates/{ref:str}/revoke", "mandates:write", views.MandateView, asks=NothingAsked,
    body_needed=False, idempotency="optional", dry_run=True, bound="rows",
)  # fmt: skip
def revoke_mandate(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The payer takes its consent back, from this moment on."""
    enter(request)
    decoded(body or b"{}", NothingAsked)
    return _moved(request, ref, body, lambda tx, found: service.revoke(tx, found.id))


@writes(
    "/device-events", "vouchers:write", views.EventResults, asks=EventsAsked,
    idempotency="optional", dry_run=True, bound="rows",
)  # fmt: skip
def take_device_events(request: Ask, body: RawBody) -> Response[bytes]:
    """Take what devices ask for; each gets its own result and its receipt at once.

    The same event again is answered with the first receipt and moves nothing.
    """
    visit = enter(request)
    asked, issuer = decoded(body, EventsAsked), issuer_of(request, visit)

    def use_case(tx: Tx) -> views.EventResults:
        own = own_parties(visit.bound)
        merchants = None if own is None else frozenset(own)
        found = service.take(tx, issuer, asked.events, merchants)
        return views.EventResults([views.event(each, rehearsal=visit.rehearsal) for each in found])

    return visit.answer(body, use_case)


@reads("/device-events", "devices:read", Page[views.DebitView], bound="rows")
def list_device_events(
    request: Ask, mandate: Word = "", state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.DebitView]:
    """What devices asked for, newest first; under a mandate, in a state."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.debits(
            tx,
            mandate=ids.read("mdt", mandate) if mandate else None,
            state=state_,
            among=own_parties(visit.bound),
            after=after_id("dbt", after),
            limit=limit,
        )
    return page_of("dbt", rows, limit, views.debit)


@reads("/device-events/{ref:str}", "devices:read", views.DebitView, bound="rows")
def show_device_event(request: Ask, ref: Ref) -> views.DebitView:
    """One device event."""
    visit = enter(request)
    with visit.begin() as tx:
        return views.debit(_own_debit(tx, visit, ref, merchant=True))


def _own_debit(tx: Tx, visit: Visit, ref: str, *, merchant: bool = False) -> DebitRow:
    bound = visit.bound
    found = service.find_debit(tx, ref)
    if not covers(bound, found.payer, *([found.merchant] if merchant else [])):
        raise UnknownDebit(kind="debit", id=ref)
    return found


def _issuer(request: Ask, visit: Visit, ref: str) -> Issuer:
    """The issuer, for who has a debit to decide on. Raises UnknownDebit."""
    with visit.begin() as tx:
        _own_debit(tx, visit, ref)
    return issuer_of(request, visit)


@moves(
    "/device-events/{ref:str}/approve", "mandates:write", views.DebitView, asks=ConsentAsked,
    body_needed=True, bound="rows",
)  # fmt: skip
def approve_device_event(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The payer allows a debit that its mandate does not cover, this once."""
    visit = enter(request)
    asked, issuer = decoded(body, ConsentAsked), _issuer(request, visit, ref)

    def use_case(tx: Tx) -> views.DebitView:
        found = _own_debit(tx, visit, ref)
        row = service.approve(tx, issuer, found.id, asked.confirmation.proof)
        return views.debit(row, rehearsal=visit.rehearsal)

    return visit.answer(body, use_case)


@writes(
    "/device-events/{ref:str}/refuse", "mandates:write", views.DebitView, asks=NothingAsked,
    body_needed=False, idempotency="optional", dry_run=True, bound="rows",
)  # fmt: skip
def refuse_device_event(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The payer does not allow a debit."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)
    issuer = _issuer(request, visit, ref)

    def use_case(tx: Tx) -> views.DebitView:
        row = service.refuse(tx, issuer, _own_debit(tx, visit, ref).id)
        return views.debit(row, rehearsal=visit.rehearsal)

    return visit.answer(body, use_case)


HANDLERS = [
    propose_mandate, list_mandates, show_mandate, consent_to_mandate, decline_mandate,
    revoke_mandate, open_mandate_page, take_device_events, list_device_events, show_device_event, approve_device_event, refuse_device_event,
]  # fmt: skip
