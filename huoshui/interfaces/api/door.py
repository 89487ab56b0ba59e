"""The API's door: who calls, in which world and book, and the transaction that serves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar import Request, Response
from litestar.params import Parameter

from huoshui.core import access, idempotency
from huoshui.core.access import Actor, WrongKey
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Malformed, Problem
from huoshui.core.worlds import UnknownWorld, Worlds

T = TypeVar("T")
Ask = Request[Any, Any, Any]
PAGE_MAX = 100
Limit = Annotated[int, Parameter(ge=1, le=PAGE_MAX, description="How many at most")]
Cursor = Annotated[
    str | None, Parameter(max_length=200, description="`next` of the page before")
]


class KeyRequired(Problem):
    """A POST that moves money needs an Idempotency-Key."""

    code = "idempotency_key_required"
    status = 400


class BadTime(Problem):
    """Not an ISO 8601 time with a time zone."""

    code = "bad_time"
    status = 422


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list; `next` is the cursor of the next one, null at the end."""

    data: list[T]
    next: str | None = None


class _Rehearsed(Exception):
    """Carries a dry run's answer out of the transaction that it undoes."""

    def __init__(self, answer: object) -> None:
        self.answer = answer


class Door:
    """Opens worlds to those whose key says so."""

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds

    def actor(self, request: Ask) -> Actor:
        """Who calls. Raises WrongKey."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise WrongKey()
        return self.actor_of(key.strip())

    def actor_of(self, key: str) -> Actor:
        """The actor behind a key's text. Raises WrongKey, also for a world that is not there."""
        try:
            database = self.worlds.database(access.world_of(key))
        except UnknownWorld as error:
            raise WrongKey() from error
        with database.begin() as tx:
            return access.who(tx, key)

    def database(self, actor: Actor) -> Database:
        """The actor's world."""
        return self.worlds.database(actor.world)

    @contextmanager
    def begin(self, request: Ask, scope: str) -> Iterator[Tx]:
        """A transaction of the caller's book. Raises WrongKey, OutOfScope."""
        actor = self.actor(request)
        actor.need(scope)
        with self.database(actor).begin(book=actor.book, actor=f"key:{actor.name}") as tx:
            yield tx


def door_of(request: Ask) -> Door:
    """The door that the application was composed with."""
    door: Door = request.app.state.door
    return door


def moving(
    request: Ask, scope: str, body: bytes, use_case: Callable[[Tx], msgspec.Struct]
) -> Response[Any]:
    """Serve a POST that moves money: once per Idempotency-Key, or as a rehearsal.

    The first answer is kept in the commit that moved the money; a repeat gets it again with
    `Idempotency-Hit: true`. With `?dry_run=true` everything is done and then undone.
    Raises KeyRequired and KeyReused.
    """
    door = door_of(request)
    actor = door.actor(request)
    actor.need(scope)
    database = door.database(actor)
    if request.query_params.get("dry_run", "").lower() == "true":
        return _rehearse(database, actor, use_case)
    key = request.headers.get("idempotency-key", "")
    if not 0 < len(key) <= 255:
        raise KeyRequired()
    wish = b"%b %b\n%b" % (request.method.encode(), request.url.path.encode(), body)

    def once(tx: Tx) -> tuple[int, bytes, bool]:
        before = idempotency.kept(tx, key, wish)
        if before:
            return before.status, bytes(before.body), True
        answer = msgspec.json.encode(use_case(tx))
        idempotency.keep(tx, key, wish, 200, answer)
        return 200, answer, False

    status, answer, hit = database.run(once, book=actor.book, actor=f"key:{actor.name}")
    headers = {"Idempotency-Hit": "true"} if hit else {}
    return Response(answer, status_code=status, headers=headers, media_type="application/json")


def _rehearse(
    database: Database, actor: Actor, use_case: Callable[[Tx], msgspec.Struct]
) -> Response[Any]:
    try:
        with database.begin(book=actor.book, actor=f"key:{actor.name}") as tx:
            answer = use_case(tx)
            tx.flush()
            raise _Rehearsed(answer)
    except _Rehearsed as rehearsed:
        content = msgspec.json.encode(rehearsed.answer)
        return Response(content, headers={"Dry-Run": "true"}, media_type="application/json")


def decoded(body: bytes, kind: type[T]) -> T:
    """The body as a `kind`. Raises Malformed, which names the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Malformed(what="body", reason=str(error)) from error


def moment(text: str | None) -> datetime | None:
    """A query's time, with its zone, or None. Raises BadTime."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise BadTime(text=text[:40]) from error
    if at.tzinfo is None:
        raise BadTime(text=text[:40])
    return at
