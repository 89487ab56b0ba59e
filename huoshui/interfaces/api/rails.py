"""Rails over the API: which there are and how well they are, calls, and what rails tell by themselves."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import FromPath, QueryParameter, RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.money import Money
from huoshui.core.worlds import LIVE, SANDBOX, UnknownWorld
from huoshui.interfaces.api.contract import reads
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Door,
    Limit,
    Page,
    Ref,
    Word,
    after_id,
    enter,
    page_of,
)
from huoshui.lines.payments.rails import inbox, inbox_store, registry, store, watch
from huoshui.lines.payments.rails.inbox_store import NoticeRow
from huoshui.lines.payments.rails.store import CallRow
from huoshui.lines.payments.rails.watch import RailHealth

State = Annotated[str, QueryParameter(name="state", max_length=20, description="A state to show")]
World = Annotated[str, QueryParameter(max_length=40, description="live or test")]


class RailView(msgspec.Struct, frozen=True):
    """A rail: what it can do, whether it is set up here, and its last 24 hours.

    `success` is the part of calls with a final word that succeeded; times are milliseconds.
    """

    name: str
    capabilities: dict[str, Any]
    ready: bool
    breaker: str
    opened_at: datetime | None
    succeeded: int
    declined: int
    silent: int
    success: str | None
    p50_ms: int | None
    p95_ms: int | None
    codes: dict[str, int]
    open: dict[str, int]


class RailCallView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call to a rail: what was asked, and what became of it. `answered` is what the rail moved."""

    id: str
    rail: str
    verb: str
    subject: str
    tender: int
    amount: Money
    state: str
    attempts: int
    created_at: datetime
    answered: Money | None = None
    reference: str = ""
    about: str = ""
    code: str = ""
    action: str = ""
    flag: str = ""
    asked_at: datetime | None = None
    settled_at: datetime | None = None
    look_at: datetime | None = None
    notices: list[str] | None = None


class RailNoticeView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An inbound webhook as it was kept: cut at 16 K, secrets masked; `repeats` came after it."""

    id: str
    rail: str
    event: str
    kind: str
    state: str
    received_at: datetime
    repeats: int
    attempts: int
    body: str
    call: str = ""
    reference: str = ""
    done_at: datetime | None = None
    look_at: datetime | None = None


class NoticesTaken(msgspec.Struct, frozen=True):
    """How many events of a webhook were new."""

    taken: int


@post("/rails/{rail:str}/notices", sync_to_thread=True, status_code=200,
      request_max_body_size=inbox.BODY_MOST)  # fmt: skip
def receive_notices(
    request: Ask, rail: FromPath[str], body: RawBody, world: World = LIVE
) -> NoticesTaken:
    """Take a webhook of a rail: no key opens this door, only the rail's own signature."""
    if world not in (LIVE, SANDBOX):
        raise UnknownWorld(name=world[:64])
    headers = {name.lower(): value for name, value in request.headers.items()}
    notices = registry.rail(rail, live=world == LIVE).read(headers, body)
    door: Door = request.app.state.door
    database = door.worlds.database(world)
    with database.begin() as tx:
        book = inbox.home_of(tx, rail, notices)
    taken = database.run(
        lambda tx: inbox.receive(tx, rail, notices, body), book=book, actor=f"rail:{rail}"
    )
    return NoticesTaken(taken)


@reads("/rails", "payments:read", Page[RailView], bound="book")
def list_rails(request: Ask) -> Page[RailView]:
    """Every rail, those that the ledger settles first."""
    visit = enter(request)
    with visit.begin() as tx:
        found = watch.watched(tx).rails
    live = visit.actor.world == LIVE
    return Page([_rail(each, live) for each in found])


@reads("/rails/calls", "payments:read", Page[RailCallView], bound="book")
def list_rail_calls(
    request: Ask,
    rail: Word = "",
    state_: State = "",
    subject: Word = "",
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[RailCallView]:
    """Calls to rails, newest first; of one payment or payout by `subject`."""
    with enter(request).begin() as tx:
        rows = store.page(
            tx,
            rail=rail,
            state=state_,
            subject=subject,
            after=after_id("rca", after),
            limit=limit,
        )
    return page_of("rca", rows, limit, call_view)


@reads("/rails/calls/{ref:str}", "payments:read", RailCallView, bound="book")
def show_rail_call(request: Ask, ref: Ref) -> RailCallView:
    """One call, with the notices about it."""
    with enter(request).begin() as tx:
        row = _call(tx, ids.read("rca", ref))
        notices = inbox_store.of_call(tx, row.id)
    shown = [ids.show("rnt", each.id) for each in notices]
    return msgspec.structs.replace(call_view(row), notices=shown)


@reads("/rails/notices", "payments:read", Page[RailNoticeView], bound="book")
def list_rail_notices(
    request: Ask, rail: Word = "", state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[RailNoticeView]:
    """What rails told by themselves, newest first."""
    with enter(request).begin() as tx:
        rows = inbox_store.page(
            tx,
            rail=rail,
            state=state_,
            after=after_id("rnt", after),
            limit=limit,
        )
    return page_of("rnt", rows, limit, _notice)


def _call(tx: Tx, call_id: UUID) -> CallRow:
    row = store.call(tx, call_id)
    if row is None:
        raise NotFound(kind="rail call", id=ids.show("rca", call_id))
    return row


def _rail(each: RailHealth, live: bool) -> RailView:
    health, breaker = each.health, each.breaker
    success = health.success
    return RailView(
        name=each.name,
        capabilities=msgspec.to_builtins(each.capabilities),
        ready=each.capabilities.internal or registry.is_ready(each.name, live=live),
        breaker="open" if breaker.opened_at else "closed",
        opened_at=breaker.opened_at,
        succeeded=health.succeeded,
        declined=health.declined,
        silent=health.silent,
        success=None if success is None else str(success.quantize(Decimal("0.0001"))),
        p50_ms=health.p50_ms,
        p95_ms=health.p95_ms,
        codes=health.codes,
        open=each.open,
    )


def call_view(row: CallRow) -> RailCallView:
    """A call as the API answers it."""
    moved = None if row.answered is None else Money(row.answered, row.currency)
    return RailCallView(
        id=ids.show("rca", row.id),
        rail=row.rail,
        verb=row.verb,
        subject=row.subject,
        tender=row.tender,
        amount=Money(row.amount, row.currency),
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        answered=moved,
        reference=row.reference,
        about=row.about,
        code=row.code,
        action=row.action,
        flag=row.flag,
        asked_at=row.asked_at,
        settled_at=row.settled_at,
        look_at=row.look_at,
    )


def _notice(row: NoticeRow) -> RailNoticeView:
    return RailNoticeView(
        id=ids.show("rnt", row.id),
        rail=row.rail,
        event=row.event,
        kind=row.kind,
        state=row.state,
        received_at=row.received_at,
        repeats=row.repeats,
        attempts=row.attempts,
        body=row.body,
        call=ids.show("rca", row.call_id) if row.call_id else "",
        reference=row.reference,
        done_at=row.done_at,
        look_at=row.look_at,
    )


HANDLERS = [list_rails, list_rail_calls, show_rail_call, list_rail_notices]
