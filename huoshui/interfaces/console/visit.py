"""A request to the console: who asks, for which world, and what every answer carries.

The application's state carries `worlds` (core.worlds.Worlds), `settings` (core.settings) and, where
hot verbs are served, `lanes`.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from huoshui.core import access, clock, i18n, passkey
from huoshui.core.access import OutOfBounds, OutOfScope, WrongKey
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Malformed, NotFound, Problem
from huoshui.core.passkey import Site
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import render, session
from huoshui.interfaces.console.page import Frame, World
from huoshui.interfaces.console.session import Rights, Session

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": a browser would then send a form of ours without saying from where.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Accept-Language, Cookie",
}
LANG_COOKIE = "huoshui_lang"
Ask = Request[Any, Any, Any]


ME = "me"  # the menu's entry of the page about who is signed in


class Unsecured(Problem):
    """A member without a second factor: the page where one is made comes first."""

    code = "unsecured"
    status = 403


class Visit(msgspec.Struct, frozen=True):
    """A request of somebody who is signed in: the world, its database, the session, its rights."""

    session: Session
    world: World
    database: Database
    frame: Frame
    rights: Rights

    def need(self, scope: str) -> None:
        """Raises OutOfScope unless the session has the scope, OutOfBounds unless it sees all."""
        if not self.rights.bound.whole:
            raise OutOfBounds()
        self.may(scope)

    def may(self, scope: str) -> None:
        """Raises OutOfScope unless the session has the scope, whatever rows it sees."""
        if scope and scope not in self.rights.scopes:
            raise OutOfScope(scope=scope)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A transaction of the session's book, under its name."""
        with self.database.begin(book=self.session.book, actor=self.session.actor) as tx:
            yield tx


class UploadTooLarge(Problem):
    """A file above the limit of its form."""

    code = "upload_too_large"
    status = 413


def enter(request: Ask, name: str, menu: str, *, bounded: bool = False) -> Visit:
    """Who asks and for what. Raises WrongKey without a session, NotFound for another's world.

    A page that narrows itself to `visit.rights.bound` says that it is `bounded`; to all others a
    member of an organisation is a stranger (NotFound). Who has no second factor yet is sent to make
    one (Unsecured).
    """
    opened = session_of(request)
    if not opened.sees(name):
        raise NotFound(kind="world", id=name[:64])
    worlds = worlds_of(request)
    row = worlds.get(name)
    database = worlds.database(name)
    with database.begin(book=opened.book) as tx:
        # A key or member answers to its own world's books; the operator's session has none.
        rights = session.rights(tx, opened, clock.system_now())
        book = _book(tx)
        now = tx.now
    if not rights.secured and menu != ME:
        raise Unsecured(world=name)
    if not rights.bound.whole and not bounded:
        raise NotFound(kind="page", id=request.url.path[-80:])
    may = rights.scopes
    simulated = row.kind != "live"
    world = World(
        name=name,
        kind=row.kind,
        generated=bool(book and book.generated),
        clock=now if simulated else None,
    )
    frame = msgspec.structs.replace(
        bare_frame(request),
        world=world,
        base=f"/console/{name}",
        place=menu,
        book=book.name if book else "",
        zone=book.time_zone if book else "UTC",
        currency=book.currency if book else "",
        may_write="payments:write" in may and row.kind != "replay",
        may_close="ledger:close" in may and row.kind != "replay",
        may_reconcile="ledger:write" in may and row.kind != "replay",
        may_settle="settlement:write" in may and row.kind != "replay",
        may_approve="settlement:approve" in may and row.kind != "replay",
        may_send="webhooks:write" in may and row.kind != "replay",
        may=may,
        bound=rights.bound,
        member=rights.member.id if rights.member else None,
    )
    return Visit(opened, world, database, frame, rights)


def _book(tx: Tx) -> access.Book | None:
    try:
        return access.this_book(tx)
    except NotFound:
        return None  # a world whose books were never opened: its pages say what to do


