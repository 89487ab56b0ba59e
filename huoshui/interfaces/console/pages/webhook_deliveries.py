"""Webhook deliveries: the list of them, and one with each of its attempts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.webhooks import delivery_store, sending, service, store
from huoshui.core.webhooks.model import DELIVERY, ENABLED, Attempt, Delivery, Endpoint
from huoshui.core.webhooks.retry import TRIES_MAX
from huoshui.interfaces.console.page import (
    Action,
    ApiCall,
    Choice,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Row,
    Status,
    Step,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked

_TONES: dict[str, Tone] = {"due": "accent", "delivered": "good", "dead": "bad"}
_BODY_SHOWN = 300


def deliveries_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Deliveries, those of the newest events first."""
    shown = asked.limit(frame)
    state = frame.asked("state")
    found = delivery_store.deliveries(
        tx,
        endpoint_id=_read("whe", frame.asked("endpoint")),
        event_id=_read("evt", frame.asked("event")),
        state=state if state in DELIVERY.states else "",
        kind=frame.asked("type"),
        since=asked.day_start(frame, "from"),
        until=asked.day_start(frame, "to", days=1),
        after=asked.cursor(frame, "whd"),
        limit=shown + 1,
    )
    more, first = asked.paged(frame, "whd", found)
    endpoints = service.endpoints(tx)
    return ListPage(
        title=frame.say("deliveries"),
        lead=frame.say("deliveries.lead"),
        crumbs=(asked.home(frame), Link(frame.say("webhooks"), frame.to("webhooks"))),
        table=delivery_table(frame, found[:shown], endpoints),
        filters=_filters(frame, state, endpoints),
        count=frame.say("count.page", n=len(found[:shown])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "webhook-deliveries"),
        actions=resend_action(frame),
        api_calls=(ApiCall(path="/v1/webhooks/deliveries" + _api_query(frame, state)),),
    )


def _read(prefix: str, text: str) -> UUID | None:
    return ids.read(prefix, text) if text else None


def resend_action(frame: Frame) -> tuple[Action, ...]:
    """Sending the chosen deliveries again, for who may."""
    if not frame.may_send:
        return ()
    return (
        Action(label=frame.say("deliveries.resend"), href=frame.to("act/resend"), icon="history"),
    )


def delivery_table(frame: Frame, found: list[Delivery], endpoints: list[Endpoint]) -> Table:
    """Deliveries as a table."""
    urls = {endpoint.id: endpoint.url for endpoint in endpoints}
    return Table(
        title=frame.say("deliveries"),
        columns=(
            Column(title=frame.say("deliveries.event")),
            Column(title=frame.say("deliveries.state")),
            Column(title=frame.say("deliveries.endpoint")),
            Column(title=frame.say("deliveries.answer")),
            Column(title=frame.say("deliveries.attempts"), align="end"),
            Column(title=frame.say("deliveries.queued")),
            Column(title=frame.say("deliveries.next")),
        ),
        rows=tuple(_row(frame, each, urls) for each in found),
        empty=Empty(title=frame.say("deliveries.none"), detail=frame.say("deliveries.none.detail")),
    )


def _row(frame: Frame, row: Delivery, urls: dict[UUID, str]) -> Row:
    key = ids.show("whd", row.id)
    href = frame.to(f"webhook-deliveries/{key}")
    endpoint = service.show_endpoint(row.endpoint_id)
    url = urls.get(row.endpoint_id)
    gone = frame.say("webhooks.deleted")
    return Row(
        key=key,
        href=href,
        cells=(
            Link(row.type, href),
            delivery_status(frame, row.state),
            Link(url, frame.to(f"webhooks/{endpoint}")) if url else gone,
            answer_text(frame, row.status, row.error),
            row.attempts,
            row.created_at,
            row.due_at if row.state == "due" else None,
        ),
    )


def delivery_status(frame: Frame, state: str) -> Status:
    """A delivery's state as a pill."""
    return Status(frame.say(f"deliveries.state.{state}"), _TONES[state])


def answer_text(frame: Frame, status: int | None, error: str) -> str | None:
    """The status that came back, or what went wrong in the reader's words."""
    return (
        str(status) if status else asked.word(frame, "deliveries.error", error) if error else None
    )


def _filters(frame: Frame, state: str, endpoints: list[Endpoint]) -> tuple[Filter, ...]:
    states = tuple(Choice(name, frame.say(f"deliveries.state.{name}")) for name in DELIVERY.states)
    places = tuple(Choice(service.show_endpoint(e.id), e.url) for e in endpoints)
    return (
        Filter(name="state", label=frame.say("deliveries.state"), kind="choice", value=state,
               choices=states),
        Filter(name="endpoint", label=frame.say("deliveries.endpoint"), kind="choice",
               value=frame.asked("endpoint"), choices=places),
        Filter(name="type", label=frame.say("deliveries.event"), value=frame.asked("type"),
               placeholder="order.released"),
        Filter(name="event", label=frame.say("deliveries.event_id"), value=frame.asked("event"),
               placeholder="evt_…"),
        *asked.days(frame),
    )  # fmt: skip


def _api_query(frame: Frame, state: str) -> str:
    query = asked.query(
        state=state,
        endpoint=frame.asked("endpoint"),
        type=frame.asked("type"),
        event=frame.asked("event"),
    )
    return f"?{query}" if query else ""


