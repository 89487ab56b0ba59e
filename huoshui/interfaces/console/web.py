"""The console over HTTP: which page answers, signing in, exports and bulk actions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Response, Router, get, post
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.params import FromPath, RawBody

from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.interfaces.console import (
    access_web,
    assets,
    decisions_web,
    devices_web,
    export,
    facilities_web,
    factoring_web,
    ledger_web,
    link_web,
    loans_web,
    marks_web,
    me_web,
    milestone_web,
    own_page_web,
    partners_web,
    payment_web,
    product_web,
    relief_web,
    render,
    settlement_web,
    sign_in_web,
    suspects_web,
    upload_web,
    webhook_web,
    whatif_web,
)
from huoshui.interfaces.console.page import Frame, ListPage, Page
from huoshui.interfaces.console.pages import (
    PAGES,
    Place,
    bulk,
    resending,
    search,
    settlement_acts,
)
from huoshui.interfaces.console.pages.replays import replays_page, running
from huoshui.interfaces.console.visit import (
    HEADERS,
    Ask,
    enter,
    form,
    html,
    on_http_problem,
    on_problem,
    redirect,
    same_origin,
    session_of,
    worlds_of,
)

# What may be done to chosen rows, and the list to go back to.
_ACTS = {
    "confirm": (bulk.run, "orders"),
    "revoke": (bulk.run, "keys"),
    "resend": (resending.run, "webhook-deliveries"),
}


def routes() -> list[Any]:
    """Everything under /console, for the composition root."""
    pages = [_page_handler(path, place) for path, place in PAGES.items()]
    return [
        front,
        merchant_front,
        Router(
            path="/console",
            route_handlers=[
                static, *sign_in_web.ROUTES, root, merchant_root, replays, progress, results,
                exported, kept_report, act, *devices_web.ROUTES, *ledger_web.ROUTES, *settlement_web.ROUTES,
                *payment_web.ROUTES, *upload_web.ROUTES, *webhook_web.ROUTES, *link_web.ROUTES, *product_web.ROUTES, *whatif_web.ROUTES, *access_web.ROUTES, *me_web.ROUTES, *facilities_web.ROUTES, *loans_web.ROUTES, *relief_web.ROUTES, *marks_web.ROUTES, *milestone_web.ROUTES, *own_page_web.ROUTES, *factoring_web.ROUTES, *partners_web.ROUTES, *suspects_web.ROUTES, *decisions_web.ROUTES, *pages, lost,
            ],
            exception_handlers={Problem: on_problem, HTTPException: on_http_problem},
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


@get("/", sync_to_thread=False, include_in_schema=False)
def front() -> Response[bytes]:
    """Who opens the bare address wants the console."""
    return redirect("/console")


@get("/merchant", sync_to_thread=False, include_in_schema=False)
def merchant_front() -> Response[bytes]:
    """The address that a marketplace gives its sellers: the session is the console's."""
    return redirect("/console/merchant")


@get("/merchant", sync_to_thread=True)
def merchant_root(request: Ask) -> Response[bytes]:
    """To the merchant's page in the world of the session."""
    return redirect(f"/console/{session_of(request).world}/merchant")


@get("/", sync_to_thread=True)
def root(request: Ask) -> Response[bytes]:
    """To the world of the session."""
    return redirect(f"/console/{session_of(request).world}")


@get("/{world:str}/replays", sync_to_thread=True)
def replays(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """The replays that the session may look into: the registry and each one's own row."""
    visit = enter(request, world, "replays")
    page = replays_page(worlds_of(request), visit.session.sees, visit.frame)
    return html(request, render.page(page, visit.frame))


@get("/{world:str}/replay/progress", sync_to_thread=True)
def progress(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """The progress of a running replay alone; once it has ended, the whole page is loaded anew."""
    visit = enter(request, world, "replays")
    with visit.database.begin(book=visit.session.book) as tx:
        found = running(tx, visit.frame)
    if found is None:
        return Response(b"", media_type=MediaType.HTML, headers=HEADERS | {"HX-Refresh": "true"})
    return html(request, render.macro("ui/parts.html", "progress", visit.frame, found))


@get("/{world:str}/search/results", sync_to_thread=True)
def results(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """What the search box found so far."""
    visit = enter(request, world, "")
    with visit.database.begin(book=visit.session.book) as tx:
        found = search.find(tx, visit.frame, visit.frame.asked("q"))
    text = render.template("results.html", visit.frame, found=found, q=visit.frame.asked("q"))
    return html(request, text)


@get("/{world:str}/export/{name:str}", sync_to_thread=True)
def exported(request: Ask, world: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A list as CSV, with the filters of its page."""
    place = PAGES.get(name.removesuffix(".csv"))
    if place is None or not name.endswith(".csv"):
        raise NotFound(kind="export", id=name[:80])
    visit = enter(request, world, place.menu, bounded=place.bounded)
    visit.may(place.scope)
    with visit.database.begin(book=visit.session.book) as tx:
        body = export.csv(lambda frame: _list(place, tx, frame), visit.frame)
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{world}-{name}"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@get("/{world:str}/replay/report.html", sync_to_thread=True)
def kept_report(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """The replay's report as one file to keep. It runs its own scripts, so it is only saved."""
    visit = enter(request, world, "replays")
    with visit.database.begin(book=visit.session.book) as tx:
        body = export.report_file(tx, visit.frame).encode()
    name = f"{world}-{visit.frame.lang}.html"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="text/html; charset=utf-8", headers=headers)


@post("/{world:str}/act/{name:str}", sync_to_thread=True, status_code=200)
def act(request: Ask, world: FromPath[str], name: FromPath[str], body: RawBody) -> Response[bytes]:
    """A bulk action on the chosen keys; with `dry_run=true` its preview, and nothing is kept."""
    same_origin(request)
    run, back = _ACTS.get(name, (bulk.run, "orders"))
    visit = enter(request, world, PAGES[back].menu)
    chosen = tuple(str(key) for key in form(body).get("key", []))
    if name in settlement_acts.ACTIONS:
        return settlement_web.act(visit, request, name, chosen)
    dry_run = visit.frame.asked("dry_run") == "true"
    done = run(visit.database, visit.session, visit.frame, name, chosen, dry_run=dry_run)
    if dry_run:
        text = render.template("preview.html", visit.frame, table=done, chosen=chosen, action=name)
        return html(request, text)
    return redirect(visit.frame.to(back))


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
        visit = enter(request, world, place.menu, bounded=place.bounded)
        visit.may(place.scope)
        key = str(request.path_params.get("key", ""))
        with visit.database.begin(book=visit.session.book) as tx:
            page = place.fill(tx, visit.frame, key)
        return html(request, render.page(page, visit.frame))

    return show


def _list(place: Place, tx: Tx, frame: Frame) -> ListPage:
    page: Page = place.fill(tx, frame, "")
    if not isinstance(page, ListPage):
        raise NotFound(kind="export", id=frame.path[-80:])
    return page
