"""A storm of random commands on few accounts, and what must be true when it has passed.

`python -m tests.ledger.storm URL BOOK SEED SECONDS FILE` is one process of it: many callers on a
lane, with posts, chains, holds that run out while they are captured, caps and floors. What the
ledger answered is written to FILE, a line an answer, before the caller goes on, and that it is
asked again before it is. `check` then holds what stands against what was answered.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.core.lane import Lane
from huoshui.ledger import AccountKind, Capture, Command, Extend, Leg, Release, Transaction
from huoshui.ledger.lane import chains, post_many
from huoshui.ledger.store import Opening
from huoshui.ledger.verify import verify

BANK = "bank"
WALLETS = [f"wallet:{n}" for n in range(6)]  # none may fall below zero
CALLERS = 24
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
STANDS = ("created", "exists")
ASKED_AGAIN = "asked_again"  # written before a repeat is sent


def open_books(database: Database, book: int, kind: str = "storm") -> None:
    """A book with a bank without bounds and wallets that cannot be overdrawn."""
    with database.begin(book=book) as tx:
        access.open_book(tx, access.Book(book, f"storm-{book}", "Storm", "CNY", "UTC", True))
        free, bounded = (AccountKind(kind, "", "liability", floor) for floor in (None, 0))
        ledger.service.open_accounts(
            tx, [Opening(BANK, "CNY", free), *(Opening(w, "CNY", bounded) for w in WALLETS)]
        )


class Caller:
    """One caller: sends a few commands, writes what came of them, goes on."""

    def __init__(self, seed: int, answers: TextIO) -> None:
        self._answers = answers
        self._random = random.Random(seed)
        self._held: list[UUID] = []
        self._sent: list[Command] = []

    async def _post(self, commands: list[Command]) -> list[str] | None:
        """Ask for commands; their codes, or None where that was not answered."""
        raise NotImplementedError

    async def run(self, over: Callable[[], bool]) -> None:
        while not over():
            commands = self._commands()
            if commands[0] in self._sent:
                # A refusal that burnt nothing may be followed by a success whose answer is lost.
                self._write(_line(commands[0], ASKED_AGAIN))
            codes = await self._post(commands)
            if codes is None:
                continue  # it may stand or not
            lines = []
            for command, code in zip(commands, codes, strict=True):
                if isinstance(command, Transaction) and command.hold and code in STANDS:
                    self._held.append(command.id)
                lines.append(_line(command, code))
            _assert_whole(commands, codes)
            self._write("".join(lines))
            self._sent = (self._sent + commands)[-30:]

    def _write(self, lines: str) -> None:
        self._answers.write(lines)
        self._answers.flush()

    def _commands(self) -> list[Command]:
        chance = self._random
        if self._sent and chance.random() < 0.1:
            return [chance.choice(self._sent)]  # a repeat
        count = chance.choice([1, 1, 1, 2, 3, 8])
        commands = [self._command(linked=False) for _ in range(count)]
        if count > 1 and chance.random() < 0.5:
            first = [_linked(command) for command in commands[:-1]]
            commands = [*first, commands[-1]]
        return commands

    def _command(self, *, linked: bool) -> Command:
        chance = self._random
        id_ = ids.uuid7(datetime.now(UTC), chance.randbytes(10))
        if self._held and chance.random() < 0.35:
            hold = chance.choice(self._held[-12:])
            match chance.randrange(5):
                case 0:
                    return Release(id=id_, hold=hold)
                case 1:
                    return Extend(id=id_, hold=hold, timeout_s=1)
                case 2:
                    return Capture(id=id_, hold=hold, amount=chance.randint(0, 50), final=False)
                case _:
                    return Capture(id=id_, hold=hold)
        source, target = chance.sample([BANK, *WALLETS], 2)
        held = chance.random() < 0.3
        return Transaction(
            id=id_, template="storm", reference="", currency="CNY", effective_at=LONG_AGO,
            legs=(Leg(source, target, chance.randint(0, 300),
                      chance.choice(["", "", "", "from"])),),
            hold=held, timeout_s=chance.choice([0, 1]) if held else 0, linked=linked,
        )  # fmt: skip


class LaneCaller(Caller):
    """A caller upon a lane of this process."""

    def __init__(self, lane: Lane, book: int, seed: int, answers: TextIO) -> None:
        super().__init__(seed, answers)
        self._lane, self._book = lane, book

    async def _post(self, commands: list[Command]) -> list[str] | None:
        try:
            results = await post_many(
                self._lane, commands, book=self._book, actor="storm", caller=str(id(self))
            )
        except Problem as problem:
            if problem.code not in ("database_gone", "lane_stopped"):
                raise
            return None
        return [result.code for result in results]


def _linked(command: Command) -> Command:
    return msgspec.structs.replace(command, linked=True)


def _assert_whole(commands: list[Command], codes: list[str]) -> None:
    """A chain stands whole or not at all; a repeat of one that stands says so at its first."""
    place = 0
    for chain in chains(commands):
        told = codes[place : place + len(chain)]
        place += len(chain)
        assert "created" not in told or set(told) == {"created"}, told


def _line(command: Command, code: str) -> str:
    kind, amount = type(command).__name__, None
    if isinstance(command, Transaction) and not command.legs[0].cap:
        amount = command.legs[0].amount
    return json.dumps([str(command.id), code, kind, amount]) + "\n"


async def _storm(url: str, book: int, seed: int, seconds: float, file: Path) -> None:
    lane = Lane(Database(url)).start()
    until = time.monotonic() + seconds
    with file.open("a", encoding="utf-8") as answers:
        callers = [LaneCaller(lane, book, seed * 1000 + n, answers) for n in range(CALLERS)]
        await asyncio.gather(*(caller.run(lambda: time.monotonic() >= until) for caller in callers))
    lane.stop()


def answers(files: Iterable[Path]) -> list[list[Any]]:
    """What the ledger answered; a line that was cut off by a kill was not written to its end."""
    found = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    return found


def check(tx: Tx, answered: list[list[Any]]) -> Counter[str]:
    """Assert that what stands is what was answered; how often each code was."""
    rows = tx.tuples(
        "SELECT id::text, count(*), min(amount) FROM transfer WHERE book = %(book)s GROUP BY id"
    )
    standing = {id_: (count, amount) for id_, count, amount in rows}
    codes: Counter[str] = Counter()
    good: set[str] = {id_ for id_, code, _, _ in answered if code in STANDS}
    told = Counter(id_ for id_, code, _, _ in answered if code != ASKED_AGAIN)
    asked_again = Counter(id_ for id_, code, _, _ in answered if code == ASKED_AGAIN)
    for id_, code, kind, amount in answered:
        if code == ASKED_AGAIN:
            continue
        codes[code] += 1
        if code in STANDS:
            assert standing.get(id_, (0,))[0] == 1, f"acknowledged and not there once: {id_}"
            if amount is not None and kind == "Transaction":
                assert standing[id_][1] == amount, f"another amount stands: {id_}"
        elif id_ not in good and told[id_] > asked_again[id_]:
            assert id_ not in standing, f"refused as {code} and there: {id_}"
    for account in ledger.service.accounts(tx, limit=100):
        assert account.floor is None or account.available >= account.floor, account
    checked = verify(tx)
    assert checked.holds, checked.faults
    assert ledger.journal.trial_balance(tx).balanced
    return codes


if __name__ == "__main__":
    url_, book_, seed_, seconds_, file_ = sys.argv[1:]
    asyncio.run(_storm(url_, int(book_), int(seed_), float(seconds_), Path(file_)))
