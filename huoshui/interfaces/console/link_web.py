"""What the pages of payment links do beyond showing: a link is made, and ended."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids, money
from huoshui.interfaces.console.visit import Ask, enter, form, redirect, same_origin
from huoshui.lines.payments import links
from huoshui.lines.payments.links import LinkAsked


@post("/{world:str}/links/make", sync_to_thread=True, status_code=200)
def make(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Make a payment link in the book's currency. Raises OutOfScope, BadLink, AmountUnreadable."""
    same_origin(request)
    visit = enter(request, world, "links")
    visit.need("payments:write")
    said, currency = form(body), visit.frame.currency

    def text(name: str) -> str:
        return str(said.get(name, [""])[0]).strip()[:200]

    def amount(name: str) -> int | None:
        given = text(name).replace(",", "")
        return money.parse_amount(given, currency) if given else None

    asked = LinkAsked(
        seller=text("seller")[:64],
        currency=currency,
        amount=amount("amount"),
        amount_min=amount("least"),
        amount_max=amount("most"),
        title_en=text("title_en") or text("title_zh") or "-",
        title_zh=text("title_zh") or text("title_en") or "-",
    )
    with visit.begin() as tx:
        made = links.make_link(tx, asked)
    return redirect(visit.frame.to(f"links/{made.shown}"))


@post("/{world:str}/links/{key:str}/end", sync_to_thread=True, status_code=200)
def end(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Let a payment link begin no payment any more. Raises OutOfScope, UnknownLink."""
    same_origin(request)
    visit = enter(request, world, "links")
    visit.need("payments:write")
    with visit.begin() as tx:
        links.end_link(tx, ids.read("plk", key))
    return redirect(visit.frame.to(f"links/{key}"))


ROUTES: list[Any] = [make, end]
