"""The simulator over HTTP: what a rail's own API would be, and what is asked of the simulator itself.

POST /{rail}/calls               a call, by its key        → what was done
GET  /{rail}/calls/{key}         what was done about it
POST /{rail}/calls/{key}/fence   the same; a call that never came is refused from then on
GET  /{rail}/act/{reference}     the page where the buyer agrees; POST does it
GET  /_sim/ledger                everything that was really done
GET  /_sim/files/{rail}/{day}    the daily file as CSV
POST /_sim/next, /_sim/clock, /_sim/dispute, /_sim/dispute/close
"""

from __future__ import annotations

import html
import logging
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import msgspec

from huoshui.core import clock, crypto
from huoshui.core.access import WrongKey
from huoshui.core.errors import Malformed, NotFound, Problem
from huoshui.lines.payments.rails.simulator import files
from huoshui.lines.payments.rails.simulator.engine import Simulator, said
from huoshui.lines.payments.rails.simulator.hooks import Courier
from huoshui.lines.payments.rails.simulator.model import RAILS, Asked, Deed

_log = logging.getLogger("huoshui.simulator")
_BODY_MOST = 64 * 1024
_EVERY_MS = 20
_FILES_EVERY = 500  # rounds: ten seconds


class _Dropped(Exception):
    """The connection is to break now, without an answer."""


class _Outage(Exception):
    """Nothing works over there at the moment."""


class Next(msgspec.Struct, frozen=True):
    """The next calls fail in this way."""

    fault: str
    count: int = 1


class Move(msgspec.Struct, frozen=True):
    """The clock moves on by a span, or to a time that lies ahead."""

    advance: str = "0s"
    to: datetime | None = None


class Disputed(msgspec.Struct, frozen=True):
    """A chargeback over what was taken under a reference; `won` closes it."""

    reference: str
    amount: int = 0
    reason: str = "fraudulent"
    won: bool = False


class Served:
    """A simulator that serves on a port, until it is stopped."""

    def __init__(self, simulator: Simulator, server: ThreadingHTTPServer, courier: Courier) -> None:
        self.simulator = simulator
        self.url = f"http://{server.server_address[0]!s}:{server.server_address[1]}"
        self._server = server
        self._courier = courier
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, name="huoshui-simulator", daemon=True),
            threading.Thread(target=self._work, name="huoshui-simulator-work", daemon=True),
        ]

    def start(self) -> Served:
        """Serve from now on."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """End, and keep what was done."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(timeout=10)
        self._courier.close()
        self.simulator.store.close()

    def wait(self) -> None:
        """Until it is stopped."""
        self._over.wait()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=_EVERY_MS / 1000)

    def _work(self) -> None:
        rounds = 0
        while not self._over.wait(_EVERY_MS / 1000):
            try:
                self.simulator.settle()
                self._courier.deliver()
                if rounds % _FILES_EVERY == 0:
                    self.simulator.write_files()
                rounds += 1
            except Exception as error:
                if not self._over.is_set():
                    _log.error("the simulator's own work failed", exc_info=error)


def serve(
    simulator: Simulator, *, host: str = "127.0.0.1", port: int = 0, notify: str = ""
) -> Served:
    """Serve a simulator; port 0 takes a free one.

    `notify` is the address of Huoshui that webhooks go to, with `{rail}` where the rail's name
    stands; without it nothing is told.
    """
    courier = Courier(simulator, notify)

    class Door(_Door):
        pass

    Door.simulator, Door.courier = simulator, courier
    server = ThreadingHTTPServer((host, port), Door)
    server.daemon_threads = True
    return Served(simulator, server, courier).start()


