"""What the pages of facilities do beyond showing: every form is previewed, then carried out."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.errors import NotFound
from huoshui.interfaces.console.acting import Form, done, previewed
from huoshui.interfaces.console.pages.facility import facility_page
from huoshui.interfaces.console.pages.facility_acts import (
    SCOPE,
    VERBS,
    Said,
    carry_out,
    preview_page,
)
from huoshui.interfaces.console.visit import (
    Ask,
    Visit,
    enter,
    form,
    same_origin,
)


def _entered(
    request: Ask, world: str, key: str, verb: str, body: bytes
) -> tuple[Visit, Form[Said]]:
    """Who asks, and the form that was sent. Raises NotFound."""
    same_origin(request)
    visit = enter(request, world, "facilities")
    id_ = ids.read("fac", key)
    if verb not in VERBS:
        raise NotFound(kind="page", id=verb[:40])
    said = Said(verb, {name: str(values[0]) for name, values in form(body).items()})
    return visit, Form(
        SCOPE,
        f"facilities/{key}",
        said,
        do=lambda tx, said: carry_out(tx, id_, said),
        preview=lambda tx, frame, said: preview_page(tx, frame, id_, said),
        page=lambda tx, frame, said: facility_page(tx, frame, key, said),
    )


@post("/{world:str}/facilities/{key:str}/{verb:str}/preview", sync_to_thread=True, status_code=200)
def preview_facility(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What would be moved: it is done in a transaction that is undone. Raises OutOfScope."""
    visit, filled = _entered(request, world, key, verb, body)
    return previewed(request, visit, filled)


@post("/{world:str}/facilities/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_facility(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Do what the preview showed; refused, the page says why. Raises OutOfScope, UnknownFacility."""
    visit, filled = _entered(request, world, key, verb, body)
    return done(request, visit, filled)


ROUTES: list[Any] = [preview_facility, move_facility]
