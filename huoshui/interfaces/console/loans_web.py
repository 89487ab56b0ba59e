"""What the pages of loans do beyond showing: every form is previewed, then carried out; days are closed."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import access
from huoshui.core.access import OutOfScope
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.interfaces.console import render
from huoshui.interfaces.console.page import ObjectPage
from huoshui.interfaces.console.pages.loan import loan_page
from huoshui.interfaces.console.pages.loan_acts import FORMS, SCOPE, Said, carry_out, preview_page
from huoshui.interfaces.console.settlement_web import acting, rehearsing
from huoshui.interfaces.console.visit import (
    Ask,
    Visit,
    enter,
    form,
    html,
    redirect,
    same_origin,
)
from huoshui.lines.lending.day import DayNotOver, close_day
from huoshui.lines.lending.loan import contract

CLOSING_S = 20  # so long one press of the button closes parts; what is left waits for the next
_DAY = timedelta(days=1)


def _entered(request: Ask, world: str, verb: str, body: bytes) -> tuple[Visit, Said]:
    """Who asks, and the form that was sent. Raises NotFound."""
    same_origin(request)
    visit = enter(request, world, "loans")
    if verb not in FORMS:
        raise NotFound(kind="page", id=verb[:40])
    return visit, Said(verb, {name: str(values[0]) for name, values in form(body).items()})


@post("/{world:str}/loans/{key:str}/{verb:str}/preview", sync_to_thread=True, status_code=200)
def preview_loan(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What would be moved: it is done in a transaction that is undone. Raises OutOfScope."""
    visit, said = _entered(request, world, verb, body)

    def use_case(tx: Tx) -> ObjectPage:
        return preview_page(tx, visit.frame, key, said)

    try:
        page = rehearsing(visit, SCOPE, use_case)
    except Problem as problem:
        return _refused(request, visit, key, said, problem)
    return html(request, render.page(page, visit.frame))


@post("/{world:str}/loans/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_loan(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Do what the preview showed; refused, the page says why. Raises OutOfScope, UnknownLoan."""
    visit, said = _entered(request, world, verb, body)
    try:
        acting(visit, SCOPE, lambda tx: carry_out(tx, contract.find(tx, key), said))
    except Problem as problem:
        return _refused(request, visit, key, said, problem)
    return redirect(visit.frame.to(f"loans/{key}"))


def _refused(request: Ask, visit: Visit, key: str, said: Said, problem: Problem) -> Response[bytes]:
    """The loan's page with what was filled in, and why it cannot be."""
    if isinstance(problem, OutOfScope | NotFound):
        raise problem
    here = msgspec.structs.replace(visit.frame, path=visit.frame.to(f"loans/{key}"))
    told = msgspec.structs.replace(said, problem=problem.detail(here.lang))
    with visit.begin() as tx:
        page = loan_page(tx, here, key, told)
    if not any(deed.problem for deed in page.deeds):
        page = msgspec.structs.replace(page, lead=told.problem)
    return html(request, render.page(page, here), status=problem.status)


@post("/{world:str}/loan-days/{day:str}/close", sync_to_thread=True, status_code=200)
def close_loan_day(request: Ask, world: FromPath[str], day: FromPath[str]) -> Response[bytes]:
    """Close a day of a sandbox, as far as it comes in a while. Raises OutOfScope, DayNotOver."""
    same_origin(request)
    visit = enter(request, world, "loan_days")
    if visit.world.kind != "sandbox" or not visit.frame.writes(SCOPE):
        raise OutOfScope(scope=SCOPE)
    try:
        wanted = date.fromisoformat(day)
    except ValueError as error:
        raise NotFound(kind="page", id=day[:40]) from error
    book = visit.session.book
    if wanted >= visit.database.run(access.today, book=book):
        raise DayNotOver(day=wanted.isoformat())
    until = time.monotonic() + CLOSING_S
    close_day(visit.database, wanted, book=book, enough=lambda: time.monotonic() > until)
    return redirect(visit.frame.to(f"loan-days/{wanted}"))


ROUTES: list[Any] = [preview_loan, move_loan, close_loan_day]
