"""What the pages of the watch list, of borrowers and of loss parameters do beyond showing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core.access import OutOfScope
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.interfaces.console import render
from huoshui.interfaces.console.acting import acting, rehearsing
from huoshui.interfaces.console.page import Frame, Page
from huoshui.interfaces.console.pages import borrower, loss_rules, watch_list
from huoshui.interfaces.console.pages.watch_list import SCOPE, Said
from huoshui.interfaces.console.visit import Ask, Visit, enter, form, html, redirect, same_origin

Shown = Callable[[Tx, Frame, Said], Page]


def _entered(request: Ask, world: str, place: str, verb: str, body: bytes) -> tuple[Visit, Said]:
    same_origin(request)
    visit = enter(request, world, place)
    return visit, Said(verb, {name: str(values[0]) for name, values in form(body).items()})


def _done(
    request: Ask, visit: Visit, said: Said, path: str, do: Callable[[Tx, Said], object], page: Shown
) -> Response[bytes]:
    """Do what a form says; refused, its page says why. Raises OutOfScope, NotFound."""
    try:
        acting(visit, SCOPE, lambda tx: do(tx, said))
    except Problem as problem:
        return _refused(request, visit, said, path, problem, page)
    return redirect(visit.frame.to(path))


def _refused(
    request: Ask, visit: Visit, said: Said, path: str, problem: Problem, page: Shown
) -> Response[bytes]:
    if isinstance(problem, OutOfScope | NotFound):
        raise problem
    here = msgspec.structs.replace(visit.frame, path=visit.frame.to(path))
    again = msgspec.structs.replace(said, problem=problem.detail(here.lang))
    with visit.begin() as tx:
        shown = page(tx, here, again)
    return html(request, render.page(shown, here), status=problem.status)


@post("/{world:str}/watch-list/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_mark(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Put a borrower on the list, take an entry off, or undo that. Raises OutOfScope, NotFound."""
    visit, said = _entered(request, world, "watch_list", verb, body)
    if key == "-" and verb == "put":
        return _done(
            request, visit, said, "watch-list", watch_list.put,
            lambda tx, frame, said: watch_list.watch_list_page(tx, frame, "", said),
        )  # fmt: skip
    return _done(
        request, visit, said, f"watch-list/{key}", lambda tx, said: watch_list.move(tx, key, said),
        lambda tx, frame, said: watch_list.mark_page(tx, frame, key, said),
    )  # fmt: skip


@post("/{world:str}/borrowers/{key:str}/grade", sync_to_thread=True, status_code=200)
def grade_borrower(
    request: Ask, world: FromPath[str], key: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Tell a borrower's grade. Raises OutOfScope, NotFound."""
    visit, said = _entered(request, world, "watch_list", "grade", body)
    return _done(
        request, visit, said, f"borrowers/{key}", lambda tx, said: borrower.tell(tx, key, said),
        lambda tx, frame, said: borrower.borrower_page(tx, frame, key, said),
    )  # fmt: skip


def _rules(tx: Tx, frame: Frame, said: Said) -> Page:
    return loss_rules.loss_rules_page(tx, frame, "", said)


@post("/{world:str}/loss-rules/{key:str}/{verb:str}/preview", sync_to_thread=True, status_code=200)
def preview_loss_rules(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """The effect on the book of parameters: proposed in a transaction that is undone. Raises OutOfScope."""
    visit, said = _entered(request, world, "loan_losses", verb, body)
    if (key, verb) != ("-", "propose"):
        raise NotFound(kind="page", id=verb[:40])
    try:
        page = rehearsing(visit, SCOPE, lambda tx: loss_rules.preview_page(tx, visit.frame, said))
    except Problem as problem:
        return _refused(request, visit, said, "loss-rules", problem, _rules)
    return html(request, render.page(page, visit.frame))


@post("/{world:str}/loss-rules/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def decide_loss_rules(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Propose what was previewed, or confirm or refuse what another proposed. Raises OutOfScope, NotFound."""
    visit, said = _entered(request, world, "loan_losses", verb, body)
    if key == "-" and verb == "propose":
        return _done(request, visit, said, "loss-rules", loss_rules.propose, _rules)
    if verb not in ("confirm", "refuse"):
        raise NotFound(kind="page", id=verb[:40])
    return _done(
        request, visit, said, f"loss-rules/{key}", lambda tx, said: loss_rules.decide(tx, key, said),
        lambda tx, frame, said: loss_rules.proposal_page(tx, frame, key, said),
    )  # fmt: skip


ROUTES: list[Any] = [move_mark, grade_borrower, preview_loss_rules, decide_loss_rules]
