"""What the pages of payments and disputes do beyond showing: asked after a preview; submit, accept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.interfaces.console import render
from huoshui.interfaces.console.acting import Form, acting, done, previewed
from huoshui.interfaces.console.pages.dispute_paper import paper_page
from huoshui.interfaces.console.pages.payment import payment_page
from huoshui.interfaces.console.pages.payment_acts import (
    VERBS,
    Said,
    carry_out,
    preview_page,
    reason,
)
from huoshui.interfaces.console.visit import (
    HEADERS,
    Ask,
    Visit,
    enter,
    form,
    redirect,
    same_origin,
)
from huoshui.lines.payments.disputes import service as disputes

_DISPUTE: dict[str, Callable[[Tx, UUID], object]] = {
    "submit": disputes.submit,
    "accept": disputes.accept,
}


def _entered(
    request: Ask, world: str, key: str, verb: str, body: bytes
) -> tuple[Visit, Form[Said]]:
    """Who asks, and the form that was sent. Raises NotFound for a verb that no page has."""
    same_origin(request)
    visit = enter(request, world, "payments")
    id_ = ids.read("pmt", key)
    if verb not in VERBS:
        raise NotFound(kind="page", id=verb[:40])
    return visit, Form(
        "payments:write",
        f"payments/{key}",
        Said(verb, {name: str(values[0]) for name, values in form(body).items()}),
        do=lambda tx, said: carry_out(tx, id_, said),
        preview=lambda tx, frame, said: preview_page(tx, frame, id_, said),
        page=lambda tx, frame, said: payment_page(tx, frame, key, said),
        why=lambda tx, frame, problem: reason(tx, frame, key, problem),
    )


@post("/{world:str}/payments/{key:str}/{verb:str}/preview", sync_to_thread=True, status_code=200)
def preview_payment(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What would be moved: it is done in a transaction that is undone. Raises OutOfScope."""
    visit, filled = _entered(request, world, key, verb, body)
    return previewed(request, visit, filled)


@post("/{world:str}/payments/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_payment(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Ask something of a payment, as its preview showed it; refused, its page says why.

    Raises OutOfScope, UnknownPayment.
    """
    visit, filled = _entered(request, world, key, verb, body)
    return done(request, visit, filled)


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
