"""A larger model goes on learning from a tenant's few rows, and is served as one text."""

from __future__ import annotations

import math

import numpy as np
import pytest

from huoshui.judgement.risk.models import serving
from huoshui.judgement.risk.models import statistics as stats
from huoshui.judgement.risk.models.training import fitting, run
from huoshui.judgement.risk.models.training.columns import Column, Table
from huoshui.judgement.risk.models.training.transfer import fit_transferred

pytest.importorskip("lightgbm")


def made(rows: int, seed: int, *, own: bool) -> tuple[Table, np.ndarray]:
    """Three numbers drive the outcome; the tenant sees a fourth as well, and lacks the third."""
    draws = np.random.default_rng(seed)
    x = draws.normal(size=(rows, 4)).round(3)
    z = x[:, 0] + 0.7 * np.abs(x[:, 1]) + 0.5 * x[:, 2] + (0.8 * x[:, 3] if own else 0) - 1.5
    bad = (draws.random(rows) < 1 / (1 + np.exp(-z))).astype(int)
    seen = (0, 1, 3) if own else (0, 1, 2)
    columns = tuple(Column(name="abcd"[n], kind="number", values=x[:, n]) for n in seen)
    return Table(columns, rows), bad


@pytest.fixture(scope="module")
def larger():
    return fitting.fit_booster(*made(4_000, 1, own=False), trials=1)


def test_few_rows_gain_by_it_and_the_text_says_the_same(larger):
    few, bad = made(300, 2, own=True)
    test, outcome = made(3_000, 3, own=True)
    moved = fit_transferred(larger.text, few, bad)
    alone = fitting.fit_booster(few, bad, trials=1)
    gain = stats.auc_difference(moved.chances(test), alone.chances(test), outcome)
    assert gain.low > 0
    scorer = serving.load(moved.text, serving.digest(moved.text))
    assert scorer.inputs == ("a", "b", "c", "d")
    for row in range(50):
        served = scorer.score({"c": None} | run.given(test, row))
        assert math.isclose(
            float(served.probability), moved.chances(test.take([row]))[0], abs_tol=1e-7
        )


def test_only_a_booster_can_be_gone_on_from():
    with pytest.raises(serving.ModelUnreadable):
        fit_transferred('{"format":"huoshui.scorecard/1"}', *made(300, 2, own=True))
