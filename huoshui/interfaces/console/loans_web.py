"""What the pages of loans do beyond showing: every form is previewed, then carried out; days are closed."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import access
from huoshui.core.access import OutOfScope
from huoshui.core.errors import NotFound
from huoshui.interfaces.console.acting import Form, done, previewed
from huoshui.interfaces.console.pages.loan import loan_page
from huoshui.interfaces.console.pages.loan_acts import FORMS, SCOPE, Said, carry_out, preview_page
from huoshui.interfaces.console.visit import (
    Ask,
    Visit,
    enter,
    form,
    redirect,
    same_origin,
)
from huoshui.lines.lending.day import DayNotOver, close_day
from huoshui.lines.lending.loan import contract

CLOSING_S = 20  # so long one press of the button closes parts; what is left waits for the next


def _entered(
    request: Ask, world: str, key: str, verb: str, body: bytes
) -> tuple[Visit, Form[Said]]:
    """Who asks, and the form that was sent. Raises NotFound."""
    same_origin(request)
    visit = enter(request, world, "loans")
    if verb not in FORMS:
        raise NotFound(kind="page", id=verb[:40])
    return visit, Form(
        SCOPE,
        f"loans/{key}",
        Said(verb, {name: str(values[0]) for name, values in form(body).items()}),
        do=lambda tx, said: carry_out(tx, contract.find(tx, key), said),
        preview=lambda tx, frame, said: preview_page(tx, frame, key, said),
        page=lambda tx, frame, said: loan_page(tx, frame, key, said),
    )


@post("/{world:str}/loans/{key:str}/{verb:str}/preview", sync_to_thread=True, status_code=200)
def preview_loan(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What would be moved: it is done in a transaction that is undone. Raises OutOfScope."""
    visit, filled = _entered(request, world, key, verb, body)
    return previewed(request, visit, filled)


@post("/{world:str}/loans/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_loan(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Do what the preview showed; refused, the page says why. Raises OutOfScope, UnknownLoan."""
    visit, filled = _entered(request, world, key, verb, body)
    return done(request, visit, filled)


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
