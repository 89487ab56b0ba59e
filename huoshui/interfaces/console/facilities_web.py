"""What the pages of facilities do beyond showing: every form is previewed, then carried out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.access import OutOfScope
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.interfaces.console import render
from huoshui.interfaces.console.page import ObjectPage
from huoshui.interfaces.console.pages.facility import facility_page
from huoshui.interfaces.console.pages.facility_acts import (
    SCOPE,
    VERBS,
    Said,
    carry_out,
    preview_page,
)
from huoshui.interfaces.console.settlement_web import acting, rehearsing
from huoshui.interfaces.console.visit import (
    Ask,
    Visit,
    enter,
    form,
    html,
    redirect,
    same_origin,
)


def _entered(
    request: Ask, world: str, key: str, verb: str, body: bytes
) -> tuple[Visit, UUID, Said]:
    """Who asks, of what, and the form that was sent. Raises NotFound."""
    same_origin(request)
    visit = enter(request, world, "facilities")
    id_ = ids.read("fac", key)
    if verb not in VERBS:
        raise NotFound(kind="page", id=verb[:40])
    said = Said(verb, {name: str(values[0]) for name, values in form(body).items()})
    return visit, id_, said


@post("/{world:str}/facilities/{key:str}/{verb:str}/preview", sync_to_thread=True, status_code=200)
def preview_facility(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What would be moved: it is done in a transaction that is undone. Raises OutOfScope."""
    visit, id_, said = _entered(request, world, key, verb, body)

    def use_case(tx: Tx) -> ObjectPage:
        return preview_page(tx, visit.frame, id_, said)

    try:
        page = rehearsing(visit, SCOPE, use_case)
    except Problem as problem:
        return _refused(request, visit, key, said, problem)
    return html(request, render.page(page, visit.frame))


@post("/{world:str}/facilities/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_facility(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Do what the preview showed; refused, the page says why. Raises OutOfScope, UnknownFacility."""
    visit, id_, said = _entered(request, world, key, verb, body)
    try:
        acting(visit, SCOPE, lambda tx: carry_out(tx, id_, said))
    except Problem as problem:
        return _refused(request, visit, key, said, problem)
    return redirect(visit.frame.to(f"facilities/{key}"))


def _refused(request: Ask, visit: Visit, key: str, said: Said, problem: Problem) -> Response[bytes]:
    """The facility's page with what was filled in, and why it cannot be."""
    if isinstance(problem, OutOfScope | NotFound):
        raise problem
    here = msgspec.structs.replace(visit.frame, path=visit.frame.to(f"facilities/{key}"))
    told = msgspec.structs.replace(said, problem=problem.detail(here.lang))
    with visit.begin() as tx:
        page = facility_page(tx, here, key, told)
    if not any(deed.problem for deed in page.deeds):
        page = msgspec.structs.replace(page, lead=told.problem)
    return html(request, render.page(page, here), status=problem.status)


ROUTES: list[Any] = [preview_facility, move_facility]