def delivery_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One delivery: where it stands, every attempt, what it carries. Raises UnknownDelivery."""
    row, attempts = service.history(tx, ids.read("whd", key))
    endpoint = store.endpoint(tx, row.endpoint_id)
    stands = endpoint is not None and endpoint.state == ENABLED
    return ObjectPage(
        title=row.type,
        lead=frame.say("delivery.lead"),
        crumbs=(
            asked.home(frame),
            Link(frame.say("webhooks"), frame.to("webhooks")),
            Link(frame.say("deliveries"), frame.to("webhook-deliveries")),
        ),
        key=key,
        status=delivery_status(frame, row.state),
        steps=_steps(frame, row),
        figures=_figures(frame, row, attempts),
        fields=_fields(frame, row, endpoint),
        timeline=tuple(_moment(frame, each) for each in reversed(attempts)),
        deed=_deed(frame, row, key) if stands else None,
        tables=_body(tx, frame, row),
        notes=_notes(frame, row, attempts),
        api_calls=_calls(row, key),
    )


def _steps(frame: Frame, row: Delivery) -> tuple[Step, ...]:
    queued = Step(text=frame.say("delivery.queued"), state="done", at=row.created_at)
    if row.state == "due":
        tried = Step(text=frame.say("deliveries.state.due"), state="now", at=row.due_at)
        return (queued, tried, Step(text=frame.say("deliveries.state.delivered"), state="ahead"))
    state = "failed" if row.state == "dead" else "now"
    said = frame.say(f"deliveries.state.{row.state}")
    return (queued, Step(text=said, state=state, at=row.ended_at))  # type: ignore[arg-type]


def _figures(frame: Frame, row: Delivery, attempts: list[Attempt]) -> tuple[Figure, ...]:
    tries = row.attempts - row.attempts_before
    return (
        Figure(
            label=frame.say("deliveries.attempts"),
            value=row.attempts,
            hint=frame.say("delivery.tries", n=tries, most=TRIES_MAX),
        ),
        Figure(
            label=frame.say("deliveries.answer"), value=answer_text(frame, row.status, row.error)
        ),
        Figure(
            label=frame.say("delivery.took"),
            value=frame.say("delivery.ms", n=attempts[-1].ms) if attempts else None,
        ),
        Figure(
            label=frame.say("deliveries.next"), value=row.due_at if row.state == "due" else None
        ),
    )


def _fields(frame: Frame, row: Delivery, endpoint: Endpoint | None) -> tuple[Figure, ...]:
    shown = service.show_endpoint(row.endpoint_id)
    url = endpoint.url if endpoint else shown
    gone = endpoint is None or endpoint.state == "deleted"
    return (
        Figure(
            label=frame.say("deliveries.endpoint"),
            value=url if gone else Link(url, frame.to(f"webhooks/{shown}")),
        ),
        Figure(label="webhook-id", value=Id(ids.show("evt", row.event_id))),
        Figure(label=frame.say("deliveries.queued"), value=row.created_at),
        Figure(label=frame.say("delivery.ended"), value=row.ended_at),
    )


def _moment(frame: Frame, attempt: Attempt) -> Moment:
    good = attempt.status is not None and 200 <= attempt.status < 300
    answer = answer_text(frame, attempt.status, attempt.error)
    took = frame.say("delivery.ms", n=attempt.ms)
    body = attempt.body[:_BODY_SHOWN]
    return Moment(
        at=attempt.at,
        title=frame.say("delivery.attempt", n=attempt.number, answer=answer),
        detail=f"{took} · {body}" if body else took,
        icon="circle-check" if good else "circle-x",
        tone="good" if good else "bad",
    )


def _deed(frame: Frame, row: Delivery, key: str) -> Deed | None:
    if not frame.may_send or "resend" not in DELIVERY.allowed(row.state):
        return None
    return Deed(
        label=frame.say("deliveries.resend"),
        href=frame.to(f"webhook-deliveries/{key}/resend"),
        says=frame.say("delivery.resend.says"),
        icon="history",
    )


def _body(tx: Tx, frame: Frame, row: Delivery) -> tuple[Table, ...]:
    """What the delivery carries, a line for each value."""
    parcel = delivery_store.parcel_of(tx, row.event_id)
    if parcel is None:
        return ()
    body = msgspec.json.decode(sending.content(parcel))
    return (
        Table(
            title=frame.say("delivery.body"),
            columns=(
                Column(title=frame.say("delivery.field")),
                Column(title=frame.say("delivery.value"), wide=True),
            ),
            rows=tuple(Row(cells=(Code(path), text)) for path, text in _flat("", body)),
        ),
    )


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict) or not value:
        yield path, value if isinstance(value, str) else msgspec.json.encode(value).decode()
        return
    for name, inner in value.items():
        yield from _flat(f"{path}.{name}" if path else name, inner)


def _notes(frame: Frame, row: Delivery, attempts: list[Attempt]) -> tuple[str, ...]:
    cut_off = len(attempts) < row.attempts and row.state != "due"
    return (frame.say("delivery.cut_off"),) if cut_off else ()


def _calls(row: Delivery, key: str) -> tuple[ApiCall, ...]:
    calls = [ApiCall(path=f"/v1/webhooks/deliveries/{key}")]
    if "resend" in DELIVERY.allowed(row.state):
        calls.append(ApiCall(path=f"/v1/webhooks/deliveries/{key}/resend", method="POST"))
    return tuple(calls)
