"""Devices over the API: enrol, rotate, stop; certificates and what tills are to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.access import Bound
from huoshui.core.db import Tx
from huoshui.core.money import CurrencyMix, Money
from huoshui.core.settings import Settings
from huoshui.interfaces.api import device_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads, writes
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
from huoshui.lines.payments.devices import issuer as issuers
from huoshui.lines.payments.devices import service, store
from huoshui.lines.payments.devices.issuer import Issuer
from huoshui.lines.payments.devices.model import Cause, Device, UnknownDevice
from huoshui.lines.payments.vouchers import certificates

Text = Annotated[str, Meta(max_length=8_000)]


class EnrolAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The message that the device made and signed, and a name for people."""

    enrolment: Text
    name: Annotated[str, Meta(max_length=80)] = ""


class RotateAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The message that the device signed with its key so far and with the next one."""

    rotation: Text


class FreezeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the device is stopped for now."""

    reason: Annotated[str, Meta(min_length=1, max_length=40)] = "suspected"


class RevokeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the device is stopped for good."""

    cause: Cause


class CertificateAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Under which programme; for a wallet, how much to hold, and how far it had come before."""

    programme: Annotated[str, Meta(max_length=64)]
    amount: Money | None = None
    statement: Text = ""


class SettleAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The wallet's word on how far it has come."""

    statement: Text


def issuer_of(request: Ask, visit: Visit) -> Issuer:
    """The book's issuer, its key read before anything is locked. Raises LogKeyMissing."""
    settings: Settings = request.app.state.settings
    with visit.database.begin(book=visit.actor.book, actor=visit.name) as tx:
        return issuers.current(tx, settings.home_path)


def covers(bound: Bound, *parties: str) -> bool:
    """Whether one of these parties, by public ids, is the caller's to see."""
    sellers = [ids.read("slr", party) for party in parties if party.startswith("slr_")]
    buyers = [ids.read("byr", party) for party in parties if party.startswith("byr_")]
    return bound.covers(sellers=sellers, buyers=buyers)


def own_parties(bound: Bound) -> list[str] | None:
    """The public ids of the sellers and buyers that the caller sees; None where it sees all."""
    if bound.whole:
        return None
    sellers = [ids.show("slr", seller) for seller in sorted(bound.sellers)]
    return sellers + [ids.show("byr", buyer) for buyer in sorted(bound.buyers)]


@writes(
    "/devices", "devices:write", views.DeviceView, asks=EnrolAsked, idempotency="optional",
    dry_run=True, bound="book",
)  # fmt: skip
def enrol_device(request: Ask, body: RawBody) -> Response[bytes]:
    """Make a device known: the message is signed by the key that it names."""
    visit = enter(request)
    asked = decoded(body, EnrolAsked)
    return visit.answer(body, lambda tx: _shown(tx, service.enrol(tx, asked.enrolment, asked.name)))


@reads("/devices", "devices:read", Page[views.DeviceView], bound="rows")
def list_devices(
    request: Ask, party: Word = "", role: Word = "", state_: State = "",
    after: Cursor = None, limit: Limit = 50,
) -> Page[views.DeviceView]:  # fmt: skip
    """Devices, newest first; of a party, a role, in a state."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.devices(
            tx,
            party=party,
            among=own_parties(visit.bound),
            role=role,
            state=state_,
            after=after_id("dev", after),
            limit=limit,
        )
        keys = store.keys_of(tx, [row.id for row in rows])
    return page_of("dev", rows, limit, lambda row: views.device(row, keys[row.id]))


@reads("/devices/{ref:str}", "devices:read", views.DeviceView, bound="rows")
def show_device(request: Ask, ref: Ref) -> views.DeviceView:
    """One device with its keys."""
    visit = enter(request)
    with visit.begin() as tx:
        bound = visit.bound
        found = service.find(tx, ref)
        if not covers(bound, found.party):
            raise UnknownDevice(kind="device", id=ref)
        return _shown(tx, found)


def _shown(tx: Tx, device: Device) -> views.DeviceView:
    return views.device(device, store.keys_of(tx, [device.id])[device.id])


def _moved(
    request: Ask, ref: str, body: bytes, move: Callable[[Tx, UUID], Device]
) -> Response[bytes]:
    visit = enter(request)
    return visit.answer(body, lambda tx: _shown(tx, move(tx, service.find(tx, ref).id)))


@writes(
    "/devices/{ref:str}/rotate", "devices:write", views.DeviceView, asks=RotateAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def rotate_device(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Let the device sign with its next key from now on."""
    enter(request)
    asked = decoded(body, RotateAsked)
    return _moved(request, ref, body, lambda tx, id_: service.rotate(tx, id_, asked.rotation))


