"""A booster of shallow trees (LightGBM, depth at most 3), held to directions where they are plain.

A number's direction is plain where a monotone curve of its bad rate explains nearly all that a free
one does; the direction of a name that is known can be given. Words are coded by their order of bad
rate, shrunk to the mean; each special code has a column of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from huoshui.judgement.risk.models.serving import POINTS, Booster, Coded, Curve, Scale
from huoshui.judgement.risk.models.training.columns import Column, Table

_PLAIN = 0.97  # of what a free curve explains
_BINS = 20
_PRIOR_ROWS = 20  # that a word's bad rate is drawn to the mean by
TREES_MOST = 1_500
_PATIENCE = 80
SEED = 20_240


class Settings(msgspec.Struct, frozen=True):
    """What is tuned. `trees` is found by stopping early where it is 0."""

    depth: int = 3
    rate: float = 0.04
    least_rows: int = 40
    ridge: float = 5.0
    columns: float = 0.5
    rows: float = 0.8
    monotone: bool = True
    trees: int = 0

    def asked(self, threads: int) -> dict[str, Any]:
        """The same in LightGBM's words."""
        return {
            "objective": "binary", "metric": "binary_logloss", "max_depth": self.depth,
            "num_leaves": 2**self.depth, "learning_rate": self.rate,
            "min_data_in_leaf": self.least_rows, "lambda_l2": self.ridge,
            "feature_fraction": self.columns, "bagging_fraction": self.rows, "bagging_freq": 1,
            "max_bin": 255, "seed": SEED, "deterministic": True, "force_row_wise": True,
            "num_threads": threads, "verbose": -1,
        }  # fmt: skip


class Coding(msgspec.Struct, frozen=True):
    """How a table becomes a matrix: learnt on the rows that a booster is fitted on."""

    columns: tuple[Coded, ...]

    def matrix(self, table: Table) -> Any:
        """A row of floats for each row of the table; what it does not have is missing."""
        by_name = {each.name: each for each in table.columns}
        return np.column_stack(
            [
                _coded(told, by_name[told.feature])
                if told.feature in by_name
                else _absent(told, table)
                for told in self.columns
            ]
        )


def _absent(told: Coded, table: Table) -> Any:
    return np.full(table.rows, 0.0 if told.kind == "is" else np.nan)


def coding(table: Table, bad: Any, directions: Mapping[str, int]) -> Coding:
    """Learn the codes of words and the plain directions of numbers."""
    found: list[Coded] = []
    for each in table.columns:
        if each.kind == "category":
            found.append(Coded(each.name, "category", codes=_codes(each, bad)))
            continue
        sign = directions.get(each.name, _direction(each, bad))
        if each.ratio:
            found.append(Coded(each.ratio[0], "ratio", over=each.ratio[1], monotone=sign))
            continue
        found.append(Coded(each.name, special=each.special, monotone=sign))
        found += [Coded(each.name, "is", code=code) for code in each.special]
    return Coding(tuple(found))


def _codes(column: Column, bad: Any) -> dict[str, str]:
    seen = column.values >= 0
    all_ = np.bincount(column.values[seen], minlength=len(column.levels))
    bads = np.bincount(column.values[seen], weights=bad[seen], minlength=len(column.levels))
    mean = float(np.mean(bad))
    rates = (bads + _PRIOR_ROWS * mean) / (all_ + _PRIOR_ROWS)
    order = np.lexsort((np.arange(len(rates)), rates))
    return {column.levels[p]: str(n) for n, p in enumerate(order.tolist()) if all_[p]}


def _direction(column: Column, bad: Any) -> int:
    """1 or -1 where the bad rate plainly rises or falls with the number, else 0."""
    values = column.values
    kept = ~np.isnan(values)
    for code in column.special:
        kept &= values != float(code)
    values, outcome = values[kept], bad[kept]
    if len(np.unique(values)) < 2:
        return 0
    bounds = np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1]))
    places = np.searchsorted(bounds, values, side="left")
    size = np.bincount(places, minlength=len(bounds) + 1).astype(float)
    full = size > 0
    rate = np.bincount(places, weights=outcome, minlength=len(size))[full] / size[full]
    size = size[full]
    mean = float((rate * size).sum() / size.sum())
    # What chance alone spreads the rates by is not to be explained.
    free = float((size * (rate - mean) ** 2).sum()) - len(size) * mean * (1 - mean)
    if free <= 0:
        return 0
    chance = mean * (1 - mean)
    for sign in (1, -1):
        held = sign * pooled(sign * rate, size)
        rest = float((size * (rate - held) ** 2).sum()) - 0.8 * len(size) * chance
        if 1 - max(rest, 0.0) / free >= _PLAIN:
            return sign
    return 0


def pooled(rates: Any, sizes: Any) -> Any:
    """The nearest rates that never fall: pool adjacent violators (Ayer and others 1955)."""
    blocks: list[list[float]] = []
    for rate, size in zip(rates.tolist(), sizes.tolist(), strict=True):
        blocks.append([rate, size, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            right, left = blocks.pop(), blocks[-1]
            total = left[1] + right[1]
            left[0] = (left[0] * left[1] + right[0] * right[1]) / total
            left[1], left[2] = total, left[2] + right[2]
    return np.repeat([block[0] for block in blocks], [int(block[2]) for block in blocks])


class Fitted(msgspec.Struct, frozen=True):
    """Trees and how rows are coded for them."""

    coding: Coding
    trees: Any
    count: int

    def log_odds(self, table: Table) -> Any:
        """Log-odds of going bad of each row, before calibration."""
        return self.trees.predict(self.coding.matrix(table), raw_score=True, num_threads=1)


def train(
    table: Table, bad: Any, settings: Settings, *, threads: int = 1,
    directions: Mapping[str, int] | None = None, held: tuple[Table, Any] | None = None,
) -> Fitted:  # fmt: skip
    """Fit; with `held` rows, stop where they are ranked no better any more."""
    import lightgbm

    code = coding(table, bad, directions or {})
    asked = settings.asked(threads)
    if settings.monotone:
        asked["monotone_constraints"] = [each.monotone for each in code.columns]
        asked["monotone_constraints_method"] = "intermediate"
    own = lightgbm.Dataset(code.matrix(table), bad, params={"num_threads": threads})
    if held is None:
        trees = lightgbm.train(asked, own, settings.trees)
        return Fitted(code, trees, settings.trees)
    other = own.create_valid(code.matrix(held[0]), held[1])
    stop = lightgbm.early_stopping(_PATIENCE, verbose=False, min_delta=1e-5)
    trees = lightgbm.train(asked, own, settings.trees or TREES_MOST, [other], callbacks=[stop])
    return Fitted(code, trees, int(trees.best_iteration or trees.current_iteration()))


def text(fitted: Fitted, curve: Curve, scale: Scale = POINTS) -> str:
    """The booster as it is kept."""
    return Booster(fitted.coding.columns, curve, scale).text(fitted.trees.model_to_string())


def _coded(told: Coded, column: Column) -> Any:
    if told.kind == "category":
        codes = [float(told.codes.get(word, "nan")) for word in column.levels]
        return np.array([*codes, np.nan])[column.values]
    if told.kind == "is":
        return (column.values == float(told.code)).astype(float)
    found = column.values
    for code in told.special:
        found = np.where(found == float(code), np.nan, found)
    return found
