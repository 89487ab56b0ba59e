"""Payment links: which there are, what was paid by one; made here, and ended."""

from __future__ import annotations

import io

import segno

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Column,
    Deed,
    Empty,
    Figure,
    Frame,
    Input,
    Link,
    ListPage,
    ObjectPage,
    Picture,
    Row,
    Several,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments import links
from huoshui.lines.payments.links import Link as PaymentLink
from huoshui.lines.payments.links import UnknownLink
from huoshui.lines.payments.payment import store

_TONES: dict[str, Tone] = {"active": "good", "expired": "warn", "ended": "neutral"}
_PAYMENTS = 50


def links_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Payment links, newest first; of a seller's member, their own."""
    shown = asked.limit(frame)
    found = links.links(tx, sellers=_own(frame), after=asked.cursor(frame, "plk"), limit=shown + 1)
    more, first = asked.paged(frame, "plk", found)
    rows = tuple(_row(tx, frame, each) for each in found[:shown])
    return ListPage(
        title=frame.say("links"),
        lead=frame.say("links.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("links"),
            columns=(
                Column(title=frame.say("links.what"), wide=True),
                Column(title=frame.say("links.state")),
                Column(title=frame.say("links.seller")),
                Column(title=frame.say("links.amount"), align="end"),
                Column(title=frame.say("links.made")),
                Column(title=frame.say("links.expires")),
            ),
            rows=rows,
            empty=Empty(title=frame.say("links.none"), detail=frame.say("links.lead")),
        ),
        deed=_make(frame) if may_write(frame) else None,
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "links"),
        api_calls=(
            ApiCall(path=f"/v1/payment-links?limit={shown}"),
            ApiCall(path="/v1/payment-links", method="POST"),
        ),
    )


def may_write(frame: Frame) -> bool:
    """Whether the reader may make and end links: staff who may write payments."""
    return frame.may_write and frame.bound.whole


def _own(frame: Frame) -> list[str] | None:
    if frame.bound.whole:
        return None
    return [ids.show("slr", seller) for seller in sorted(frame.bound.sellers)]


def _row(tx: Tx, frame: Frame, found: PaymentLink) -> Row:
    href = frame.to(f"links/{found.shown}")
    return Row(
        key=found.shown,
        href=href,
        cells=(
            Link(found.title(frame.lang), href),
            _state(tx, frame, found),
            found.seller or frame.say("links.ours"),
            _amount(found),
            found.made_at,
            found.expires_at,
        ),
    )


def _state(tx: Tx, frame: Frame, found: PaymentLink) -> Status:
    state = found.state(tx.now)
    return Status(frame.say(f"links.state.{state}"), _TONES[state])


def _amount(found: PaymentLink) -> Cell:
    if found.amount is not None:
        return Money(found.amount, found.currency)
    bounds = (found.amount_min or 0, found.amount_max or 0)
    return Several(tuple(Money(amount, found.currency) for amount in bounds))


def _make(frame: Frame) -> Deed:
    return Deed(
        title=frame.say("links.make"),
        label=frame.say("links.make.do"),
        says=frame.say("links.make.says", currency=frame.currency),
        href=frame.to("links/make"),
        inputs=(
            Input(name="title_zh", label=frame.say("links.title_zh")),
            Input(name="title_en", label=frame.say("links.title_en")),
            Input(name="seller", label=frame.say("links.seller"), needed=False,
                  hint=frame.say("links.seller.hint")),
            Input(name="amount", label=frame.say("links.amount"), needed=False),
            Input(name="least", label=frame.say("links.least"), needed=False),
            Input(name="most", label=frame.say("links.most"), needed=False),
        ),
    )  # fmt: skip


def link_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One link with its address as a code, and what was paid by it. Raises UnknownLink."""
    found = links.link(tx, ids.read("plk", key))
    own = _own(frame)
    if own is not None and found.seller not in own:
        raise UnknownLink(kind="payment link", id=found.shown)
    world = frame.world.name if frame.world else ""
    url = f"{frame.origin}/link/{world}.{tx.book}.{found.shown}"
    return ObjectPage(
        title=found.title(frame.lang),
        lead=frame.say("links.lead"),
        crumbs=(asked.home(frame), Link(frame.say("links"), frame.to("links"))),
        key=found.shown,
        status=_state(tx, frame, found),
        fields=(
            Figure(label=frame.say("links.amount"), value=_amount(found)),
            Figure(label=frame.say("links.seller"), value=found.seller or frame.say("links.ours")),
            Figure(label=frame.say("links.title_zh"), value=found.title_zh),
            Figure(label=frame.say("links.title_en"), value=found.title_en),
            Figure(label=frame.say("links.made"), value=found.made_at, hint=found.made_by),
            Figure(label=frame.say("links.expires"), value=found.expires_at),
            Figure(label=frame.say("links.ended"), value=found.ended_at),
            Figure(label=frame.say("links.url"), value=Link(url, url)),
            Figure(label=frame.say("links.qr"), value=Picture(_qr(url), frame.say("links.qr"))),
        ),
        tables=(_payments(tx, frame, found),),
        deeds=_end(frame, found),
        api_calls=(
            ApiCall(path=f"/v1/payment-links/{found.shown}"),
            ApiCall(path=f"/v1/payment-links/{found.shown}/end", method="POST"),
        ),
    )


def _qr(url: str) -> bytes:
    drawn = io.BytesIO()
    segno.make(url, micro=False, error="m").save(
        drawn, kind="svg", scale=4, border=2, dark="#10201f", light="#ffffff", xmldecl=False
    )
    return drawn.getvalue()


def _end(frame: Frame, found: PaymentLink) -> tuple[Deed, ...]:
    if found.ended_at is not None or not may_write(frame):
        return ()
    return (
        Deed(
            label=frame.say("links.end"),
            says=frame.say("links.end.says"),
            href=frame.to(f"links/{found.shown}/end"),
            icon="x",
            grave=True,
        ),
    )


def _payments(tx: Tx, frame: Frame, found: PaymentLink) -> Table:
    rows = []
    for id_ in links.payments_of(tx, found, _PAYMENTS):
        payment = store.payment(tx, id_)
        if payment is not None:
            rows.append(
                Row(
                    cells=(
                        ids.show("pmt", id_),
                        payment.created_at,
                        Money(payment.amount, payment.currency),
                        Money(payment.captured, payment.currency),
                        asked.payment_state(frame, payment.state),
                    )
                )
            )
    return Table(
        title=frame.say("links.payments"),
        columns=(
            Column(title=frame.say("links.payment")),
            Column(title=frame.say("order.at")),
            Column(title=frame.say("links.amount"), align="end"),
            Column(title=frame.say("links.paid"), align="end"),
            Column(title=frame.say("links.state")),
        ),
        rows=tuple(rows),
        note="" if rows else frame.say("links.no_payments"),
    )
