"""Cards: fraud of card payments by features of our own engine, beside the handbook's, in the same run.

Simulated payments of the Fraud Detection Handbook, its protocol: learnt from 25 to 31 July, tested from 8 to 14
August 2018, frauds told after seven days. Both sides have the same random forest, so that it is the features that
are compared; the handbook's are made in numpy.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from huoshui.core.db import Database
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.facts import activity
from huoshui.facts.activity import Activity, Subjects
from huoshui.interfaces.cli.bench.cards.protocol import (
    DAY_S,
    DELAY,
    NIGHT_UNTIL,
    TRAIN_DAY,
    WEEK,
    Parts,
    Payments,
    card_precision,
    handbook,
    parts,
)
from huoshui.interfaces.cli.bench.figures import Measured
from huoshui.interfaces.cli.bench.models.real import absent, folder
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.judgement.risk import features
from huoshui.judgement.risk.features import feature_set, read_catalogue

_FILE = "fdh_card_sim/transactions.parquet"
_BEGIN = datetime(2018, 4, 1, tzinfo=UTC)
_BEFORE = (
    38  # days of payments before the first that is learnt from: the longest window and the delay
)
_LAST = TRAIN_DAY + 2 * WEEK + DELAY
_QUICK_PART = 20  # of the cards, one in so many
_BATCH = 2_000
_TREES = 100
_WORLD = "bench-cards"


def measure(settings: Settings, quick: bool) -> Measured:
    """AUC, average precision, precision of a day's hundred cards; activities and vectors a second."""
    if absent():
        return Measured({}, notes=absent())
    told = _read(quick)
    split = parts(told)
    worlds = Worlds.start(settings)
    try:
        worlds.create_replay(_WORLD, seed=1, clock_at=_BEGIN + timedelta(days=_LAST + 10))
        database = worlds.database(_WORLD)
        database.run(open_default_book)
        begun = time.perf_counter()
        count = _record(database, told)
        recorded = time.perf_counter()
        ours = _ours(database, told, split)
        ended = time.perf_counter()
    finally:
        worlds.close()
    rows = np.concatenate([split.train, split.test])
    theirs = handbook(told)[rows]
    figures = {
        "activities": count,
        "activities_per_s": count / (recorded - begun),
        "vectors_per_s": len(rows) / (ended - recorded),
        "train_rows": len(split.train),
        "test_rows": len(split.test),
        **_judged(told, split, ours),
    }
    peers = {"random_forest_on_the_handbooks_features": _judged(told, split, theirs)}
    return Measured(figures, peers=peers, notes=_notes(quick))


def _notes(quick: bool) -> tuple[str, ...]:
    quicker = f"quick: one card in {_QUICK_PART}, so that terminals see few; not comparable"
    return (
        f"both sides: a random forest of {_TREES} trees with defaults; nothing was chosen on the test week",
        "activities are recorded as a history is, without upkeep of tiles; vectors are point in time",
        *((quicker,) if quick else ()),
    )


def _read(quick: bool) -> Payments:
    import pyarrow.parquet as parquet

    table = parquet.read_table(folder() / _FILE)
    column = {name: np.asarray(table[name]) for name in table.column_names if name != "TX_DATETIME"}
    told = Payments(
        second=column["TX_TIME_SECONDS"].astype(np.int64),
        day=column["TX_TIME_DAYS"].astype(np.int64),
        card=column["CUSTOMER_ID"].astype(np.int64),
        terminal=column["TERMINAL_ID"].astype(np.int64),
        cents=np.rint(column["TX_AMOUNT"].astype(np.float64) * 100).astype(np.int64),
        fraud=column["TX_FRAUD"].astype(np.int64),
    )
    within = (told.day >= TRAIN_DAY - _BEFORE) & (told.day < _LAST)
    if quick:
        within &= told.card % _QUICK_PART == 0
    return told.rows(np.flatnonzero(within))


def _record(database: Database, told: Payments) -> int:
    """Tell all payments and, a week later, their frauds; how many activities."""
    batch: list[Activity] = []
    count = 0
    for each in _activities(told):
        batch.append(each)
        if len(batch) == _BATCH:
            count += _flushed(database, batch)
            batch = []
    return count + _flushed(database, batch)


def _flushed(database: Database, batch: list[Activity]) -> int:
    with database.begin() as tx:
        return len(activity.record(tx, batch))


def _activities(told: Payments) -> Iterator[Activity]:
    for n, (second, card, terminal, cents, fraud) in enumerate(
        zip(*(getattr(told, c).tolist() for c in ("second", "card", "terminal", "cents", "fraud")), strict=True)
    ):  # fmt: skip
        at = _BEGIN + timedelta(seconds=second)
        paid = Activity(
            kind="payment.captured", key=str(n), occurred_at=at, known_at=at, amount_minor=cents,
            currency="CNY", buyer=f"byr_{card:026}", merchant=f"slr_{terminal:026}",
        )  # fmt: skip
        yield paid
        if fraud:
            heard = at + timedelta(days=DELAY)
            yield msgspec.structs.replace(
                paid, kind="fraud.confirmed", occurred_at=heard, known_at=heard, amount_minor=None,
                currency=None,
            )  # fmt: skip


def _ours(database: Database, told: Payments, split: Parts) -> Any:
    """Our engine's features of the rows, what was told by each moment; and what the payment says itself."""
    own = read_catalogue(Path(__file__).with_name("own.toml").read_text(encoding="utf-8"))
    chosen = feature_set(own, own)
    rows = np.concatenate([split.train, split.test]).tolist()
    asked = [
        (
            Subjects(buyer=f"byr_{told.card[n]:026}", merchant=f"slr_{told.terminal[n]:026}"),
            _BEGIN + timedelta(seconds=int(told.second[n])),
            "",
        )
        for n in rows
    ]
    with database.begin() as tx:
        tx.run("ANALYZE activity")
    with database.begin() as tx:
        vectors = features.read_many(tx, chosen, asked)
    return np.array(
        [
            [
                told.cents[n] / 100,
                (told.day[n] + 6) % 7 >= 5,
                told.second[n] % DAY_S // 3_600 <= NIGHT_UNTIL,
                *(float(value or 0) for value in vector.values.values()),
            ]
            for n, vector in zip(rows, vectors, strict=True)
        ]
    )


def _judged(told: Payments, split: Parts, table: Any) -> dict[str, float]:
    """A forest learnt on the first rows of a table, and what it says of the others."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import average_precision_score, roc_auc_score

    learnt = len(split.train)
    forest = RandomForestClassifier(n_estimators=_TREES, random_state=0, n_jobs=2)
    forest.fit(table[:learnt], told.fraud[split.train])
    chance, bad = forest.predict_proba(table[learnt:])[:, 1], told.fraud[split.test]
    return {
        "auc": float(roc_auc_score(bad, chance)),
        "average_precision": float(average_precision_score(bad, chance)),
        "card_precision_100": card_precision(told, split.test, chance),
    }
