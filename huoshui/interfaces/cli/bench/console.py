"""The console's pages on a large book: time on the server and bytes of a first load."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench import replay
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile

_ORDERS = 100_000
_ORDERS_QUICK = 2_000
_ROUNDS = 20
_MENU = ("orders", "sellers", "accounts", "journal", "trial-balance", "replays", "replay")
LINK = re.compile(r"http://\S+sign-in\?ticket=\S+")
_ASSET = re.compile(rb'(?:src|href)="(/console/-/static/[^"]+)"')


def measure(settings: Settings, quick: bool) -> Measured:
    """Every page of a replayed marketplace, asked over HTTP as a browser's first load would."""
    orders = _ORDERS_QUICK if quick else _ORDERS
    replay.replay_generated(settings, orders, fresh=False)
    world = replay.world_name(orders)
    with _served(settings, world) as link:
        visitor = Visitor(link)
        paths = visitor.pages(world)
        times: dict[str, list[float]] = {path: [] for path in paths}
        for _ in range(_ROUNDS):
            for path in paths:
                times[path].append(visitor.timed(path))
        weights = {path: visitor.weight(path) for path in paths}
    slowest = max(paths, key=lambda path: percentile(times[path], 95))
    heaviest = max(paths, key=lambda path: weights[path])
    every = [value for values in times.values() for value in values]
    figures = {
        "p95_ms": percentile(every, 95) * 1000,
        "slowest_page_p95_ms": percentile(times[slowest], 95) * 1000,
        "first_load_kb": weights[heaviest] / 1000,
        "pages": len(paths),
        "orders": orders,
    }
    targets = {
        "p95_ms": Target(at_most=300),
        "slowest_page_p95_ms": Target(at_most=300),
        "first_load_kb": Target(at_most=350),
    }
    notes = (f"slowest: {slowest}", f"heaviest: {heaviest}")
    return Measured(figures, targets, notes=notes)


class Visitor:
    """A browser without a screen: signs in, keeps its cookie, asks for compressed answers."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self._host = parts.netloc
        self._headers = {"Accept-Encoding": "gzip", "Accept-Language": "en"}
        answer, _ = self._ask(f"{parts.path}?{parts.query}")
        cookies = answer.headers.get_all("Set-Cookie") or []
        self._headers["Cookie"] = "; ".join(c.partition(";")[0] for c in cookies)

    def pages(self, world: str) -> list[str]:
        """The pages to measure: the menu's, and the first order and account that lists name."""
        root = f"/console/{world}"
        paths = [
            root,
            *(f"{root}/{name}" for name in _MENU),
        ]
        for listed in ("orders", "sellers", "accounts"):
            body = self._page(f"{root}/{listed}")
            found = re.search(rf'href="({root}/{listed}/[^"?]+)"'.encode(), body)
            if found:
                paths.append(found[1].decode())
        return [path for path in paths if self._status(path) == 200]

    def timed(self, path: str) -> float:
        """Seconds until the whole answer is there."""
        started = time.perf_counter()
        self._ask(path)
        return time.perf_counter() - started

    def weight(self, path: str) -> int:
        """Bytes over the wire of the page and everything that it loads."""
        _, body = self._ask(path)
        assets = set(_ASSET.findall(self._page(path)))
        return len(body) + sum(len(self._ask(asset.decode())[1]) for asset in assets)

    def _status(self, path: str) -> int:
        return self._ask(path)[0].status

    def _page(self, path: str) -> bytes:
        return self._ask(path, {"Accept-Encoding": "identity"})[1]

    def _ask(
        self, path: str, extra: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        try:
            connection.request("GET", path, headers={**self._headers, **(extra or {})})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


@contextmanager
def _served(settings: Settings, world: str) -> Iterator[str]:
    """A server of its own for the measurement; yields the link that signs in."""
    command = [sys.executable, "-m", "huoshui", "serve", "--world", world]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, env=replay.environment(settings), text=True
    )
    assert server.stdout is not None
    try:
        for line in server.stdout:
            found = LINK.search(line)
            if found:
                time.sleep(2)  # the link is printed just before the socket listens
                yield found[0]
                return
        raise RuntimeError("the server ended before it printed its link")
    finally:
        server.terminate()
        server.wait(timeout=20)
