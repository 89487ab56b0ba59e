"""Strong confirmation of a payment by the buyer's passkey, which is made at the first use.

A passkey belongs to the buyer of the payment, apart from every member who signs in. An answer is
good for one payment, its amount and its version, so for the means that the buyer saw. A second
passkey cannot be made here: who finds a link cannot add a device of their own to the buyer's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import msgspec
from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import passkey
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.passkey import Begun, Passkey, PasskeyRefused, Site
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

T = TypeVar("T")


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


class Proof(msgspec.Struct, frozen=True):
    """What a buyer is to prove: a passkey of `buyer` answers for `purpose` and nothing else."""

    buyer: str
    purpose: str

    @property
    def owner(self) -> str:
        """Whose passkeys: the buyer's, which are no member's whatever their name."""
        return f"buyer/{self.buyer}"


class Proving(Protocol):
    """A visit to a page on which something is to be proved: of which book, and how to work in it."""

    @property
    def book_name(self) -> str:
        """Who asks for the proof."""

    def run(self, use_case: Callable[[Tx], T]) -> T:
        """Run a use case in the book, again where another writer was first."""


def has_passkey(tx: Tx, buyer: str) -> bool:
    """Whether a buyer has a passkey."""
    return bool(buyer) and bool(passkey.passkeys(tx, Proof(buyer, "").owner))


def begin_proof(tx: Tx, site: Site, proof: Proof, name: str) -> Begun:
    """What the browser is to ask for: a new passkey at the first use, else one that stands."""
    if has_passkey(tx, proof.buyer):
        return passkey.begin_authentication(tx, site, purpose=proof.purpose, owner=proof.owner)
    return passkey.begin_registration(tx, site, proof.owner, name[:64])


def finish_proof(
    tx: Tx, site: Site, proof: Proof, said: Answered
) -> Passkey | PasskeyRefused | None:
    """The passkey that confirmed it, or why not; None where one was made, which is to be used next."""
    if not has_passkey(tx, proof.buyer):
        made = passkey.finish_registration(
            tx, site, proof.owner, said.id, bytes(said.answer), site.name[:80]
        )
        return made if isinstance(made, PasskeyRefused) else None
    return passkey.finish_authentication(
        tx, site, said.id, bytes(said.answer), purpose=proof.purpose
    )


def answer_begun(request: Ask, visit: Proving, asked: Callable[[Tx], Proof]) -> Response[bytes]:
    """What the browser is to ask for, of what is still to be proved."""
    site = site_of(request, visit.book_name)
    name = answer.say(frame_of(request), "pay.prove.name", who=visit.book_name)
    return _told(visit.run(lambda tx: begin_proof(tx, site, asked(tx), name)))


def answer_finished(
    request: Ask,
    visit: Proving,
    said: Answered,
    asked: Callable[[Tx], Proof],
    confirmed: Callable[[Tx, Passkey], object],
    href: str,
) -> Response[bytes]:
    """Keep the passkey that was made, or go on with what one has confirmed; then back to `href`.

    Raises PasskeyRefused, once its challenge is used up for good.
    """
    site = site_of(request, visit.book_name)

    def use_case(tx: Tx) -> PasskeyRefused | None:
        used = finish_proof(tx, site, asked(tx), said)
        if isinstance(used, PasskeyRefused):
            return used
        if used:
            confirmed(tx, used)
        return None

    refused = visit.run(use_case)
    if refused:
        raise refused
    return _told({"href": href})


def _told(content: Any) -> Response[bytes]:
    encoded = msgspec.json.encode(content)
    return Response(encoded, media_type="application/json", headers=answer.HEADERS)


@post("/{secret:str}/passkey/begin", sync_to_thread=True, status_code=200)
def begin(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """What the browser is to ask for: a new passkey at the first use, else one that stands."""
    own_form(request)
    visit = enter(request, secret)
    visit.check_form(form(body))
    pace.DEEDS.take(shown_id(visit.payment))
    return answer_begun(request, visit, lambda tx: _proof(_awaiting(tx, visit)))


@post("/{secret:str}/passkey", sync_to_thread=True, status_code=200)
def finish(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """Keep the passkey that was made, or go on with the payment that one has confirmed."""
    own_form(request)
    visit = enter(request, secret)
    said = said_by(body)
    version = visit.check_form({"version": [said.version], "token": [said.token]})
    pace.DEEDS.take(shown_id(visit.payment))
    return answer_finished(
        request, visit, said, lambda tx: _proof(_awaiting(tx, visit)),
        lambda tx, _: checkout.prove(tx, visit.payment.id, version), f"/pay/{secret}",
    )  # fmt: skip


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


def _proof(payment: Payment) -> Proof:
    about = f"{shown_id(payment)}/{payment.version}/{payment.amount}/{payment.currency}"
    return Proof(payment.buyer, f"pay/{about}")


def site_of(request: Ask, name: str) -> Site:
    """For which site passkeys are held, by the name of the book."""
    settings: Settings = request.app.state.settings
    found = passkey.site_of(settings.origin or str(request.base_url))
    return Site(found.rp_id, found.origin, name)


def said_by(body: bytes) -> Answered:
    """A browser's answer. Raises StrangeForm."""
    try:
        return msgspec.json.decode(body, type=Answered)
    except msgspec.DecodeError as error:
        raise StrangeForm() from error


HANDLERS: list[Any] = [begin, finish]
