"""The page of a payment link: what is paid to whom; its button begins a payment and goes to it."""

from __future__ import annotations

import io
import re
from typing import Any

import msgspec
import segno
from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import crypto, ids, money
from huoshui.core.access import Book, this_book
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.core.settings import Settings
from huoshui.core.worlds import LIVE, SANDBOX, Worlds
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.service import UnknownSeller
from huoshui.interfaces.hosted import answer, pace
from huoshui.interfaces.hosted.answer import draw, frame_of, html, redirect
from huoshui.interfaces.hosted.opening import (
    ACTOR,
    Ask,
    NoSuchPage,
    StrangeForm,
    address_of,
    form,
    one,
    own_form,
)
from huoshui.lines.payments import links
from huoshui.lines.payments.links import Link
from huoshui.scenarios import link_flow

_ADDRESS = re.compile(r"([a-z][a-z0-9-]{0,39})\.([0-9]{1,9})\.(plk_[0-9a-z]{26})")
_WISH = re.compile(r"[A-Za-z0-9_-]{32}")


class LinkVisit(msgspec.Struct, frozen=True):
    """A request to a link's page."""

    address: str
    world: str
    book: Book
    database: Database
    link: Link
    state: links.model.State
    seller: str


class LinkPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a link's page shows."""

    world: str
    href: str
    qr_href: str
    payee: str
    seller: str
    title: str
    amount: Money | None
    least: Money | None
    most: Money | None
    state: str
    wish: str
    given: str
    problem: tuple[str, str] | None


def _enter(request: Ask, address: str) -> LinkVisit:
    pace.VISITS.take(address_of(request))
    found = _ADDRESS.fullmatch(address)
    if found is None or found[1] not in (LIVE, SANDBOX):
        raise NoSuchPage()
    worlds: Worlds = request.app.state.worlds
    database = worlds.database(found[1])
    with database.begin(book=int(found[2]), actor=ACTOR) as tx:
        try:
            link = links.link(tx, ids.read("plk", found[3]))
        except (links.UnknownLink, ids.BadId) as error:
            raise NoSuchPage() from error
        seller = _name(tx, link.seller)
        return LinkVisit(
            address, found[1], this_book(tx), database, link, link.state(tx.now), seller
        )


def _name(tx: Tx, seller: str) -> str:
    try:
        return commerce.seller(tx, seller).name if seller else ""
    except UnknownSeller:
        return ""


@get("/{address:str}", sync_to_thread=True)
def show(request: Ask, address: FromPath[str]) -> Response[bytes]:
    """What is paid to whom, and the button that begins a payment."""
    return _page(request, _enter(request, address))


@post("/{address:str}", sync_to_thread=True, status_code=200)
def begin(request: Ask, address: FromPath[str], body: RawBody) -> Response[bytes]:
    """Begin a payment; the same form again leads to the same payment."""
    own_form(request)
    visit = _enter(request, address)
    fields = form(body)
    wish = one(fields, "wish")
    if not _WISH.fullmatch(wish):
        raise StrangeForm()
    said = one(fields, "amount").replace(",", "")
    try:
        pace.LINKS.take(f"{address_of(request)}/{visit.link.shown}")
        amount = money.parse_amount(said, visit.link.currency) if said else None
        secret = visit.database.run(
            lambda tx: link_flow.begin(tx, visit.link, amount, visit.world, wish),
            book=visit.book.book, actor=ACTOR,
        )  # fmt: skip
    except Problem as problem:
        return _page(request, visit, problem, said)
    return redirect(f"/pay/{secret}")


@get("/{address:str}/qr.svg", sync_to_thread=True)
def code(request: Ask, address: FromPath[str]) -> Response[bytes]:
    """The link as a QR code, to be shown or printed."""
    visit = _enter(request, address)
    settings: Settings = request.app.state.settings
    origin = (settings.origin or str(request.base_url)).rstrip("/")
    drawn = segno.make(f"{origin}/link/{visit.address}", micro=False, error="m")
    svg = io.BytesIO()
    drawn.save(svg, kind="svg", scale=8, border=4, dark="#10201f", light="#ffffff", xmldecl=False)
    return Response(svg.getvalue(), media_type="image/svg+xml", headers=answer.HEADERS)


def _page(
    request: Ask, visit: LinkVisit, problem: Problem | None = None, given: str = ""
) -> Response[bytes]:
    frame, link = frame_of(request, visit.book.time_zone), visit.link

    def amount(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, link.currency)

    shown = problem
    if isinstance(problem, links.LinkAmount):
        low, high = (
            str(money.major(v or 0, link.currency)) for v in (link.amount_min, link.amount_max)
        )
        shown = links.LinkAmount(low=low, high=high, currency=link.currency)
    page = LinkPage(
        world="live" if visit.world == LIVE else "sandbox",
        href=f"/link/{visit.address}",
        qr_href=f"/link/{visit.address}/qr.svg",
        payee=visit.book.name,
        seller=visit.seller,
        title=link.title(frame.lang),
        amount=amount(link.amount),
        least=amount(link.amount_min),
        most=amount(link.amount_max),
        state=visit.state,
        wish=crypto.token(),
        given=given,
        problem=(shown.title(frame.lang), shown.detail(frame.lang)) if shown else None,
    )
    text = draw("link.html", frame, page=page)
    found = html(request, text, status=problem.status if problem else 200)
    if problem and problem.status == 429:
        found.headers["Retry-After"] = str(problem.facts["retry_after_s"])
    return found


HANDLERS: list[Any] = [show, begin, code]
