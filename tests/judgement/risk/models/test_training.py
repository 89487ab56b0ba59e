"""From a file to models: what is refused, left out, found, foretold, and that it is the same again."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core.errors import Problem
from huoshui.judgement.risk.models import card as cards
from huoshui.judgement.risk.models import serving
from huoshui.judgement.risk.models import statistics as stats
from huoshui.judgement.risk.models.training import (
    calibration,
    columns,
    files,
    options,
    ratios,
    run,
    woe,
)
from huoshui.judgement.risk.models.training.options import Options
from tests.judgement.risk.models import made

pytest.importorskip("lightgbm")
ASKED = Options(target="outcome", time="applied", groups=("gender",), trials=2)


@pytest.fixture(scope="module")
def cells():
    return files.read_bytes(made.content(made.rows(), zipped=True))


@pytest.fixture(scope="module")
def trained(cells):
    return run.train(cells, ASKED)


def test_what_must_not_be_learnt_is_left_out(trained):
    out = {each.column: each.code for each in trained.findings if each.left_out}
    assert out == {"customer_id": "id", "settled": "date_after", "recovered": "too_good"}
    names = {each["name"] for card in trained.cards for each in card["inputs"]}
    assert not names & {"gender", "outcome", "applied", *out}


def test_the_split_is_by_time(trained):
    split = trained.cards[0]["split"]
    assert (split["by"], split["column"]) == ("time", "applied")
    assert trained.cards[0]["figures"]["rows"] + trained.cards[0]["train"]["rows"] == 1_600
    assert min(month["month"] for month in trained.cards[0]["months"]) >= split["test_from"][:7]


def test_figures_are_near_what_can_be_known(trained):
    for card in trained.cards:
        found = card["figures"]
        assert found["auc_low"] < found["auc"] < found["auc_high"]
        assert found["auc"] > 0.68 and 0.6 < found["calibration_slope"] < 1.5
        assert found["psi"] < 0.25 and found["brier"] < found["brier_of_the_mean"]


def test_a_ratio_that_drives_the_outcome_is_found(trained):
    assert any(set(e["name"].split("/")) == {"debt", "income"} for e in trained.cards[0]["inputs"])


def test_the_kept_text_says_what_was_measured(cells, trained):
    parts = run.prepared(cells, ASKED)
    for model in trained.models:
        scorer = serving.load(model.text, serving.digest(model.text))
        chances = model.chances(parts.test)
        for row in range(0, parts.test.rows, 7):
            served = scorer.score(run.given(parts.test, row))
            assert math.isclose(float(served.probability), chances[row], abs_tol=1e-7)


def test_the_same_file_gives_the_same_bytes(cells, trained):
    again = run.train(cells, ASKED)
    assert [m.text for m in again.models] == [m.text for m in trained.models]
    assert again.cards == trained.cards


def test_groups_are_told_with_intervals(trained):
    for each in trained.cards[0]["groups"]["gender"]:
        assert each["approved_low"] <= each["approved"] <= each["approved_high"]
        assert 0 < each["approval_ratio"] <= 1


def test_more_approvals_bring_more_bad_ones(trained):
    steps = trained.cards[0]["cutoffs"]["steps"]
    shares = [each["approved"] for each in steps]
    assert shares == sorted(shares)
    assert steps[3]["bad_rate"] < steps[-1]["bad_rate"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_card_is_a_page_in_each_language(trained, lang):
    card = json.loads(msgspec.json.encode(trained.cards[0])) | {"name": "<b>x</b>"}
    page = cards.page(card, lang)
    assert "&lt;b&gt;x" in page and "<b>x" not in page and "http" not in page
    assert ("校准斜率" if lang == "zh" else "Calibration slope") in page


CSV = made.content(made.rows(400))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "training_file_unreadable"), (b"a,b\n", "training_file_unreadable"),
        (b"a,a\n1,2\n", "training_file_unreadable"), (b"a,b\n1,2\n3\n", "training_file_unreadable"),
        (b"\x1f\x8bbroken", "training_file_unreadable"), (b"PAR1broken", "training_file_unreadable"),
        (b"a,b\n\0\0", "training_file_unreadable"), (b"only\n1\n", "training_file_unreadable"),
        (b"x" * 2_000, "training_file_too_large"), (b"\xff\xff,\x80\n", "training_file_unreadable"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(content, problem):
    with pytest.raises(Problem) as refused:
        files.read_bytes(content, 1_500)
    assert refused.value.code == problem
    assert refused.value.detail("zh") and refused.value.detail("en")


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (Options(target="nothing"), "training_column_unknown"),
        (Options(target="income"), "training_target_unfit"),
        (Options(target="outcome", bad="worse"), "training_target_unfit"),
        (Options(target="gender"), "training_target_unfit"),
        (Options(target="outcome", time="home"), "training_time_unfit"),
        (Options(target="outcome", time="applied", test_from="2030-01-01"), "training_time_unfit"),
        (Options(target="outcome", exclude=made.COLUMNS[2:8]), "training_columns_none"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, problem):
    with pytest.raises(Problem) as refused:
        run.prepared(files.read_bytes(CSV), asked)
    assert refused.value.code == problem
    assert refused.value.detail("zh") and refused.value.detail("en")


def test_few_rows_are_refused():
    few = files.read_bytes(made.content(made.rows(100)))
    with pytest.raises(options.TooFewRows):
        run.prepared(few, Options(target="outcome"))


def test_chinese_files_of_old_programs_are_read():
    found = files.read_bytes("收入,结果\n1,好\n2,坏\n".encode("gb18030"))
    assert found.columns == {"收入": ["1", "2"], "结果": ["好", "坏"]}


def test_parquet_is_read_as_csv_is(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    file = tmp_path / "x.parquet"
    table = {
        "a": [1.0, 2.5, None, float("nan")],
        "b": [True, None, False, True],
        "c": ["x", "", "NA", "y"],
    }
    parquet.write_table(arrow.table(table), file)
    assert files.read_file(file).columns == {
        "a": ["1", "2.5", None, None], "b": ["true", None, "false", "true"], "c": ["x", None, None, "y"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [("2018/5/1", "2018-05-01"), ("4/18/2015 2:47", "2015-04-18"), ("2026-01-31T10:00:00", "2026-01-31"),
     ("201804", "2018-04-01"), ("2018年4月3日", "2018-04-03"), ("2018-13-01", None), ("abc", None)],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(text, day):
    from datetime import date

    found = columns.days(text)
    assert (None if found is None else date.fromordinal(int(found)).isoformat()) == day


bins_of = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=120, max_size=400)


@settings(max_examples=25)
@given(bins_of, st.sampled_from([woe.Shape(), woe.Shape(cost=1.5), woe.Shape(0.1, 0.5)]))
def test_bins_are_monotone_cover_all_and_count_everybody(told, shape):
    values = np.array([float(v) if v else np.nan for v, _ in told])
    bad = np.array([int(b) for _, b in told])
    if len(set(bad.tolist())) < 2:
        return
    column = columns.Column(name="x", kind="number", values=values)
    found = woe.binned(column, bad, shape)
    rates = [each.bad / (each.good + each.bad) for each in found.bins if each.good + each.bad]
    assert rates == sorted(rates, reverse=found.direction < 0)
    assert sum(b.good + b.bad for b in (*found.bins, found.missing)) == len(told)
    assert found.bins[-1].upper is None
    assert np.isfinite(found.weights(column)).all()


def test_a_rate_that_turns_is_left_to_turn_where_asked():
    draws = np.random.default_rng(8)
    x = draws.uniform(-2, 2, 4_000)
    bad = (draws.random(4_000) < 0.05 + 0.15 * x * x).astype(int)
    column = columns.Column(name="x", kind="number", values=x)
    held, free = (woe.binned(column, bad, woe.Shape(turning=t)) for t in (False, True))
    assert stats.auc(free.weights(column), bad) > stats.auc(held.weights(column), bad) + 0.1
    assert free.direction == 0


@pytest.mark.parametrize("curve", [calibration.line, calibration.beta, calibration.steps])
def test_a_curve_on_many_rows_is_the_one_that_is_served(curve):
    draws = np.random.default_rng(9)
    z = draws.normal(size=4_000)
    bad = (draws.random(4_000) < 1 / (1 + np.exp(-(0.6 * z - 1)))).astype(int)
    made_ = curve(z, bad)
    many = calibration.applied(made_, z[:50])
    for value, chance in zip(z[:50].tolist(), many.tolist(), strict=True):
        assert abs(float(made_.probability(Decimal(repr(value)))) - chance) < 1e-8
    assert 0.8 < stats.calibration(calibration.applied(made_, z), bad).slope < 1.2


def test_ratios_are_divided_as_they_are_served():
    with np.errstate(all="raise"):
        found = ratios.divided(np.array([1.0, 2.0, np.nan, 4.0]), np.array([2.0, 0.0, 1.0, -1.0]))
    assert found[0] == 0.5 and np.isnan(found[1:]).all()
