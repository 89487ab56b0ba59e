"""A closed loop of HTTP/1.1 connections in a process of its own, on bare sockets: it costs little,
since it shares the machine with what it measures."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import socket
import time
from concurrent.futures import ProcessPoolExecutor

import msgspec

from huoshui.interfaces.cli.bench.ledger.callers import event_loop

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Loop(msgspec.Struct, frozen=True):
    """What came of it: answers, seconds, how long each waited; processor time of the callers."""

    answers: int
    seconds: float
    waits_s: list[float]
    processor_s: float

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def run(
    port: int, key: str, salt: int, connections: int, seconds: float, *, empty: bool = False
) -> Loop:
    """So many connections for so long. Raises RuntimeError for an answer that is no success."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_run, port, key, salt, connections, seconds, empty).result()


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("nobody listens")


def _run(port: int, key: str, salt: int, connections: int, seconds: float, empty: bool) -> Loop:
    with asyncio.Runner(loop_factory=event_loop) as runner:
        return runner.run(_loop(port, key, salt, connections, seconds, empty))


async def _loop(
    port: int, key: str, salt: int, connections: int, seconds: float, empty: bool
) -> Loop:
    waits: list[float] = []
    numbers = itertools.count()
    mark = f"{salt}-{time.monotonic_ns()}"
    started, processor = time.perf_counter(), time.process_time()
    until = started + seconds

    async def call() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (asked := time.perf_counter()) < until:
            writer.write(_empty() if empty else _payment(key, f"{mark}-{next(numbers)}"))
            head = await reader.readuntil(_END)
            length = int(head.lower().split(_LENGTH, 1)[1].split(b"\r\n", 1)[0])
            body = await reader.readexactly(length)
            if b" 200 " not in head[:16]:
                raise RuntimeError(f"{head[:40]!r} {body[:200]!r}")
            waits.append(time.perf_counter() - asked)
        writer.close()

    await asyncio.gather(*(call() for _ in range(connections)))
    processor_s = time.process_time() - processor
    return Loop(len(waits), time.perf_counter() - started, waits, processor_s)


def _payment(key: str, wish: str) -> bytes:
    number = hash(wish) % 1_000_000
    body = (
        f'{{"amount":{{"amount":{100 + number % 9_000},"currency":"CNY"}},'
        f'"seller":"slr_{number % 20}","buyer":"byr_{number % 1_000}",'
        '"tenders":[{"rail":"balance"}],"confirm":true}'
    )
    return (
        f"POST /v1/payments HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Idempotency-Key: {wish}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _empty() -> bytes:
    return b"POST /v1/ping HTTP/1.1\r\nHost: bench\r\nContent-Length: 2\r\n\r\n{}"
