"""What the pages of members, organisations, keys and statements do beyond showing."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import access, ids
from huoshui.core.access import Kind, members
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.facts.commerce import service as commerce
from huoshui.interfaces.console import export, render
from huoshui.interfaces.console.page import Frame
from huoshui.interfaces.console.pages import statements
from huoshui.interfaces.console.pages.keys import made_page
from huoshui.interfaces.console.pages.members import member_page
from huoshui.interfaces.console.visit import (
    HEADERS,
    Ask,
    Visit,
    enter,
    form,
    html,
    redirect,
    same_origin,
    site_of,
)
from huoshui.ledger import history, proof
from huoshui.ledger import service as ledger
from huoshui.ledger.model import Account, UnknownAccount
from huoshui.lines.payments.chart import SETTLEMENT_KIND, own_paths

_STATEMENT_ROWS = 1_000
_MENU = {"members": "parties:write", "organisations": "parties:write", "keys": "keys:write"}


class NoMembersHere(Problem):
    """A replay has no members and no organisations that sign in."""

    code = "no_members_here"
    status = 409


def _enter(request: Ask, world: str, menu: str) -> Visit:
    """Who changes something on these pages. Raises OutOfScope, NoMembersHere."""
    same_origin(request)
    visit = enter(request, world, menu)
    visit.need(_MENU[menu])
    if visit.world.kind == "replay" and menu != "keys":
        raise NoMembersHere()
    return visit


@post("/{world:str}/members/invite", sync_to_thread=True, status_code=200)
def invite(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Invite a member; the page shows the link, this once."""
    visit = _enter(request, world, "members")
    said = form(body)
    owner = _one(said, "organisation")
    with visit.begin() as tx:
        made, secret = members.invite(
            tx,
            _one(said, "email"),
            _one(said, "name"),
            _one(said, "role"),
            language=_one(said, "language") or visit.frame.lang,
            organisation_id=ids.read("org", owner) if owner else None,
        )
        return _member(request, visit, tx, made.shown, secret)


