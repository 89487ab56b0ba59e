"""The storm over HTTP: the server that answers is killed in the middle of its work.

Goal: every transfer that a caller was told of is there, exactly once, and none that was refused.
Callers ask again with the same Idempotency-Key where the server died before it answered.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import httpx
import msgspec
import pytest

from huoshui.core import access, ids, postgres
from huoshui.core.access import SCOPES
from huoshui.core.db import Database
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.interfaces.api.books import MANUAL
from huoshui.ledger import Capture, Command, Extend, Release, Transaction
from tests import programs
from tests.ledger import storm
from tests.programs import Program

ROUNDS = int(os.environ.get("HUOSHUI_ROUNDS", "1"))
REPORT = os.environ.get("HUOSHUI_REPORT_HTTP", "")
BOOK, CALLERS = 7, 12
_RETRY_S, _ANSWER_S = 0.05, 300
_wishes = itertools.count()


class HttpCaller(storm.Caller):
    """A caller of the API: a request that brought no answer is made again, with its key."""

    def __init__(self, client: httpx.AsyncClient, seed: int, answers: TextIO) -> None:
        super().__init__(seed, answers)
        self._client = client
        self.again = 0

    async def _post(self, commands: list[Command]) -> list[str] | None:
        body = msgspec.json.encode({"commands": [asked(command) for command in commands]})
        headers = {"Idempotency-Key": f"storm-{next(_wishes)}"}
        until = time.monotonic() + _ANSWER_S
        while time.monotonic() < until:
            try:
                answer = await self._client.post(
                    "/transactions/batch", content=body, headers=headers
                )
                if answer.status_code < 429:
                    assert answer.status_code == 200, answer.text
                    return [result["code"] for result in answer.json()["results"]]
            except httpx.HTTPError:
                pass
            self.again += 1
            await asyncio.sleep(_RETRY_S)
        raise AssertionError("no answer")


def asked(command: Command) -> dict[str, Any]:
    """A command as the API has it."""
    told: dict[str, Any] = {"id": ids.show("txn", command.id), "linked": command.linked}
    match command:
        case Transaction():
            leg = command.legs[0]
            sides = {"from": leg.source, "to": leg.target, "amount": money(leg.amount)}
            sides["cap"] = leg.cap
            if command.hold:
                return told | sides | {"verb": "hold", "timeout_s": command.timeout_s}
            return told | {"verb": "post", "legs": [sides]}
        case Capture():
            amount = None if command.amount is None else money(command.amount)
            shown = ids.show("txn", command.hold)
            return told | {"verb": "capture", "hold": shown, "amount": amount,
                           "final": command.final}  # fmt: skip
        case Extend():
            return told | {"verb": "extend", "hold": ids.show("txn", command.hold),
                           "timeout_s": command.timeout_s}  # fmt: skip
        case Release():
            return told | {"verb": "release", "hold": ids.show("txn", command.hold)}
    raise AssertionError(command)


def money(amount: int) -> dict[str, Any]:
    """Minor units of yuan."""
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of a home with a PostgreSQL of its own."""
    with programs.folder() as path:
        yield path
        postgres.stop(Settings(home=str(path / "home")))


def open_book(settings: Settings) -> tuple[Database, str]:
    """The sandbox with a book of manual accounts, and a key to it."""
    worlds = Worlds.start(settings)
    url = worlds.database(SANDBOX).url
    storm.open_books(worlds.database(SANDBOX), BOOK, MANUAL)
    with worlds.database(SANDBOX).begin(book=BOOK) as tx:
        key = access.make_key(tx, SANDBOX, "storm", frozenset(SCOPES))[1]
    worlds.close()
    programs.careless(url)
    return Database(url).open(), key


def test_the_server_killed_under_load(folder: Path) -> None:
    database, key = open_book(Settings(home=str(folder / "home")))
    server = programs.server(folder, programs.free_port())
    file = folder / "answers.jsonl"
    try:
        server.start()
        again = asyncio.run(_storm(server, key, file))
    finally:
        server.stop()
    with database.begin(book=BOOK) as tx:
        codes = storm.check(tx, storm.answers([file]))
    database.close()
    stands = sum(codes[code] for code in storm.STANDS)
    assert stands and codes.total() > stands
    told = {"http_rounds": server.kills, "http_acknowledged": stands,
            "http_refused": codes.total() - stands, "http_asked_again": again}  # fmt: skip
    if REPORT:
        Path(REPORT).write_text(json.dumps(told), encoding="utf-8")


async def _storm(server: Program, key: str, file: Path) -> int:
    """Callers under way while the server is killed so many times; how often they asked again."""
    killer = Killer(server, file)
    client = httpx.AsyncClient(
        base_url=f"{server.url}/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30,
        trust_env=False,
    )  # fmt: skip
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with file.open("a", encoding="utf-8") as answers:
        callers = [HttpCaller(client, seed * 1000 + n, answers) for n in range(CALLERS)]
        killer.start()
        async with client:
            await asyncio.gather(*(caller.run(lambda: not killer.is_alive()) for caller in callers))
    if killer.broken:
        raise killer.broken
    return sum(caller.again for caller in callers)


class Killer(threading.Thread):
    """Kills the server and starts it again, each time once answers are being written."""

    def __init__(self, server: Program, file: Path) -> None:
        super().__init__(daemon=True)
        self.broken: BaseException | None = None
        self._server, self._file = server, file

    def run(self) -> None:
        """So many rounds, and a last look that it answers again."""
        try:
            for _ in range(ROUNDS):
                self._wait()
                time.sleep(random.uniform(0.05, 0.5))
                self._server.kill()
                self._server.start()
            self._wait()
        except BaseException as error:
            self.broken = error

    def _wait(self) -> None:
        before = self._file.stat().st_size
        programs.wait_until(lambda: self._file.stat().st_size > before + 2_000, "no answers")
