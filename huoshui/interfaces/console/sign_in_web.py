"""Signing in over HTTP: by a password and a code, a passkey, an API key, or a link that works once."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import RawBody

from huoshui.core import access, clock, crypto, ids, passkey
from huoshui.core.access import WrongKey, members, passwords, signing_in
from huoshui.core.access.members import Member
from huoshui.core.access.signing_in import Means, TooManyAttempts, WrongSignIn
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Malformed, Problem
from huoshui.core.passkey import Begun, PasskeyRefused
from huoshui.core.worlds import LIVE, SANDBOX, UnknownWorld
from huoshui.interfaces.console import render, session
from huoshui.interfaces.console.session import Session
from huoshui.interfaces.console.visit import (
    ME,
    Ask,
    bare_frame,
    form,
    home_of,
    html,
    redirect,
    same_origin,
    session_of,
    site_of,
    with_session,
    worlds_of,
)

SECOND_STEP_MINUTES = 5
MEMBERS_WORLDS = (LIVE, SANDBOX)  # a replay has no members of its own
_SECOND = "second step"


class _Pending(msgspec.Struct, frozen=True):
    """A right password that waits for a code."""

    world: str
    book: int
    member_id: UUID
    until: datetime


class Answer(msgspec.Struct, frozen=True):
    """A browser's answer to a passkey's challenge."""

    id: str
    answer: msgspec.Raw
    world: str = LIVE
    book: str = ""
    name: str = ""


@get("/-/sign-in", sync_to_thread=True)
def sign_in(request: Ask) -> Response[bytes]:
    """The sign-in form; with a good ticket, signed in at once."""
    frame = bare_frame(request)
    secret = request.query_params.get("ticket", "")
    if not secret:
        return _form(request)
    try:
        opened = session.by_ticket(home_of(request), secret, clock.system_now())
    except WrongKey:
        return _form(request, frame.say("sign_in.ticket_used"), 401)
    # A page, not a redirect: a strict cookie set on a redirect from elsewhere would not be sent.
    text = render.template("signed_in.html", frame, page=None, href=f"/console/{opened.world}")
    return with_session(request, html(request, text), opened)


@post("/-/sign-in", sync_to_thread=True, status_code=200)
def sign_in_by_key(request: Ask, body: RawBody) -> Response[bytes]:
    """Sign in with an API key that has the scope `console`."""
    key = str(form(body).get("key", [""])[0]).strip()
    try:
        same_origin(request)
        with worlds_of(request).database(access.world_of(key)).begin() as tx:
            opened = session.by_key(tx, key, clock.system_now())
    except Problem as problem:
        return _refused(request, problem)
    return with_session(request, redirect(f"/console/{opened.world}"), opened)


@post("/-/sign-in/password", sync_to_thread=True, status_code=200)
def sign_in_by_password(request: Ask, body: RawBody) -> Response[bytes]:
    """The first step: address and password. With one-time codes on, the second one follows."""
    said = form(body)
    try:
        same_origin(request)
        place = _place(request, said)
        found = _check_password(request, place, _one(said, "email"), _raw(said, "password"))
    except Problem as problem:
        return _refused(request, problem)
    if found.totp_secret is not None:
        until = clock.system_now() + timedelta(minutes=SECOND_STEP_MINUTES)
        return _code_form(request, _Pending(place.world, place.book, found.id, until))
    opened = _open(request, place, found, "password")
    return with_session(request, redirect(f"/console/{place.world}/{ME}"), opened)


@post("/-/sign-in/code", sync_to_thread=True, status_code=200)
def sign_in_by_code(request: Ask, body: RawBody) -> Response[bytes]:
    """The second step: a one-time code, or a recovery code."""
    said = form(body)
    pending = None
    try:
        same_origin(request)
        pending = _revealed(request, _one(said, "pending"))
        place = _Place(pending.world, pending.book, worlds_of(request).database(pending.world))
        opened = _check_code(request, place, pending, _one(said, "code"))
    except Problem as problem:
        if pending and isinstance(problem, WrongSignIn):
            return _code_form(request, pending, problem)
        return _refused(request, problem)
    return with_session(request, redirect(f"/console/{place.world}"), opened)


@post("/-/sign-in/passkey/begin", sync_to_thread=True, status_code=200)
def begin_passkey(request: Ask, body: RawBody) -> Begun:
    """What the browser is to ask its passkeys. Any passkey of this site may answer."""
    same_origin(request)
    place = _place(request, form(body))
    with place.database.begin(book=place.book) as tx:
        return passkey.begin_authentication(tx, site_of(request))


@post("/-/sign-in/passkey", sync_to_thread=True, status_code=200)
def sign_in_by_passkey(request: Ask, body: RawBody) -> Response[bytes]:
    """Sign in with the answer of a passkey; the answer says where to go."""
    same_origin(request)
    said = answer_of(body)
    place = _place(request, {"world": [said.world], "book": [said.book]})
    limits = signing_in.limits_of("", address_of(request))[1:]
    with place.database.begin(book=place.book) as tx:
        refused: Problem | None = signing_in.attempt(tx, limits, clock.system_now())
        if refused is None:
            found = passkey.finish_authentication(tx, site_of(request), said.id, bytes(said.answer))
            owner = None if isinstance(found, PasskeyRefused) else _owner(tx, found.owner)
            if owner is not None:
                signing_in.succeeded(tx, limits)
            else:
                refused = PasskeyRefused()
    if refused is not None or owner is None:
        raise refused or PasskeyRefused()
    opened = _open(request, place, owner, "passkey")
    href = msgspec.json.encode({"href": f"/console/{place.world}"})
    answer = Response(href, media_type="application/json", status_code=200)
    return with_session(request, answer, opened)


@get("/-/join", sync_to_thread=True)
def join_form(request: Ask) -> Response[bytes]:
    """The form behind an invitation's link: choose a password."""
    query = {name: [str(value)] for name, value in request.query_params.items()}
    place, link = _place(request, query), _one(query, "link")
    with place.database.begin(book=place.book) as tx:
        found = members.invited(tx, link)
    return _join_form(request, place, found, link)


