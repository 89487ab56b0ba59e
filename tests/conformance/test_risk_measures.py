"""The adapters of `scorecard`, `psi`, `ks_auc` and `woe`: values, and what is refused."""

from __future__ import annotations

import json

import pytest

from conformance.given import question
from conformance.lines import answered
from conformance.risk_measures import answer

ANSWERS = [
    ("scorecard", {"base_points": 600, "base_odds": 50, "pdo": 20, "odds": 100}, {"points": 620.0}),
    ("scorecard", {"base_points": 600, "base_odds": 30, "pdo": 50, "odds": 7.5}, {"points": 500.0}),
    ("scorecard", {"base_points": 600, "base_odds": 50, "pdo": 20, "odds": 0}, "bad_odds"),
    ("psi", {"expected": [0.1, 0.9], "actual": [0.1, 0.9]}, {"psi": 0.0}),
    ("psi", {"expected": [50, 50], "actual": [80, 20]}, {"psi": 0.415888}),
    ("psi", {"expected": [0.5, 0.5], "actual": [1.0, 0]}, "empty_bin"),
    ("psi", {"expected": [0.5, 0.5], "actual": [1.0]}, "bins_differ"),
    ("ks_auc", {"scores": [0.1, 0.9], "bad": [0, 1]}, {"auc": 1.0, "ks": 1.0}),
    ("ks_auc", {"scores": [3, 3, 3], "bad": [0, 1, 0]}, {"auc": 0.5, "ks": 0.0}),
    ("ks_auc", {"scores": [3, 3], "bad": [1, 1]}, "one_outcome"),
    ("woe", {"good": [50, 50], "bad": [25, 75]},
     {"woe_ln_goodshare_over_badshare": [0.693147, -0.405465], "iv": 0.274653}),
    ("woe", {"good": [50, 0], "bad": [25, 75]}, "empty_bin"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "asked", "wanted"), ANSWERS)
def test_each_measure(kind, asked, wanted):
    found = answered(json.dumps({"kind": kind, "input": asked}), answer)
    assert (found["error"]["code"] if isinstance(wanted, str) else found) == wanted


def test_an_input_is_asked_whole():
    case = {"kind": "psi", "input": {"expected": [1]}, "expected": {"psi": 0}, "source": "x"}
    assert question(case) == {"kind": "psi", "input": {"expected": [1]}}
