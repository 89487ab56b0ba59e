"""Pages of parties over the API: opened, listed, ended. Who has the address acts as the party there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.settings import Settings
from huoshui.facts import pages
from huoshui.facts.pages import PartyPage
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Word,
    after_id,
    enter,
    page_of,
)
from huoshui.interfaces.api.settlement import NothingAsked
from huoshui.scenarios import own_page


class PartyPageAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose page (`slr_…` or `byr_…`), and for how many days the address is good."""

    party: Annotated[str, Meta(min_length=1, max_length=64)]
    expires_in_days: Annotated[int, Meta(ge=1, le=365)] = 30


class PartyPageView(msgspec.Struct, frozen=True):
    """A page of a party."""

    id: str
    party: str
    opens: bool
    made_by: str
    made_at: datetime
    ends_at: datetime
    ended_at: datetime | None


class OpenedPartyPage(msgspec.Struct, frozen=True):
    """A page that was opened: its address is told this once, and to nobody but the party."""

    page: PartyPageView
    url: str


@writes(
    "/party-pages", "parties:write", OpenedPartyPage, asks=PartyPageAsked, bound="book",
)  # fmt: skip
def open_party_page(request: Ask, body: RawBody) -> Response[bytes]:
    """Open a page on which a seller or buyer sees its loans, pays and consents, and sells its claims."""
    visit, asked = enter(request), decoded(body, PartyPageAsked)
    settings: Settings = visit.request.app.state.settings
    origin = (settings.origin or str(visit.request.base_url)).rstrip("/")

    def use_case(tx: Tx) -> OpenedPartyPage:
        made, secret = own_page.open_for(tx, asked.party, visit.actor.world, asked.expires_in_days)
        return OpenedPartyPage(_view(tx, made), f"{origin}/mine/{secret}")

    return visit.answer(body, use_case)


@reads("/party-pages", "parties:read", Page[PartyPageView], bound="book")
def list_party_pages(
    request: Ask, party: Word = "", after: Cursor = None, limit: Limit = 50
) -> Page[PartyPageView]:
    """Pages of parties, newest first; of one party where one is named."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = pages.pages(tx, party, after_id("ptp", after), limit)
        return page_of("ptp", rows, limit, lambda row: _view(tx, row))


@writes(
    "/party-pages/{ref:str}/end", "parties:write", PartyPageView, asks=NothingAsked,
    body_needed=False, idempotency="optional", bound="book",
)  # fmt: skip
def end_party_page(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """End a page at once: its address opens nothing any more."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)
    id_ = ids.read("ptp", ref)
    return visit.answer(body, lambda tx: _view(tx, pages.end_page(tx, id_)))


def _view(tx: Tx, row: PartyPage) -> PartyPageView:
    return PartyPageView(
        row.shown, row.party, row.opens(tx.now), row.made_by, row.made_at, row.ends_at, row.ended_at
    )


HANDLERS: list[Any] = [open_party_page, list_party_pages, end_party_page]