@post("/{world:str}/members/{key:str}/link", sync_to_thread=True, status_code=200)
def link(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Make a new link for a member; older ones end."""
    visit = _enter(request, world, "members")
    with visit.begin() as tx:
        member = members.member(tx, ids.read("mbr", key))
        if member.removed_at is not None:
            raise NotFound(kind="member", id=key)
        return _member(request, visit, tx, key, members.new_link(tx, member.id))


def _member(request: Ask, visit: Visit, tx: Tx, key: str, secret: str) -> Response[bytes]:
    book = access.this_book(tx).slug
    href = site_of(request).origin + members.link_path(visit.world.name, book, secret)
    frame = msgspec.structs.replace(visit.frame, path=visit.frame.to(f"members/{key}"))
    return html(request, render.page(member_page(tx, frame, key, href), frame))


@post("/{world:str}/members/{key:str}/remove", sync_to_thread=True, status_code=200)
def remove(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Remove a member: sessions and links end at once."""
    visit = _enter(request, world, "members")
    with visit.begin() as tx:
        members.remove_member(tx, ids.read("mbr", key))
    return redirect(visit.frame.to(f"members/{key}"))


@post("/{world:str}/organisations/open", sync_to_thread=True, status_code=200)
def open_(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Open an organisation of a seller, a buyer or a partner."""
    visit = _enter(request, world, "organisations")
    said = form(body)
    kind, _, role = _one(said, "role").partition("/")
    with visit.begin() as tx:
        object_id = _object(tx, kind, _one(said, "object"))
        made = access.open_organisation(
            tx, _kind(kind), _one(said, "name")[:80] or kind, role=role, object_id=object_id
        )
    return redirect(visit.frame.to(f"organisations/{ids.show('org', made.id)}"))


def _kind(text: str) -> Kind:
    return "seller" if text == "seller" else "buyer" if text == "buyer" else "partner"


def _object(tx: Tx, kind: str, ref: str) -> UUID | None:
    if kind == "seller":
        return commerce.seller(tx, ref).id
    return commerce.buyer(tx, ref) if kind == "buyer" else None


@post("/{world:str}/organisations/{key:str}/end", sync_to_thread=True, status_code=200)
def end(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """End an organisation with its keys, members and sessions."""
    visit = _enter(request, world, "organisations")
    with visit.begin() as tx:
        access.end_organisation(tx, ids.read("org", key))
    return redirect(visit.frame.to(f"organisations/{key}"))


@post("/{world:str}/organisations/{key:str}/grant", sync_to_thread=True, status_code=200)
def grant(request: Ask, world: FromPath[str], key: FromPath[str], body: RawBody) -> Response[bytes]:
    """Let a partner see the rows of a seller, or of the whole book (`*`)."""
    visit = _enter(request, world, "organisations")
    ref = _one(form(body), "seller")
    with visit.begin() as tx:
        seller = None if ref == "*" else commerce.seller(tx, ref).id
        access.grant_rows(tx, ids.read("org", key), seller)
    return redirect(visit.frame.to(f"organisations/{key}"))


@post("/{world:str}/organisations/{key:str}/revoke", sync_to_thread=True, status_code=200)
def revoke(
    request: Ask, world: FromPath[str], key: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Take granted rows back at once."""
    visit = _enter(request, world, "organisations")
    with visit.begin() as tx:
        access.revoke_grant(tx, ids.read("grt", _one(form(body), "grant")))
    return redirect(visit.frame.to(f"organisations/{key}"))


@post("/{world:str}/keys/make", sync_to_thread=True, status_code=200)
def make_key(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Make a key of no more scopes than the reader has; the page shows its text, this once."""
    visit = _enter(request, world, "keys")
    said = form(body)
    scopes = frozenset(str(scope) for scope in said.get("scope", []))
    for scope in sorted(scopes & access.SCOPES.keys()):
        visit.need(scope)
    owner = _one(said, "organisation")
    with visit.begin() as tx:
        key, text = access.make_key(
            tx,
            world,
            _one(said, "name")[:80] or "key",
            scopes,
            organisation_id=ids.read("org", owner) if owner else None,
        )
        frame = msgspec.structs.replace(visit.frame, path=visit.frame.to("keys"))
        return html(request, render.page(made_page(tx, frame, key, text), frame))


@get("/{world:str}/statements/{key:str}/{file:str}", sync_to_thread=True)
def statement(
    request: Ask, world: FromPath[str], key: FromPath[str], file: FromPath[str]
) -> Response[bytes]:
    """A month's statement of a seller: `2025-03.csv`, or with its proof `2025-03.json`."""
    visit = enter(request, world, "statements", bounded=True)
    visit.may("ledger:read")
    month, _, ending = file.rpartition(".")
    frame = msgspec.structs.replace(visit.frame, query=(("month", month),))
    with visit.begin() as tx:
        account = _own_account(tx, frame, key)
        since, until = statements.span_of(frame, statements.month_of(frame, tx.now))
        since, until = min(since, tx.now), min(until, tx.now)
        if ending == "json":
            since = max(since, account.opened_at)
            content = proof.prove(tx, account.id, since, max(until, since)).file
        elif ending == "csv":
            content = _csv(tx, account, since, until)
        else:
            raise NotFound(kind="file", id=file[:80])
    kind = "application/json" if ending == "json" else "text/csv; charset=utf-8"
    name = f"{ids.show('acc', account.id)}-{month}.{ending}"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _own_account(tx: Tx, frame: Frame, key: str) -> Account:
    """A seller's settlement account that the reader may see. Raises UnknownAccount."""
    account = ledger.account(tx, ids.read("acc", key))
    paths = own_paths(frame.bound)
    if account.kind != SETTLEMENT_KIND or (paths is not None and account.path not in paths):
        raise UnknownAccount(account=key)
    return account


def _csv(tx: Tx, account: Account, since: Any, until: Any) -> bytes:
    text = io.StringIO()
    sink = csv.writer(text)
    sink.writerow(history.CSV_HEADINGS)
    after, rows = None, 0
    while rows < export.ROWS_MAX:
        found = history.statement(
            tx, account.id, since=since, until=until, after=after, limit=_STATEMENT_ROWS
        )
        sink.writerows(history.csv_rows(found))
        rows, after = rows + len(found.lines), found.next
        if after is None:
            break
    return ("\ufeff" + text.getvalue()).encode()


def _one(said: dict[str, list[str]], name: str) -> str:
    return str(said.get(name, [""])[0]).strip()[:300]


ROUTES: list[Any] = [
    invite, link, remove, open_, end, grant, revoke, make_key, statement,
]  # fmt: skip
