"""The commands of `huoshui member`: who may sign in to the console."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from cyclopts import App

from huoshui.core import access
from huoshui.core.access import members
from huoshui.core.errors import NotFound
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.interfaces.cli.terminal import say

Add = Callable[[App, str, Callable[..., None]], None]
_LISTED = 500


def add_members(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def add_(
        email: str,
        name: str,
        *,
        role: str = "owner",
        language: str = "",
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        chosen = language or terminal.language()
        run_add(settings, world, book, email, name, role, chosen, json=json)

    def list_(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        run_list(settings, world, book, json=json)

    def remove(email: str, *, world: str = SANDBOX, book: int = 1) -> None:
        run_remove(settings, world, book, email)

    add(app, "member.add", add_)
    add(app, "member.list", list_)
    add(app, "member.remove", remove)


def run_add(
    settings: Settings,
    world: str,
    book: int,
    email: str,
    name: str,
    role: str,
    language: str,
    *,
    json: bool,
) -> None:
    """Invite somebody of the marketplace and print the link, this once."""
    worlds = Worlds.start(settings)
    with worlds.database(world).begin(book=book) as tx:
        if world == SANDBOX and book == 1:
            open_default_book(tx)
        slug = access.this_book(tx).slug
        made, secret = members.invite(tx, email, name, role, language=language)
    worlds.close()
    link = origin(settings) + members.link_path(world, slug, secret)
    if json:
        terminal.print_json({"id": made.shown, "email": made.email, "role": role, "link": link})
    else:
        terminal.err.print(say("member.link", name=name), highlight=False)
        sys.stdout.write(link + "\n")


def run_list(settings: Settings, world: str, book: int, *, json: bool) -> None:
    """The members of the marketplace and of its organisations, newest first."""
    worlds = Worlds.start(settings)
    with worlds.database(world).begin(book=book) as tx:
        found: list[dict[str, Any]] = [
            {
                "id": row.shown,
                "email": row.email,
                "name": row.name,
                "role": row.role,
                "organisation": access.organisation(tx, row.organisation_id).name
                if row.organisation_id
                else "",
                "joined": row.password is not None,
                "factors": members.factors(tx, row),
            }
            for row in members.members(tx, limit=_LISTED)
        ]
    worlds.close()
    if json:
        terminal.print_json(found)
        return
    headings = [say(f"member.{name}") for name in ("email", "name", "role", "organisation")]
    rows = [[str(row[key]) for key in ("email", "name", "role", "organisation")] for row in found]
    terminal.table(headings, rows)


def run_remove(settings: Settings, world: str, book: int, email: str) -> None:
    """Remove a member: sessions and links end at once. Raises NotFound."""
    worlds = Worlds.start(settings)
    with worlds.database(world).begin(book=book) as tx:
        found = members.by_email(tx, email)
        if found is None:
            raise NotFound(kind="member", id=email[:80])
        members.remove_member(tx, found.id)
    worlds.close()
    terminal.out.print(say("member.removed", email=found.email), highlight=False)


def origin(settings: Settings) -> str:
    """Where the server answers: the setting's, or this machine."""
    # A passkey needs a name: browsers take localhost, and never 127.0.0.1.
    return settings.origin.rstrip("/") or f"http://localhost:{settings.port}"
