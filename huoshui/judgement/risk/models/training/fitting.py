"""Both models of a training part: tuned, fitted on all of it, calibrated on what was held out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from huoshui.judgement.risk.models.serving import POINTS, Curve, Scale
from huoshui.judgement.risk.models.training import booster, calibration, scorecard, tune
from huoshui.judgement.risk.models.training.columns import Table
from huoshui.judgement.risk.models.training.tune import Tell, Tuned


class Model(msgspec.Struct, frozen=True):
    """A fitted model: its text, how to foretell many rows at once, and how it was tuned."""

    form: str
    text: str
    fitted: booster.Fitted | scorecard.Fitted
    curve: Curve
    tuned: Tuned

    def chances(self, table: Table) -> Any:
        """The probability of going bad of each row."""
        return calibration.applied(self.curve, self.fitted.log_odds(table))

    @property
    def unseen(self) -> Any:
        """The probability of each training row by models that had not seen it."""
        return calibration.applied(self.curve, self.tuned.unseen)


def fit_booster(
    table: Table, bad: Any, *, trials: int = tune.TRIALS, threads: int = 1,
    directions: Mapping[str, int] | None = None, scale: Scale = POINTS,
    tell: Tell = lambda *_: None,
) -> Model:  # fmt: skip
    """A booster of depth at most 3."""
    tuned = tune.boosters(
        table, bad, trials=trials, threads=threads, directions=directions, tell=tell
    )
    fitted = booster.train(table, bad, tuned.settings, threads=threads, directions=directions)
    curve = calibration.chosen(tuned.unseen, bad)
    return Model("booster", booster.text(fitted, curve, scale), fitted, curve, tuned)


def fit_scorecard(
    table: Table, bad: Any, *, scale: Scale = POINTS, tell: Tell = lambda *_: None
) -> Model:
    """A scorecard; its calibration is a line, which goes into its bins."""
    tuned = tune.cards(table, bad, tell=tell)
    fitted = scorecard.train(table, bad, tuned.settings)
    curve = calibration.line(tuned.unseen, bad)
    text = scorecard.text(fitted, table, scale, (float(curve.c), float(curve.a)))
    return Model("scorecard", text, fitted, curve, tuned)


def split_at_random(bad: Any, share: float, seed: int) -> tuple[Any, Any]:
    """Rows to train on and rows to test on, stratified."""
    draws = np.random.default_rng(seed)
    test = np.zeros(len(bad), dtype=bool)
    for outcome in (0, 1):
        rows = draws.permutation(np.flatnonzero(bad == outcome))
        test[rows[: round(len(rows) * share)]] = True
    return np.flatnonzero(~test), np.flatnonzero(test)
