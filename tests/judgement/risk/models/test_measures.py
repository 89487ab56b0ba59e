"""Measures against their definitions and against another implementation."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.judgement.risk.models import logistic, measures
from huoshui.judgement.risk.models import statistics as stats

people = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({bad for _, bad in rows}) == 2
)


@settings(max_examples=60)
@given(people)
def test_auc_and_ks_are_their_definitions(rows):
    good = [score for score, bad in rows if not bad]
    fault = [score for score, bad in rows if bad]
    pairs = [(b > g) + 0.5 * (b == g) for g, b in product(good, fault)]
    gaps = [
        abs(sum(g <= cut for g in good) / len(good) - sum(b <= cut for b in fault) / len(fault))
        for cut in range(10)
    ]
    scores, bad = [s for s, _ in rows], [int(b) for _, b in rows]
    found = measures.ranking(measures.counted(scores, bad))
    assert math.isclose(found.auc, sum(pairs) / len(pairs))
    assert math.isclose(found.ks, max(gaps), abs_tol=1e-12)
    assert stats.ranking(np.array(scores), np.array(bad)) == found
    assert math.isclose(stats.auc(np.array(scores), np.array(bad)), found.auc)
    assert math.isclose(stats.auc_interval(np.array(scores), np.array(bad)).value, found.auc)


@given(st.integers(0, 50), st.integers(1, 50))
def test_wilson_holds_its_share(hits, more):
    low, high = measures.wilson(hits, hits + more)
    assert 0 <= low <= hits / (hits + more) <= high <= 1


def test_wilson_of_a_known_case():
    low, high = measures.wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert measures.wilson(0, 0) == (0.0, 1.0)


def test_delong_covers_as_it_says():
    """Of 200 samples about 95 % of the intervals hold the true AUC."""
    draws = np.random.default_rng(5)
    bad = np.arange(300) % 3 == 0
    true = 0.5 * (1 + math.erf(1 / 2))  # of N(1, 1) above N(0, 1)
    held = 0
    for _ in range(200):
        found = stats.auc_interval(draws.normal(size=300) + bad, bad)
        held += found.low <= true <= found.high
    assert 180 <= held <= 198


def test_a_logistic_regression_is_that_of_scikit_learn():
    linear = pytest.importorskip("sklearn.linear_model")
    draws = np.random.default_rng(2)
    x = draws.normal(size=(500, 3))
    y = (draws.random(500) < logistic.sigmoid(x @ [1, -0.5, 0] - 1)).astype(int)
    ours = logistic.fit(x, y, ridge=1.0).weights
    theirs = linear.LogisticRegression(C=1.0, tol=1e-10, max_iter=1_000).fit(x, y)
    assert np.allclose(ours, [theirs.intercept_[0], *theirs.coef_[0]], atol=1e-5)


def test_rows_that_can_be_parted_end_too():
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    found = logistic.fit(x, np.array([0, 0, 1, 1]), ridge=0.0).weights
    assert np.isfinite(found).all() and found[1] > 1


def test_calibration_of_what_comes_true():
    draws = np.random.default_rng(4)
    chances = draws.uniform(0.02, 0.6, 20_000)
    bad = draws.random(20_000) < chances
    found = stats.calibration(chances, bad)
    assert found.slope_low < 1 < found.slope_high
    assert abs(found.intercept) < 0.1
    assert math.isclose(stats.brier(chances, bad), np.mean((chances - bad) ** 2))


def test_stability_of_the_same_is_little_and_of_another_much():
    draws = np.random.default_rng(6)
    one, other = draws.normal(size=5_000), draws.normal(size=5_000)
    assert stats.stability(one, other) < 0.02
    assert stats.stability(one, other + 1) > 0.5
