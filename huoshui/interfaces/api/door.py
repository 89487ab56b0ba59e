"""The API's door: who calls, in which world and book, and the transaction that serves them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.params import FromPath, QueryParameter

from huoshui.core import access, crypto, idempotency, ids
from huoshui.core.access import Actor, Bound, OutOfBounds, WrongKey
from huoshui.core.db import Database, Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.core.worlds import UnknownWorld, World, Worlds
from huoshui.interfaces.api.body import BadParameter, UnknownParameter, decoded
from huoshui.interfaces.api.contract import Contract, contract_of

T = TypeVar("T")
A = TypeVar("A")
Ask = Request[Any, Any, Any]
UseCase = Callable[[Tx], msgspec.Struct]
PAGE_MAX = 100
KEYS_REMEMBERED = 10_000
Ref = FromPath[str]
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, description="How many at most")]
Cursor = Annotated[
    str | None, QueryParameter(max_length=250, description="`next` of the page before")
]
Word = Annotated[str, QueryParameter(max_length=200)]
Time = Annotated[
    str | None,
    QueryParameter(max_length=40, description="An ISO 8601 time with its time zone"),
]
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
# What a request's scope carries for the log of requests.
BEGUN, CALLER = "begun_ns", "caller"
_FLAGS = {"": False, "false": False, "true": True}


class KeyRequired(Problem):
    """A POST that moves money needs an Idempotency-Key: 1 to 255 printable ASCII characters."""

    code = "idempotency_key_required"
    status = 400


class BadTime(Problem):
    """Not an ISO 8601 time with a time zone."""

    code = "bad_time"
    status = 422


class Unbounded(Problem):
    """An operation on rows never asked whose they are: our fault, and its answer is withheld."""

    code = "unbounded"
    status = 500


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list; `next` is the cursor of the next one, null at the end."""

    data: list[T]
    next: str | None = None


class Identified(Protocol):
    """A row with an id: the cursor behind it."""

    @property
    def id(self) -> UUID:
        """Its id."""


R = TypeVar("R", bound=Identified)


def after_id(prefix: str, cursor: str | None) -> UUID | None:
    """The id behind which a page begins; None for the first page. Raises BadId."""
    return ids.read(prefix, cursor) if cursor else None


def page_of(prefix: str, rows: Sequence[R], limit: int, show: Callable[[R], T]) -> Page[T]:
    """A page of rows as they are shown; one that is full has the id of its last row as a cursor."""
    end = ids.show(prefix, rows[-1].id) if len(rows) == limit else None
    return Page([show(row) for row in rows], end)


class Door:
    """Opens worlds to those whose key says so."""

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds
        self._seen: dict[bytes, Actor] = {}

    def actor(self, request: Ask) -> Actor:
        """Who calls. Raises WrongKey."""
        return self.actor_of(_key(request))

    async def actor_seen(self, request: Ask) -> tuple[Actor, bool]:
        """Who calls, and whether that is from memory: the key may have been revoked since.

        What a key may do never changes, so only that is left to be asked, for many requests at
        once. What a partner was granted does change: it is asked each time. Raises WrongKey.
        """
        text = _key(request)
        digest = crypto.sha256(text.encode())
        actor = self._seen.get(digest)
        if actor is not None:
            return actor, True
        actor = await asyncio.to_thread(self.actor_of, text)
        if len(self._seen) >= KEYS_REMEMBERED:
            self._seen.clear()
        if actor.kind != "partner":
            self._seen[digest] = actor
        return actor, False

    def actor_of(self, key: str) -> Actor:
        """The actor behind a key's text. Raises WrongKey, also for a world that is not there."""
        try:
            database = self.worlds.database(access.world_of(key))
        except UnknownWorld as error:
            raise WrongKey() from error
        with database.begin() as tx:
            return access.who(tx, key)


