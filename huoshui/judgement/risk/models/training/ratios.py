"""Ratios that say more than their parts: an instalment over the amount lent, debt over income.

Each pair of numbers of the training part is tried; a ratio is taken where its information value is
plainly above both parts' in each half of the rows. A tree of depth 3 or a sum of points cannot
divide; a person would.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from huoshui.judgement.risk.models.training.columns import Column, Table

_ROWS = 8_000
_COLUMNS_MOST = 60
_BINS = 10
_TIMES, _MORE = 1.25, 0.02  # above the better part's
TAKEN_MOST = 6
Pair = tuple[str, str]


def chosen(table: Table, bad: Any) -> list[Pair]:
    """The ratios to take, the most telling first."""
    numbers = [each for each in table.columns if each.kind == "number" and not each.ratio]
    numbers = numbers[:_COLUMNS_MOST]
    if len(numbers) < 2 or table.rows < 1_000:
        return []
    rows = np.arange(0, table.rows, max(1, table.rows // _ROWS))
    halves = [rows[0::2], rows[1::2]]
    values = {each.name: _plain(each) for each in numbers}
    own = {name: [_iv(v[half], bad[half]) for half in halves] for name, v in values.items()}
    found = []
    for left, right in combinations(values, 2):
        pair = _turned(left, right, values)
        if pair is None or "/".join(pair) in table.names:
            continue
        quotient = divided(values[pair[0]], values[pair[1]])
        worth = [
            _iv(quotient[half], bad[half]) - _TIMES * max(own[left][n], own[right][n]) - _MORE
            for n, half in enumerate(halves)
        ]
        if min(worth) > 0:
            found.append((min(worth), pair))
    return _varied(sorted(found, reverse=True))


def _varied(found: list[tuple[float, Pair]]) -> list[Pair]:
    """At most two ratios of any one column."""
    taken: list[Pair] = []
    for _, pair in found:
        used = [name for each in taken for name in each]
        if len(taken) < TAKEN_MOST and all(used.count(name) < 2 for name in pair):
            taken.append(pair)
    return taken


def added(table: Table, pairs: list[Pair]) -> Table:
    """The table with these ratios as columns of their own."""
    by_name = {each.name: each for each in table.columns}
    more = [
        Column(
            name="/".join(pair), kind="number", ratio=pair,
            values=divided(by_name[pair[0]].values, by_name[pair[1]].values),
        )
        for pair in pairs
    ]  # fmt: skip
    return Table((*table.columns, *more), table.rows)


def divided(top: Any, bottom: Any) -> Any:
    """One over the other; missing where that is not above zero."""
    fit = bottom > 0
    return np.where(fit, top / np.where(fit, bottom, 1.0), np.nan)


def _turned(left: str, right: str, values: dict[str, Any]) -> Pair | None:
    """Which over which: what is always above zero goes below."""
    for top, bottom in ((left, right), (right, left)):
        known = values[bottom][~np.isnan(values[bottom])]
        if len(known) and float(np.mean(known > 0)) > 0.98:
            return top, bottom
    return None


def _plain(column: Column) -> Any:
    values = column.values
    for code in column.special:
        values = np.where(values == float(code), np.nan, values)
    return values


def _iv(values: Any, bad: Any) -> float:
    known = ~np.isnan(values)
    if known.sum() < 200:
        return 0.0
    kept, outcome = values[known], bad[known]
    bounds = np.unique(np.quantile(kept, np.linspace(0, 1, _BINS + 1)[1:-1]))
    places = np.searchsorted(bounds, kept, side="left")
    all_ = np.bincount(places, minlength=len(bounds) + 1)
    bads = np.bincount(places, weights=outcome, minlength=len(bounds) + 1) + 0.5
    goods = all_ - bads + 1.0
    b, g = bads / bads.sum(), goods / goods.sum()
    return float(((b - g) * np.log(b / g)).sum())
