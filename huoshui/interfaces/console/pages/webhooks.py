"""Webhook endpoints: the list of them, and one with its success, its past and its deliveries."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from huoshui.core import events, ids
from huoshui.core.db import Tx
from huoshui.core.events import Event
from huoshui.core.webhooks import delivery_store, service, store
from huoshui.core.webhooks.delivery_store import Counted
from huoshui.core.webhooks.model import DISABLED, ENABLED, Endpoint
from huoshui.interfaces.console.page import (
    ApiCall,
    Chart,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Frame,
    Lines,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Row,
    Series,
    Share,
    Status,
    Table,
    Tone,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.webhook_deliveries import delivery_table, resend_action

DAYS = 14
_RECENT = 20
_ICONS: dict[str, tuple[str, Tone]] = {
    "webhook.created": ("check", "good"), "webhook.changed": ("file-text", "neutral"),
    "webhook.rotated": ("key-round", "accent"), "webhook.disabled": ("triangle-alert", "bad"),
    "test.triggered": ("circle-dot", "neutral"),
}  # fmt: skip


def endpoints_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Endpoints, newest first, with how their deliveries have gone lately."""
    shown = asked.limit(frame)
    found = service.endpoints(tx, after=asked.cursor(frame, "whe"), limit=shown + 1)
    last = service.show_endpoint(found[shown - 1].id) if len(found) > shown else ""
    more, first = asked.turned(frame, last)
    counts = delivery_store.counts(tx, tx.now - timedelta(days=DAYS))
    return ListPage(
        title=frame.say("webhooks"),
        lead=frame.say("webhooks.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("webhooks"),
            columns=(
                Column(title=frame.say("webhooks.url")),
                Column(title=frame.say("webhooks.state")),
                Column(title=frame.say("webhooks.events")),
                Column(title=frame.say("webhooks.success", days=DAYS), align="end"),
                Column(title=frame.say("deliveries.state.due"), align="end"),
                Column(title=frame.say("deliveries.state.dead"), align="end"),
                Column(title=frame.say("webhooks.created")),
            ),
            rows=tuple(_row(frame, each, counts.get(each.id, {})) for each in found[:shown]),
            empty=Empty(
                title=frame.say("webhooks.none"),
                detail=frame.say("webhooks.none.detail"),
                command="huoshui listen --forward http://127.0.0.1:8421/",
            ),
        ),
        count=frame.say("count.page", n=len(found[:shown])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "webhooks"),
        links=(Link(frame.say("deliveries"), frame.to("webhook-deliveries"), "list-tree"),),
        api_calls=(
            ApiCall(path="/v1/webhooks/endpoints"),
            ApiCall(
                path="/v1/webhooks/endpoints", method="POST", note=frame.say("webhooks.make"),
                body='{"url":"https://example.com/hooks","events":["order.*"]}',
            ),
        ),
    )  # fmt: skip


def _row(frame: Frame, row: Endpoint, counts: dict[str, int]) -> Row:
    href = frame.to(f"webhooks/{service.show_endpoint(row.id)}")
    return Row(
        key=service.show_endpoint(row.id),
        href=href,
        cells=(
            Link(row.url, href),
            _status(frame, row),
            ", ".join(row.events),
            _rate(counts.get("delivered", 0), counts.get("dead", 0)),
            counts.get("due", 0),
            counts.get("dead", 0),
            row.created_at,
        ),
    )


def _rate(delivered: int, dead: int) -> Share | None:
    ended = delivered + dead
    return Share(Decimal(delivered) / ended) if ended else None


def _status(frame: Frame, row: Endpoint) -> Status:
    if row.state == DISABLED:
        return Status(frame.say(f"webhooks.why.{row.why}"), "bad")
    if row.failing_since:
        return Status(frame.say("webhooks.failing"), "warn")
    return Status(frame.say("webhooks.enabled"), "good")