@writes(
    "/devices/{ref:str}/freeze", "devices:write", views.DeviceView, asks=FreezeAsked,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def freeze_device(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Stop a device from this moment on, until it is thawed."""
    enter(request)
    asked = decoded(body or b"{}", FreezeAsked)
    return _moved(request, ref, body, lambda tx, id_: service.freeze(tx, id_, asked.reason))


@writes(
    "/devices/{ref:str}/thaw", "devices:write", views.DeviceView, asks=NothingAsked,
    body_needed=False, idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def thaw_device(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Let a frozen device act again."""
    enter(request)
    decoded(body or b"{}", NothingAsked)
    return _moved(request, ref, body, service.thaw)


@writes(
    "/devices/{ref:str}/revoke", "devices:write", views.DeviceView, asks=RevokeAsked,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def revoke_device(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Stop a device for good, from this moment on: lost, stolen, retired."""
    enter(request)
    asked = decoded(body, RevokeAsked)
    return _moved(request, ref, body, lambda tx, id_: service.revoke(tx, id_, asked.cause))


@moves(
    "/devices/{ref:str}/certificates", "devices:write", views.CertificateView,
    asks=CertificateAsked, body_needed=True, bound="book",
)  # fmt: skip
def certify_device(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Certify a wallet or a till; for a wallet, hold on its owner's balance what it may spend."""
    visit = enter(request)
    asked, issuer = decoded(body, CertificateAsked), issuer_of(request, visit)

    def use_case(tx: Tx) -> views.CertificateView:
        device = service.find(tx, ref)
        programme = certificates.find_programme(tx, asked.programme)
        if asked.amount and asked.amount.currency != programme.currency:
            raise CurrencyMix(first=programme.currency, second=asked.amount.currency[:8])
        amount = asked.amount.amount if asked.amount else None
        row = certificates.certify(
            tx, issuer, device.id, programme, amount=amount, statement=asked.statement
        )
        blocked = _blocked(tx) if device.role == "till" else []
        return views.certificate(row, issuer.public, blocked, rehearsal=visit.rehearsal)

    return visit.answer(body, use_case)


@moves(
    "/certificates/{ref:str}/settle", "devices:write", views.CertificateView, asks=SettleAsked,
    body_needed=True, bound="book",
)  # fmt: skip
def settle_certificate(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Free what a wallet did not spend, once all that it says it spent has come in."""
    visit = enter(request)
    asked, issuer = decoded(body, SettleAsked), issuer_of(request, visit)

    def use_case(tx: Tx) -> views.CertificateView:
        row = certificates.find(tx, ref)
        row = certificates.settle(tx, row.id, asked.statement)
        return views.certificate(row, issuer.public, [], rehearsal=visit.rehearsal)

    return visit.answer(body, use_case)


@reads("/offline/trust", "vouchers:write", views.TrustView, bound="caller")
def show_trust(request: Ask) -> views.TrustView:
    """What every till is to know: the issuer's public key, and wallets that are to be refused."""
    with enter(request).begin() as tx:
        known = list(issuers.trusted(tx).values())
        return views.TrustView(known[-1] if known else "", _blocked(tx))


def _blocked(tx: Tx) -> list[str]:
    return [ids.show("dev", id_) for id_ in store.blocked(tx)]


HANDLERS = [
    enrol_device, list_devices, show_device, rotate_device, freeze_device, thaw_device,
    revoke_device, certify_device, settle_certificate, show_trust,
]  # fmt: skip
