"""The world itself over the API: its clock, its events, its keys, its replay."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import access, clock, events, ids, work
from huoshui.core.db import Database
from huoshui.core.errors import NotFound, Problem
from huoshui.core.worlds import LiveClock
from huoshui.interfaces.api import views
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
from huoshui.ledger import holds
from huoshui.lines.payments.rails import registry
from huoshui.lines.payments.rails.sender import Sender
from huoshui.lines.payments.rails.sender import advance as rails_advance
from huoshui.scenarios import due, rail_flow
from huoshui.scenarios.replay import store as replay_store

ADVANCE_MAX = timedelta(days=731)


class SpanTooLong(Problem):
    """The clock is moved further at once than one request can carry."""

    code = "span_too_long"
    status = 422


Scope = Annotated[str, Meta(extra_json_schema={"enum": list(access.SCOPES)})]


class WorldView(msgspec.Struct, frozen=True):
    """Where you are."""

    world: str
    kind: str
    now: datetime
    book: str
    currency: str
    time_zone: str
    generated: bool


class ClockAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Move the clock forward by a span: 90s, 15m, 12h, 30d, 2w."""

    advance: Annotated[str, Meta(min_length=2, max_length=6, pattern=r"^\d{1,5}[smhdw]$")]


class ClockView(msgspec.Struct, frozen=True):
    """The clock after it was moved, and how much due work ran on the way."""

    now: datetime
    ran: int


class KeyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make: never more than the caller's own scopes.

    The marketplace may make one for an organisation; any other caller makes its own.
    """

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=40)]
    organisation: Annotated[str, Meta(max_length=40)] = ""


class ReplayView(msgspec.Struct, frozen=True):
    """How far this world's replay is, and its report once it is verified."""

    state: str
    done: int
    total: int
    orders: int
    anomalies: dict[str, int]
    verification: dict[str, Any]
    report: dict[str, Any]


@reads("/world", "", WorldView, bound="caller")
def show_world(request: Ask) -> WorldView:
    """The world and the book that the key opens."""
    visit = enter(request)
    world = visit.world
    with visit.begin() as tx:
        book = access.this_book(tx)
        return WorldView(
            world.name,
            world.kind,
            tx.now,
            book.slug,
            book.currency,
            book.time_zone,
            book.generated,
        )


@writes("/clock", "clock:write", ClockView, asks=ClockAsked, bound="book")
def advance_clock(request: Ask, body: RawBody) -> ClockView:
    """Move the clock of a world that is not live; due work runs in due order as it passes.

    Holds that have run out by then end.
    """
    visit = enter(request)
    asked = decoded(body, ClockAsked)
    if visit.world.kind == "live":
        raise LiveClock()
    with visit.begin() as tx:
        until = tx.now + _span(asked.advance)
    ran = _advance(visit.database, until, visit.actor.book)
    holds.end_due(visit.database, book=visit.actor.book)
    return ClockView(until, ran)


def _advance(database: Database, until: datetime, book: int) -> int:
    """Move a clock; the rails of the sandbox are asked at their times as it passes."""
    if not registry.ready(live=False):
        return work.advance(database, due.WORK, until, book=book)
    sender = Sender(database, rail_flow.PORTS.answered)
    try:
        return rails_advance(database, due.WORK, until, sender, book=book)
    finally:
        sender.close()


@reads("/events", "events:read", Page[views.EventView], bound="book")
def list_events(
    request: Ask,
    object: Word = "",
    type: Word = "",
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.EventView]:
    """Events, newest first."""
    with enter(request).begin() as tx:
        cursor = after_id("evt", after)
        rows = events.page(tx, object_id=object, kind=type, after=cursor, limit=limit)
    return page_of("evt", rows, limit, views.event)


@reads("/keys", "keys:write", Page[views.KeyView], bound="caller")
def list_keys(request: Ask, after: Cursor = None, limit: Limit = 50) -> Page[views.KeyView]:
    """The book's keys, or those of the caller's organisation, newest first, without their texts."""
    visit = enter(request)
    with visit.begin() as tx:
        cursor = after_id("key", after)
        owner = visit.actor.organisation_id
        rows = access.keys(tx, after=cursor, limit=limit, organisation_id=owner)
    return page_of("key", rows, limit, views.key)


@writes("/keys", "keys:write", views.KeyView, asks=KeyAsked, status=201, bound="caller")
def make_key(request: Ask, body: RawBody) -> views.KeyView:
    """Make a key; its text is in this answer and nowhere else."""
    visit = enter(request)
    asked = decoded(body, KeyAsked)
    for scope in asked.scopes:
        if scope in access.SCOPES:
            visit.actor.need(scope)
    owner = visit.actor.organisation_id
    if asked.organisation:
        named = ids.read("org", asked.organisation)
        if owner not in (None, named):
            raise NotFound(kind="organisation", id=asked.organisation)
        owner = named
    with visit.begin() as tx:
        row, text = access.make_key(
            tx, visit.actor.world, asked.name, frozenset(asked.scopes), organisation_id=owner
        )
    return views.key(row, text)


@removes("/keys/{ref:str}", "keys:write", bound="caller")
def revoke_key(request: Ask, ref: Ref) -> None:
    """Revoke a key at once."""
    visit = enter(request)
    with visit.begin() as tx:
        owner = visit.actor.organisation_id
        access.revoke(tx, ids.read("key", ref), organisation_id=owner)


@reads("/replay", "replays:read", ReplayView, bound="book")
def show_replay(request: Ask) -> ReplayView:
    """The replay of this world."""
    with enter(request).begin() as tx:
        row = replay_store.replay(tx)
    if row is None:
        raise NotFound(kind="replay", id="-")
    return ReplayView(
        row.state,
        row.cursor,
        row.total,
        row.orders,
        row.anomalies,
        row.verification,
        row.report,
    )


def _span(text: str) -> timedelta:
    """A span of at most ADVANCE_MAX: all due work on the way runs within one request."""
    span = clock.span(text)
    if span > ADVANCE_MAX:
        raise SpanTooLong(text=text, most=f"{ADVANCE_MAX.days}d")
    return span


HANDLERS = [
    show_world, advance_clock, list_events, list_keys, make_key, revoke_key, show_replay
]  # fmt: skip
