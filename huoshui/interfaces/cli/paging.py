"""`page …`: own pages of sellers and buyers, opened, listed, ended."""

from __future__ import annotations

from typing import Any

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.settings import Settings
from huoshui.facts import pages
from huoshui.facts.pages import PartyPage
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.member_commands import origin
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import say
from huoshui.scenarios import own_page

ACTOR = "cli"


def run_open(settings: Settings, where: Where, party: str, days: int, *, json: bool) -> None:
    """Open a party's page; its address is told this once."""
    with opened(settings, where.world) as database:
        made, secret = database.run(
            lambda tx: own_page.open_for(tx, party, where.world, days), book=where.book, actor=ACTOR
        )
    url = f"{origin(settings)}/mine/{secret}"
    if json:
        terminal.print_json({"page": _told(made), "url": url})
        return
    told = say("page.opened", id=made.shown, party=made.party, until=f"{made.ends_at:%Y-%m-%d}")
    terminal.out.print(told, highlight=False)
    terminal.out.print(url, highlight=False, soft_wrap=True)


def run_list(settings: Settings, where: Where, party: str, limit: int, *, json: bool) -> None:
    """Pages of parties, newest first."""

    def use_case(tx: Tx) -> list[tuple[PartyPage, str]]:
        return [(each, _state(tx, each)) for each in pages.pages(tx, party, limit=limit)]

    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = use_case(tx)
    if json:
        terminal.print_json([_told(each) | {"state": state} for each, state in found])
        return
    if not found:
        terminal.out.print(say("page.none"), highlight=False)
        return
    heads = [say(f"page.{name}") for name in ("id", "party", "state", "ends")]
    rows = [
        [each.shown, each.party, say(f"page.{state}"), f"{each.ends_at:%Y-%m-%d}"]
        for each, state in found
    ]
    terminal.table(heads, rows)


def _state(tx: Tx, of: PartyPage) -> str:
    return "ended" if of.ended_at else "open" if of.opens(tx.now) else "expired"


def run_end(settings: Settings, where: Where, page: str, *, json: bool) -> None:
    """Let a page open nothing any more."""
    id_ = ids.read("ptp", page)
    with opened(settings, where.world) as database:
        ended = database.run(lambda tx: pages.end_page(tx, id_), book=where.book, actor=ACTOR)
    if json:
        terminal.print_json(_told(ended))
        return
    terminal.out.print(say("page.closed", id=ended.shown, party=ended.party), highlight=False)


def _told(of: PartyPage) -> dict[str, Any]:
    """A page without the digest of its secret."""
    told: dict[str, Any] = msgspec.to_builtins(of)
    del told["digest"]
    return told | {"id": of.shown}
