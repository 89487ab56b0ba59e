"""Payment links over the API: made, listed, looked at, ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import CurrencyMix, Money
from huoshui.core.settings import Settings
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Visit,
    after_id,
    enter,
    page_of,
)
from huoshui.interfaces.api.payment_asks import Party, PaymentAlone
from huoshui.lines.payments import links
from huoshui.lines.payments.links import Link, LinkAsked, UnknownLink

_DAYS_MAX = 3_650
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Address = Annotated[str, Meta(max_length=500, pattern=r"^(https?://[^\s]+)?$")]


class LinkWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A link to make: of a `seller`, or of the marketplace itself where none is named.

    It has an `amount`, or `least` and `most` within which the payer says it.
    """

    seller: Party = ""
    amount: Money | None = None
    least: Money | None = None
    most: Money | None = None
    title_en: Title
    title_zh: Title
    return_url: Address = ""
    expires_in_days: Annotated[int, Meta(ge=1, le=_DAYS_MAX)] | None = None


class PaymentLinkView(msgspec.Struct, frozen=True):
    """A payment link; `url` is what people open, `qr` the same as a drawing (SVG)."""

    id: str
    state: str
    seller: str
    amount: Money | None
    least: Money | None
    most: Money | None
    title_en: str
    title_zh: str
    url: str
    qr: str
    return_url: str
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None


@writes(
    "/payment-links",
    "payments:write",
    PaymentLinkView,
    bound="book",
    asks=LinkWanted,
    idempotency="optional",
)
def make_payment_link(request: Ask, body: RawBody) -> Response[bytes]:
    """Make a payment link: an address that anybody opens to pay, again and again."""
    visit = enter(request)
    wanted = decoded(body, LinkWanted)

    def use_case(tx: Tx) -> PaymentLinkView:
        return _view(visit, tx, links.make_link(tx, _asked(tx, wanted)))

    return visit.answer(body, use_case)


def _asked(tx: Tx, wanted: LinkWanted) -> LinkAsked:
    given = [m for m in (wanted.amount, wanted.least, wanted.most) if m is not None]
    if not given:
        raise links.BadLink()
    currencies = sorted({m.currency for m in given})
    if len(currencies) > 1:
        raise CurrencyMix(first=currencies[0], second=currencies[1][:12])
    days = wanted.expires_in_days
    return LinkAsked(
        seller=wanted.seller,
        currency=currencies[0],
        amount=wanted.amount.amount if wanted.amount else None,
        amount_min=wanted.least.amount if wanted.least else None,
        amount_max=wanted.most.amount if wanted.most else None,
        title_en=wanted.title_en,
        title_zh=wanted.title_zh,
        return_url=wanted.return_url,
        expires_at=tx.now + timedelta(days=days) if days else None,
    )


@reads("/payment-links", "payments:read", Page[PaymentLinkView], bound="rows")
def list_payment_links(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[PaymentLinkView]:
    """Payment links, newest first. A seller sees its own."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = links.links(
            tx,
            sellers=_sellers(visit),
            after=after_id("plk", after),
            limit=limit,
        )
        return page_of("plk", rows, limit, lambda row: _view(visit, tx, row))


@reads("/payment-links/{ref:str}", "payments:read", PaymentLinkView, bound="rows")
def show_payment_link(request: Ask, ref: Ref) -> PaymentLinkView:
    """One payment link."""
    visit = enter(request)
    sellers = _sellers(visit)
    with visit.begin() as tx:
        found = links.link(tx, ids.read("plk", ref))
        if sellers is not None and found.seller not in sellers:
            raise UnknownLink(kind="payment link", id=found.shown)
        return _view(visit, tx, found)


@writes(
    "/payment-links/{ref:str}/end",
    "payments:write",
    PaymentLinkView,
    bound="book",
    asks=PaymentAlone,
    body_needed=False,
    idempotency="optional",
)
def end_payment_link(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """End a payment link: it begins no payment any more; what was begun goes on."""
    visit = enter(request)
    decoded(body or b"{}", PaymentAlone)
    id_ = ids.read("plk", ref)
    return visit.answer(body, lambda tx: _view(visit, tx, links.end_link(tx, id_)))


def _sellers(visit: Visit) -> list[str] | None:
    bound = visit.bound
    return None if bound.whole else [ids.show("slr", seller) for seller in sorted(bound.sellers)]


def _view(visit: Visit, tx: Tx, found: Link) -> PaymentLinkView:
    settings: Settings = visit.request.app.state.settings
    origin = settings.origin or str(visit.request.base_url)
    url = f"{origin.rstrip('/')}/link/{visit.actor.world}.{tx.book}.{found.shown}"

    def money(amount: int | None) -> Money | None:
        return None if amount is None else Money(amount, found.currency)

    return PaymentLinkView(
        found.shown, found.state(tx.now), found.seller, money(found.amount),
        money(found.amount_min), money(found.amount_max), found.title_en, found.title_zh, url,
        f"{url}/qr.svg", found.return_url, found.made_by, found.made_at, found.expires_at,
        found.ended_at,
    )  # fmt: skip


HANDLERS: list[Any] = [make_payment_link, list_payment_links, show_payment_link, end_payment_link]
