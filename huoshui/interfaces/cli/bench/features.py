"""Features: how fast activities are taken with their upkeep, a whole set is read, a history is gone through.

The peer reads the same set over raw activities, by the indexes that they have: what one would write by hand.
Both are asked of the same subjects, in turns, and must answer the same.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from huoshui.core.db import Database
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.facts import activity
from huoshui.facts.activity import Activity, Subjects
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.judgement.risk import features
from huoshui.judgement.risk.features import catalogue, feature_set

_ACTIVITIES, _QUICK = 1_000_000, 40_000
_READS, _READS_QUICK = 2_000, 300
_BATCH = 1_000
_DAYS = 100
_TARGETS = {"read_p99_ms": Target(at_most=10), "values_differing": Target(at_most=0)}
_KINDS = (
    ("sign_in", 30), ("order.placed", 30), ("payment.captured", 25), ("payment.failed", 5),
    ("refund.made", 5), ("review.written", 5),
)  # fmt: skip


def measure(settings: Settings, quick: bool) -> Measured:
    """Activities a second, milliseconds of a read, rows a second of a history."""
    count, reads = (_QUICK, _READS_QUICK) if quick else (_ACTIVITIES, _READS)
    with opened(settings, SANDBOX) as database:
        database.run(open_default_book)
        traffic = _Traffic(count)
        taken_s = _record(database, traffic)
        ours, plain, differing = _read(database, traffic, reads)
        rows_per_s = _history(database, traffic, min(reads, 1_000))
    figures = {
        "activities_per_s": count / taken_s,
        "activities": count,
        "features": len(catalogue()),
        "read_p50_ms": percentile(ours, 50),
        "read_p99_ms": percentile(ours, 99),
        "history_rows_per_s": rows_per_s,
        "values_differing": differing,
    }
    peers = {
        "plain_sql_over_raw_rows": {
            "read_p50_ms": percentile(plain, 50),
            "read_p99_ms": percentile(plain, 99),
        }
    }
    notes = (
        f"{len(catalogue())} features in one statement; half of all orders are with 20 of 2,000 merchants",
        "a batch of 1,000 activities and its upkeep is one commit",
    )
    return Measured(figures, _TARGETS, peers, notes)


class _Traffic:
    """Generated activities of `_DAYS` days; a few merchants have very much."""

    def __init__(self, count: int, seed: int = 7) -> None:
        self.count = count
        self.random = random.Random(seed)  # noqa: S311
        self.buyers = max(count // 20, 10)

    def who(self) -> Subjects:
        """Somebody who may act."""
        draw = self.random
        buyer = draw.randrange(self.buyers)
        merchant = draw.randrange(20) if draw.random() < 0.5 else draw.randrange(2_000)
        return Subjects(
            buyer=f"byr_{buyer:026}", merchant=f"slr_{merchant:026}",
            device=f"d{buyer if draw.random() < 0.9 else draw.randrange(self.buyers)}",
            ip=f"10.{buyer % 200}.{buyer % 7}.{draw.randrange(50)}", card=f"card{buyer}",
        )  # fmt: skip

    def batches(self, now: datetime) -> Iterator[list[Activity]]:
        """All of them, in the order of their times."""
        step = timedelta(days=_DAYS) / self.count
        kinds, shares = zip(*_KINDS, strict=True)
        drawn = self.random.choices(kinds, shares, k=self.count)
        for start in range(0, self.count, _BATCH):
            yield [
                self.one(drawn[n], n, now - timedelta(days=_DAYS) + n * step)
                for n in range(start, min(start + _BATCH, self.count))
            ]

    def one(self, kind: str, n: int, at: datetime) -> Activity:
        """One activity."""
        who = self.who()
        worth = kind in ("order.placed", "payment.captured", "refund.made")
        return Activity(
            kind=kind, key=str(n), occurred_at=at, buyer=who.buyer, device=who.device, ip=who.ip,
            merchant=None if kind == "sign_in" else who.merchant,
            card=who.card if kind.startswith("payment") else None,
            order=None if kind == "sign_in" else f"ord_{n // 3:026}",
            amount_minor=self.random.randrange(1_000, 200_000) if worth else None,
            currency="CNY" if worth else None, attributes=_SAID.get(kind, {}),
        )  # fmt: skip


_SAID: dict[str, dict[str, Any]] = {
    "sign_in": {"success": True},
    "order.placed": {"part": 0},
    "review.written": {"score": 5, "part": 0},
}


def _record(database: Database, traffic: _Traffic) -> float:
    """Seconds that recording takes, the making of the traffic left out."""
    took = 0.0
    with database.begin() as tx:
        now = tx.now
    for batch in traffic.batches(now):
        begun = time.perf_counter()
        with database.begin() as tx:
            activity.record(tx, batch)
        took += time.perf_counter() - begun
    with database.begin() as tx:
        tx.run("ANALYZE activity, feature_tile, feature_value, feature_head")
    return took


def _read(
    database: Database, traffic: _Traffic, reads: int
) -> tuple[list[float], list[float], int]:
    """Milliseconds of each read, ours and over raw rows; how many values differ."""
    chosen = feature_set(catalogue())
    ours, plain, differing = [], [], 0
    for n in range(reads + 20):
        who = traffic.who()
        with database.begin() as tx:
            assert tx.now
            begun = time.perf_counter()
            found = features.read(tx, chosen, who)
            between = time.perf_counter()
            raw = features.read_as_of(tx, chosen, who, found.seen, found.as_of)
            ended = time.perf_counter()
        differing += sum(found.values[name] != raw.values[name] for name in found.values)
        if n >= 20:  # the first make plans
            ours.append((between - begun) * 1000)
            plain.append((ended - between) * 1000)
    return ours, plain, differing


def _history(database: Database, traffic: _Traffic, count: int) -> float:
    """Rows of a training set a second, each as it could be known at its moment."""
    with database.begin() as tx:
        asked = [
            (traffic.who(), tx.now - timedelta(days=traffic.random.randrange(60)), "")
            for _ in range(count)
        ]
        begun = time.perf_counter()
        features.read_many(tx, feature_set(catalogue()), asked)
        return count / (time.perf_counter() - begun)
