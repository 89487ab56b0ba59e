"""The console over HTTP: who asks, which page answers, and the policy on every answer.

The application's state carries `worlds` (core.worlds.Worlds) and `settings` (core.settings).
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.params import FromPath, RawBody

from huoshui.core import access, clock, i18n
from huoshui.core.access import WrongKey
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Malformed, NotFound, Problem
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import assets, export, render, session
from huoshui.interfaces.console.page import Frame, ListPage, Page, World
from huoshui.interfaces.console.pages import PAGES, Place, bulk, search
from huoshui.interfaces.console.pages.replays import replays_page, running
from huoshui.interfaces.console.session import Session

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Accept-Language, Cookie",
}
LANG_COOKIE = "huoshui_lang"
Ask = Request[Any, Any, Any]


class Visit(msgspec.Struct, frozen=True):
    """A request of somebody who is signed in: the world, its database, the session."""

    session: Session
    world: World
    database: Database
    frame: Frame


def routes() -> list[Any]:
    """Everything under /console, for the composition root."""
    pages = [_page_handler(path, place) for path, place in PAGES.items()]
    return [
        front,
        Router(
            path="/console",
            route_handlers=[
                static, sign_in, sign_in_by_key, sign_out, root, replays, progress, results,
                exported, kept_report, act, *pages, lost,
            ],
            exception_handlers={Problem: _problem, HTTPException: _http_problem},
            include_in_schema=False,
        )
    ]  # fmt: skip


def sign_in_link(origin: str, ticket: str) -> str:
    """The address that signs its first visitor in, to be printed for the operator."""
    return f"{origin}/console/-/sign-in?{urlencode({'ticket': ticket})}"


@get("/-/static/{name:str}", sync_to_thread=False)
def static(request: Ask, name: FromPath[str]) -> Response[bytes]:
    """A static file under the hash of its bytes: kept by browsers for a year."""
    asset = assets.served(name)
    if asset is None:
        raise NotFound(kind="file", id=name[:80])
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if zipped:
        headers["Content-Encoding"] = "gzip"
    body = asset.gzipped if zipped else asset.plain
    return Response(body, media_type=asset.media_type, headers=headers)


@get("/-/sign-in", sync_to_thread=True)
def sign_in(request: Ask) -> Response[bytes]:
    """The sign-in form; with a good ticket, signed in at once."""
    frame = _bare_frame(request)
    secret = request.query_params.get("ticket", "")
    if not secret:
        return _html(request, render.template("sign_in.html", frame, page=None, problem=""))
    try:
        opened = session.by_ticket(_home(request), secret, clock.system_now())
    except WrongKey:
        said = frame.say("sign_in.ticket_used")
        html = render.template("sign_in.html", frame, page=None, problem=said)
        return _html(request, html, status=401)
    # A page, not a redirect: a strict cookie set on a redirect from elsewhere would not be sent.
    html = render.template("signed_in.html", frame, page=None, href=f"/console/{opened.world}")
    return _with_session(request, _html(request, html), opened)


@post("/-/sign-in", sync_to_thread=True, status_code=200)
def sign_in_by_key(request: Ask, body: RawBody) -> Response[bytes]:
    """Sign in with an API key that has the scope `console`."""
    frame = _bare_frame(request)
    key = str(_form(body).get("key", [""])[0]).strip()
    try:
        _same_origin(request)
        with _worlds(request).database(access.world_of(key)).begin() as tx:
            opened = session.by_key(tx, key, clock.system_now())
    except Problem as problem:
        said = f"{problem.title(frame.lang)}. {problem.detail(frame.lang)}"
        html = render.template("sign_in.html", frame, page=None, problem=said)
        return _html(request, html, status=401)
    return _with_session(request, _redirect(f"/console/{opened.world}"), opened)


@post("/-/sign-out", sync_to_thread=False, status_code=200)
def sign_out(request: Ask) -> Response[bytes]:
    """Forget the session."""
    answer = _redirect("/console/-/sign-in")
    answer.delete_cookie(session.COOKIE, path="/console")
    return answer


@get("/", sync_to_thread=False, include_in_schema=False)
def front() -> Response[bytes]:
    """Who opens the bare address wants the console."""
    return _redirect("/console")


@get("/", sync_to_thread=True)
def root(request: Ask) -> Response[bytes]:
    """To the world of the session."""
    return _redirect(f"/console/{_session(request).world}")


@get("/{world:str}/replays", sync_to_thread=True)
def replays(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """The replays that the session may look into: the registry and each one's own row."""
    visit = _visit(request, world, "replays")
    page = replays_page(_worlds(request), visit.session.sees, visit.frame)
    return _html(request, render.page(page, visit.frame))