class _Door(BaseHTTPRequestHandler):
    simulator: Simulator
    courier: Courier
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answered(self._get)

    def do_POST(self) -> None:
        self._answered(self._post)

    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)

    def _answered(self, route: Callable[[list[str]], Any]) -> None:
        try:
            self._body = self._read()
            answer = route([part for part in self.path.partition("?")[0].split("/") if part])
            status = 200
        except _Dropped:
            self.close_connection = True
            self.connection.close()
            return
        except _Outage:
            answer, status = {"title": "outage"}, 503
        except Problem as problem:
            answer, status = problem.document("en"), problem.status
        except msgspec.MsgspecError as error:
            answer, status = Malformed(what="body", reason=str(error)).document("en"), 400
        if isinstance(answer, str):
            kind = "text/html" if answer.startswith("<") else "text/csv"
            self._reply(status, answer.encode(), f"{kind}; charset=utf-8")
        else:
            self._reply(status, msgspec.json.encode(answer), "application/json")

    def _read(self) -> bytes:
        length = int(self.headers.get("content-length") or 0)
        if length > _BODY_MOST:
            self.close_connection = True
            raise Malformed(what="body", reason=f"> {_BODY_MOST}")
        return self.rfile.read(length)

    def _reply(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _get(self, path: list[str]) -> Any:
        match path:
            case ["_sim", "ledger"]:
                return self.simulator.ledger()
            case ["_sim", "files", rail, day] if rail in RAILS:
                return files.as_csv(self.simulator.statement(rail, _day(day)))
            case [rail, "calls", key] if rail in RAILS:
                self._check_key()
                deed = self.simulator.of_key(key)
                if deed is None:
                    raise NotFound(kind="call", id=key[:64])
                return self._said(deed)
            case [rail, "act", reference] if rail in RAILS:
                return _page(self.simulator, rail, reference)
        raise NotFound(kind="path", id=self.path[:64])

    def _post(self, path: list[str]) -> Any:
        match path:
            case [rail, "calls"] if rail in RAILS:
                self._check_key()
                asked = msgspec.json.decode(self._body, type=Asked)
                return self._take(msgspec.structs.replace(asked, rail=rail))
            case [rail, "calls", key, "fence"] if rail in RAILS:
                self._check_key()
                return self._said(self.simulator.fence(rail, key))
            case [rail, "act", reference] if rail in RAILS:
                agreed = parse_qs(self._body.decode("utf-8", "replace")).get("agreed") == ["yes"]
                self.simulator.act(reference, agreed=agreed)
                return _page(self.simulator, rail, reference)
            case ["_sim", *rest]:
                return self._order(rest)
        raise NotFound(kind="path", id=self.path[:64])

    def _order(self, path: list[str]) -> Any:
        match path:
            case ["next"]:
                wish = msgspec.json.decode(self._body, type=Next)
                self.simulator.fail_next(wish.fault, wish.count)
                return wish
            case ["clock"]:
                move = msgspec.json.decode(self._body, type=Move)
                if move.to:
                    return {"now": self.simulator.move_to(move.to)}
                return {"now": self.simulator.advance(clock.span(move.advance))}
            case ["dispute"]:
                wanted = msgspec.json.decode(self._body, type=Disputed)
                return self.simulator.dispute(wanted.reference, wanted.amount, wanted.reason)
            case ["dispute", "close"]:
                closed = msgspec.json.decode(self._body, type=Disputed)
                return self.simulator.close_dispute(closed.reference, won=closed.won)
        raise NotFound(kind="path", id=self.path[:64])

    def _take(self, asked: Asked) -> dict[str, Any]:
        fate = ("", "") if self.simulator.of_key(asked.key) else self.simulator.fate(asked)
        if fate[0] == "lost_request":
            raise _Dropped()
        if fate[0] == "outage":
            raise _Outage()
        deed = self.simulator.take(asked, fate)
        if fate[0] == "slow":
            time.sleep(self.simulator.pace.slow_ms / 1000)
        if fate[0] == "notice_first":
            self.courier.deliver()
        if fate[0] in ("lost_answer", "late_success", "late_decline"):
            raise _Dropped()
        return self._said(deed)

    def _said(self, deed: Deed) -> dict[str, Any]:
        action = ""
        if deed.verdict == "action":
            action = f"http://{self.headers.get('host', '')}/{deed.rail}/act/{deed.reference}"
        return said(deed) | {"action": action, "times": deed.times}

    def _check_key(self) -> None:
        wanted = f"Bearer {self.simulator.secret}"
        if not crypto.same(wanted.encode(), str(self.headers.get("authorization", "")).encode()):
            raise WrongKey()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.removesuffix(".csv"))
    except ValueError as error:
        raise NotFound(kind="day", id=text[:20]) from error


def _page(simulator: Simulator, rail: str, reference: str) -> str:
    deed = simulator.store.of_reference(reference)
    if deed is None or deed.rail != rail:
        raise NotFound(kind="reference", id=reference[:64])
    told = html.escape(f"{deed.rail} · {deed.currency} {deed.amount} · {deed.verdict} {deed.code}")
    buttons = ""
    if deed.verdict == "action":
        buttons = (
            '<form method="post"><button name="agreed" value="yes">Pay 付款</button> '
            '<button name="agreed" value="no">Refuse 拒绝</button></form>'
        )
    return f"<!doctype html><meta charset=utf-8><title>Huoshui</title><p>{told}</p>{buttons}"
