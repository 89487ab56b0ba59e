"""Decisions at a steady pace: features, 200 rules, score with exact reasons, the sealed record, the commit.

Each is asked for at its moment, a hundred a second, whether the one before is done or not: what waits
counts. Four threads serve them, as a server's do.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import msgspec

from huoshui.core.db import Database, Tx
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.bench import decided
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.judgement.risk.decision import Decision, service, store
from huoshui.judgement.risk.decision.store import Search
from huoshui.scenarios import judging

_PER_S, _THREADS, _SEED = 100, 4, 7
_BUYERS, _BUYERS_QUICK = 5_000, 500
_COUNT, _COUNT_QUICK = 6_000, 800
_WARM = 200
_AGAIN = 200
_TARGETS = {"p99_ms": Target(at_most=10), "recomputed_differ": Target(at_most=0)}


class _Took(msgspec.Struct):
    """One decision: milliseconds from when it was due, until all but the commit was done, and in all."""

    before_commit: float
    total: float
    stages: dict[str, int]


def measure(settings: Settings, quick: bool) -> Measured:
    """Milliseconds of whole decisions at a hundred a second; then as many as go; some made again."""
    buyers = _BUYERS_QUICK if quick else _BUYERS
    with opened(settings, SANDBOX) as database:
        database.run(open_default_book)
        decided.furnish(database, 1, buyers, _SEED)
        _flat_out(
            database, _WARM, buyers
        )  # each thread has its connection, its plans, its predictor
        took = _paced(database, _COUNT_QUICK if quick else _COUNT, buyers)
        most = _flat_out(database, _COUNT_QUICK if quick else _COUNT, buyers)
        differ = _made_again(database)
    totals, bare = [t.total for t in took], [t.before_commit for t in took]
    figures = {
        "p50_ms": percentile(totals, 50),
        "p95_ms": percentile(totals, 95),
        "p99_ms": percentile(totals, 99),
        "p50_without_commit_ms": percentile(bare, 50),
        "p99_without_commit_ms": percentile(bare, 99),
        "decisions_per_s": most,
        "recomputed_differ": float(differ),
    }
    for stage in took[0].stages:
        figures[f"{stage}_p50_us"] = percentile([float(t.stages[stage]) for t in took], 50)
        figures[f"{stage}_p99_us"] = percentile([float(t.stages[stage]) for t in took], 99)
    notes = (
        f"{len(took):,} decisions at {_PER_S}/s; {buyers:,} buyers; {_AGAIN} made again from history",
        f"{len(decided.features())} features, {decided.RULES} rules",
        "from the moment that each was due, in process: without HTTP and TLS",
    )
    return Measured(figures, _TARGETS, notes=notes)


def _one(database: Database, n: int, due: float, buyers: int = 1_000_000) -> _Took:
    def use_case(tx: Tx) -> tuple[Decision, float]:
        made = judging.decide(
            tx, decided.asked(n % buyers, _SEED), policy=decided.POLICY, key=str(n)
        )
        tx.flush()
        return made, time.perf_counter()

    made, before = database.run(use_case, actor="bench")
    end = time.perf_counter()
    return _Took((before - due) * 1000, (end - due) * 1000, made.took_us)


def _paced(database: Database, count: int, buyers: int) -> list[_Took]:
    """So many decisions, each asked for at its moment."""
    begun = time.perf_counter() + 0.1

    def at_its_moment(n: int) -> _Took:
        due = begun + n / _PER_S
        time.sleep(max(due - time.perf_counter(), 0))
        return _one(database, n, due, buyers)

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(at_its_moment, range(count)))


def _flat_out(database: Database, count: int, buyers: int) -> float:
    """Decisions a second where each thread asks again at once."""
    begun, turn = time.perf_counter(), threading.Lock()
    numbers = iter(range(count, 2 * count))

    def serve() -> None:
        while True:
            with turn:
                n = next(numbers, None)
            if n is None:
                return
            _one(database, n, time.perf_counter(), buyers)

    with ThreadPoolExecutor(_THREADS) as pool:
        for done in [pool.submit(serve) for _ in range(_THREADS)]:
            done.result()
    return count / (time.perf_counter() - begun)


def _made_again(database: Database) -> int:
    """How many of the last decisions do not come out to the byte."""
    with database.begin() as tx:
        rows = store.decisions(tx, Search(), None, _AGAIN)
        return sum(not service.recompute(tx, row).same for row in rows)
