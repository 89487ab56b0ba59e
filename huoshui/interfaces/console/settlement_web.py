"""What the pages of settlement do beyond showing: closing windows, approving payouts, files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.interfaces.console import export, render
from huoshui.interfaces.console.acting import acting, rehearsing, roles_of
from huoshui.interfaces.console.page import Frame, Table
from huoshui.interfaces.console.pages import settlement_acts
from huoshui.interfaces.console.pages.windows import positions_list
from huoshui.interfaces.console.visit import (
    HEADERS,
    Ask,
    Visit,
    enter,
    form,
    html,
    redirect,
    same_origin,
)
from huoshui.lines.payments.reconciliation import queue
from huoshui.lines.payments.reconciliation.model import LineBusy
from huoshui.lines.payments.settlement import batches, windows
from huoshui.scenarios import payout_flow


@post("/{world:str}/windows/close", sync_to_thread=True, status_code=200)
def close_window(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """Close the open settlement window. Raises OutOfScope."""
    same_origin(request)
    visit = enter(request, world, "windows")
    acting(visit, "settlement:write", windows.close_window)
    return redirect(visit.frame.to("windows"))


@get("/{world:str}/windows/{key:str}/positions.csv", sync_to_thread=True)
def positions_csv(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """A closed window's positions as CSV."""
    visit = enter(request, world, "windows")
    with visit.database.begin(book=visit.session.book) as tx:

        def page_of(frame: Frame) -> Any:
            return positions_list(tx, frame, key)

        body = export.csv(page_of, visit.frame)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="window-{int(key)}.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@post("/{world:str}/payouts/make", sync_to_thread=True, status_code=200)
def make_batch(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Draft a payout batch of the book's currency. Raises OutOfScope, NothingToPay."""
    same_origin(request)
    visit = enter(request, world, "payouts")
    currency = form(body).get("currency", [""])[0][:12]
    made: list[str] = []

    def use_case(tx: Tx) -> None:
        made.append(ids.show("pob", payout_flow.make_batch(tx, currency).id))

    acting(visit, "settlement:write", use_case)
    return redirect(visit.frame.to(f"payouts/{made[0]}"))


@post("/{world:str}/payouts/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_batch(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str]
) -> Response[bytes]:
    """Approve a batch, or call it off. Raises OutOfScope, OwnBatch, AboveLimit, IllegalMove."""
    same_origin(request)
    visit = enter(request, world, "payouts")
    id_, roles = ids.read("pob", key), roles_of(visit)
    if verb == "approve":
        acting(visit, "settlement:approve", lambda tx: batches.approve(tx, id_, roles=roles))
    elif verb == "cancel":
        acting(visit, "settlement:write", lambda tx: batches.cancel(tx, id_))
    else:
        raise NotFound(kind="page", id=verb[:40])
    return redirect(visit.frame.to(f"payouts/{key}"))


@post("/{world:str}/reconciliation/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_line(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str]
) -> Response[bytes]:
    """Undo a line's match, or write it off by two persons. Raises OutOfScope, LineBusy, OwnBatch."""
    same_origin(request)
    visit = enter(request, world, "reconciliation")
    id_ = ids.read("stl", key)
    writes: dict[str, Callable[[Tx], object]] = {
        "undo": lambda tx: _undo(tx, id_),
        "write-off": lambda tx: queue.ask_write_off(tx, id_, ""),
    }
    approves: dict[str, Callable[[Tx], object]] = {
        "approve": lambda tx: queue.approve_write_off(tx, id_),
        "refuse": lambda tx: queue.refuse_write_off(tx, id_),
    }
    if verb in writes:
        acting(visit, "settlement:write", writes[verb])
    elif verb in approves:
        acting(visit, "settlement:approve", approves[verb])
    else:
        raise NotFound(kind="page", id=verb[:40])
    return redirect(visit.frame.to(f"reconciliation/{key}"))


def _undo(tx: Tx, id_: UUID) -> None:
    line = queue.load_line(tx, id_)
    if line.match_id is None:
        raise LineBusy(id=ids.show("stl", id_), state=line.state)
    queue.undo(tx, line.match_id)


def act(visit: Visit, request: Ask, name: str, chosen: tuple[str, ...]) -> Response[bytes]:
    """A bulk action of settlement; with `dry_run=true` its preview, and nothing is kept."""
    action = settlement_acts.ACTIONS[name]

    def use_case(tx: Tx) -> Table:
        return action.run(tx, visit.frame, chosen)

    if visit.frame.asked("dry_run") == "true":
        table = rehearsing(visit, "settlement:write", use_case)
        text = render.template("preview.html", visit.frame, table=table, chosen=chosen, action=name)
        return html(request, text)
    acting(visit, "settlement:write", use_case)
    return redirect(visit.frame.to(action.place))


ROUTES: list[Any] = [close_window, positions_csv, make_batch, move_batch, move_line]
