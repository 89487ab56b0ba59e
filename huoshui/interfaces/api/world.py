"""The world itself over the API: its clock, its events, its keys, its replay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import delete, get, post
from msgspec import Meta

from huoshui.core import access, clock, events, ids, work
from huoshui.core.errors import NotFound
from huoshui.core.worlds import LiveClock
from huoshui.interfaces.api import views
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Page, decoded, door_of
from huoshui.scenarios import order_flow
from huoshui.scenarios.replay import store as replay_store


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

    advance: Annotated[str, Meta(max_length=10)]


class ClockView(msgspec.Struct, frozen=True):
    """The clock after it was moved, and how much due work ran on the way."""

    now: datetime
    ran: int


class KeyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make: never more than the caller's own scopes."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    scopes: Annotated[list[str], Meta(min_length=1, max_length=40)]


class ReplayView(msgspec.Struct, frozen=True):
    """How far this world's replay is, and its report once it is verified."""

    state: str
    done: int
    total: int
    orders: int
    anomalies: dict[str, int]
    verification: dict[str, Any]
    report: dict[str, Any]


@get("/world", sync_to_thread=True)
def show_world(request: Ask) -> WorldView:
    """The world and the book that the key opens."""
    door = door_of(request)
    actor = door.actor(request)
    kind = door.worlds.get(actor.world).kind
    with door.database(actor).begin(book=actor.book) as tx:
        book = access.this_book(tx)
        return WorldView(
            actor.world, kind, tx.now, book.slug, book.currency, book.time_zone, book.generated
        )


@post("/clock", sync_to_thread=True, status_code=200)
def advance_clock(request: Ask, body: bytes) -> ClockView:
    """Move the clock of a world that is not live; due work runs in due order as it passes."""
    asked = decoded(body, ClockAsked)
    door = door_of(request)
    actor = door.actor(request)
    actor.need("clock:write")
    if door.worlds.get(actor.world).kind == "live":
        raise LiveClock()
    database = door.database(actor)
    with database.begin(book=actor.book) as tx:
        until = tx.now + clock.span(asked.advance)
    ran = work.advance(database, order_flow.WORK, until, book=actor.book)
    return ClockView(until, ran)


@get("/events", sync_to_thread=True)
def list_events(
    request: Ask, object: str = "", type: str = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.EventView]:
    """Events, newest first."""
    with door_of(request).begin(request, "events:read") as tx:
        cursor = ids.read("evt", after) if after else None
        rows = events.page(tx, object_id=object, kind=type, after=cursor, limit=limit)
    following = ids.show("evt", rows[-1].id) if len(rows) == limit else None
    return Page([views.event(row) for row in rows], following)


@get("/keys", sync_to_thread=True)
def list_keys(request: Ask) -> Page[views.KeyView]:
    """The book's keys, without their texts."""
    with door_of(request).begin(request, "keys:write") as tx:
        return Page([views.key(row) for row in access.keys(tx)])


@post("/keys", sync_to_thread=True, status_code=201)
def make_key(request: Ask, body: bytes) -> views.KeyView:
    """Make a key; its text is in this answer and nowhere else."""
    asked = decoded(body, KeyAsked)
    door = door_of(request)
    actor = door.actor(request)
    actor.need("keys:write")
    for scope in asked.scopes:
        if scope in access.SCOPES:
            actor.need(scope)
    with door.database(actor).begin(book=actor.book, actor=f"key:{actor.name}") as tx:
        row, text = access.make_key(tx, actor.world, asked.name, frozenset(asked.scopes))
    return views.key(row, text)


@delete("/keys/{ref:str}", sync_to_thread=True, status_code=204)
def revoke_key(request: Ask, ref: str) -> None:
    """Revoke a key at once."""
    with door_of(request).begin(request, "keys:write") as tx:
        access.revoke(tx, ids.read("key", ref))


@get("/replay", sync_to_thread=True)
def show_replay(request: Ask) -> ReplayView:
    """The replay of this world."""
    with door_of(request).begin(request, "replays:read") as tx:
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


HANDLERS = [
    show_world, advance_clock, list_events, list_keys, make_key, revoke_key, show_replay
]  # fmt: skip