def endpoint_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One endpoint. Raises UnknownEndpoint."""
    row = service.endpoint(tx, ids.read("whe", key))
    today = asked.day_of(frame, tx.now)
    first = today - timedelta(days=DAYS - 1)
    counted = delivery_store.counts_by_day(tx, row.id, asked.start_of(frame, first), frame.zone)
    found = delivery_store.deliveries(tx, endpoint_id=row.id, limit=_RECENT)
    past = events.page(tx, object_id=key, limit=_RECENT)
    return ObjectPage(
        title=row.url,
        lead=row.description,
        crumbs=(asked.home(frame), Link(frame.say("webhooks"), frame.to("webhooks"))),
        key=key,
        status=_status(frame, row),
        figures=_figures(tx, frame, row, counted),
        charts=_charts(frame, counted, first, today) if counted else (),
        fields=_fields(tx, frame, row),
        timeline=tuple(_moment(frame, event) for event in past),
        lines=Lines(
            table=delivery_table(frame, found, [row]),
            actions=resend_action(frame),
            count=frame.say("count.page", n=len(found)),
        ),
        deed=_deed(frame, row, key, counted, first),
        links=(
            Link(frame.say("webhooks.all"), frame.to(f"webhook-deliveries?endpoint={key}"),
                 "list-tree"),
        ),
        api_calls=_calls(frame, key, first),
    )  # fmt: skip


def _figures(tx: Tx, frame: Frame, row: Endpoint, counted: list[Counted]) -> tuple[Figure, ...]:
    delivered, dead = sum(c.delivered for c in counted), sum(c.dead for c in counted)
    days = frame.say("webhooks.days", days=DAYS)
    rate = _rate(delivered, dead)
    return (
        Figure(label=frame.say("webhooks.success", days=DAYS), value=rate),
        Figure(label=frame.say("deliveries.state.delivered"), value=delivered, hint=days),
        Figure(
            label=frame.say("deliveries.state.dead"), value=dead, hint=days,
            tone="bad" if dead else "neutral",
        ),
        Figure(label=frame.say("deliveries.state.due"), value=delivery_store.count_waiting(tx, row.id)),
        *(
            (Figure(label=frame.say("webhooks.failing_since"), value=row.failing_since, tone="warn",
                    hint=frame.say("webhooks.failing_since.hint")),)
            if row.failing_since
            else ()
        ),
    )  # fmt: skip


def _charts(frame: Frame, counted: list[Counted], first: date, today: date) -> tuple[Chart, ...]:
    by_day = {asked.day_of(frame, c.day): c for c in counted}
    days = tuple(first + timedelta(days=n) for n in range((today - first).days + 1))
    rows = [by_day.get(day) for day in days]
    delivered, dead = sum(c.delivered for c in counted), sum(c.dead for c in counted)
    rates = tuple(_day_rate(row) for row in rows)
    shapes = (("delivered", 1), ("dead", 4), ("due", 0))
    call = ApiCall(path="/v1/webhooks/deliveries")
    return (
        Chart(
            key="success",
            question=frame.say("webhooks.chart.success"),
            summary=frame.say("webhooks.chart.success.says", n=delivered, of=delivered + dead),
            x=days,
            x_title=frame.say("webhooks.day"),
            series=(Series(name=frame.say("webhooks.rate"), values=rates, shape="line", colour=1),),
            unit=Unit(kind="share"),
            api_call=call,
        ),
        Chart(
            key="volume",
            question=frame.say("webhooks.chart.volume"),
            summary=frame.say("webhooks.chart.volume.says", n=sum(_all(c) for c in counted)),
            x=days,
            x_title=frame.say("webhooks.day"),
            series=tuple(
                Series(
                    name=frame.say(f"deliveries.state.{name}"),
                    values=tuple(getattr(row, name) if row else 0 for row in rows),
                    stack="all",
                    colour=colour,
                )
                for name, colour in shapes
            ),
            unit=Unit(kind="count"),
            api_call=call,
        ),
    )


def _all(counted: Counted) -> int:
    return counted.delivered + counted.dead + counted.due


def _day_rate(row: Counted | None) -> Decimal | None:
    ended = row.delivered + row.dead if row else 0
    return (Decimal(row.delivered) / ended).quantize(Decimal("0.0001")) if row and ended else None


def _fields(tx: Tx, frame: Frame, row: Endpoint) -> tuple[Figure, ...]:
    until = [at for at in store.secrets_until(tx, row.id) if at is not None]
    fields = [
        Figure(label=frame.say("webhooks.events"), value=Code(", ".join(row.events))),
        Figure(label=frame.say("webhooks.secret"), value=frame.say("webhooks.secret.one")),
        Figure(label=frame.say("webhooks.created"), value=row.created_at),
    ]
    if until:
        fields.insert(2, Figure(label=frame.say("webhooks.secret.former"), value=max(until)))
    return tuple(fields)


def _moment(frame: Frame, event: Event) -> Moment:
    icon, tone = _ICONS.get(event.type, ("circle-dot", "neutral"))
    changed = event.data.get("changed")
    said = ", ".join(frame.say(f"webhooks.field.{name}") for name in changed) if changed else ""
    return Moment(
        at=event.at,
        title=asked.word(frame, "event", event.type),
        detail=" · ".join(text for text in (event.actor, said) if text),
        icon=icon,
        tone=tone,
    )


def _deed(
    frame: Frame, row: Endpoint, key: str, counted: list[Counted], first: date
) -> Deed | None:
    """Enable what is disabled, send again what was given up, or send a test: what fits best."""
    if not frame.may_send:
        return None
    dead = sum(c.dead for c in counted)
    if row.state != ENABLED:
        return Deed(
            label=frame.say("webhooks.enable"),
            href=frame.to(f"webhooks/{key}/enable"),
            says=frame.say("webhooks.enable.says"),
        )
    if dead:
        since: datetime = asked.start_of(frame, first)
        return Deed(
            label=frame.say("webhooks.resend", n=dead),
            href=frame.to(f"webhooks/{key}/resend"),
            says=frame.say("webhooks.resend.says", n=dead, days=DAYS),
            fields=(("since", since.isoformat()),),
            icon="history",
        )
    return Deed(
        label=frame.say("webhooks.test"),
        href=frame.to(f"webhooks/{key}/test"),
        says=frame.say("webhooks.test.says"),
        icon="arrow-right",
    )


def _calls(frame: Frame, key: str, first: date) -> tuple[ApiCall, ...]:
    path = f"/v1/webhooks/endpoints/{key}"
    since = asked.start_of(frame, first).isoformat()
    return (
        ApiCall(path=path),
        ApiCall(path=f"/v1/webhooks/deliveries?endpoint={key}"),
        ApiCall(path=f"{path}/test", method="POST", note=frame.say("webhooks.test")),
        ApiCall(
            path=f"{path}/resend?dry_run=true", method="POST", body=f'{{"since":"{since}"}}',
            note=frame.say("webhooks.resend.api"),
        ),
        ApiCall(
            path=f"{path}/rotate", method="POST", body='{"overlap":"1d"}',
            note=frame.say("webhooks.rotate"),
        ),
    )  # fmt: skip
