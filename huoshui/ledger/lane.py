"""The ledger's verb for the lane: commands of many callers, posted in one transaction.

A unit is a chain: what `linked` joins is done together or not at all, and everything else may go
into another batch than its neighbours, so that a large submission lets small ones pass. A
command's id is its idempotency key: a unit that stands already is answered by `exists`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from huoshui.core.db import SYSTEM, Tx
from huoshui.core.lane import Lane, Verb
from huoshui.ledger import service
from huoshui.ledger.model import Command, Result, Transaction
from huoshui.ledger.sheet import Sheet

Chain = tuple[Command, ...]


def chains(commands: Iterable[Command]) -> list[Chain]:
    """Commands cut where one is not `linked` to the next; the last chain may be left open."""
    found: list[Chain] = []
    chain: list[Command] = []
    for command in commands:
        chain.append(command)
        if not command.linked:
            found.append(tuple(chain))
            chain = []
    return [*found, tuple(chain)] if chain else found


def weight(chain: Chain) -> int:
    """How many transfers a chain asks for."""
    if len(chain) == 1:  # nearly always, and asked of every command
        return _legs(chain[0])
    return sum(map(_legs, chain))


def _legs(command: Command) -> int:
    return len(command.legs) if isinstance(command, Transaction) else 1


def _run(tx: Tx, units: list[Chain]) -> list[list[Result]]:
    return service.post_units(tx, units, decide=_decide)


def _decide(sheet: Sheet, chain: Sequence[Command]) -> list[Result]:
    """A chain that stands as a whole is answered so as a whole.

    By itself a repeat breaks a chain at its first command. But the lane runs a batch again when
    its commit's answer was lost, and who asked once must not be told that half of it failed.
    """
    if len(chain) > 1 and sheet.stands(chain):
        return [Result("exists", command) for command in chain]
    return sheet.decide(chain)


POSTING: Verb[Chain, list[Result]] = Verb("ledger.post", _run, weight, idempotent=True)


async def post_many(
    lane: Lane, commands: Sequence[Command], *, book: int = 1, actor: str = SYSTEM, caller: str = ""
) -> list[Result]:
    """Post, hold, capture, release, extend through the lane; a result a command, in their order.

    Ids are burnt by refusals for a passing reason. Raises what `Lane.submit` raises: PartFailed
    holds lists of results, one a chain.
    """
    units = chains(_signed(commands, actor))
    done = await lane.submit(POSTING, units, book=book, actor=actor, caller=caller)
    return [result for results in done for result in results]


def post_many_waiting(
    lane: Lane, commands: Sequence[Command], *, book: int = 1, actor: str = SYSTEM, caller: str = ""
) -> list[Result]:
    """`post_many` for a thread without an event loop."""
    units = chains(_signed(commands, actor))
    done = lane.call(POSTING, units, book=book, actor=actor, caller=caller)
    return [result for results in done for result in results]


def _signed(commands: Iterable[Command], actor: str) -> list[Command]:
    """A batch has many callers: each command says itself whose it is."""
    return [c if c.actor else msgspec.structs.replace(c, actor=actor) for c in commands]
