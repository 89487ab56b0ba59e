"""The hot verbs' way to the ledger: many requests become one transaction, each with its answer.

A unit of the lane is a whole request: its command, its Idempotency-Key and a digest of what it
asked. One look finds the kept replies of all keys, after the accounts are locked, so that a repeat
finds the reply of whoever moved them before; the others are decided in order, and their replies are
kept in the commit that did the work. Ids of commands are made anew at each attempt: what makes a
repeat the same is its reply. A rehearsal, and a world without a lane, take the same steps alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import msgspec
from litestar import Response

from huoshui import ledger
from huoshui.core import access, crypto, idempotency
from huoshui.core.access import WrongKey
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.idempotency import Reply
from huoshui.core.lane import Verb
from huoshui.core.once import once
from huoshui.interfaces.api.door import Ask, Door, KeyRequired, Visit, admit
from huoshui.interfaces.lanes import Lanes
from huoshui.ledger import Command, Sheet, Transaction


class Move(msgspec.Struct, frozen=True):
    """What a request asks of the ledger: its commands, and the answer once they are decided.

    `answer` raises a Problem where a request is refused, and has then moved nothing. It is called
    with the sheet as it stands at that request's turn. `named` says that the caller made ids of
    commands, which may stand already.
    """

    weight: int
    commands: Callable[[Tx, str], list[Command]]
    answer: Callable[[Tx, Sheet, list[Command]], msgspec.Struct]
    named: bool = False


class Desk(Protocol):
    """What decides the moves of many requests in one transaction, each at its turn, then writes.

    To open one locks what the moves touch; what came of that it need not wait for.
    """

    def answer(self, number: int) -> msgspec.Struct:
        """Decide the move of this number. Raises a Problem, and has then moved nothing."""

    def flush(self) -> None:
        """Write all that was decided."""


Opening = Callable[[Tx, Sequence[tuple[Any, str]]], Desk]  # moves, each with the name of its wish


class Wish(msgspec.Struct, frozen=True):
    """A unit of the lane: a move, who asks for it, and under which key."""

    move: Any
    key_id: UUID
    key: str
    request: bytes
    status: int
    name: str
    check: Callable[[], None]  # that it asked whose rows it moved, where it has to


class Granted(msgspec.Struct, frozen=True):
    """An answer's bytes, and whether they were kept from the first time."""

    content: bytes
    hit: bool


Outcome = Granted | Problem


class Hot(msgspec.Struct, frozen=True):
    """A verb of the lane with the desk that decides it."""

    desk: Opening
    verb: Verb[Wish, Outcome]


async def through(
    request: Ask, body: bytes, read: Callable[[Visit], Any], hot: Hot | None = None
) -> Response[bytes]:
    """Serve a hot verb: once per Idempotency-Key, in the lane with others; or as a rehearsal."""
    hot = hot or REQUESTS
    door: Door = request.app.state.door
    actor, remembered = await door.actor_seen(request)
    try:
        visit = admit(request, actor)
        move = read(visit)
        if not visit.rehearsal and not visit.key:
            raise KeyRequired()
    except Problem:
        if remembered:  # a key that was revoked meanwhile is told that and nothing else
            await asyncio.to_thread(door.actor, request)
        raise
    lanes: Lanes = request.app.state.lanes
    lane = None if visit.rehearsal else await lanes.get(actor.world)
    if lane is None:
        if remembered:  # the lane asks that for a whole batch
            await asyncio.to_thread(door.actor, request)
        alone = partial(_alone, desk=hot.desk, move=move, name=visit.wish)
        return await asyncio.to_thread(visit.answer, body, alone)
    digest = crypto.sha256(visit.said(body))
    wish = Wish(
        move, actor.key_id, visit.kept_as, digest, visit.contract.status, visit.wish,
        visit.check_bound,
    )  # fmt: skip
    caller = f"{actor.book}/{actor.key_id}"
    [outcome] = await lane.submit(
        hot.verb, [wish], book=actor.book, actor=visit.name, caller=caller
    )
    if isinstance(outcome, Problem):
        raise outcome
    return visit.reply(outcome.content, outcome.hit)


def _alone(tx: Tx, desk: Opening, move: Any, name: str) -> msgspec.Struct:
    opened = desk(tx, [(move, name)])
    answer = opened.answer(0)
    opened.flush()
    return answer


def _run(desk: Opening, tx: Tx, wishes: list[Wish]) -> list[Outcome]:
    # All is asked before anything is waited for, the replies behind the locks that the desk takes.
    asked_valid = access.valid(tx, {wish.key_id for wish in wishes})
    opened = desk(tx, [(wish.move, wish.name) for wish in wishes])
    asked_kept = idempotency.kept_of(tx, {wish.key for wish in wishes})
    valid, kept = asked_valid(), asked_kept()
    fresh: dict[str, Reply] = {}
    outcomes: list[Outcome] = []
    for number, wish in enumerate(wishes):
        try:
            if wish.key_id not in valid:
                raise WrongKey()
            reply = kept.get(wish.key)
            if reply:
                outcomes.append(Granted(reply.answers(wish.key, wish.request).body, hit=True))
                continue
            content = msgspec.json.encode(opened.answer(number))
            wish.check()
            kept[wish.key] = fresh[wish.key] = Reply(wish.request, wish.status, content)
            outcomes.append(Granted(content, hit=False))
        except Problem as problem:
            outcomes.append(problem)
    opened.flush()
    idempotency.keep_all(tx, fresh)
    return outcomes


def verb(name: str, desk: Opening) -> Hot:
    """A verb of the lane whose requests a desk decides; a move has its `weight`."""
    return Hot(desk, Verb(name, partial(_run, desk), lambda wish: wish.move.weight, True))


class _LedgerDesk:
    """The ledger's commands of many requests on one sheet."""

    def __init__(self, tx: Tx, moves: Sequence[tuple[Move, str]]) -> None:
        self._tx = tx
        ahead = ledger.ahead(tx)
        self._units = [(move, move.commands(tx, name)) for move, name in moves]
        self._loading = _load(tx, self._units, ahead)

    @once
    def _sheet(self) -> Sheet:
        return self._loading()

    def answer(self, number: int) -> msgspec.Struct:
        move, commands = self._units[number]
        return move.answer(self._tx, self._sheet, commands)

    def flush(self) -> None:
        ledger.flush(self._tx, self._sheet)


def _load(
    tx: Tx, units: list[tuple[Move, list[Command]]], ahead: ledger.Ahead
) -> Callable[[], Sheet]:
    paths: set[tuple[str, str]] = set()
    holds: set[UUID] = set()
    named: list[UUID] = []
    for move, commands in units:
        if move.named:
            named += [command.id for command in commands]
        for command in commands:
            if isinstance(command, Transaction):
                sides = ((s, command.currency) for g in command.legs for s in (g.source, g.target))
                paths.update(sides)
            else:
                holds.add(command.hold)
    return ledger.loading(tx, paths, named, holds=holds, burning=True, ahead_=ahead)


REQUESTS = verb("api.requests", _LedgerDesk)
