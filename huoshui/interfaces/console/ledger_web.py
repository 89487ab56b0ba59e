"""What the ledger's pages do beyond showing: files, the lane of this process, closing, comparing."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.access import OutOfScope
from huoshui.core.errors import Malformed
from huoshui.interfaces.console import export, render
from huoshui.interfaces.console.pages.account import account_of, span_of, statement_pages
from huoshui.interfaces.console.pages.lane import lane_page
from huoshui.interfaces.console.pages.verify import under_way
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
from huoshui.interfaces.lanes import Lanes
from huoshui.ledger import history, periods, proof, reconciliation
from huoshui.ledger.upkeep.service import RECONCILE


@get("/{world:str}/accounts/{key:str}/statement.csv", sync_to_thread=True)
def statement_csv(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """An account's statement over the page's days and in its view, as CSV; minor units."""
    visit = enter(request, world, "accounts")
    text = io.StringIO()
    sink = csv.writer(text)
    sink.writerow(history.CSV_HEADINGS)
    with visit.database.begin(book=visit.session.book) as tx:
        account = account_of(tx, visit.frame, key)
        for page in statement_pages(tx, visit.frame, account, export.ROWS_MAX):
            sink.writerows(history.csv_rows(page))
    body = ("\ufeff" + text.getvalue()).encode()
    return _file(body, "text/csv; charset=utf-8", f"{ids.show('acc', account.id)}.csv")


@get("/{world:str}/accounts/{key:str}/statement.json", sync_to_thread=True)
def statement_proof(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """An account's statement with its proof. Raises NotSealedYet, StatementTooLong."""
    visit = enter(request, world, "accounts")
    with visit.database.begin(book=visit.session.book) as tx:
        account = account_of(tx, visit.frame, key)
        made = proof.prove(tx, account.id, *span_of(tx, visit.frame, account))
    return _file(made.file, "application/json", "statement.json")


@get("/{world:str}/lane", sync_to_thread=True)
def lane(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """The health of this process' lane in a world."""
    visit = enter(request, world, "lane")
    lanes: Lanes | None = getattr(request.app.state, "lanes", None)
    found = lanes.of(world) if lanes else None
    page = lane_page(visit.frame, found.health() if found else None)
    return html(request, render.page(page, visit.frame))


@post("/{world:str}/periods/close", sync_to_thread=True, status_code=200)
def close(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Seal every day before the one that the form names.

    Raises OutOfScope, PeriodNotOver, PeriodSealedAlready.
    """
    same_origin(request)
    visit = enter(request, world, "periods")
    if not visit.frame.may_close:
        raise OutOfScope(scope="ledger:close")
    until = _day(form(body).get("until", [""])[0])
    with visit.database.begin(book=visit.session.book, actor=_actor(visit)) as tx:
        periods.close_period(tx, until)
    return redirect(visit.frame.to("periods"))


@post("/{world:str}/verify/reconcile", sync_to_thread=True, status_code=200)
def reconcile(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """Put the comparison with history off to now: the server's due work runs it piece by piece."""
    same_origin(request)
    visit = enter(request, world, "verify")
    if not visit.frame.may_reconcile:
        raise OutOfScope(scope="ledger:write")
    with visit.database.begin(book=visit.session.book, actor=_actor(visit)) as tx:
        if not under_way(tx, reconciliation.reconciliations(tx, limit=1)):
            run = reconciliation.start(tx)
            tx.later(RECONCILE, str(run), tx.now, run=str(run), after="")
    return redirect(visit.frame.to("verify"))


def _actor(visit: Visit) -> str:
    return visit.session.actor


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(what="until", reason=text[:40]) from error


def _file(body: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=media_type, headers=headers)


ROUTES: list[Any] = [statement_csv, statement_proof, lane, close, reconcile]
