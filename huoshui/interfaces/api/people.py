"""Members and the log of requests over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import access, ids
from huoshui.core.access import members, requests
from huoshui.core.access.members import Member
from huoshui.core.access.requests import Call
from huoshui.interfaces.api.body import decoded
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


class MemberAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody to invite: to the marketplace, or to an organisation that is named."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    role: Annotated[str, Meta(min_length=1, max_length=40)]
    language: Literal["zh", "en"] = "zh"
    organisation: Annotated[str, Meta(max_length=40)] = ""


class MemberView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member. `link` invites them, once, under the console's address; it is told nowhere else."""

    id: str
    email: str
    name: str
    role: str
    organisation: str | None
    created_at: datetime
    link: str | None = None


class CallView(msgspec.Struct, frozen=True):
    """A request that was answered: never its query, its body or its key's text."""

    id: str
    at: datetime
    key: str | None
    caller: str
    method: str
    path: str
    status: int
    took_us: int
    request_id: str


@reads("/members", "parties:read", Page[MemberView], bound="book")
def list_members(
    request: Ask, organisation: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[MemberView]:
    """Members, newest first; of all, or of one organisation."""
    with enter(request).begin() as tx:
        rows = members.members(
            tx,
            organisation_id=ids.read("org", organisation) if organisation else None,
            after=after_id("mbr", after),
            limit=limit,
        )
    return page_of("mbr", rows, limit, _member)


@writes("/members", "parties:write", MemberView, bound="book", asks=MemberAsked, status=201)
def invite_member(request: Ask, body: RawBody) -> MemberView:
    """Invite a member; the link in the answer lets them choose a password, once."""
    visit = enter(request)
    asked = decoded(body, MemberAsked)
    with visit.begin() as tx:
        made, secret = members.invite(
            tx,
            asked.email,
            asked.name,
            asked.role,
            language=asked.language,
            organisation_id=ids.read("org", asked.organisation) if asked.organisation else None,
        )
        book = access.this_book(tx).slug
    path = members.link_path(visit.actor.world, book, secret)
    return msgspec.structs.replace(_member(made), link=path)


@removes("/members/{ref:str}", "parties:write", bound="book")
def remove_member(request: Ask, ref: Ref) -> None:
    """Remove a member: sessions and links end at once."""
    with enter(request).begin() as tx:
        members.remove_member(tx, ids.read("mbr", ref))


@reads("/requests", "requests:read", Page[CallView], bound="book")
def list_requests(
    request: Ask,
    key: Word = "",
    path: Word = "",
    status: Word = "",
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[CallView]:
    """Requests of the last weeks, newest first; by key, start of the path, status (404, or 4xx)."""
    visit = enter(request)
    request.app.state.requests.write()  # who looks for a request finds the one before this
    with visit.begin() as tx:
        rows = requests.calls(
            tx,
            key_id=ids.read("key", key) if key else None,
            path=path,
            status=status,
            after=after_id("req", after),
            limit=limit,
        )
    return page_of("req", rows, limit, _call)


def _member(row: Member) -> MemberView:
    owner = ids.show("org", row.organisation_id) if row.organisation_id else None
    return MemberView(row.shown, row.email, row.name, row.role, owner, row.created_at)


def _call(row: Call) -> CallView:
    return CallView(
        ids.show("req", row.id),
        row.at,
        ids.show("key", row.key_id) if row.key_id else None,
        row.caller,
        row.method,
        row.path,
        row.status,
        row.took_us,
        row.request_id,
    )


HANDLERS = [list_members, invite_member, remove_member, list_requests]