@post("/-/join", sync_to_thread=True, status_code=200)
def join(request: Ask, body: RawBody) -> Response[bytes]:
    """Choose a password by an invitation's link, which is used up."""
    same_origin(request)
    said = form(body)
    place, link = _place(request, said), _one(said, "link")
    with place.database.begin(book=place.book) as tx:
        found = members.invited(tx, link)
    try:
        chosen, again = _raw(said, "password"), _raw(said, "again")
        if chosen != again:
            raise PasswordsDiffer()
        hashed = passwords.hash_password(chosen, own=own_words(found))
    except Problem as problem:
        return _join_form(request, place, found, link, problem)
    with place.database.begin(book=place.book) as tx:
        found = members.join(tx, link, hashed)
        secured = members.factors(tx, found) > 0
    if secured:
        return redirect("/console/-/sign-in")
    opened = _open(request, place, found, "invitation")
    return with_session(request, redirect(f"/console/{place.world}/{ME}"), opened)


@post("/-/sign-out", sync_to_thread=True, status_code=200)
def sign_out(request: Ask) -> Response[bytes]:
    """Forget the session; a member's ends on the server as well."""
    same_origin(request)
    _end(request)
    answer = redirect("/console/-/sign-in")
    answer.delete_cookie(session.COOKIE, path="/console")
    return answer


class PasswordsDiffer(Problem):
    """The password and its repetition differ."""

    code = "passwords_differ"
    status = 422


class PasskeyNeeded(Problem):
    """The member has a passkey and no one-time codes: a password alone opens nothing."""

    code = "passkey_needed"
    status = 403


class _Place(msgspec.Struct, frozen=True):
    """Where somebody signs in: a world, and in it the books of one marketplace."""

    world: str
    book: int
    database: Database


def _place(request: Ask, said: dict[str, list[str]]) -> _Place:
    """The world and the book that a form names. Raises WrongSignIn."""
    world = _one(said, "world") or LIVE
    if world not in MEMBERS_WORLDS:
        raise WrongSignIn()
    try:
        database = worlds_of(request).database(world)
    except UnknownWorld as error:
        raise WrongSignIn() from error
    with database.begin() as tx:
        book = access.book_of(tx, _one(said, "book"))
    return _Place(world, book or 0, database)  # 0 has no members: one more wrong address


def _check_password(request: Ask, place: _Place, email: str, password: str) -> Member:
    """The member of that address and password. Raises TooManyAttempts, WrongSignIn, PasskeyNeeded."""
    limits = signing_in.limits_of(email, address_of(request))
    with place.database.begin(book=place.book) as tx:
        refused: TooManyAttempts | None = signing_in.attempt(tx, limits, clock.system_now())
        found = members.by_email(tx, email)
        factors = members.factors(tx, found) if found else 0
    if refused:
        raise refused
    # Outside a transaction, and as long for an address that nobody has.
    if not passwords.password_matches(found.password if found else None, password) or not found:
        raise WrongSignIn()
    if factors and found.totp_secret is None:
        raise PasskeyNeeded()
    return found


def _check_code(request: Ask, place: _Place, pending: _Pending, code: str) -> Session:
    """A session by a one-time or a recovery code. Raises TooManyAttempts and WrongSignIn."""
    now = clock.system_now()
    with place.database.begin(book=place.book) as tx:
        found = members.member(tx, pending.member_id)
        limits = signing_in.limits_of(found.email, address_of(request))
        refused: Problem | None = signing_in.attempt(tx, limits, now)
        if refused is None and found.removed_at is None:
            secret = totp_of(request, found)
            means = signing_in.use_code(tx, found, secret, code, now)
            refused = None if means else WrongSignIn()
    if refused is not None or found.removed_at is not None or means is None:
        raise refused or WrongSignIn()
    return _open(request, place, found, means)


def _owner(tx: Tx, owner: str) -> Member | None:
    """The member of a passkey's owner, where it is one that stands."""
    try:
        found = members.member(tx, ids.read("mbr", owner))
    except Problem:
        return None
    return found if found.removed_at is None else None


