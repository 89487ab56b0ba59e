"""What the pages of payments and disputes do beyond showing: asked after a preview; submit, accept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.access import OutOfScope
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.interfaces.console import render
from huoshui.interfaces.console.page import ObjectPage
from huoshui.interfaces.console.pages.dispute_paper import paper_page
from huoshui.interfaces.console.pages.payment import payment_page
from huoshui.interfaces.console.pages.payment_acts import (
    VERBS,
    Said,
    carry_out,
    preview_page,
    reason,
)
from huoshui.interfaces.console.settlement_web import acting, rehearsing
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
from huoshui.lines.payments.disputes import service as disputes

_DISPUTE: dict[str, Callable[[Tx, UUID], object]] = {
    "submit": disputes.submit,
    "accept": disputes.accept,
}


def _asked(verb: str, body: bytes) -> Said:
    """The form that was sent. Raises NotFound for a verb that no page has."""
    if verb not in VERBS:
        raise NotFound(kind="page", id=verb[:40])
    return Said(verb, {name: str(values[0]) for name, values in form(body).items()})


@post("/{world:str}/payments/{key:str}/{verb:str}/preview", sync_to_thread=True, status_code=200)
def preview_payment(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What would be moved: it is done in a transaction that is undone. Raises OutOfScope."""
    same_origin(request)
    visit = enter(request, world, "payments")
    id_, said = ids.read("pmt", key), _asked(verb, body)

    def use_case(tx: Tx) -> ObjectPage:
        return preview_page(tx, visit.frame, id_, said)

    try:
        page = rehearsing(visit, "payments:write", use_case)
    except Problem as problem:
        return _refused(request, visit, key, said, problem)
    return html(request, render.page(page, visit.frame))


@post("/{world:str}/payments/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_payment(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Ask something of a payment, as its preview showed it; refused, its page says why.

    Raises OutOfScope, UnknownPayment.
    """
    same_origin(request)
    visit = enter(request, world, "payments")
    id_, said = ids.read("pmt", key), _asked(verb, body)
    try:
        acting(visit, "payments:write", lambda tx: carry_out(tx, id_, said))
    except Problem as problem:
        return _refused(request, visit, key, said, problem)
    return redirect(visit.frame.to(f"payments/{key}"))


def _refused(request: Ask, visit: Visit, key: str, said: Said, problem: Problem) -> Response[bytes]:
    """The payment's page with what was filled in, and why it cannot be."""
    if isinstance(problem, OutOfScope | NotFound):
        raise problem
    here = msgspec.structs.replace(visit.frame, path=visit.frame.to(f"payments/{key}"))
    with visit.begin() as tx:
        told = msgspec.structs.replace(said, problem=reason(tx, here, key, problem))
        page = payment_page(tx, here, key, told)
    if not any(deed.problem for deed in page.deeds):  # it may not be asked any more
        page = msgspec.structs.replace(page, lead=told.problem)
    return html(request, render.page(page, here), status=problem.status)


@post("/{world:str}/disputes/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_dispute(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str]
) -> Response[bytes]:
    """Submit a dispute's evidence, or accept it. Raises OutOfScope, IllegalMove."""
    same_origin(request)
    visit = enter(request, world, "disputes")
    id_ = ids.read("dpt", key)
    if verb not in _DISPUTE:
        raise NotFound(kind="page", id=verb[:40])
    acting(visit, "payments:write", lambda tx: _DISPUTE[verb](tx, id_))
    return redirect(visit.frame.to(f"disputes/{key}"))


@get("/{world:str}/disputes/{key:str}/evidence.html", sync_to_thread=True)
def printed(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """A dispute's evidence file as one page to keep or print. It is only saved, never shown here."""
    visit = enter(request, world, "disputes")
    alone = msgspec.structs.replace(visit.frame, alone=True)
    with visit.database.begin(book=visit.session.book) as tx:
        body = render.page(paper_page(tx, alone, key), alone).encode()
    name = f"{ids.show('dpt', ids.read('dpt', key))}-{visit.frame.lang}.html"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="text/html; charset=utf-8", headers=headers)


ROUTES: list[Any] = [preview_payment, move_payment, move_dispute, printed]
