"""The log of requests: who called what by which key, how it ended and how long it took."""

from __future__ import annotations

from decimal import Decimal

from huoshui.core import ids
from huoshui.core.access import requests
from huoshui.core.access.requests import KEPT_DAYS, Call
from huoshui.core.db import Tx
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Code,
    Column,
    Empty,
    Filter,
    Frame,
    ListPage,
    Row,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked

_CLASSES = ("2xx", "4xx", "5xx", "401", "403", "404", "409", "422", "429")


def requests_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Requests, newest first, by key, by the start of the path and by status."""
    shown = asked.limit(frame)
    key, path, status = (frame.asked(name) for name in ("key", "path", "status"))
    found = requests.calls(
        tx,
        key_id=ids.read("key", key) if key else None,
        path=path,
        status=status,
        after=asked.cursor(frame, "req"),
        limit=shown + 1,
    )
    more, first = asked.paged(frame, "req", found)
    rows = tuple(_row(call) for call in found[:shown])
    return ListPage(
        title=frame.say("requests"),
        lead=frame.say("requests.lead", days=KEPT_DAYS),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("requests"),
            columns=_columns(frame),
            rows=rows,
            empty=Empty(title=frame.say("requests.none"), detail=frame.say("requests.none.detail")),
        ),
        filters=(
            Filter(name="key", label=frame.say("requests.key"), value=key, placeholder="key_…"),
            Filter(
                name="path", label=frame.say("requests.path_filter"), value=path, placeholder="/v1/orders"
            ),
            Filter(
                name="status", label=frame.say("requests.status"), value=status, kind="choice",
                choices=tuple(Choice(each, each) for each in _CLASSES),
            ),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "requests"),
        api_calls=(
            ApiCall(path="/v1/requests?" + asked.query(key=key, path=path, status=status)),
        ),
    )  # fmt: skip


def _columns(frame: Frame) -> tuple[Column, ...]:
    start = ("at", "caller", "method", "path", "status")
    return (
        *(Column(title=frame.say(f"requests.{name}")) for name in start),
        Column(title=frame.say("requests.took"), align="end"),
        Column(title=frame.say("requests.id")),
    )


def _row(call: Call) -> Row:
    took = Decimal(call.took_us) / 1000
    return Row(
        key=ids.show("req", call.id),
        cells=(
            call.at,
            call.caller,
            call.method,
            Code(call.path),
            Status(str(call.status), _tone(call.status)),
            round(took, 1),
            Code(call.request_id),
        ),
    )


def _tone(status: int) -> Tone:
    if status >= 500:
        return "bad"
    return "warn" if status >= 400 else "good"
