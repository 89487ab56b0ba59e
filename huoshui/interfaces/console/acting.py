"""What forms of the console do: in the name of who sent them, rehearsed first, and how one is refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from litestar import Response

from huoshui.core import access
from huoshui.core.access import OutOfScope
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.interfaces.console import render
from huoshui.interfaces.console.page import Frame, ObjectPage
from huoshui.interfaces.console.visit import Ask, Visit, html, redirect

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


def actor_of(tx: Tx, visit: Visit) -> str:
    """Who acts, by the name that the API gives the same key: one person has one name."""
    if visit.session.key_id is None:
        return visit.session.actor
    return f"key:{access.key_of(tx, visit.session.key_id).name}"


def roles_of(visit: Visit) -> frozenset[str]:
    """The roles by which limits of approval are named; the operator has none, and no limit."""
    if visit.rights.member:
        return frozenset({visit.rights.member.role})
    return frozenset({"key"}) if visit.session.key_id else frozenset()


def acting(visit: Visit, scope: str, use_case: Callable[[Tx], T]) -> T:
    """Do something in the session's book, under its actor's name. Raises OutOfScope."""
    if not visit.frame.writes(scope):
        raise OutOfScope(scope=scope)
    with visit.database.begin(book=visit.session.book) as tx:
        tx.actor = actor_of(tx, visit)
        return use_case(tx)


class _Undo(Exception):
    """Ends a rehearsal: what it did is taken back with its transaction."""


def rehearsing(visit: Visit, scope: str, use_case: Callable[[Tx], T]) -> T:
    """What a use case answers, done as `acting` does it and then undone. Raises OutOfScope."""
    found: list[T] = []

    def undone(tx: Tx) -> None:
        found.append(use_case(tx))
        raise _Undo

    with suppress(_Undo):
        acting(visit, scope, undone)
    return found[0]


def _detail(tx: Tx, frame: Frame, problem: Problem) -> str:
    return problem.detail(frame.lang)


@dataclass(frozen=True)
class Form(Generic[S]):
    """A form of an object's page, as it was filled in: `said` has a field `problem`.

    `path` is the object's page under the world's, `preview` shows what `do` would have done once it is
    undone, `page` shows the object with the form as it was filled in, `why` says why it was refused.
    """

    scope: str
    path: str
    said: S
    do: Callable[[Tx, S], object]
    preview: Callable[[Tx, Frame, S], ObjectPage]
    page: Callable[[Tx, Frame, S], ObjectPage]
    why: Callable[[Tx, Frame, Problem], str] = _detail


def previewed(request: Ask, visit: Visit, form: Form[S]) -> Response[bytes]:
    """What a form would do, done in a transaction that is undone. Raises OutOfScope, NotFound."""
    try:
        page = rehearsing(visit, form.scope, lambda tx: form.preview(tx, visit.frame, form.said))
    except Problem as problem:
        return _refused(request, visit, form, problem)
    return html(request, render.page(page, visit.frame))


def done(request: Ask, visit: Visit, form: Form[S]) -> Response[bytes]:
    """Do what a form says, and show its object; refused, the page says why. Raises OutOfScope, NotFound."""
    try:
        acting(visit, form.scope, lambda tx: form.do(tx, form.said))
    except Problem as problem:
        return _refused(request, visit, form, problem)
    return redirect(visit.frame.to(form.path))


def _refused(request: Ask, visit: Visit, form: Form[S], problem: Problem) -> Response[bytes]:
    """The object's page with what was filled in, and why it cannot be."""
    if isinstance(problem, OutOfScope | NotFound):
        raise problem
    here = msgspec.structs.replace(visit.frame, path=visit.frame.to(form.path))
    with visit.begin() as tx:
        why = form.why(tx, here, problem)
        page = form.page(tx, here, msgspec.structs.replace(form.said, problem=why))
    if not any(deed.problem for deed in page.deeds):  # it may not be asked any more
        page = msgspec.structs.replace(page, lead=why)
    return html(request, render.page(page, here), status=problem.status)
