"""Models are served from their text: exact, the same bytes each time, other bytes refused."""

from __future__ import annotations

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.judgement.risk.models import serving
from huoshui.judgement.risk.models.serving import (
    Attribute,
    Booster,
    Characteristic,
    Coded,
    Curve,
    Scorecard,
)
from huoshui.judgement.risk.models.serving.curve import logit, sigmoid
from huoshui.judgement.risk.models.serving.model import Scale
from huoshui.judgement.risk.models.serving.native import Forest

AGE = Characteristic(
    name="age", kind="number",
    bins=(Attribute("0.8", -23, "25"), Attribute("0.1", -3, "40"), Attribute("-0.7", 20)),
    missing=Attribute("0", 0), reference="-0.2", reference_points="5.77",
    special={"-9": Attribute("1.2", -35)},
)  # fmt: skip
HOME = Characteristic(
    name="home", kind="category",
    bins=(Attribute("-0.4", 12, words=("own", "mortgage")), Attribute("0.3", -9, words=("rent",))),
    missing=Attribute("0.5", -14), reference="0", reference_points="0", other=Attribute("0.6", -17),
)  # fmt: skip
CARD = Scorecard(inputs=(AGE, HOME), intercept="-1.5", base_points=530)


def card_scorer(card: Scorecard = CARD) -> serving.Scorer:
    return serving.load(card.text, serving.digest(card.text))


@pytest.mark.parametrize(
    ("age", "home", "points", "log_odds"),
    [
        (25, "own", 530 - 23 + 12, -1.5 + 0.8 - 0.4),
        (Decimal("25.01"), "rent", 530 - 3 - 9, -1.5 + 0.1 + 0.3),
        (99, "mortgage", 530 + 20 + 12, -1.5 - 0.7 - 0.4),
        (None, None, 530 - 14, -1.5 + 0.5),
        (-9, "castle", 530 - 35 - 17, -1.5 + 1.2 + 0.6),
    ],
)
def test_a_scorecard_adds_up(age, home, points, log_odds):
    scored = card_scorer().score({"age": age, "home": home})
    assert scored.points == points
    assert scored.probability == f"{1 / (1 + math.exp(-log_odds)):.12f}"


def test_reasons_are_against_the_reference_and_the_worst_comes_first():
    scored = card_scorer().score({"age": 20, "home": "own"})
    assert [(r.feature, r.weight, r.points) for r in scored.reasons] == [
        ("age", "1.000000", "-28.77"),
        ("home", "-0.400000", "12.00"),
    ]