def session_of(request: Ask) -> Session:
    """The session behind the cookie. Raises WrongKey."""
    cookie = request.cookies.get(session.COOKIE, "")
    opened = session.unseal(home_of(request), cookie, clock.system_now()) if cookie else None
    if opened is None:
        raise WrongKey()
    return opened


def bare_frame(request: Ask) -> Frame:
    """What surrounds a page before it is known who asks."""
    query = {str(name): str(value) for name, value in request.query_params.items()}
    asked = query.pop("lang", "") or request.cookies.get(LANG_COOKIE, "")
    lang = asked if asked in i18n.LANGUAGES else ""
    return Frame(
        lang=lang or i18n.pick(request.headers.get("accept-language", "")),
        world=None,
        path=request.url.path,
        query=tuple(query.items()),
        origin=str(request.base_url).rstrip("/"),
    )


def html(request: Ask, text: str, *, status: int = 200) -> Response[bytes]:
    """A page as an answer; a language that was asked for is kept."""
    body = text.encode()
    headers = dict(HEADERS)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    answer = Response(body, media_type=MediaType.HTML, headers=headers, status_code=status)
    lang = request.query_params.get("lang", "")
    if lang in i18n.LANGUAGES:
        answer.set_cookie(LANG_COOKIE, lang, path="/console", max_age=31_536_000, samesite="strict")
    return answer


def with_session(request: Ask, answer: Response[bytes], opened: Session) -> Response[bytes]:
    """The answer with the session's cookie."""
    answer.set_cookie(
        session.COOKIE,
        session.seal(home_of(request), opened),
        path="/console",
        max_age=session.SESSION_HOURS * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def redirect(href: str) -> Response[bytes]:
    """To another page, by GET."""
    return Response(b"", status_code=303, headers=HEADERS | {"Location": href})


def on_problem(request: Ask, problem: Problem) -> Response[bytes]:
    """A problem as a page; who is not signed in is led to where that is done."""
    if isinstance(problem, WrongKey) and request.method == "GET":
        return redirect("/console/-/sign-in")
    if isinstance(problem, Unsecured) and request.method == "GET":
        return redirect(f"/console/{problem.facts['world']}/{ME}")
    frame = bare_frame(request)
    title, detail = problem.title(frame.lang), problem.detail(frame.lang)
    text = render.template("problem.html", frame, page=None, title=title, detail=detail)
    answer = html(request, text, status=problem.status)
    answer.headers["X-Problem"] = quote(f"{title}. {detail}")  # for a script that asked
    return answer


def on_http_problem(request: Ask, error: HTTPException) -> Response[bytes]:
    """What the framework refuses, as a page."""
    if error.status_code in (404, 405):
        return on_problem(request, NotFound(kind="page", id=request.url.path[:80]))
    if error.status_code == 413:
        return on_problem(request, UploadTooLarge())
    return on_problem(request, Malformed(what=request.url.path[:80], reason=error.detail))


def same_origin(request: Ask) -> None:
    """Refuse a form sent from elsewhere; the strict cookie already keeps it unsigned."""
    sent_from = request.headers.get("origin")
    if sent_from and urlsplit(sent_from).netloc != request.headers.get("host", ""):
        raise WrongKey()


def form(body: bytes) -> dict[str, list[str]]:
    """The fields of a form."""
    return parse_qs(body.decode("utf-8", "replace"), max_num_fields=1000)


def worlds_of(request: Ask) -> Worlds:
    """The worlds of this installation."""
    worlds: Worlds = request.app.state.worlds
    return worlds


def site_of(request: Ask) -> Site:
    """For which site passkeys are made and asked: what is set, else what the request says."""
    settings: Settings = request.app.state.settings
    return passkey.site_of(settings.origin or str(request.base_url))


def home_of(request: Ask) -> Path:
    """The state directory."""
    settings: Settings = request.app.state.settings
    return settings.home_path
