"""Organisations over the API: opened, looked at, ended, and what partners are granted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import access, ids
from huoshui.core.access import Grant, Organisation
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.facts.commerce import service as commerce
from huoshui.interfaces.api.body import BadBody, decoded
from huoshui.interfaces.api.contract import reads, removes, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Word,
    after_id,
    enter,
    page_of,
)

_PREFIX = {"seller": "slr", "buyer": "byr"}


class OrganisationAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation to open: of a seller or a buyer by `object`, or a partner without one."""

    kind: Literal["seller", "buyer", "partner"]
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    role: Annotated[str, Meta(max_length=40)] = ""
    object: Annotated[str, Meta(max_length=40)] = ""


class EndAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say: the organisation is named in the address."""


class GrantAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose rows to grant: a seller's, or the whole book's where it is `*`."""

    seller: Annotated[str, Meta(min_length=1, max_length=40)]


class GrantView(msgspec.Struct, frozen=True):
    """A grant; `seller` is `*` for the whole book."""

    id: str
    organisation: str
    seller: str
    granted_at: datetime
    revoked_at: datetime | None


class OrganisationView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An organisation; its grants stand in it where one alone is shown."""

    id: str
    kind: str
    name: str
    role: str
    object: str | None
    created_at: datetime
    ended_at: datetime | None = None
    grants: list[GrantView] | None = None


@reads("/organisations", "parties:read", Page[OrganisationView], bound="book")
def list_organisations(
    request: Ask, kind: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[OrganisationView]:
    """Organisations of sellers, buyers and partners, newest first."""
    with enter(request).begin() as tx:
        cursor = after_id("org", after)
        rows = access.organisations(tx, kind=kind, after=cursor, limit=limit)
    return page_of("org", rows, limit, _view)


@reads("/organisations/{ref:str}", "parties:read", OrganisationView, bound="book")
def show_organisation(request: Ask, ref: Ref) -> OrganisationView:
    """One organisation with what it was granted."""
    with enter(request).begin() as tx:
        found = access.organisation(tx, ids.read("org", ref))
        return _view(found, access.grants(tx, found.id))


@writes(
    "/organisations",
    "parties:write",
    OrganisationView,
    bound="book",
    asks=OrganisationAsked,
    idempotency="optional",
)
def open_organisation(request: Ask, body: RawBody) -> Response[bytes]:
    """Open an organisation; its keys and members see its own rows and nothing else."""
    visit = enter(request)
    asked = decoded(body, OrganisationAsked)

    def use_case(tx: Tx) -> OrganisationView:
        object_id = _object(tx, asked)
        return _view(
            access.open_organisation(
                tx, asked.kind, asked.name, role=asked.role, object_id=object_id
            )
        )

    return visit.answer(body, use_case)


@writes(
    "/organisations/{ref:str}/end",
    "parties:write",
    OrganisationView,
    bound="book",
    asks=EndAsked,
    body_needed=False,
    idempotency="optional",
)
def end_organisation(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """End an organisation: its keys, members and sessions end at once."""
    visit = enter(request)
    decoded(body or b"{}", EndAsked)
    return visit.answer(body, lambda tx: _view(access.end_organisation(tx, ids.read("org", ref))))


@writes(
    "/organisations/{ref:str}/grants",
    "parties:write",
    GrantView,
    bound="book",
    asks=GrantAsked,
    idempotency="optional",
)
def grant_rows(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Let a partner see the rows of a seller, or of the whole book."""
    visit = enter(request)
    asked = decoded(body, GrantAsked)

    def use_case(tx: Tx) -> GrantView:
        seller = None if asked.seller == "*" else commerce.seller(tx, asked.seller).id
        return _grant(access.grant_rows(tx, ids.read("org", ref), seller))

    return visit.answer(body, use_case)


@removes("/grants/{ref:str}", "parties:write", bound="book")
def revoke_grant(request: Ask, ref: Ref) -> None:
    """Take granted rows back at once."""
    with enter(request).begin() as tx:
        access.revoke_grant(tx, ids.read("grt", ref))


def _object(tx: Tx, asked: OrganisationAsked) -> UUID | None:
    """The seller or buyer that an organisation is. Raises BadBody, UnknownSeller, UnknownBuyer."""
    if (asked.kind == "partner") == bool(asked.object):
        wrong = FieldError("/object", "object_of_kind", {"kind": asked.kind})
        raise BadBody(field="/object", errors=(wrong,))
    if asked.kind == "seller":
        return commerce.seller(tx, asked.object).id
    return commerce.buyer(tx, asked.object) if asked.kind == "buyer" else None


def _view(row: Organisation, grants: list[Grant] | None = None) -> OrganisationView:
    shown = ids.show(_PREFIX[row.kind], row.object_id) if row.object_id else None
    return OrganisationView(
        ids.show("org", row.id),
        row.kind,
        row.name,
        row.role,
        shown,
        row.created_at,
        row.ended_at,
        None if grants is None else [_grant(grant) for grant in grants],
    )


def _grant(row: Grant) -> GrantView:
    return GrantView(
        ids.show("grt", row.id),
        ids.show("org", row.organisation_id),
        ids.show("slr", row.seller_id) if row.seller_id else "*",
        row.granted_at,
        row.revoked_at,
    )


HANDLERS = [
    list_organisations, show_organisation, open_organisation, end_organisation, grant_rows,
    revoke_grant,
]  # fmt: skip