def test_a_scorecard_needs_no_extra():
    code = f"""
import sys
from huoshui.judgement.risk.models import serving
text = {CARD.text!r}
print(serving.load(text, serving.digest(text)).score({{"age": 30, "home": "rent"}}).points)
print(sorted({{"numpy", "lightgbm", "sklearn", "scipy"}} & sys.modules.keys()))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split("\n")[:2] == ["518", "[]"]


def test_other_bytes_are_refused():
    with pytest.raises(serving.ModelAltered):
        serving.load(CARD.text.replace("530", "531"), serving.digest(CARD.text))


@pytest.mark.parametrize(
    "text", ["", "{}", '{"format":"huoshui.scorecard/2"}', "tree\nversion=v4\n", "[1]",
             '{"format":"huoshui.scorecard/1"}', '{"format":"huoshui.booster/1","columns":[]}\nx'],
)  # fmt: skip
def test_what_is_no_model_is_refused(text):
    with pytest.raises(serving.ModelUnreadable):
        serving.load(text, serving.digest(text))


def test_bins_that_leave_numbers_out_are_refused():
    gap = msgspec.structs.replace(AGE, bins=AGE.bins[:2])
    text = msgspec.structs.replace(CARD, inputs=(gap, HOME)).text
    with pytest.raises(serving.ModelUnreadable):
        serving.load(text, serving.digest(text))


def test_a_value_must_be_given_and_fit():
    with pytest.raises(serving.InputMissing):
        card_scorer().score({"age": 20})
    wrongs: list[Any] = ["twenty", Decimal("NaN"), 1.5]
    for wrong in wrongs:
        with pytest.raises(serving.InputUnfit):
            card_scorer().score({"age": wrong, "home": "own"})


@given(st.decimals(-30, 30, allow_nan=False, places=9))
def test_curves_keep_the_order_and_stay_off_certainty(z):
    curves = [
        Curve(),
        Curve("platt", a="1.2", c="-0.3"),
        Curve("beta", a="0.8", b="1.1", c="0.2"),
        Curve("isotonic", x=("-2", "0", "1.5"), y=("0.01", "0.2", "0.2")),
    ]
    for curve in curves:
        here, above = curve.probability(z), curve.probability(z + Decimal("0.5"))
        assert 0 < here <= above < 1


def test_a_curve_is_its_formula():
    z = Decimal("0.7")
    assert abs(logit(sigmoid(z)) - z) < Decimal("1e-30")
    assert Curve("platt", a="2", c="1").probability(z) == sigmoid(Decimal("2.4"))
    assert abs(Curve("beta").probability(z) - sigmoid(z)) < Decimal("1e-30")
    steps = Curve("isotonic", x=("0", "1"), y=("0.1", "0.2"))
    assert steps.probability(z) == Decimal("0.17")
    assert Scale().at(Decimal(100).ln()).quantize(Decimal("1e-9")) == 620


@pytest.fixture(scope="module")
def trained():
    """A booster of three inputs, one of them a category and one with a special value."""
    lgb = pytest.importorskip("lightgbm")
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(2_000, 2))
    special = rng.random(2_000) < 0.2
    word = rng.integers(0, 3, 2_000)
    number = np.where(special, np.nan, rows[:, 1])
    matrix = np.column_stack([rows[:, 0], number, special, word])
    chance = 1 / (1 + np.exp(-(rows[:, 0] + special - word)))
    settings_ = {
        "objective": "binary", "max_depth": 3, "num_leaves": 8, "verbose": -1, "num_threads": 1,
        "seed": 1, "deterministic": True, "force_row_wise": True,
    }  # fmt: skip
    data = lgb.Dataset(matrix, (rng.random(2_000) < chance).astype(int))
    booster = lgb.train(settings_, data, 40)
    header = Booster(
        columns=(
            Coded("a", monotone=1),
            Coded("b", special=("-9",)),
            Coded("b", "is", code="-9"),
            Coded("c", "category", codes={"x": "0", "y": "1", "z": "2"}),
        ),
        curve=Curve("platt", a="1.5", c="0.25"),
    )
    values = [
        {"a": Decimal(repr(a)), "b": -9 if s else Decimal(repr(b)), "c": "xyz"[w]}
        for (a, b), s, w in zip(rows.tolist(), special.tolist(), word.tolist(), strict=True)
    ]
    return header.text(booster.model_to_string()), booster, matrix, values


def test_a_booster_scores_as_its_library_does_to_the_bit(trained):
    text, booster, matrix, values = trained
    scorer = serving.load(text, serving.digest(text))
    forest = Forest(text.partition("\n")[2], 4)
    raw = booster.predict(matrix[:200], raw_score=True)
    shares = booster.predict(matrix[:200], pred_contrib=True)
    for row, value, z, share in zip(matrix, values, raw.tolist(), shares.tolist(), strict=False):
        assert forest.raw(row.tolist()) == z
        scored = scorer.score(value)
        assert abs(float(scored.probability) - 1 / (1 + math.exp(-(1.5 * z + 0.25)))) < 1e-11
        told = {r.feature: float(r.weight) for r in scored.reasons}
        assert abs(told["b"] - 1.5 * (share[1] + share[2])) < 1e-6
        assert abs(sum(told.values()) - 1.5 * (z - share[-1])) < 3e-6
        assert [float(r.weight) for r in scored.reasons] == sorted(told.values(), reverse=True)


def test_what_was_never_seen_is_missing(trained):
    text, booster, _, _ = trained
    scored = serving.load(text, serving.digest(text)).score({"a": 0, "b": None, "c": "other"})
    z = booster.predict(np.array([[0, np.nan, 0, np.nan]]), raw_score=True)[0]
    assert abs(float(scored.probability) - 1 / (1 + math.exp(-(1.5 * z + 0.25)))) < 1e-11


def test_many_threads_get_the_same_bytes(trained):
    text, _, _, values = trained
    scorer = serving.load(text, serving.digest(text))

    def all_of_it(_: int) -> bytes:
        return msgspec.json.encode([scorer.score(each) for each in values[:100]])

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(all_of_it, range(8)))) == 1


def test_trees_that_do_not_fit_their_header_are_refused(trained):
    text = trained[0]
    header, _, trees = text.partition("\n")
    whole = msgspec.json.decode(header, type=Booster)
    fewer = msgspec.structs.replace(whole, columns=whole.columns[:2]).text(trees)
    with pytest.raises(serving.ModelUnreadable):
        serving.load(fewer, serving.digest(fewer))


@settings(max_examples=50)
@given(st.one_of(st.none(), st.integers(-(10**9), 10**9), st.decimals(-999, 999, places=4)))
def test_any_number_has_one_bin(value):
    scored = card_scorer().score({"age": value, "home": "own"})
    assert scored.points in {530 + 12 + p for p in (-23, -3, 20, 0, -35)}
