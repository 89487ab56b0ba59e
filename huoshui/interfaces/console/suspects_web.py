"""What the pages of suspects do beyond showing: search now; confirm, clear, take back."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.interfaces.console.acting import Form, acting, done
from huoshui.interfaces.console.pages import suspects
from huoshui.interfaces.console.pages.suspects import WRITE, Said, Verb
from huoshui.interfaces.console.visit import Ask, enter, form, redirect, same_origin
from huoshui.judgement.risk.suspects import service


@post("/{world:str}/suspects/search", sync_to_thread=True, status_code=200)
def search_suspects(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """Search now. Raises OutOfScope, NoCommunities."""
    same_origin(request)
    visit = enter(request, world, "suspects")
    acting(visit, WRITE, service.search)
    return redirect(visit.frame.to("suspects"))


@post("/{world:str}/suspects/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def judge_suspect(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Confirm, clear or take back; refused, the page says why. Raises OutOfScope, UnknownSuspect."""
    same_origin(request)
    visit = enter(request, world, "suspects")
    fields = {name: values[0] for name, values in form(body).items()}
    filled = Form(
        WRITE, f"suspects/{key}", Said(cast(Verb, verb), fields),
        do=lambda tx, said: suspects.decided(tx, key, said),
        preview=lambda tx, frame, said: suspects.suspect_page(tx, frame, key, said),
        page=lambda tx, frame, said: suspects.suspect_page(tx, frame, key, said),
    )  # fmt: skip
    return done(request, visit, filled)


ROUTES: list[Any] = [search_suspects, judge_suspect]
