"""Payments: one POST that creates, confirms, captures and splits, beside what bounds it.

64 connections, each waiting for its answer, into one marketplace: buyers' balances to one of a few
sellers, commission and tax, with the event, the clearing and the kept reply in the same commit. In
turns with it: the same server with an empty handler, the ledger's lane alone, and pgbench TPC-B.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from huoshui.core import access
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.bench import replay
from huoshui.interfaces.cli.bench.console import LINK
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile
from huoshui.interfaces.cli.bench.ledger import callers, peers
from huoshui.interfaces.cli.bench.ledger.books import Books, open_books
from huoshui.interfaces.cli.bench.payments import load, processes
from huoshui.ledger import Leg, Transaction, service
from huoshui.ledger.proof import store as sealed
from huoshui.lines.payments.chart import CHART, wallet_path
from huoshui.lines.payments.escrow import Terms, start

CONNECTIONS = 64
BUYERS, SELLERS = 1_000, 20
_FUNDS = 10**12
_REST_S = 60
_TARGETS = {"payments_over_pgbench": Target(at_least=0.6), "p99_ms": Target(at_most=60)}


def measure(settings: Settings, quick: bool) -> Measured:
    """Rounds of each in turns; the median round counts."""
    rounds, seconds = (2, 2.0) if quick else (5, 5.0)
    books = open_books(settings, random.SystemRandom().randrange(1_000, 10**9))
    try:
        key = _furnish(books)
        peers.prepare(settings, books)
        with _served(settings) as (server, port):
            load.run(port, key, books.number, CONNECTIONS, 1.0)  # statements are prepared
            found = [_round(settings, books, server, port, key, seconds) for _ in range(rounds)]
    finally:
        books.worlds.close()
    figures = {name: percentile([each[name] for each in found], 50) for name in found[0]}
    ratios = [each["payments_per_s"] / each["pgbench_tps"] for each in found]
    figures["payments_over_pgbench"] = percentile(ratios, 50)
    notes = (
        f"{CONNECTIONS} connections; {BUYERS:,} buyers pay {SELLERS} sellers of one marketplace",
        "each round begins when what the one before posted is sealed; payments are sealed meanwhile",
        "one POST creates, confirms, captures and splits; each answer comes after its commit",
        "server, PostgreSQL and the program that calls share the machine",
    )
    return Measured(figures, targets=_TARGETS, notes=notes)


def _furnish(books: Books) -> str:
    """Terms, buyers with money, and a key."""
    with books.database.begin(book=books.number) as tx:
        start(tx, Terms())
        for first in range(0, BUYERS, 500):
            legs = [
                Leg("suspense:bench", wallet_path(f"byr_{n}"), _FUNDS)
                for n in range(first, first + 500)
            ]
            funding = Transaction(
                id=tx.id("txn", f"fund/{first}"), template="wallet_topped_up", reference="bench",
                currency="CNY", legs=tuple(legs), effective_at=tx.now,
            )  # fmt: skip
            service.post(tx, [funding], CHART)[0].demand()
        return access.make_key(tx, SANDBOX, "bench")[1]


def _round(
    settings: Settings, books: Books, server: int, port: int, key: str, seconds: float
) -> dict[str, float]:
    backend = _rest(books)
    before = processes.spent(server, backend)
    paid = load.run(port, key, books.number, CONNECTIONS, seconds)
    after = processes.spent(server, backend)
    stages = processes.shares(server, before, after, paid.answers) if before and after else {}
    empty = load.run(port, key, books.number, CONNECTIONS, seconds / 2, empty=True)
    lane = callers.loop(books.database.url, books.number, "hot", 256, seconds / 2)
    return {
        "payments_per_s": paid.per_s,
        "p50_ms": percentile(paid.waits_s, 50) * 1000,
        "p99_ms": percentile(paid.waits_s, 99) * 1000,
        "empty_post_per_s": empty.per_s,
        "lane_hot_transfers_per_s": lane.per_s,
        "pgbench_tps": peers.tpc_b(settings, seconds),
        **stages,
        "stage_callers_us": paid.processor_s / paid.answers * 1e6,
    }


def _rest(books: Books) -> int:
    """Until the server has sealed what was posted: the lane's many transfers are no payment's work.

    The process of PostgreSQL that said so.
    """
    until = time.monotonic() + _REST_S
    while time.monotonic() < until:
        with books.database.begin(book=books.number) as tx:
            if not sealed.lag(tx).waiting:
                return int(tx.value("SELECT pg_backend_pid()"))
        time.sleep(0.2)
    raise RuntimeError("the server does not seal what was posted")


@contextmanager
def _served(settings: Settings) -> Iterator[tuple[int, int]]:
    """A server of its own, as operators start it; its process and its port."""
    command = [sys.executable, "-m", "huoshui", "serve"]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, env=replay.environment(settings), text=True
    )
    assert server.stdout is not None
    try:
        for line in server.stdout:
            found = LINK.search(line)
            if found:
                port = int(found[0].split(":")[2].split("/")[0])
                load.wait_for(port)
                time.sleep(1)
                yield server.pid, port
                return
        raise RuntimeError("the server ended before it printed its link")
    finally:
        server.terminate()
        server.wait(timeout=30)
