"""The ledger: transfers a second on one hot account, by batch and one by one, beside pgbench."""

from __future__ import annotations

import re
import subprocess
import time

from huoshui.core import access, clock, postgres
from huoshui.core.db import Database, database_url
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.interfaces.cli.bench.figures import Measured, percentile
from huoshui.ledger import AccountKind, Chart, Leg, Transaction, post

_CHART = Chart(
    (
        AccountKind("bench.hot", "bench:hot", "liability"),
        AccountKind("bench.spread", "bench:spread:{n}", "asset"),
    )
)
_SPREAD = 10_000
_WORLD = "bench-ledger"


def measure(settings: Settings, quick: bool) -> Measured:
    """Rounds of each in turns, so that a noisy machine is noisy for all."""
    worlds = Worlds.start(settings)
    rounds, seconds = (2, 2.0) if quick else (4, 4.0)
    if any(world.name == _WORLD for world in worlds.all()):
        worlds.drop(_WORLD)
    worlds.create_replay(_WORLD, seed=1, clock_at=clock.system_now())
    database = worlds.database(_WORLD)
    with database.begin() as tx:
        access.open_book(tx, access.Book(1, "bench", "Bench", "CNY", "UTC", True))
    counter = _Counter(database)
    batches: list[float] = []
    singles: list[float] = []
    waits: list[float] = []
    tps: list[float] = []
    try:
        for _ in range(rounds):
            batches.append(counter.run(1000, seconds)[0])
            rate, each = counter.run(1, seconds)
            singles.append(rate)
            waits += each
            tps.append(_pgbench(settings, int(seconds)))
    finally:
        worlds.drop(_WORLD)
        worlds.close()
    figures = {
        "batch_1000_transfers_per_s": percentile(batches, 50),
        "single_transfers_per_s": percentile(singles, 50),
        "single_p99_ms": percentile(waits, 99) * 1000,
        "batch_over_pgbench": percentile(batches, 50) / max(percentile(tps, 50), 1),
    }
    peers = {"pgbench TPC-B, 16 clients": {"transactions_per_s": percentile(tps, 50)}}
    note = "every transfer credits one hot account; load, decide, flush, commit with fsync"
    return Measured(figures, peers=peers, notes=(note,))


class _Counter:
    """Posts transfers from many accounts to one, and counts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._done = 0

    def run(self, size: int, seconds: float) -> tuple[float, list[float]]:
        """Transfers a second in batches of `size`, and how long each batch took, in seconds."""
        done, waits, started = 0, list[float](), time.perf_counter()
        while (now := time.perf_counter()) < started + seconds:
            self._post(size)
            waits.append(time.perf_counter() - now)
            done += size
        return done / (time.perf_counter() - started), waits

    def _post(self, size: int) -> None:
        with self._database.begin() as tx:
            batch = []
            for _ in range(size):
                self._done += 1
                source = f"bench:spread:{self._done % _SPREAD}"
                batch.append(
                    Transaction(
                        id=tx.id("txn", str(self._done)),
                        template="bench",
                        reference="",
                        currency="CNY",
                        legs=(Leg(source, "bench:hot", 100),),
                        effective_at=tx.now,
                    )
                )
            for result in post(tx, batch, _CHART):
                result.demand()


def _pgbench(settings: Settings, seconds: int) -> float:
    """TPC-B-like transactions a second of the same server, by PostgreSQL's own program."""
    url = database_url(postgres.url(settings), "postgres")
    program = str(postgres.binaries() / "pgbench")
    subprocess.run([program, "-i", "-q", "-s", "10", url], capture_output=True, check=True)
    done = subprocess.run(
        [program, "-c", "16", "-j", "2", "-T", str(seconds), url],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    return float(found[1]) if found else 0.0
