"""What the pages of relief and of a loan's papers do beyond showing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core.db import Tx
from huoshui.interfaces.console.acting import Form, done, previewed
from huoshui.interfaces.console.pages import relief
from huoshui.interfaces.console.pages.relief import SCOPE, Said
from huoshui.interfaces.console.visit import (
    HEADERS,
    Ask,
    Visit,
    enter,
    form,
    same_origin,
)
from huoshui.interfaces.papers import loans as papers
from huoshui.interfaces.papers.loans import MEDIA_TYPE, File
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan.model import Loan


def _entered(
    request: Ask, world: str, key: str, verb: str, body: bytes
) -> tuple[Visit, Form[Said]]:
    same_origin(request)
    visit = enter(request, world, "loans")
    return visit, Form(
        SCOPE,
        f"loan-requests/{key}",
        Said(verb, str(form(body).get("answer", [""])[0])[:1000]),
        do=lambda tx, said: relief.decided(tx, key, said),
        preview=lambda tx, frame, said: relief.preview_page(tx, frame, key, said),
        page=lambda tx, frame, said: relief.request_page(tx, frame, key, said),
    )


@post(
    "/{world:str}/loan-requests/{key:str}/{verb:str}/preview", sync_to_thread=True, status_code=200
)
def preview_relief(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What a decision would do: it is done in a transaction that is undone. Raises OutOfScope."""
    visit, filled = _entered(request, world, key, verb, body)
    return previewed(request, visit, filled)


@post("/{world:str}/loan-requests/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def decide_relief(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Decide as the preview showed; refused, the page says why. Raises OutOfScope, UnknownRequest."""
    visit, filled = _entered(request, world, key, verb, body)
    return done(request, visit, filled)


@get("/{world:str}/loans/{key:str}/contract.pdf", sync_to_thread=True)
def contract_file(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """A loan's contract in the reader's language. Raises UnknownLoan, NothingOffered."""
    return _file(request, world, key, papers.contract_file)


@get("/{world:str}/loans/{key:str}/statement.pdf", sync_to_thread=True)
def statement_file(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """A loan's statement in the reader's language. Raises UnknownLoan, NotBegun."""
    return _file(request, world, key, papers.statement_file)


def _file(
    request: Ask, world: str, key: str, make: Callable[[Tx, Loan, str], File]
) -> Response[bytes]:
    visit = enter(request, world, "loans")
    visit.need("loans:read")
    with visit.begin() as tx:
        file = make(tx, contract.find(tx, key), visit.frame.lang)
    headers = HEADERS | {"Content-Disposition": f'inline; filename="{file.name}"'}
    return Response(file.content, media_type=MEDIA_TYPE, headers=headers)


ROUTES: list[Any] = [preview_relief, decide_relief, contract_file, statement_file]
