"""What the pages of payments and disputes do beyond showing: capture, cancel, refund; submit, accept."""

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
from huoshui.core.errors import Conflict, NotFound
from huoshui.interfaces.console import render
from huoshui.interfaces.console.pages.dispute_paper import paper_page
from huoshui.interfaces.console.settlement_web import actor_of
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
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.model import Cancel, Capture
from huoshui.scenarios import payment_flow


def _acting(visit: Visit, use_case: Callable[[Tx], object]) -> None:
    """Do something in the session's book, under its actor's name. Raises OutOfScope."""
    if not visit.frame.may_write:
        raise OutOfScope(scope="payments:write")
    with visit.database.begin(book=visit.session.book) as tx:
        tx.actor = actor_of(tx, visit)
        use_case(tx)


def _refund(tx: Tx, id_: UUID, version: str) -> None:
    key = f"console/{ids.show('pmt', id_)}/{version}"
    payment_flow.refund(tx, id_, key, None, "")


_PAYMENT: dict[str, Callable[[Tx, UUID, str], object]] = {
    "capture": lambda tx, id_, _: payment_flow.apply(tx, [Capture(id_)])[0].demand(),
    "cancel": lambda tx, id_, _: payment_flow.apply(tx, [Cancel(id_)])[0].demand(),
    "refund": _refund,
}
_DISPUTE: dict[str, Callable[[Tx, UUID], object]] = {
    "submit": disputes.submit,
    "accept": disputes.accept,
}


@post("/{world:str}/payments/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_payment(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Ask something of a payment, as its page showed it. Raises OutOfScope, IllegalMove, Conflict."""
    same_origin(request)
    visit = enter(request, world, "payments")
    id_ = ids.read("pmt", key)
    if verb not in _PAYMENT:
        raise NotFound(kind="page", id=verb[:40])
    version = form(body).get("version", [""])[0][:12]

    def use_case(tx: Tx) -> None:
        # What has moved since it was shown is looked at again first: the same form twice is once.
        if str(service.payment(tx, id_).version) != version:
            raise Conflict()
        _PAYMENT[verb](tx, id_, version)

    _acting(visit, use_case)
    return redirect(visit.frame.to(f"payments/{key}"))


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
    _acting(visit, lambda tx: _DISPUTE[verb](tx, id_))
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


ROUTES: list[Any] = [move_payment, move_dispute, printed]
