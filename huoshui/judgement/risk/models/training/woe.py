"""Monotone binning by dynamic programming, and the weight of evidence of each bin.

At most 50 equally full pre-bins are joined so that the likelihood of the outcome is greatest, bad
rates rise (or fall) from bin to bin, each bin has its share of rows, and each further bin earns
more than it costs (by default half the logarithm of the rows: Schwarz 1978). A column whose rate
plainly turns (as that of an age may) is left free to turn where the settings let it. Missing values
and special codes are bins of their own; words of a category are put in order of their bad rate first.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from huoshui.judgement.risk.models.training.columns import Column

_PREBINS = 50
_TURNS = 10.0  # by so much more likely than the best monotone bins
_LEAST_ROWS = 30
_HALF = 0.5  # added to both counts, so that no bin is without good or bad
Counts = tuple[int, int]  # good, bad


class Shape(msgspec.Struct, frozen=True):
    """How bins are made: their least share of rows, the cost of each (0: by the rows), turning."""

    least_share: float = 0.03
    cost: float = 0.0
    turning: bool = False

    def worth(self, rows: int) -> float:
        """What a bin must earn."""
        return self.cost or 0.5 * math.log(rows)

    def least(self, rows: int) -> float:
        """The rows that a bin must have."""
        return min(max(_LEAST_ROWS, self.least_share * rows), rows)


USUAL = Shape()


class Bin(msgspec.Struct, frozen=True):
    """A bin: its counts and its weight, ln(share of bad / share of good): above zero is risk."""

    good: int
    bad: int
    weight: float
    upper: float | None = None
    words: tuple[str, ...] = ()


class Binned(msgspec.Struct, frozen=True):
    """A column in bins. `direction` is 1 where more is riskier, -1 where less is, 0 for
    words and for a rate that turns.
    """

    column: Column
    bins: tuple[Bin, ...]
    missing: Bin
    special: dict[str, Bin]
    direction: int
    iv: float

    def weights(self, column: Column) -> Any:
        """The weight of each row's bin."""
        if column.kind == "category":
            return self._of_words(column)
        values = column.values
        bounds = np.array([each.upper for each in self.bins[:-1]], dtype=float)
        table = np.array([each.weight for each in self.bins])
        found = table[np.searchsorted(bounds, np.nan_to_num(values), side="left")]
        for code, each in self.special.items():
            found = np.where(values == float(code), each.weight, found)
        return np.where(np.isnan(values), self.missing.weight, found)

    def _of_words(self, column: Column) -> Any:
        known = {word: each.weight for each in self.bins for word in each.words}
        table = [known.get(word, self.missing.weight) for word in column.levels]
        return np.array([*table, self.missing.weight])[column.values]


def binned(column: Column, bad: Any, shape: Shape = USUAL) -> Binned:
    """The bins of a column by the outcomes of its rows."""
    totals = (int((bad == 0).sum()), int((bad == 1).sum()))
    if column.kind == "category":
        return _words(column, bad, totals, shape)
    values = column.values
    apart = np.isnan(values)
    missing = _bin(_counts(bad[apart]), totals)
    special = {}
    for code in column.special:
        coded = values == float(code)
        special[code] = _bin(_counts(bad[coded]), totals)
        apart = apart | coded
    steps, bounds = _prebins(values[~apart], bad[~apart])
    starts, direction = _joined(steps, len(bad), shape)
    bins = tuple(
        _bin(_sum(steps[a:b]), totals, upper=bounds[b - 1])
        for a, b in zip(starts, [*starts[1:], len(steps)], strict=True)
    )
    return Binned(
        column, bins, missing, special, direction, _iv([*bins, missing, *special.values()], totals)
    )


def _words(column: Column, bad: Any, totals: Counts, shape: Shape) -> Binned:
    missing = _bin(_counts(bad[column.values < 0]), totals)
    counts = [_counts(bad[column.values == place]) for place in range(len(column.levels))]
    seen = [place for place, each in enumerate(counts) if sum(each)]
    prior = totals[1] / sum(totals)
    rate = {p: (counts[p][1] + 10 * prior) / (sum(counts[p]) + 10) for p in seen}
    order = sorted(seen, key=lambda p: (rate[p], p))
    steps = [counts[p] for p in order]
    starts = _search(steps, len(bad), 1, shape)[1]
    bins = tuple(
        _bin(_sum(steps[a:b]), totals, words=tuple(sorted(column.levels[p] for p in order[a:b])))
        for a, b in zip(starts, [*starts[1:], len(steps)], strict=True)
    )
    return Binned(column, bins, missing, {}, 0, _iv([*bins, missing], totals))