def _open(request: Ask, place: _Place, found: Member, means: Means) -> Session:
    agent = str(request.headers.get("user-agent", ""))
    with place.database.begin(book=place.book, actor=found.shown) as tx:
        signing_in.succeeded(tx, signing_in.limits_of(found.email, address_of(request)))
        opened = signing_in.begin_session(tx, found.id, means, agent, clock.system_now())
    return session.of_member(place.world, place.book, opened)


def _end(request: Ask) -> None:
    try:
        opened = session_of(request)
    except WrongKey:
        return
    if opened.session_id and opened.member_id:
        database = worlds_of(request).database(opened.world)
        with database.begin(book=opened.book, actor=opened.actor) as tx:
            signing_in.end_session(tx, opened.member_id, opened.session_id)


def totp_of(request: Ask, found: Member) -> str | None:
    """The secret of a member's one-time codes, or None where they are off."""
    if found.totp_secret is None:
        return None
    home = session.secret(home_of(request))
    secret = crypto.reveal(home, bytes(found.totp_secret), found.shown)
    return secret.decode() if secret else None


def address_of(request: Ask) -> str:
    """From where a request comes; behind a proxy, the proxy's word where the server trusts it."""
    return request.client.host if request.client else ""


def own_words(found: Member) -> tuple[str, ...]:
    """What a member's password must not be made of."""
    words = (found.name, found.email.partition("@")[0])
    return tuple(word for word in words if len(word) > 3)


def answer_of(body: bytes) -> Answer:
    """A browser's answer. Raises Malformed."""
    try:
        return msgspec.json.decode(body, type=Answer)
    except msgspec.DecodeError as error:
        raise Malformed(what="body", reason=str(error)) from error


def _hidden(request: Ask, pending: _Pending) -> str:
    home = session.secret(home_of(request))
    content = crypto.hide(home, msgspec.json.encode(pending), _SECOND)
    return base64.urlsafe_b64encode(content).decode()


def _revealed(request: Ask, text: str) -> _Pending:
    """The first step behind a form's field. Raises WrongSignIn for one that is over or not ours."""
    try:
        content = base64.urlsafe_b64decode(text.encode("ascii", "replace"))
    except ValueError as error:
        raise WrongSignIn() from error
    plain = crypto.reveal(session.secret(home_of(request)), content, _SECOND)
    if plain is None:
        raise WrongSignIn()
    pending = msgspec.json.decode(plain, type=_Pending)
    if clock.system_now() >= pending.until:
        raise WrongSignIn()
    return pending


def _one(said: dict[str, list[str]], name: str) -> str:
    return str(said.get(name, [""])[0]).strip()[:1000]


def _raw(said: dict[str, list[str]], name: str) -> str:
    """A password as it was typed: blanks are part of it."""
    return str(said.get(name, [""])[0])


def _form(request: Ask, problem: str = "", status: int = 200) -> Response[bytes]:
    frame = bare_frame(request)
    worlds = worlds_of(request)
    books = 0
    for world in MEMBERS_WORLDS:
        with worlds.database(world).begin() as tx:
            books = max(books, len(access.books(tx)))
    text = render.template(
        "sign_in.html", frame, page=None, problem=problem, several=books > 1,
        world=frame.asked("world") or LIVE, book=frame.asked("book"),
    )  # fmt: skip
    return html(request, text, status=status)


def _refused(request: Ask, problem: Problem) -> Response[bytes]:
    lang = bare_frame(request).lang
    status = 429 if problem.status == 429 else 401
    answer = _form(request, f"{problem.title(lang)}. {problem.detail(lang)}", status)
    if "retry_after_s" in problem.facts:
        answer.headers["Retry-After"] = str(problem.facts["retry_after_s"])
    return answer


def _code_form(request: Ask, pending: _Pending, problem: Problem | None = None) -> Response[bytes]:
    frame = bare_frame(request)
    said = problem.detail(frame.lang) if problem else ""
    hidden = _hidden(request, pending)
    text = render.template("sign_in_code.html", frame, page=None, problem=said, pending=hidden)
    return html(request, text, status=problem.status if problem else 200)


def _join_form(
    request: Ask, place: _Place, found: Member, link: str, problem: Problem | None = None
) -> Response[bytes]:
    frame = bare_frame(request)
    said = ""
    if problem:
        said = " ".join(e.detail(frame.lang) for e in problem.errors) or problem.detail(frame.lang)
    with place.database.begin(book=place.book) as tx:
        book = access.this_book(tx)
    text = render.template(
        "join.html", frame, page=None, problem=said, link=link, world=place.world,
        book=book.slug, marketplace=book.name, person=found.name, email=found.email,
    )  # fmt: skip
    return html(request, text, status=problem.status if problem else 200)


ROUTES: list[Any] = [
    sign_in, sign_in_by_key, sign_in_by_password, sign_in_by_code, begin_passkey,
    sign_in_by_passkey, join_form, join, sign_out,
]  # fmt: skip
