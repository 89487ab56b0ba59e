"""The ledger: 256 callers on one hot account, beside one call a transfer and pgbench TPC-B.

Every figure of a round is taken in turns with its peers, so that a noisy machine is noisy for all;
the median round counts. Full durability: each answer comes after its fsync.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile
from huoshui.interfaces.cli.bench.ledger import callers, peers, size
from huoshui.interfaces.cli.bench.ledger.books import PAYERS, SPREAD, Books, hot, open_books
from huoshui.ledger import Transaction, service

CALLERS = 256
BATCHES = (1, 100, 1_000, 8_000)
_TARGETS = {
    "lane_over_call_per_transfer": Target(at_least=10),
    "lane_over_pgbench": Target(at_least=5),
    "lane_hot_p99_ms": Target(at_most=40),
    "batch_8000_transfers_per_s": Target(at_least=40_000),
}


def measure(settings: Settings, quick: bool) -> Measured:
    """Rounds of each in turns."""
    rounds, seconds = (2, 1.5) if quick else (5, 4.0)
    # A book of its own each time: how long a book's history is does not depend on earlier runs.
    books = open_books(settings, random.SystemRandom().randrange(1_000, 10**9))
    try:
        peers.prepare(settings, books)
        found = [_round(settings, books, seconds) for _ in range(rounds)]
        own_bytes = size.bytes_per_transfer(books)
    finally:
        books.worlds.close()
    figures = {key: percentile([each[key] for each in found], 50) for key in found[0]}
    figures["lane_over_call_per_transfer"] = percentile(
        [r["lane_hot_transfers_per_s"] / r["call_per_transfer_hot_transfers_per_s"] for r in found],
        50,
    )
    figures["lane_over_pgbench"] = percentile(
        [r["lane_hot_transfers_per_s"] / r["pgbench_tps"] for r in found], 50
    )
    figures["bytes_per_transfer"] = own_bytes
    peer = {
        f"pgbench TPC-B, scale {peers.SCALE}, {peers.CLIENTS} clients": {
            "transactions_per_s": figures["pgbench_tps"]
        },
        f"one function call a transfer, {peers.CLIENTS} connections": {
            "transfers_per_s": figures["call_per_transfer_hot_transfers_per_s"]
        },
    }
    spread = f"hot: each transfer credits one account and debits one of {PAYERS:,}; uniform: two of"
    notes = (
        f"{spread} {SPREAD:,}; {CALLERS} callers wait each for their own answer",
        "each answer comes after its commit with fsync; what is written is queued for sealing",
        "the median of the rounds, each figure in turns with its peers",
    )
    return Measured(figures, targets=_TARGETS, peers=peer, notes=notes)


def _round(settings: Settings, books: Books, seconds: float) -> dict[str, float]:
    url, book = books.database.url, books.number
    lane = callers.loop(url, book, "hot", CALLERS, seconds)
    found = {
        "lane_hot_transfers_per_s": lane.per_s,
        "lane_hot_p50_ms": percentile(lane.waits_s, 50) * 1000,
        "lane_hot_p99_ms": percentile(lane.waits_s, 99) * 1000,
        "call_per_transfer_hot_transfers_per_s": peers.calls(settings, books, seconds),
        "pgbench_tps": peers.tpc_b(settings, seconds),
        "lane_uniform_transfers_per_s": callers.loop(url, book, "uniform", CALLERS, seconds).per_s,
    }
    four = callers.many(url, book, "hot", CALLERS, seconds, 4)
    found["four_processes_hot_transfers_per_s"] = four.per_s
    found["four_processes_hot_p99_ms"] = percentile(four.waits_s, 99) * 1000
    load = hot()
    for items in BATCHES:
        found[f"batch_{items}_transfers_per_s"] = _batches(books, load, items, seconds / 2)
    return found


def _batches(books: Books, load: Iterator[Transaction], items: int, seconds: float) -> float:
    """Transfers a second of one writer who posts batches, each in a commit."""
    done, spent = 0, 0.0
    while spent < seconds:
        units = [[each] for each in itertools.islice(load, items)]
        started = time.perf_counter()
        with books.database.begin(book=books.number) as tx:
            results = service.post_units(tx, units)
        spent += time.perf_counter() - started
        done += sum(result.stands for [result] in results)
    return done / spent
