"""`huoshui serve` as a real process: the API over a socket, a taken port, and `down`."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.interfaces.cli.conftest import Shell

START_S = 40


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(shell: Shell, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process and what it greeted with."""
    running = subprocess.Popen(
        shell.command("serve"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=shell.folder,
        env=shell.environment(HUOSHUI_PORT=str(port)),
    )
    # Somebody must take note of its end, as a shell would, for `down` to see that it has ended.
    threading.Thread(target=running.wait, daemon=True).start()
    try:
        yield running, _greeting(running)
    finally:
        if running.poll() is None:
            running.terminate()
        running.communicate(timeout=20)


def _greeting(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    too_late = threading.Timer(START_S, running.kill)
    too_late.start()
    said = ""
    for line in running.stdout:
        said += line
        if "/v1/openapi" in line:
            break
    too_late.cancel()
    assert "/v1/openapi" in said, said
    return said


def _answer(origin: str, path: str, **given: Any) -> httpx.Response:
    until = time.monotonic() + START_S
    while True:
        try:
            return httpx.get(origin + path, timeout=20, **given)
        except httpx.ConnectError:
            assert time.monotonic() < until
            time.sleep(0.05)


@pytest.fixture(scope="module")
def port() -> int:
    """A port that is free now."""
    return free_port()


def test_serve_answers_on_the_next_free_port_and_down_stops_everything(
    shell: Shell, port: int
) -> None:
    key = shell.done("key", "served", "--json").json["key"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with served(shell, port) as (running, greeting):
            match = re.search(r"http://127\.0\.0\.1:(\d+)", greeting)
            assert match
            assert int(match[1]) > port
            origin = match[0]
            assert _answer(origin, "/health").json()["status"] == "ok"
            _walk(origin, key)
            _signs_in_once(origin, greeting)
            said = shell.done("down").out
            assert "PostgreSQL" in said
            assert running.wait(timeout=20) is not None
            assert running.stderr is not None
            assert key not in running.stderr.read()
    assert not (shell.home / "server.pid").exists()
    assert "Nothing was running" in shell.done("down").out
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{origin}/health")


def _walk(origin: str, key: str) -> None:
    """An order over a real socket: facts in, rehearsed, confirmed, repeated, reckoned."""
    fresh = f"w{time.time_ns()}"
    at = "2025-01-01T00:00:00Z"
    money = {"amount": 5_000, "currency": "CNY"}
    facts = [
        {"kind": "seller", "key": f"s{fresh}", "occurred_at": at},
        {"kind": "buyer", "key": f"b{fresh}", "occurred_at": at},
        {"kind": "product", "key": f"p{fresh}", "occurred_at": at},
        {"kind": "order", "key": fresh, "occurred_at": at, "buyer": f"b{fresh}", "currency": "CNY"},
        {"kind": "item", "key": f"i{fresh}", "occurred_at": at, "order": fresh,
         "product": f"p{fresh}", "seller": f"s{fresh}", "price": money,
         "freight": {"amount": 0, "currency": "CNY"}},
        {"kind": "tender", "key": f"t{fresh}", "occurred_at": at, "order": fresh,
         "method": "card", "amount": money},
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"{origin}/v1", headers=headers, timeout=20) as client:
        told = client.post("/facts", json={"facts": facts})
        assert {r["outcome"] for r in told.json()["results"]} == {"created"}
        verb = f"/orders/{fresh}/confirm"
        rehearsed = client.post(verb, params={"dry_run": "true"}).json()
        once = client.post(verb, headers={"Idempotency-Key": fresh})
        again = client.post(verb, headers={"Idempotency-Key": fresh})
        assert rehearsed["state"] == once.json()["state"] == "released"
        assert again.content == once.content
        assert again.headers["idempotency-hit"] == "true"
        assert client.get("/trial-balance").json()["balanced"]
        refused = client.get("/orders/none", headers={"Accept-Language": "zh"})
        assert refused.json()["code"] == "unknown_order"
        assert refused.headers["x-request-id"] in refused.json()["instance"]
        assert "server" not in refused.headers
        large = client.post("/facts", content=b" " * (9 * 1024**2))
        assert (large.status_code, large.json()["code"]) == (413, "too_large")


def _signs_in_once(origin: str, greeting: str) -> None:
    link = re.search(r"http://\S+ticket=\S+", greeting)
    assert link
    first = httpx.get(link[0], timeout=20)
    assert first.status_code == 200
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert httpx.get(link[0], timeout=20).status_code == 401
