"""A sender in a process of its own, which kills itself at a point: `python sending_child.py POINT …`."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from huoshui.core.db import Database, Tx
from huoshui.lines.payments.rails import Answer, Call, sender
from huoshui.lines.payments.rails.simulated.client import Simulated


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying:
    """A rail at which the process dies: before the request leaves, or once the answer is there."""

    def __init__(self, rail: Simulated, point: str) -> None:
        self.rail, self.point = rail, point

    def send(self, call: Call) -> Answer:
        if self.point == "claimed":
            die()
        answer = self.rail.send(call)
        if self.point == "answered":
            die()
        return answer

    def status(self, call: Call) -> Answer:
        return self.rail.status(call)


def main(point: str, url: str, book: str, rail_url: str, secret: str) -> None:
    database = Database(url, pool_size=2).open()
    rail: Any = Dying(Simulated("card", rail_url, secret), point)

    def answered(tx: Tx, told: list[tuple[Call, Answer]]) -> None:
        for call, answer in told:
            tx.emit("test.answered", str(call.id), verdict=answer.verdict)
        if point == "recording":
            tx.flush()
            die()

    if point == "claiming":

        def claim_and_die(tx: Tx, name: str, room: int) -> Any:
            claimed(tx, name, room)
            die()

        claimed = sender.claim
        sender.claim = claim_and_die  # type: ignore[assignment]
    sender.Sender(database, answered, find=lambda _: rail).drain(int(book))
    if point == "recorded":
        die()


if __name__ == "__main__":
    main(*sys.argv[1:])
