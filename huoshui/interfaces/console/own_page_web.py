"""What the pages about parties' own pages do beyond showing: one is opened, and ended at once."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts import pages as party_pages
from huoshui.interfaces.console import render
from huoshui.interfaces.console.acting import acting
from huoshui.interfaces.console.page import Figure, Frame, Link, ObjectPage
from huoshui.interfaces.console.pages.own_pages import DAYS, SCOPE, days_of, own_page_page
from huoshui.interfaces.console.pages.sellers import seller_page
from huoshui.interfaces.console.visit import (
    Ask,
    Visit,
    enter,
    form,
    html,
    redirect,
    same_origin,
)
from huoshui.scenarios import own_page


def _once(frame: Frame, page: ObjectPage, secret: str) -> ObjectPage:
    """A page with the address above all else: it is shown this once."""
    url = f"{frame.origin}/mine/{secret}"
    told = Figure(
        label=frame.say("own_pages.address"), value=Link(url, url),
        hint=frame.say("own_pages.once"),
    )  # fmt: skip
    return msgspec.structs.replace(page, fields=(told, *page.fields))


def _at(visit: Visit, place: str) -> Frame:
    return msgspec.structs.replace(visit.frame, path=visit.frame.to(place), query=())


@post("/{world:str}/sellers/{key:str}/own-page", sync_to_thread=True, status_code=200)
def open_seller_page(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Open a seller's own page; its address is shown this once. Raises OutOfScope, UnknownSeller."""
    same_origin(request)
    visit = enter(request, world, "sellers")
    here = _at(visit, f"sellers/{key}")

    def use_case(tx: Tx) -> ObjectPage:
        _, secret = own_page.open_for(tx, key, visit.world.name, DAYS)
        return _once(here, seller_page(tx, here, key), secret)

    return html(request, render.page(acting(visit, SCOPE, use_case), here))


@post("/{world:str}/own-pages/open", sync_to_thread=True, status_code=200)
def open_party_page(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Open a seller's or buyer's own page; its address is shown this once.

    Raises OutOfScope, BadId, UnknownSeller, UnknownBuyer, BadPartyPage.
    """
    same_origin(request)
    visit = enter(request, world, "own_pages")
    said = form(body)
    party = str(said.get("party", [""])[0]).strip()[:64]
    days = days_of(str(said.get("days", [""])[0]))

    def use_case(tx: Tx) -> tuple[Frame, ObjectPage]:
        made, secret = own_page.open_for(tx, party, visit.world.name, days)
        here = _at(visit, f"own-pages/{made.shown}")
        return here, _once(here, own_page_page(tx, here, made.shown), secret)

    here, page = acting(visit, SCOPE, use_case)
    return html(request, render.page(page, here))


@post("/{world:str}/own-pages/{key:str}/end", sync_to_thread=True, status_code=200)
def end_party_page(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Let a page open nothing any more. Raises OutOfScope, UnknownPartyPage."""
    same_origin(request)
    visit = enter(request, world, "own_pages")
    acting(visit, SCOPE, lambda tx: party_pages.end_page(tx, ids.read("ptp", key)))
    return redirect(visit.frame.to(f"own-pages/{key}"))


ROUTES: list[Any] = [open_seller_page, open_party_page, end_party_page]
