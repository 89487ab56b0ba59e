"""How answers leave the server: in one piece, in order, and at once where nothing follows."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from huoshui.interfaces.wire import OnePiece

LARGE = b"x" * 5_000_000


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers by path: a short one, a large one, and one that comes by and by."""
    path = scope["path"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if path == "/by-and-by":
        for part in (b"one", b"two"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": b""})
    else:
        body = LARGE if path == "/large" else path.encode()
        await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A real server with the protocol; its port."""
    config = uvicorn.Config(
        application, http=OnePiece, port=0, log_config=None, lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(timeout=10)


def asked(port: int, *paths: str) -> bytes:
    """Everything that the server says to these requests, sent at once on one connection."""
    lines = [f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n" for path in paths[:-1]]
    lines.append(f"GET {paths[-1]} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("".join(lines).encode())
        said = b""
        while part := connection.recv(1 << 16):
            said += part
    return said


def test_a_connection_is_closed_behind_its_last_answer(port: int) -> None:
    said = asked(port, "/last")
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n5\r\n/last\r\n0\r\n\r\n" in said


def test_answers_to_requests_sent_together_come_in_order(port: int) -> None:
    said = asked(port, "/first", "/second", "/third")
    assert said.index(b"/first") < said.index(b"/second") < said.index(b"/third")


def test_a_large_answer_is_whole(port: int) -> None:
    assert asked(port, "/large").count(b"x") == len(LARGE)


def test_what_comes_by_and_by_is_not_kept_back(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /by-and-by HTTP/1.1\r\nHost: here\r\n\r\n")
        said = connection.recv(1 << 16)
        while b"one" not in said:
            said += connection.recv(1 << 16)
        assert b"two" not in said  # 50 ms later, when the first part is here already
        while b"two" not in said:
            said += connection.recv(1 << 16)


class Counted(asyncio.Transport):
    """A transport that keeps what was written to it, one item a call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes] = []
        self.over = asyncio.Event()

    def write(self, data: Any) -> None:
        """One piece."""
        self.calls.append(bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        """One piece of several parts."""
        self.calls.append(b"".join(list_of_data))

    def close(self) -> None:
        """The end."""
        self.over.set()

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.over.is_set()


def test_head_and_body_leave_in_one_piece() -> None:
    counted = Counted()

    async def main() -> None:
        config = uvicorn.Config(application, log_config=None, lifespan="off")
        config.load()
        protocol = OnePiece(config, uvicorn.server.ServerState(), {})
        protocol.connection_made(counted)
        protocol.data_received(b"GET /once HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        await counted.over.wait()
        protocol.connection_lost(None)

    asyncio.run(main())
    [piece] = counted.calls
    assert piece.startswith(b"HTTP/1.1 200 OK")
    assert piece.endswith(b"/once\r\n0\r\n\r\n")
