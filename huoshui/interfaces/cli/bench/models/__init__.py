"""Models trained by default on real files, beside scikit-learn's boosting on the same rows.

What is tested on is never looked at while anything is chosen: each fold is tuned, fitted and
calibrated within its own training part.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench.figures import Measured, Target

# The benchmarks of the group are named one by one.
from huoshui.interfaces.cli.bench.models import capacity, device_fraud, real, transfer
from huoshui.judgement.risk.models import statistics
from huoshui.judgement.risk.models.training import fitting
from huoshui.judgement.risk.models.training.columns import Table, days

_TRIALS, _TRIALS_QUICK = 6, 1
_LENDING_TEST_FROM = "2018-07-01"
_NEAR, _SCORECARD_NEAR, _GERMAN_NEAR = -0.005, -0.015, -0.01
_SLOPE = Target(at_least=0.9, at_most=1.1)

__all__ = ["capacity", "device_fraud", "measure", "transfer"]


class _Fold(NamedTuple):
    bad: Any
    booster: Any
    scorecard: Any
    peer: Any
    seconds: float


def measure(settings: Settings, quick: bool) -> Measured:
    """AUC, the lead over the peer, calibration slopes; of each file."""
    del settings
    if real.absent():
        return Measured({}, notes=real.absent())
    trials = _TRIALS_QUICK if quick else _TRIALS
    figures: dict[str, float] = {}
    peers: dict[str, float] = {}
    targets: dict[str, Target] = {}
    for name, case, parts, rounds in (
        ("taiwan", real.TAIWAN, 5, 1), ("heloc", real.HELOC, 5, 1 if quick else 2),
        ("german", real.GERMAN, 5, 1 if quick else 3),
    ):  # fmt: skip
        table, bad, _ = real.read(case)
        splits = [each for seed in range(rounds) for each in real.folds(bad, parts, seed)]
        splits = splits[:1] if quick and name != "german" else splits
        _add(name, [_fold(table, bad, a, b, trials) for a, b in splits], figures, peers, targets)
    _add("lending", [_lending(trials)], figures, peers, targets)
    targets["german_auc_lead"] = Target(at_least=_GERMAN_NEAR)
    notes = (
        "…_lead: AUC less that of scikit-learn's HistGradientBoosting, untuned, on the same rows",
        "scorecard_gap: the scorecard's AUC less the booster's; slopes of calibration: 1 is right",
        "lending: trained before 2018-07, tested after, without the lender's grade; the others by "
        "cross-validation" + (", one fold of five (quick)" if quick else ""),
    )
    return Measured(figures, targets, {"HistGradientBoosting": peers}, notes)


def _add(
    name: str, folds: list[_Fold], figures: dict[str, float], peers: dict[str, float],
    targets: dict[str, Target],
) -> None:  # fmt: skip
    def mean(which: str) -> float:
        return float(np.mean([statistics.auc(getattr(each, which), each.bad) for each in folds]))

    booster, card, peer = mean("booster"), mean("scorecard"), mean("peer")
    figures[f"{name}_auc"] = booster
    figures[f"{name}_auc_lead"] = booster - peer
    figures[f"{name}_scorecard_auc"] = card
    figures[f"{name}_scorecard_gap"] = card - booster
    bad = np.concatenate([each.bad for each in folds])
    for which in ("booster", "scorecard"):
        chances = np.concatenate([getattr(each, which) for each in folds])
        figures[f"{name}_{which}_slope"] = statistics.calibration(chances, bad).slope
        targets[f"{name}_{which}_slope"] = _SLOPE
    chances = np.concatenate([each.booster for each in folds])
    figures[f"{name}_ks"] = float(statistics.ranking(chances, bad).ks)
    figures[f"{name}_train_s"] = float(np.mean([each.seconds for each in folds]))
    peers[f"{name}_auc"] = peer
    targets[f"{name}_auc_lead"] = Target(at_least=_NEAR)
    targets[f"{name}_scorecard_gap"] = Target(at_least=_SCORECARD_NEAR)


def _fold(table: Table, bad: Any, train: Any, test: Any, trials: int) -> _Fold:
    begun = time.perf_counter()
    own, other = real.parted(table, bad, train, test)
    booster = fitting.fit_booster(own, bad[train], trials=trials)
    card = fitting.fit_scorecard(own, bad[train])
    took = time.perf_counter() - begun
    return _Fold(
        bad[test], booster.chances(other), card.chances(other),
        _peer(table, bad, train, test), took,
    )  # fmt: skip


def _lending(trials: int) -> _Fold:
    table, bad, cells = real.read(real.LENDING)
    first = days(_LENDING_TEST_FROM)
    later = np.array([(days(str(cell)) or 0) >= (first or 0) for cell in cells.columns["issue_d"]])
    return _fold(table, bad, np.flatnonzero(~later), np.flatnonzero(later), trials)


def _peer(table: Table, bad: Any, train: Any, test: Any) -> Any:
    """What scikit-learn's boosting foretells of the test rows: 150 rounds, 15 leaves, untuned."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    words = [each.kind == "category" for each in table.columns]
    matrix = np.column_stack([
        np.where(each.values < 0, np.nan, each.values) if is_word else each.values
        for each, is_word in zip(table.columns, words, strict=True)
    ])  # fmt: skip
    model = HistGradientBoostingClassifier(
        max_iter=150, max_leaf_nodes=15, categorical_features=words, random_state=0
    )
    with threadpool_limits(1):
        return model.fit(matrix[train], bad[train]).predict_proba(matrix[test])[:, 1]