@get("/{world:str}/replay/progress", sync_to_thread=True)
def progress(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """The progress of a running replay alone; once it has ended, the whole page is loaded anew."""
    visit = _visit(request, world, "replays")
    with visit.database.begin(book=visit.session.book) as tx:
        found = running(tx, visit.frame)
    if found is None:
        return Response(b"", media_type=MediaType.HTML, headers=HEADERS | {"HX-Refresh": "true"})
    return _html(request, render.macro("ui/parts.html", "progress", visit.frame, found))


@get("/{world:str}/search/results", sync_to_thread=True)
def results(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """What the search box found so far."""
    visit = _visit(request, world, "")
    with visit.database.begin(book=visit.session.book) as tx:
        found = search.find(tx, visit.frame, visit.frame.asked("q"))
    html = render.template("results.html", visit.frame, found=found, q=visit.frame.asked("q"))
    return _html(request, html)


@get("/{world:str}/export/{name:str}", sync_to_thread=True)
def exported(request: Ask, world: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A list as CSV, with the filters of its page."""
    place = PAGES.get(name.removesuffix(".csv"))
    if place is None or not name.endswith(".csv"):
        raise NotFound(kind="export", id=name[:80])
    visit = _visit(request, world, place.menu)
    with visit.database.begin(book=visit.session.book) as tx:
        body = export.csv(lambda frame: _list(place, tx, frame), visit.frame)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{world}-{name}"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@get("/{world:str}/replay/report.html", sync_to_thread=True)
def kept_report(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """The replay's report as one file to keep. It runs its own scripts, so it is only saved."""
    visit = _visit(request, world, "replays")
    with visit.database.begin(book=visit.session.book) as tx:
        body = export.report_file(tx, visit.frame).encode()
    name = f"{world}-{visit.frame.lang}.html"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="text/html; charset=utf-8", headers=headers)


@post("/{world:str}/act/{name:str}", sync_to_thread=True, status_code=200)
def act(request: Ask, world: FromPath[str], name: FromPath[str], body: RawBody) -> Response[bytes]:
    """A bulk action on the chosen keys; with `dry_run=true` its preview, and nothing is kept."""
    _same_origin(request)
    visit = _visit(request, world, "orders")
    chosen = tuple(str(key) for key in _form(body).get("key", []))
    dry_run = visit.frame.asked("dry_run") == "true"
    done = bulk.run(visit.database, visit.session, visit.frame, name, chosen, dry_run=dry_run)
    if dry_run:
        html = render.template("preview.html", visit.frame, table=done, chosen=chosen, action=name)
        return _html(request, html)
    return _redirect(visit.frame.to("orders"))


@get(
    [
        "/{world:str}/{a:str}",
        "/{world:str}/{a:str}/{b:str}",
        "/{world:str}/{a:str}/{b:str}/{c:str}",
    ],
    sync_to_thread=False,
)
def lost(request: Ask) -> Response[bytes]:
    """Any other address. Raises NotFound."""
    raise NotFound(kind="page", id=request.url.path[-80:])


def _page_handler(path: str, place: Place) -> Any:
    @get(f"/{{world:str}}/{path}", sync_to_thread=True, name=f"console.{path or 'overview'}")
    def show(request: Ask, world: FromPath[str]) -> Response[bytes]:
        visit = _visit(request, world, place.menu)
        key = str(request.path_params.get("key", ""))
        with visit.database.begin(book=visit.session.book) as tx:
            page = place.fill(tx, visit.frame, key)
        return _html(request, render.page(page, visit.frame))

    return show


def _list(place: Place, tx: Tx, frame: Frame) -> ListPage:
    page: Page = place.fill(tx, frame, "")
    if not isinstance(page, ListPage):
        raise NotFound(kind="export", id=frame.path[-80:])
    return page


def _visit(request: Ask, name: str, menu: str) -> Visit:
    """Who asks and for what. Raises WrongKey without a session, NotFound for another's world."""
    opened = _session(request)
    if not opened.sees(name):
        raise NotFound(kind="world", id=name[:64])
    worlds = _worlds(request)
    row = worlds.get(name)
    database = worlds.database(name)
    with database.begin(book=opened.book) as tx:
        # A key answers to its own world's books; the operator's session has none.
        may = session.scopes(tx, opened)
        book = _book(tx)
        now = tx.now
    simulated = row.kind != "live"
    world = World(
        name=name,
        kind=row.kind,
        generated=bool(book and book.generated),
        clock=now if simulated else None,
    )
    frame = msgspec.structs.replace(
        _bare_frame(request),
        world=world,
        base=f"/console/{name}",
        place=menu,
        book=book.name if book else "",
        zone=book.time_zone if book else "UTC",
        currency=book.currency if book else "",
        may_write="payments:write" in may and row.kind != "replay",
    )
    return Visit(opened, world, database, frame)


def _book(tx: Tx) -> access.Book | None:
    try:
        return access.this_book(tx)
    except NotFound:
        return None  # a world whose books were never opened: its pages say what to do


def _session(request: Ask) -> Session:
    cookie = request.cookies.get(session.COOKIE, "")
    opened = session.unseal(_home(request), cookie, clock.system_now()) if cookie else None
    if opened is None:
        raise WrongKey()
    return opened


def _bare_frame(request: Ask) -> Frame:
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


def _html(request: Ask, html: str, *, status: int = 200) -> Response[bytes]:
    body = html.encode()
    headers = dict(HEADERS)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    answer = Response(body, media_type=MediaType.HTML, headers=headers, status_code=status)
    lang = request.query_params.get("lang", "")
    if lang in i18n.LANGUAGES:
        answer.set_cookie(LANG_COOKIE, lang, path="/console", max_age=31_536_000, samesite="strict")
    return answer


def _with_session(request: Ask, answer: Response[bytes], opened: Session) -> Response[bytes]:
    answer.set_cookie(
        session.COOKIE,
        session.seal(_home(request), opened),
        path="/console",
        max_age=session.SESSION_HOURS * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def _redirect(href: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers=HEADERS | {"Location": href})


def _problem(request: Ask, problem: Problem) -> Response[bytes]:
    if isinstance(problem, WrongKey) and request.method == "GET":
        return _redirect("/console/-/sign-in")
    frame = _bare_frame(request)
    title, detail = problem.title(frame.lang), problem.detail(frame.lang)
    html = render.template("problem.html", frame, page=None, title=title, detail=detail)
    return _html(request, html, status=problem.status)


def _http_problem(request: Ask, error: HTTPException) -> Response[bytes]:
    if error.status_code in (404, 405):
        return _problem(request, NotFound(kind="page", id=request.url.path[:80]))
    return _problem(request, Malformed(what=request.url.path[:80], reason=error.detail))


def _same_origin(request: Ask) -> None:
    """Refuse a form sent from elsewhere; the strict cookie already keeps it unsigned."""
    sent_from = request.headers.get("origin")
    if sent_from and urlsplit(sent_from).netloc != request.headers.get("host", ""):
        raise WrongKey()


def _form(body: bytes) -> dict[str, list[str]]:
    return parse_qs(body.decode("utf-8", "replace"), max_num_fields=1000)


def _worlds(request: Ask) -> Worlds:
    worlds: Worlds = request.app.state.worlds
    return worlds


def _home(request: Ask) -> Path:
    settings: Settings = request.app.state.settings
    return settings.home_path
