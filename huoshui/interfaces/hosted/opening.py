"""From a secret to its payment: everything that is not exactly right is the same page that is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
from litestar import Request

from huoshui.core import crypto, ids
from huoshui.core.access import this_book
from huoshui.core.db import Database, Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.core.worlds import LIVE, SANDBOX, Worlds
from huoshui.interfaces.hosted import pace
from huoshui.lines.payments.payment import secret as secrets
from huoshui.lines.payments.payment import store
from huoshui.lines.payments.payment.model import Payment
from huoshui.lines.payments.payment.secret import Opening

Ask = Request[Any, Any, Any]
T = TypeVar("T")
ACTOR = "hosted"


class NoSuchPage(NotFound):
    """No page is behind this address: the link is cut off, or of another installation."""

    code = "no_such_page"


class StrangeForm(Problem):
    """A form that this page did not make."""

    code = "strange_form"
    status = 403


class Visit(msgspec.Struct, frozen=True):
    """A request whose secret opens a payment: its world, its book, and the payment as it was."""

    secret: str
    opening: Opening
    database: Database
    payment: Payment
    book_name: str
    zone: str

    @property
    def live(self) -> bool:
        """Whether real money moves."""
        return self.opening.world == LIVE

    def form_token(self, version: int) -> str:
        """What a form of this page carries for a version."""
        return form_token(self.secret, version)

    def check_form(self, fields: dict[str, list[str]]) -> int:
        """The version that a form was made for. Raises StrangeForm."""
        return check_form(self.secret, fields)

    def run(self, use_case: Callable[[Tx], T]) -> T:
        """Run a use case in the payment's book, again where another writer was first."""
        return self.database.run(use_case, book=self.opening.book, actor=ACTOR)


def enter(request: Ask, secret: str) -> Visit:
    """The payment that a secret opens. Raises NoSuchPage and TooManyVisits."""
    opening, database = opened(request, secret, "pmt")
    with database.begin(book=opening.book, actor=ACTOR) as tx:
        found = store.payment(tx, opening.id)
        if found is None or not crypto.same(found.secret or b"", opening.digest):
            raise NoSuchPage()
        book = this_book(tx)
    return Visit(secret, opening, database, found, book.name, book.time_zone)


def opened(request: Ask, secret: str, kind: str) -> tuple[Opening, Database]:
    """Where a secret says that it leads; whether it is right is still to be seen.

    Raises NoSuchPage and TooManyVisits.
    """
    pace.VISITS.take(address_of(request))
    opening = secrets.read(secret, kind=kind)
    if opening is None or opening.world not in (LIVE, SANDBOX):
        raise NoSuchPage()
    worlds: Worlds = request.app.state.worlds
    return opening, worlds.database(opening.world)


def form_token(secret: str, version: int) -> str:
    """What a form of a page carries for a version: only who has the secret can make it."""
    return crypto.sign(secret.encode(), f"form/{version}".encode())


def check_form(secret: str, fields: dict[str, list[str]]) -> int:
    """The version that a form was made for. Raises StrangeForm."""
    version, token = one(fields, "version"), one(fields, "token")
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise StrangeForm()
    if not crypto.same(form_token(secret, int(version)).encode(), token.encode()):
        raise StrangeForm()
    return int(version)


def address_of(request: Ask) -> str:
    """From where a request comes; behind a proxy, the proxy's word where the server trusts it."""
    return request.client.host if request.client else ""


def own_form(request: Ask) -> None:
    """Refuse a form that another site sent. Raises StrangeForm.

    With no referrer a browser sends a form of ours with the origin `null`, so that this alone is
    no proof: what a form carries is checked besides.
    """
    origin = request.headers.get("origin", "")
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    strange = origin not in ("", "null") and urlsplit(origin).netloc != request.headers.get("host")
    if elsewhere or strange:
        raise StrangeForm()


def form(body: bytes) -> dict[str, list[str]]:
    """The fields of a form. Raises StrangeForm."""
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=50)
    except ValueError as error:
        raise StrangeForm() from error


def one(fields: dict[str, list[str]], name: str) -> str:
    """One field of a form, trimmed, or an empty text."""
    return fields.get(name, [""])[0].strip()[:200]


def shown_id(payment: Payment) -> str:
    """A payment's public id."""
    return ids.show("pmt", payment.id)
