"""What the pages of milestone sources do beyond showing: enrolled, suspended, resumed, rotated, revoked."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core.errors import NotFound
from huoshui.facts.milestones import service
from huoshui.interfaces.console.acting import Form, acting, done
from huoshui.interfaces.console.pages.milestones import (
    SCOPE,
    VERBS,
    Said,
    carry_out,
    source_page,
)
from huoshui.interfaces.console.visit import Ask, enter, form, redirect, same_origin

_NAME_MOST = 80


@post("/{world:str}/milestone-sources/enrol", sync_to_thread=True, status_code=200)
def enrol(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Believe a source from now on. Raises OutOfScope, BadSource, Conflict."""
    same_origin(request)
    visit = enter(request, world, "milestones")
    said = Said("enrol", {name: str(values[0]) for name, values in form(body).items()})
    kinds = said.of("kinds").replace(",", " ").replace("，", " ").split()
    name = said.of("name")[:_NAME_MOST] or "-"
    made = acting(visit, SCOPE, lambda tx: service.register(tx, name, said.of("key"), kinds))
    return redirect(visit.frame.to(f"milestone-sources/{made.shown}"))


@post("/{world:str}/milestone-sources/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_source(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Do what a form says; refused, the page says why. Raises OutOfScope, UnknownSource."""
    same_origin(request)
    visit = enter(request, world, "milestones")
    if verb not in VERBS:
        raise NotFound(kind="page", id=verb[:40])
    said = Said(verb, {name: str(values[0]) for name, values in form(body).items()})
    filled = Form(
        SCOPE,
        f"milestone-sources/{key}",
        said,
        do=lambda tx, said: carry_out(tx, key, said),
        preview=lambda tx, frame, said: source_page(tx, frame, key, said),
        page=lambda tx, frame, said: source_page(tx, frame, key, said),
    )
    return done(request, visit, filled)


ROUTES: list[Any] = [enrol, move_source]