def _prebins(values: Any, bad: Any) -> tuple[list[Counts], list[float | None]]:
    """Counts of at most 50 equally full steps, and the upper bound of each (the last has none)."""
    if not len(values):
        return [(0, 0)], [None]
    distinct = np.unique(values)
    if len(distinct) <= _PREBINS:
        # Midway between neighbours: what is said of a value holds for what is near it.
        bounds = (distinct[1:] + distinct[:-1]) / 2 if len(distinct) > 1 else distinct[:0]
    else:
        bounds = np.unique(np.quantile(values, np.linspace(0, 1, _PREBINS + 1)[1:-1]))
        bounds = bounds[bounds < distinct[-1]]
    bounds = np.unique([_short(each) for each in bounds.tolist()])
    places = np.searchsorted(bounds, values, side="left")
    all_ = np.bincount(places, minlength=len(bounds) + 1)
    bads = np.bincount(places, weights=bad, minlength=len(bounds) + 1).astype(int)
    return list(zip((all_ - bads).tolist(), bads.tolist(), strict=True)), [*bounds.tolist(), None]


def _short(bound: float) -> float:
    """A bound that reads well: six significant digits."""
    return float(f"{bound:.6g}")


def _joined(steps: list[Counts], rows: int, shape: Shape) -> tuple[list[int], int]:
    """Where the bins begin, and which way the bad rate goes."""
    found, falling = (_search(steps, rows, sign, shape) for sign in (1, -1))
    best, direction = (falling, -1) if falling[0] > found[0] else (found, 1)
    if shape.turning:
        free = _search(steps, rows, 0, shape)
        if free[0] > best[0] + _TURNS:
            return free[1], 0
    return best[1], direction if len(best[1]) > 1 else 0


def _search(steps: list[Counts], rows: int, sign: int, shape: Shape) -> tuple[float, list[int]]:
    """The best likelihood less the cost of its bins, and where they begin.

    A sign of 0 lets rates turn. `best[i, j]` is that of the first j+1 steps with the last bin from i to j.
    """
    n = len(steps)
    good = np.r_[0, np.cumsum([g for g, _ in steps])].astype(float)
    bad = np.r_[0, np.cumsum([b for _, b in steps])].astype(float)
    g, b = good[None, 1:] - good[:-1, None], bad[None, 1:] - bad[:-1, None]
    size = g + b
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(size > 0, b / size, 0.0) * sign
        likely = np.where(g > 0, g * np.log(g / size), 0.0) + np.where(
            b > 0, b * np.log(b / size), 0.0
        )
    worth = np.where(size >= shape.least(rows), likely - shape.worth(rows), -np.inf)
    best, came = np.full((n, n), -np.inf), np.full((n, n), -1)
    best[0] = worth[0]
    for start in range(1, n):
        before, rates = best[:start, start - 1], rate[:start, start - 1]
        for end in range(start, n):
            if worth[start, end] == -np.inf:
                continue
            fit = before if not sign else np.where(rates < rate[start, end], before, -np.inf)
            at = int(np.argmax(fit))
            best[start, end], came[start, end] = fit[at] + worth[start, end], at
    last = int(np.argmax(best[:, n - 1]))
    if best[last, n - 1] == -np.inf:
        return -math.inf, [0]
    return float(best[last, n - 1]), _starts(came, last, n - 1)


def _starts(came: Any, start: int, end: int) -> list[int]:
    found = [start]
    while start > 0:
        start, end = int(came[start, end]), start - 1
        found.append(start)
    return found[::-1]


def _counts(bad: Any) -> Counts:
    bads = int(bad.sum())
    return len(bad) - bads, bads


def _sum(steps: list[Counts]) -> Counts:
    return sum(g for g, _ in steps), sum(b for _, b in steps)


def _bin(
    counts: Counts, totals: Counts, *, upper: float | None = None, words: tuple[str, ...] = ()
) -> Bin:
    """A bin with its weight; of few rows the weight is drawn towards none."""
    good, bad = counts
    prior = totals[1] / sum(totals)
    pull = 2 * _HALF if good + bad >= _LEAST_ROWS else 2.0 * _LEAST_ROWS
    odds = (bad + pull * prior) / (good + pull * (1 - prior))
    return Bin(good, bad, math.log(odds * totals[0] / totals[1]), upper, words)


def _iv(bins: list[Bin], totals: Counts) -> float:
    return sum((each.bad / totals[1] - each.good / totals[0]) * each.weight for each in bins)
