"""Strong confirmation of a payment by the buyer's passkey, which is made at the first use.

A passkey belongs to the buyer of the payment, apart from every member who signs in. An answer is
good for one payment, its amount and its version, so for the means that the buyer saw. A second
passkey cannot be made here: who finds a link cannot add a device of their own to the buyer's.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import passkey
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.passkey import Begun, PasskeyRefused, Site
from huoshui.core.settings import Settings
from huoshui.interfaces.hosted import answer, pace
from huoshui.interfaces.hosted.answer import frame_of
from huoshui.interfaces.hosted.opening import (
    Ask,
    StrangeForm,
    Visit,
    enter,
    form,
    own_form,
    shown_id,
)
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.model import Payment
from huoshui.scenarios import checkout


class NothingToProve(Problem):
    """The payment does not wait for a strong confirmation any more."""

    code = "nothing_to_prove"
    status = 409


class Answered(msgspec.Struct, frozen=True):
    """A browser's answer, with the form that asked for it."""

    id: str
    answer: msgspec.Raw
    version: str
    token: str


def owner_of(payment: Payment) -> str:
    """Whose passkeys confirm a payment: its buyer's, which are no member's whatever their name."""
    return f"buyer/{payment.buyer}"


def has_passkey(tx: Tx, payment: Payment) -> bool:
    """Whether the buyer has a passkey."""
    return bool(payment.buyer) and bool(passkey.passkeys(tx, owner_of(payment)))


@post("/{secret:str}/passkey/begin", sync_to_thread=True, status_code=200)
def begin(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """What the browser is to ask for: a new passkey at the first use, else one that stands."""
    own_form(request)
    visit = enter(request, secret)
    visit.check_form(form(body))
    pace.DEEDS.take(shown_id(visit.payment))
    site, frame = _site(request, visit), frame_of(request)

    def use_case(tx: Tx) -> Begun:
        payment = _awaiting(tx, visit)
        if has_passkey(tx, payment):
            return passkey.begin_authentication(
                tx, site, purpose=_purpose(payment), owner=owner_of(payment)
            )
        name = answer.say(frame, "pay.prove.name", who=visit.book_name)
        return passkey.begin_registration(tx, site, owner_of(payment), name[:64])

    content = msgspec.json.encode(visit.run(use_case))
    return Response(content, media_type="application/json", headers=answer.HEADERS)


@post("/{secret:str}/passkey", sync_to_thread=True, status_code=200)
def finish(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """Keep the passkey that was made, or go on with the payment that one has confirmed."""
    own_form(request)
    visit = enter(request, secret)
    said = _said(body)
    version = visit.check_form({"version": [said.version], "token": [said.token]})
    pace.DEEDS.take(shown_id(visit.payment))
    site = _site(request, visit)

    def use_case(tx: Tx) -> PasskeyRefused | None:
        payment = _awaiting(tx, visit)
        owner = owner_of(payment)
        if not has_passkey(tx, payment):
            made = passkey.finish_registration(
                tx, site, owner, said.id, bytes(said.answer), visit.book_name[:80]
            )
            return made if isinstance(made, PasskeyRefused) else None
        used = passkey.finish_authentication(
            tx, site, said.id, bytes(said.answer), purpose=_purpose(payment)
        )
        if isinstance(used, PasskeyRefused):
            return used
        checkout.prove(tx, payment.id, version)
        return None

    refused = visit.run(use_case)
    if refused:
        raise refused
    content = msgspec.json.encode({"href": f"/pay/{secret}"})
    return Response(content, media_type="application/json", headers=answer.HEADERS)


def on_problem(request: Ask, problem: Problem) -> Response[bytes]:
    """A problem for the script that asked."""
    lang = frame_of(request).lang
    found = Response(
        msgspec.json.encode(problem.document(lang)), status_code=problem.status,
        media_type="application/problem+json", headers=dict(answer.HEADERS),
    )  # fmt: skip
    found.headers["X-Problem"] = quote(f"{problem.title(lang)}. {problem.detail(lang)}")
    if problem.status == 429:
        found.headers["Retry-After"] = str(problem.facts["retry_after_s"])
    return found


def _awaiting(tx: Tx, visit: Visit) -> Payment:
    payment = service.payment(tx, visit.payment.id)
    if not checkout.awaits_proof(payment) or checkout.is_over(payment, tx.now):
        raise NothingToProve()
    return payment


def _purpose(payment: Payment) -> str:
    return f"pay/{shown_id(payment)}/{payment.version}/{payment.amount}/{payment.currency}"


def _site(request: Ask, visit: Visit) -> Site:
    settings: Settings = request.app.state.settings
    found = passkey.site_of(settings.origin or str(request.base_url))
    return Site(found.rp_id, found.origin, visit.book_name)


def _said(body: bytes) -> Answered:
    try:
        return msgspec.json.decode(body, type=Answered)
    except msgspec.DecodeError as error:
        raise StrangeForm() from error


HANDLERS: list[Any] = [begin, finish]
