"""Chaos: the processes of a payment killed at random moments, and clocks that run fast."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from datetime import timedelta

import httpx

from huoshui.core import postgres
from huoshui.core.db import Database
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from tests import programs
from tests.campaigns.shoppers import Tally
from tests.programs import Program

KINDS = ("server", "simulator", "postgres", "server")
_TICK_S = 0.25
MINUTES = timedelta(minutes=10)  # at once, when all that is left is to wait


class Killer(threading.Thread):
    """Kills in turns the server, the simulators and PostgreSQL, spread over all payments."""

    def __init__(
        self, server: Program, simulator: Program, settings: Settings, tally: Tally,
        dice: random.Random, *, payments: int, kills: int,
    ) -> None:  # fmt: skip
        super().__init__(daemon=True)
        self.killed = dict.fromkeys(KINDS, 0)
        self._server, self._simulator, self._settings = server, simulator, settings
        self._tally, self._dice = tally, dice
        self._moments = [payments * n // (kills + 1) for n in range(1, kills + 1)]

    def run(self) -> None:
        """Until the last kill; what is wrong is kept for the test."""
        try:
            for number, moment in enumerate(self._moments):
                while len(self._tally.opened) < moment:
                    if self._tally.broken:
                        return
                    time.sleep(0.02)
                time.sleep(self._dice.uniform(0, 0.3))
                self._outage()
                self._kill(KINDS[number % len(KINDS)])
        except BaseException as error:
            self._tally.broken.append(error)

    def _outage(self) -> None:
        order = {"fault": "outage", "count": self._dice.randint(1, 8)}
        httpx.post(f"{self._simulator.url}/_sim/next", json=order, timeout=30)

    def _kill(self, kind: str) -> None:
        self.killed[kind] += 1
        if kind == "postgres":
            programs.kill_postgres(self._settings)
            postgres.url(self._settings)  # starts it again: all find it and go on
            return
        program = self._server if kind == "server" else self._simulator
        program.kill()
        program.start()


class Clocks(threading.Thread):
    """Moves the world's clock and the simulators' on, so that nobody sits out what rails take."""

    def __init__(self, database: Database, simulator: Program) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.world, self.rails = timedelta(seconds=10), timedelta(seconds=20)
        self._database, self._simulator = database, simulator

    def run(self) -> None:
        """Until it is over; a program that is dead just now is moved later."""
        turns = 0
        while not self.over.wait(_TICK_S):
            turns += 1
            with contextlib.suppress(Problem, httpx.HTTPError):
                advance(self._database, self.world)
                if turns % 6 == 0:
                    span = f"{int(self.rails.total_seconds())}s"
                    url = f"{self._simulator.url}/_sim/clock"
                    httpx.post(url, json={"advance": span}, timeout=10)


def advance(database: Database, span: timedelta) -> None:
    """Move a world's clock on."""
    with database.begin() as tx:
        until = tx.now + span
    with database.begin(now=until):
        pass