class Visit:
    """A request whose key was accepted: it sees one book of one world and nothing else.

    An operation whose contract is bound to rows asks `bound` or `need_own` in its transaction; one
    that forgot is undone with Unbounded, whoever called.
    """

    def __init__(self, request: Ask, door: Door, actor: Actor, contract: Contract) -> None:
        self.request = request
        self.actor = actor
        self.contract = contract
        self.rehearsal = _rehearsal(request) if contract.dry_run else False
        self._door = door
        self._asked_whose = False
        self.database: Database = door.worlds.database(actor.world)

    @property
    def world(self) -> World:
        """The world that the key opens."""
        return self._door.worlds.get(self.actor.world)

    @property
    def bound(self) -> Bound:
        """Whose rows the caller sees."""
        self._asked_whose = True
        return self.actor.bound

    def need_own(
        self, absent: Problem, *, sellers: Iterable[UUID] = (), buyers: Iterable[UUID] = ()
    ) -> None:
        """Raise `absent` unless a row of these sellers and buyers is the caller's to see.

        `absent` is what an id that nobody has is answered: the two are told apart by nobody.
        """
        if not self.bound.covers(sellers=sellers, buyers=buyers):
            raise absent

    def check_bound(self) -> None:
        """Raises Unbounded where the contract is bound to rows and nobody asked whose they are."""
        if self.contract.bound == "rows" and not self._asked_whose:
            raise Unbounded(path=self.request.url.path[:100])

    @property
    def key(self) -> str:
        """The Idempotency-Key, or an empty text. Raises KeyRequired for one that is unusable."""
        text = str(self.request.headers.get("idempotency-key", ""))
        if text and not _IDEMPOTENCY_KEY.fullmatch(text):
            raise KeyRequired()
        return text

    @property
    def kept_as(self) -> str:
        """The Idempotency-Key as replies are kept: the same word of another caller is another's."""
        owner = self.actor.organisation_id
        return f"{ids.show('org', owner)}/{self.key}" if owner and self.key else self.key

    @property
    def wish(self) -> str:
        """What names this wish to the lines: the caller's key, or that it is a rehearsal."""
        return "rehearsal" if self.rehearsal else f"request/{self.kept_as}"

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A transaction of the caller's book."""
        with self.database.begin(book=self.actor.book, actor=self.name) as tx:
            yield tx
            self.check_bound()

    def answer(self, body: bytes, use_case: UseCase) -> Response[bytes]:
        """Serve a POST once per Idempotency-Key, or as a rehearsal.

        The first answer is kept in the commit that did the work; a repeat gets it again with
        `Idempotency-Hit: true`. A refusal is not kept: the same key may be tried again. With
        `?dry_run=true` everything is done and then undone. Raises KeyRequired and KeyReused.
        """
        if self.rehearsal:
            return self._rehearse(use_case)
        key = self.key
        if not key and self.contract.idempotency == "required":
            raise KeyRequired()

        def once(tx: Tx) -> tuple[bytes, bool]:
            wish, kept_as = self.said(body), self.kept_as
            before = idempotency.kept(tx, kept_as, wish) if key else None
            if before:
                return bytes(before.body), True
            content = msgspec.json.encode(use_case(tx))
            self.check_bound()
            if key:
                idempotency.keep(tx, kept_as, wish, self.contract.status, content)
            return content, False

        return self.reply(*self.database.run(once, book=self.actor.book, actor=self.name))

    def said(self, body: bytes) -> bytes:
        """What was asked: a repeat asks for the same, byte for byte."""
        scope = self.request.scope
        method, path = scope["method"].encode(), scope["path"].encode()
        return b"%b %b\n%b" % (method, path, body)

    def reply(self, content: bytes, hit: bool) -> Response[bytes]:
        """The first answer, or that again."""
        return self._response(content, {"Idempotency-Hit": "true"} if hit else {})

    @property
    def name(self) -> str:
        """Who acts, as history keeps it: the marketplace's key, or whose it is and the key."""
        owner = self.actor.organisation_id
        return f"{ids.show('org', owner) if owner else 'key'}:{self.actor.name}"

    def _rehearse(self, use_case: UseCase) -> Response[bytes]:
        try:
            with self.begin() as tx:
                answer = use_case(tx)
                tx.flush()
                raise _Rehearsed(answer)
        except _Rehearsed as rehearsed:
            return self._response(msgspec.json.encode(rehearsed.answer), {"Dry-Run": "true"})

    def _response(self, content: bytes, headers: dict[str, str]) -> Response[bytes]:
        return Response(
            content,
            status_code=self.contract.status,
            headers=headers,
            media_type="application/json",
        )


class _Rehearsed(Exception):
    """Carries a rehearsal's answer out of the transaction that it undoes."""

    def __init__(self, answer: object) -> None:
        self.answer = answer


def enter(request: Ask) -> Visit:
    """Let a request in, before anything else of it is read.

    Raises WrongKey, OutOfScope, OutOfBounds, UnknownParameter and BadParameter.
    """
    door: Door = request.app.state.door
    return admit(request, door.actor(request))


def on_one(
    request: Ask,
    ref: str,
    body: bytes,
    prefix: str,
    kind: type[A],
    act: Callable[[Tx, UUID, A], msgspec.Struct],
) -> Response[bytes]:
    """Serve a verb on one object: `act` gets its id and what the body says, which may be left out."""
    visit = enter(request)
    asked, id_ = decoded(body or b"{}", kind), ids.read(prefix, ref)
    return visit.answer(body, lambda tx: act(tx, id_, asked))


def admit(request: Ask, actor: Actor) -> Visit:
    """The visit of a caller who is known.

    Raises OutOfScope, OutOfBounds, UnknownParameter and BadParameter.
    """
    door: Door = request.app.state.door
    request.scope["state"][CALLER] = actor
    contract = contract_of(request.route_handler)
    if contract.scope:
        actor.need(contract.scope)
    if contract.bound == "book" and not actor.bound.whole:
        raise OutOfBounds()
    _check_parameters(request, contract)
    return Visit(request, door, actor, contract)


def _key(request: Ask) -> str:
    request.scope["state"][BEGUN] = time.perf_counter_ns()
    scheme, _, key = str(request.headers.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer":
        raise WrongKey()
    return key.strip()


def _check_parameters(request: Ask, contract: Contract) -> None:
    # An unknown parameter is refused, not passed over: `?dryrun=true` would move money.
    for name, value in request.query_params.multi_items():
        if name not in contract.known:
            raise UnknownParameter(name=name[:80], known=", ".join(sorted(contract.known)))
        if "\0" in value:
            raise BadParameter(name=name, errors=(FieldError(name, "null_character"),))
    for name, value in request.path_params.items():
        if "\0" in str(value):
            raise BadParameter(name=name, errors=(FieldError(name, "null_character"),))


def _rehearsal(request: Ask) -> bool:
    text = request.query_params.get("dry_run", "")
    if text not in _FLAGS:
        fault = FieldError("dry_run", "choice", {"value": text[:40]})
        raise BadParameter(name="dry_run", errors=(fault,))
    return _FLAGS[text]


def moment(text: str | None) -> datetime | None:
    """A query's time, with its zone, or None. Raises BadTime."""
    if not text:
        return None
    try:
        # In an address a plus that was not escaped arrives as a blank.
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise BadTime(text=text[:40]) from error
    if at.tzinfo is None:
        raise BadTime(text=text[:40])
    return at
