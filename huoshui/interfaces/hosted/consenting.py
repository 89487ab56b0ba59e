"""The page of a mandate: what may be taken by which machine, agreed to by the payer's passkey.

Whoever holds the secret may look, say no, or take the consent back; to say yes it takes the payer's
passkey, on a challenge that is good for this mandate with these caps and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import crypto
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.core.passkey import Passkey
from huoshui.core.worlds import LIVE
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.service import UnknownSeller
from huoshui.interfaces.hosted import allowing, answer, proving
from huoshui.interfaces.hosted.allowing import AskedDebit
from huoshui.interfaces.hosted.answer import draw, frame_of, html, redirect
from huoshui.interfaces.hosted.consent_visit import ConsentVisit, enter
from huoshui.interfaces.hosted.opening import Ask, form, form_token, own_form
from huoshui.interfaces.hosted.proving import NothingToProve, Proof
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.mandates import service
from huoshui.lines.payments.mandates.model import MANDATE, Mandate


class ConsentPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of a mandate shows."""

    world: str
    href: str
    state: str
    version: int
    token: str
    payee: str
    merchant: str
    device: str
    scene: str
    single: Money
    daily: Money
    total: Money | None
    spent: Money
    ends_at: datetime | None
    ended: bool
    has_passkey: bool
    asked: tuple[AskedDebit, ...]


@get("/{secret:str}", sync_to_thread=True)
def show(request: Ask, secret: FromPath[str]) -> Response[bytes]:
    """What a mandate allows, and what the payer may do about it now."""
    visit = enter(request, secret)
    frame = frame_of(request, visit.zone)
    page = visit.run(lambda tx: _page(tx, visit, frame.lang))
    return html(request, draw("consent.html", frame, page=page))


def _page(tx: Tx, visit: ConsentVisit, lang: str) -> ConsentPage:
    found, unit = visit.mandate, visit.mandate.currency
    return ConsentPage(
        world="live" if visit.opening.world == LIVE else "sandbox",
        href=f"/consent/{visit.secret}",
        state=found.state,
        version=visit.version,
        token=form_token(visit.secret, visit.version),
        payee=visit.book_name,
        merchant=_merchant(tx, found.merchant),
        device=_device(tx, found.device),
        scene=found.scene,
        single=Money(found.single_max, unit),
        daily=Money(found.daily_max, unit),
        total=None if found.total_max is None else Money(found.total_max, unit),
        spent=Money(found.spent, unit),
        ends_at=found.ends_at,
        ended=_is_over(found, tx.now),
        has_passkey=proving.has_passkey(tx, found.payer),
        asked=allowing.waiting(tx, visit, lang),
    )


def _merchant(tx: Tx, party: str) -> str:
    try:
        return commerce.seller(tx, party).name or party
    except UnknownSeller:
        return party


def _device(tx: Tx, shown: str) -> str:
    """What a machine is called, with its id; empty where every machine of the merchant may ask."""
    if not shown:
        return ""
    name = devices.find(tx, shown).name
    return f"{name} ({shown})" if name else shown


@post("/{secret:str}/decline", sync_to_thread=True, status_code=200)
def decline(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """The payer does not agree."""
    return _moved(request, secret, body, service.decline)


@post("/{secret:str}/revoke", sync_to_thread=True, status_code=200)
def revoke(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """The payer takes its consent back, from this moment on."""
    return _moved(request, secret, body, service.revoke)


def _moved(
    request: Ask, secret: str, body: bytes, move: Callable[[Tx, Any], Mandate]
) -> Response[bytes]:
    """Do it where the page still shows what stands; else only show what does."""
    own_form(request)
    visit = enter(request, secret)
    if visit.check(form(body)):
        visit.run(lambda tx: move(tx, visit.mandate.id))
    return redirect(f"/consent/{secret}")


@post("/{secret:str}/passkey/begin", sync_to_thread=True, status_code=200)
def begin(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """What the browser is to ask for: a new passkey at the first use, else one that stands."""
    own_form(request)
    visit = enter(request, secret)
    visit.check(form(body))
    return proving.answer_begun(request, visit, lambda tx: _proof(_awaiting(tx, visit)))


@post("/{secret:str}/passkey", sync_to_thread=True, status_code=200)
def finish(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """Keep the passkey that was made, or consent by the one that has confirmed the mandate."""
    own_form(request)
    visit = enter(request, secret)
    said = proving.said_by(body)
    visit.check({"version": [said.version], "token": [said.token]})

    def agreed(tx: Tx, used: Passkey) -> Mandate:
        return service.consent(tx, visit.mandate.id, f"passkey: {used.name}", proved=True)

    return proving.answer_finished(
        request, visit, said, lambda tx: _proof(_awaiting(tx, visit)), agreed, f"/consent/{secret}"
    )


def _awaiting(tx: Tx, visit: ConsentVisit) -> Mandate:
    """The mandate, which still waits for its payer. Raises NothingToProve."""
    found = service.find(tx, visit.mandate.shown)
    if found.state != MANDATE.initial or _is_over(found, tx.now):
        raise NothingToProve()
    return found


def _is_over(mandate: Mandate, now: datetime) -> bool:
    return mandate.ends_at is not None and mandate.ends_at <= now


def _proof(found: Mandate) -> Proof:
    """All that the payer sees is in the purpose: an answer agrees to that and to nothing else."""
    seen = (found.shown, found.merchant, found.device, found.scene, found.currency,
            found.single_max, found.daily_max, found.total_max, found.ends_at)  # fmt: skip
    digest = crypto.sha256("\n".join(str(each) for each in seen).encode()).hex()
    return Proof(found.payer, f"mandate/{found.shown}/{digest}")


def on_problem(request: Ask, problem: Problem) -> Response[bytes]:
    """A problem as a page, or for the script that asked."""
    scripted = "/passkey" in request.url.path
    return (proving.on_problem if scripted else answer.on_problem)(request, problem)


HANDLERS: list[Any] = [show, decline, revoke, begin, finish, *allowing.HANDLERS]
