"""One training from a file's cells to both models and their card."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from huoshui.judgement.risk.models import serving
from huoshui.judgement.risk.models.training import (
    demand_extra,
    fitting,
    leaks,
    options,
    ratios,
    report,
)
from huoshui.judgement.risk.models.training.columns import Column, Table, profiled
from huoshui.judgement.risk.models.training.cutoff import Cutoff
from huoshui.judgement.risk.models.training.files import Cells
from huoshui.judgement.risk.models.training.fitting import Model
from huoshui.judgement.risk.models.training.leaks import Finding
from huoshui.judgement.risk.models.training.options import NothingToLearn, Options
from huoshui.judgement.risk.models.training.tune import Tell

FORMAT = "huoshui.card/1"
_CHECKED = 100  # rows of the test part that the kept text must score the same
_CLOSE = 1e-9


class ServedOtherwise(Exception):
    """The kept text scores a row otherwise than what was measured: a fault of ours."""


class Parts(msgspec.Struct, frozen=True):
    """The training and the test part."""

    table: Table
    bad: Any
    test: Table
    test_bad: Any
    test_when: Any
    test_groups: dict[str, Column]
    how: dict[str, Any]
    findings: list[Finding]


class Trained(msgspec.Struct, frozen=True):
    """Both models; each has a card."""

    models: tuple[Model, ...]
    cards: tuple[dict[str, Any], ...]
    findings: list[Finding]


def train(cells: Cells, asked: Options, tell: Tell = lambda *_: None) -> Trained:
    """Train a booster and a scorecard. Raises the problems of `options`, LibraryAbsent."""
    demand_extra()
    parts = prepared(cells, asked)
    models = (
        fitting.fit_booster(
            parts.table, parts.bad, trials=asked.trials, threads=asked.threads, tell=tell
        ),
        fitting.fit_scorecard(parts.table, parts.bad, tell=tell),
    )
    cards = tuple(_card(model, parts, asked) for model in models)
    for model in models:
        _demand_served(model, parts)
    return Trained(models, cards, parts.findings)


def prepared(cells: Cells, asked: Options) -> Parts:
    """Profile, split, and leave out what must not be learnt from."""
    options.demand_known(cells, asked)
    bad, known = options.outcomes(cells, asked)
    when = options.moments(cells, asked)
    train, test, how = _split(bad, known, when, asked)
    columns = profiled(cells)
    apart = {
        asked.target,
        asked.time,
        *asked.exclude,
        *(g for g in asked.groups if g not in asked.keep),
    }
    mine = [each for name, each in columns.items() if name not in apart]
    early = [each.take(train) if each.values is not None else each for each in mine]
    found = leaks.findings(early, bad[train], None if when is None else when[train], asked.keep)
    out = {each.column for each in found if each.left_out}
    used = [each for each in mine if each.name not in out and each.kind in ("number", "category")]
    if not used:
        raise NothingToLearn(left=len(out))
    table = Table(tuple(used), cells.rows)
    table = ratios.added(table, ratios.chosen(table.take(train), bad[train]))
    groups = {g: columns[g].take(test) for g in asked.groups if columns[g].values is not None}
    return Parts(
        table.take(train), bad[train], table.take(test), bad[test],
        None if when is None else when[test], groups, how, found,
    )  # fmt: skip


def _split(bad: Any, known: Any, when: Any, asked: Options) -> tuple[Any, Any, dict[str, Any]]:
    rows = np.flatnonzero(known)
    if when is None:
        train, test = fitting.split_at_random(bad[rows], asked.test_share, asked.seed)
        how: dict[str, Any] = {"by": "chance", "seed": asked.seed}
    else:
        first = options.cut(when, asked)
        later = when[rows] >= first
        train, test = np.flatnonzero(when[rows] < first), np.flatnonzero(later)
        how = {"by": "time", "column": asked.time, "test_from": _day(first)}
    for part in (train, test):
        bads = int(bad[rows[part]].sum())
        if min(bads, len(part) - bads) < options.OUTCOMES_LEAST:
            if when is not None:
                raise options.TimeUnfit(column=asked.time, reason=f"{len(train)} | {len(test)}")
            raise options.TooFewRows(
                good=len(part) - bads,
                bad=bads,
                rows=options.ROWS_LEAST,
                each=options.OUTCOMES_LEAST,
            )
    return rows[train], rows[test], how


def _day(ordinal: float) -> str:
    return date.fromordinal(int(ordinal)).isoformat()


def _card(model: Model, parts: Parts, asked: Options) -> dict[str, Any]:
    chances, unseen = model.chances(parts.test), model.unseen
    cutoffs = report.cutoffs(chances, parts.test_bad, unseen, parts.bad, asked.gain, asked.loss)
    best = Cutoff(cutoffs["best"]["at"], cutoffs["best"]["chance_most"])
    months = parts.test_when
    return {
        "format": FORMAT, "name": asked.name or asked.target, "form": model.form,
        "sha256": serving.digest(model.text), "target": asked.target,
        "train": {"rows": len(parts.bad), "bad": int(parts.bad.sum())}, "split": parts.how,
        "figures": report.figures(chances, parts.test_bad, unseen),
        "months": [] if months is None else report.by_month(chances, parts.test_bad, months, unseen),
        "groups": {
            name: report.fairness(chances, parts.test_bad, options.grouped(each), best)
            for name, each in parts.test_groups.items()
        },
        "cutoffs": cutoffs, "bins": report.score_bins(unseen),
        "drawings": report.drawings(chances, parts.test_bad),
        "inputs": _inputs(model, parts), "curve": model.curve.kind,
        "findings": [msgspec.to_builtins(each) for each in parts.findings],
        "tuned": [
            {"settings": msgspec.to_builtins(settings), "auc": round(auc, 6)}
            for settings, auc in model.tuned.tried
        ],
    }  # fmt: skip


def _inputs(model: Model, parts: Parts) -> list[dict[str, Any]]:
    """What each input weighs: the mean size of what it does to the log-odds of tested rows."""
    scorer = serving.load(model.text, serving.digest(model.text))
    total: dict[str, float] = {}
    rows = range(0, parts.test.rows, max(1, parts.test.rows // 300))
    for row in rows:
        for each in scorer.score(given(parts.test, row)).reasons:
            total[each.feature] = total.get(each.feature, 0.0) + abs(float(each.weight))
    found = sorted(total.items(), key=lambda item: -item[1])
    return [{"name": name, "weight": round(sum_ / len(rows), 4)} for name, sum_ in found]


def given(table: Table, row: int) -> dict[str, Any]:
    """A row as a scorer takes it: numbers exact."""
    found: dict[str, Any] = {}
    for each in table.columns:
        if each.ratio:
            continue
        value = each.value(row)
        found[each.name] = Decimal(repr(value)) if isinstance(value, float) else value
    return found


def _demand_served(model: Model, parts: Parts) -> None:
    """That the kept text says of tested rows what was measured."""
    scorer = serving.load(model.text, serving.digest(model.text))
    rows = np.arange(0, parts.test.rows, max(1, parts.test.rows // _CHECKED))
    for row, chance in zip(rows, model.chances(parts.test.take(rows)), strict=True):
        served = float(scorer.score(given(parts.test, int(row))).probability)
        if not math.isclose(served, chance, abs_tol=_CLOSE * 100):
            raise ServedOtherwise(f"{model.form}: row {row} {served} for {chance}")
