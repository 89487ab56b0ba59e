"""Suspects over the API: rings, sellers of fake orders, accounts taken over; searched, listed, judged."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
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
from huoshui.interfaces.api.settlement import NothingAsked, State
from huoshui.judgement.risk.suspects import Suspect, service, store
from huoshui.judgement.risk.suspects.model import Search


class VerdictAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: Annotated[str, Meta(min_length=1, max_length=service.REASON_MAX)]


class SuspectSign(msgspec.Struct, frozen=True):
    """A sign: hundredths of a bit, so many of so many, what it is about."""

    name: str
    centibits: int
    count: int
    of: int
    about: str


class SharedIdentifier(msgspec.Struct, frozen=True):
    """What ties a member to another: a kind and the keyed hash of an identifier."""

    kind: str
    identifier: str


class SuspectMember(msgspec.Struct, frozen=True):
    """Who is in it, and what ties them to the others."""

    id: str
    shares: list[SharedIdentifier]


class SuspectView(msgspec.Struct, frozen=True):
    """A ring, a seller of fake orders or an account taken over, as it was last seen."""

    id: str
    kind: str
    state: str
    centibits: int
    signs: list[SuspectSign]
    members: list[SuspectMember]
    first_at: datetime
    last_at: datetime
    times: int
    decided_at: datetime | None
    decided_by: str
    reason: str


class SearchView(msgspec.Struct, frozen=True):
    """What a search read, and how much it found."""

    id: str
    at: datetime
    accounts: int
    orders: int
    rings: int
    sellers: int
    taken: int


def suspect_view(row: Suspect) -> SuspectView:
    """A suspect."""
    signs = [SuspectSign(s.name, s.centibits, s.count, s.of, s.about) for s in row.signs]
    members = [
        SuspectMember(name, [SharedIdentifier(*key) for key in row.held.get(name, ())])
        for name in row.members
    ]
    return SuspectView(
        row.shown, row.kind, row.state, row.centibits, signs, members, row.first_at, row.last_at,
        row.times, row.decided_at, row.decided_by, row.reason,
    )  # fmt: skip


def _search_view(row: Search) -> SearchView:
    return SearchView(
        row.shown, row.at, row.accounts, row.orders, row.rings, row.sellers, row.taken
    )


@writes(
    "/suspects/search", "risk:write", SearchView, asks=NothingAsked, body_needed=False, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def search_suspects(request: Ask, body: RawBody) -> Response[bytes]:
    """Search now, in the activities of the last 180 days; from then on each day."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)

    return visit.answer(body, lambda tx: _search_view(service.search(tx)))


@reads("/suspects", "decisions:read", Page[SuspectView], bound="book")
def list_suspects(
    request: Ask, kind: Word = "", state_: State = "", member: Word = "", after: Cursor = None,
    limit: Limit = 50,
) -> Page[SuspectView]:  # fmt: skip
    """Suspects, the newest first; of a kind, in a state, with a member."""
    with enter(request).begin() as tx:
        rows = store.page(
            tx, kind=kind, state=state_, member=member, after=after_id("sus", after), limit=limit
        )
    return page_of("sus", rows, limit, suspect_view)


@reads("/suspects/{ref:str}", "decisions:read", SuspectView, bound="book")
def show_suspect(request: Ask, ref: Ref) -> SuspectView:
    """One suspect, with its signs and what ties each member."""
    with enter(request).begin() as tx:
        return suspect_view(service.find(tx, ref))


@writes(
    "/suspects/{ref:str}/confirm", "risk:write", SuspectView, asks=VerdictAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def confirm_suspect(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """It is what it seems: each member is told as fraud, and decisions see it."""
    return on_one(
        request, ref, body, "sus", VerdictAsked,
        lambda tx, id_, asked: suspect_view(service.confirm(tx, id_, asked.reason)),
    )  # fmt: skip


@writes(
    "/suspects/{ref:str}/clear", "risk:write", SuspectView, asks=VerdictAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def clear_suspect(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """It is not what it seems; it stays cleared until it grows."""
    return on_one(
        request, ref, body, "sus", VerdictAsked,
        lambda tx, id_, asked: suspect_view(service.clear(tx, id_, asked.reason)),
    )  # fmt: skip


@writes(
    "/suspects/{ref:str}/reopen", "risk:write", SuspectView, asks=VerdictAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def reopen_suspect(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Take a verdict back; who was told as fraud is told as cleared."""
    return on_one(
        request, ref, body, "sus", VerdictAsked,
        lambda tx, id_, asked: suspect_view(service.reopen(tx, id_, asked.reason)),
    )  # fmt: skip


HANDLERS = [
    search_suspects, list_suspects, show_suspect, confirm_suspect, clear_suspect, reopen_suspect,
]  # fmt: skip
