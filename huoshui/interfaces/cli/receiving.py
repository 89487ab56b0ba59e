"""A receiver of webhooks to try against: it verifies, knows repeats, and has the faults you choose."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from huoshui.core.errors import Problem
from huoshui.core.webhooks import signing
from huoshui.core.webhooks.signing import WrongWebhook
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.terminal import say

_BODY_MAX = 1024 * 1024
_PATIENCE_S = 30


class ChanceOutOfRange(Problem):
    """A chance lies between 0 and 1, and those of one receiver come to 1 at most."""

    code = "chance_out_of_range"
    status = 422


class Faults(msgspec.Struct, frozen=True):
    """How often (0 to 1) an answer is 500, comes late, or breaks off after the webhook was taken."""

    fail: float = 0.0
    slow: float = 0.0
    slow_s: float = 15.0
    drop: float = 0.0
    status: int = 200
    seed: int = 1

    def check(self) -> Faults:
        """Itself. Raises ChanceOutOfRange."""
        chances = (self.fail, self.slow, self.drop)
        if not all(0 <= chance <= 1 for chance in chances) or sum(chances) > 1:
            raise ChanceOutOfRange()
        return self


class Received(msgspec.Struct, frozen=True):
    """What arrived: whose id, whether it is signed by our secret, how often it came, the answer."""

    id: str
    type: str
    verified: bool | None
    times: int
    answer: str
    body: dict[str, Any]


class Receiver:
    """An HTTP server in threads. `told` is called with each webhook; `seen` counts them by id."""

    def __init__(
        self,
        port: int = 0,
        *,
        secret: str = "",
        faults: Faults | None = None,
        told: Callable[[Received], None] = lambda _: None,
    ) -> None:
        self.faults = (faults or Faults()).check()
        self.secret = secret
        self.seen: dict[str, int] = {}
        self.accepted: set[str] = set()
        self._told = told
        self._drawn = random.Random(self.faults.seed)  # noqa: S311  a fault is no secret
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Request)
        self._server.receiver = self
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/"

    def start(self) -> Receiver:
        """Serve in a thread."""
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def serve(self) -> None:
        """Serve until stopped."""
        self._server.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, headers: dict[str, str], body: bytes) -> str:
        """Note a webhook and say what to do: `ok`, `fail`, `slow`, `drop` or `refuse`."""
        with self._lock:
            webhook_id = headers.get(signing.ID, "")
            verified = self._verified(headers, body)
            answer = "refuse" if verified is False else self._fault()
            times = self.seen[webhook_id] = self.seen.get(webhook_id, 0) + 1
            if answer in ("ok", "drop"):
                self.accepted.add(webhook_id)
            content = _content(body)
            kind = str(content.get("type", ""))
            self._told(Received(webhook_id, kind, verified, times, answer, content))
            return answer

    def _verified(self, headers: dict[str, str], body: bytes) -> bool | None:
        if not self.secret:
            return None
        try:
            signing.verify(headers, body, self.secret)
        except WrongWebhook:
            return False
        return True

    def _fault(self) -> str:
        drawn = self._drawn.random()
        for name in ("fail", "slow", "drop"):
            drawn -= getattr(self.faults, name)
            if drawn < 0:
                return name
        return "ok"


def _content(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who hung up is no error of ours."""


class _Request(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE_S

    def do_POST(self) -> None:
        length = min(int(self.headers.get("content-length") or 0), _BODY_MAX)
        body = self.rfile.read(length)
        headers = {name.lower(): text for name, text in self.headers.items()}
        receiver = self.server.receiver
        answer = receiver.take(headers, body)
        if answer == "drop":
            self.close_connection = True
            return
        if answer == "slow":
            time.sleep(receiver.faults.slow_s)
        status = {"fail": 500, "refuse": 401}.get(answer, receiver.faults.status)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what matters is told."""


def run_receive(port: int, secret: str, faults: Faults, *, json: bool) -> None:
    """Receive until interrupted, a line for each webhook."""
    if secret:
        signing.secret_of(secret)
    receiver = Receiver(port, secret=secret, faults=faults, told=_json if json else _line)
    terminal.err.print(say("webhooks.receiving", url=receiver.url), highlight=False)
    try:
        receiver.serve()
    except KeyboardInterrupt:
        terminal.err.print(say("webhooks.received", n=len(receiver.seen)), highlight=False)


def _line(got: Received) -> None:
    verified = say(f"webhooks.verified.{str(got.verified).lower()}")
    again = say("webhooks.again", n=got.times) if got.times > 1 else ""
    line = f"{got.type:<24} {got.id}  {verified}  → {got.answer} {again}"
    terminal.out.print(line.rstrip(), highlight=False, soft_wrap=True)


def _json(got: Received) -> None:
    terminal.print_json(got)
