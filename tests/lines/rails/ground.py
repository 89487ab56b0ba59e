"""What tests of rails share: a simulator that serves, a world that keeps what it was told, a sender."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

from huoshui.core import work
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.lines.payments import rails
from huoshui.lines.payments.rails import Answer, Call, Notice, Ports, inbox, store
from huoshui.lines.payments.rails.sender import Sender
from huoshui.lines.payments.rails.simulated.client import Simulated
from huoshui.lines.payments.rails.simulator import Served, Simulator, serve
from huoshui.lines.payments.rails.simulator.rules import Pace

QUICK = Pace(later_ms=40, late_ms=120, slow_ms=60, scan_ms=60_000)
NAMES = ("card", "transfer", "qr", "bank")


class Heard:
    """The two ports, as a scenario would wire them: each change is an event in the same commit."""

    def __init__(self) -> None:
        self.failing = 0

    def answered(self, tx: Tx, told: list[tuple[Call, Answer]]) -> None:
        if self.failing:
            self.failing -= 1
            raise Problem()
        for call, answer in told:
            tx.emit("test.answered", str(call.id), verdict=answer.verdict, amount=answer.amount,
                    code=answer.code, action=answer.action)  # fmt: skip

    def noticed(self, tx: Tx, call: Call, notice: Notice) -> None:
        tx.emit("test.noticed", str(call.id), what=notice.kind, amount=notice.amount)

    @property
    def ports(self) -> Ports:
        return Ports(self.answered, self.noticed)


class Field:
    """A simulator, a book of the sandbox, and what was told of it."""

    def __init__(self, database: Database, book: int, folder: Path, **given: Any) -> None:
        self.database, self.book, self.heard = database, book, Heard()
        self.inbox = _Inbox(self)
        given.setdefault("pace", QUICK)
        self.simulator = Simulator(folder, **given)
        self.served: Served = serve(self.simulator, notify=self.inbox.url)
        self.rails = {
            name: Simulated(name, self.served.url, self.simulator.secret, timeout_s=2)
            for name in NAMES
        }
        self.sender = self.new_sender()
        self._count = 0

    def new_sender(self, **given: Any) -> Sender:
        given.setdefault("find", self.find)
        return Sender(self.database, self.heard.answered, **given)

    def find(self, name: str) -> Any:
        return self.rails[name]

    def close(self) -> None:
        self.sender.close()
        self.served.stop()
        self.inbox.close()
        for rail in self.rails.values():
            rail.close()

    def queue(self, rail: str = "card", verb: str = "authorise", **more: Any) -> UUID:
        """Queue one call of 100.00 yuan; its id."""
        self._count += 1
        fields = {"subject": f"pmt_{self._count}", "tender": 0, "amount": 10_000,
                  "currency": "CNY", "token": "tok_ok"} | more  # fmt: skip
        with self.database.begin(book=self.book) as tx:
            call = Call(id=tx.id("rca", str(self._count)), rail=rail, verb=verb, **fields)  # type: ignore[arg-type]
            rails.queue(tx, [call])
        return call.id

    def row(self, call_id: UUID) -> store.CallRow:
        with self.database.begin(book=self.book) as tx:
            row = store.call(tx, call_id)
        assert row is not None
        return row

    def told(self, call_id: UUID, kind: str = "test.answered") -> list[Any]:
        """What was handed on of a call, in order."""
        with self.database.begin(book=self.book) as tx:
            rows = tx.tuples(
                """SELECT data FROM event WHERE book = %(book)s AND object = %(id)s
                AND type = %(kind)s ORDER BY id""",
                id=str(call_id), kind=kind,
            )  # fmt: skip
        return [data for (data,) in rows]

    def verdicts(self, call_id: UUID) -> list[str]:
        return [told["verdict"] for told in self.told(call_id)]

    def turn(self) -> None:
        """One turn of everything: the sender, and the due work of the inbox."""
        self.sender.drain(self.book)
        work.drain(self.database, inbox.work(self.heard.ports), book=self.book)

    def pull(self) -> None:
        """Bring what waits to be looked at forward to now."""
        with self.database.begin(book=self.book) as tx:
            tx.run(
                "UPDATE rail_call SET look_at = %(now)s WHERE book = %(book)s AND look_at > %(now)s",
                now=tx.now,
            )
            tx.run(
                "UPDATE work SET due_at = %(now)s WHERE book = %(book)s AND due_at > %(now)s",
                now=tx.now,
            )
            tx.run(
                "UPDATE rail_breaker SET probe_at = %(now)s WHERE book = %(book)s AND probe_at IS NOT NULL",
                now=tx.now,
            )

    def until(self, done: Callable[[], bool], *, pull: bool = True) -> None:
        """Turn, and bring forward what waits, until it is done; at most 20 s."""
        end = time.monotonic() + 20
        while not done():
            assert time.monotonic() < end, "it never came to be"
            self.turn()
            if pull:
                self.pull()
            time.sleep(0.01)

    def settled(self, *call_ids: UUID) -> list[store.CallRow]:
        """Turn until these calls have their final word."""
        self.until(lambda: all(self.row(each).settled_at for each in call_ids))
        return [self.row(each) for each in call_ids]

    def deeds(self) -> dict[str, Any]:
        """What the simulator really did, by key."""
        return {deed.key: deed for deed in self.simulator.ledger()["deeds"]}

    def advance(self, span: timedelta) -> None:
        with self.database.begin(book=self.book) as tx:
            until = tx.now + span
        with self.database.begin(book=self.book, now=until):
            pass


class _Inbox:
    """The door for webhooks as the API has it, for tests of what stands below it."""

    def __init__(self, field: Field) -> None:
        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                name = self.path.strip("/")
                body = self.rfile.read(int(self.headers["content-length"]))
                status = 200
                try:
                    notices = field.rails[name].read(
                        {k.lower(): v for k, v in self.headers.items()}, body
                    )
                    with field.database.begin(book=field.book) as tx:
                        inbox.receive(tx, name, notices, body)
                except Problem as problem:
                    status = problem.status
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/{{rail}}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def field(database: Database, book: int, folder: Path, **given: Any) -> Iterator[Field]:
    """A field for the time of a test."""
    made = Field(database, book, folder, **given)
    try:
        yield made
    finally:
        made.close()
