"""Tuning within a budget: each candidate is judged on rows of the training part it did not see.

Candidates stand in a fixed order and the budget says how many are tried, so that the same file
gives the same model on any machine. The first is sound on most files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from huoshui.judgement.risk.models import statistics
from huoshui.judgement.risk.models.training import booster, scorecard
from huoshui.judgement.risk.models.training.columns import Table
from huoshui.judgement.risk.models.training.woe import Shape

TRIALS = 6
_FEW = 3_000  # rows; of fewer, folds are drawn twice
_SEED = 97
# A booster that is free to turn must be better by so much AUC than one held to plain directions.
_WORTH = 0.001
Tell = Callable[[str, int, int], None]

CANDIDATES = (
    booster.Settings(),
    booster.Settings(monotone=False),
    booster.Settings(rate=0.02, columns=0.3, least_rows=100, ridge=20.0),
    booster.Settings(depth=2, rate=0.06),
    booster.Settings(least_rows=150, ridge=20.0, columns=0.8),
    booster.Settings(monotone=False, rate=0.02, columns=0.3, least_rows=100, ridge=20.0),
    booster.Settings(least_rows=15, columns=0.3, rows=0.6),
    booster.Settings(depth=2, rate=0.03, columns=0.3, least_rows=100, ridge=50.0),
)
CARDS = (
    scorecard.Settings(),
    scorecard.Settings(Shape(cost=1.5)),
    scorecard.Settings(Shape(least_share=0.01, cost=2.0, turning=True), 0.0, 10.0),
)


class Tuned(NamedTuple):
    """The best settings, the log-odds of each training row by a model that had not seen it, and
    the AUC of each candidate on such rows."""

    settings: Any
    unseen: Any
    tried: list[tuple[Any, float]]


def folds(bad: Any) -> list[tuple[Any, Any]]:
    """Rows to fit on and rows to judge on, stratified; every row is judged on equally often."""
    rounds, parts = (2, 5) if len(bad) < _FEW else (1, 4)
    draws = np.random.default_rng(_SEED)
    found = []
    for _ in range(rounds):
        place = np.empty(len(bad), dtype=int)
        for outcome in (0, 1):
            rows = np.flatnonzero(bad == outcome)
            place[draws.permutation(rows)] = np.arange(len(rows)) % parts
        found += [(np.flatnonzero(place != n), np.flatnonzero(place == n)) for n in range(parts)]
    return found


def boosters(
    table: Table, bad: Any, *, trials: int = TRIALS, threads: int = 1,
    directions: Mapping[str, int] | None = None, tell: Tell = lambda *_: None,
) -> Tuned:  # fmt: skip
    """The best booster's settings with its count of trees."""
    parts = folds(bad)
    tried, unseen = [], []
    for n, settings in enumerate(CANDIDATES[:trials]):
        fits = []
        for k, (fit_on, held) in enumerate(parts):
            other = (table.take(held), bad[held])
            fits.append(booster.train(
                table.take(fit_on), bad[fit_on], settings,
                threads=threads, directions=directions, held=other,
            ))  # fmt: skip
            tell("booster", n * len(parts) + k + 1, min(trials, len(CANDIDATES)) * len(parts))
        counts = [each.count for each in fits]
        trees = _mean(counts)
        rows = [
            # Stopped where the other parts say: a part must not choose for itself.
            (held, _at(fit, _mean([*counts[:k], *counts[k + 1 :]]), table.take(held)))
            for k, (fit, (_, held)) in enumerate(zip(fits, parts, strict=True))
        ]
        tried.append((_with(settings, trees), judged(rows, bad)))
        unseen.append(pooled(rows, len(bad)))
    best = _best([(auc, settings.monotone) for settings, auc in tried])
    return Tuned(tried[best][0], unseen[best], tried)


def cards(table: Table, bad: Any, *, tell: Tell = lambda *_: None) -> Tuned:
    """The best scorecard's settings."""
    parts = folds(bad)
    tried, unseen = [], []
    for n, settings in enumerate(CARDS):
        rows = []
        for k, (fit_on, held) in enumerate(parts):
            fitted = scorecard.train(table.take(fit_on), bad[fit_on], settings)
            rows.append((held, fitted.log_odds(table.take(held))))
            tell("scorecard", n * len(parts) + k + 1, len(CARDS) * len(parts))
        tried.append((settings, judged(rows, bad)))
        unseen.append(pooled(rows, len(bad)))
    best = int(np.argmax([auc for _, auc in tried]))
    return Tuned(tried[best][0], unseen[best], tried)


def _mean(counts: list[int]) -> int:
    return max(20, int(np.mean(counts)))


def _best(found: list[tuple[float, bool]]) -> int:
    held = max((auc for auc, monotone in found if monotone), default=0.0)
    free = max((auc for auc, monotone in found if not monotone), default=0.0)
    wanted = free if free > held + _WORTH else held
    return next(n for n, (auc, _) in enumerate(found) if auc == wanted)


def _with(settings: booster.Settings, trees: int) -> booster.Settings:
    return msgspec.structs.replace(settings, trees=trees)


def _at(fit: booster.Fitted, trees: int, table: Table) -> Any:
    return fit.trees.predict(
        fit.coding.matrix(table), raw_score=True, num_iteration=trees, num_threads=1
    )


def judged(rows: list[tuple[Any, Any]], bad: Any) -> float:
    """The mean AUC over parts that were held out."""
    return float(np.mean([statistics.auc(z, bad[held]) for held, z in rows]))


def pooled(rows: list[tuple[Any, Any]], count: int) -> Any:
    """The mean log-odds of each row over the times it was judged on."""
    total, times = np.zeros(count), np.zeros(count)
    for held, z in rows:
        total[held] += z
        times[held] += 1
    return total / times
