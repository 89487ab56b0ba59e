"""What is asked of a training, and what is wrong with the asking."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from huoshui.core.errors import Problem
from huoshui.judgement.risk.models.training.columns import Column, days
from huoshui.judgement.risk.models.training.files import Cells

ROWS_LEAST = 200
OUTCOMES_LEAST = 20
_BAD_WORDS = (
    "1",
    "bad",
    "default",
    "true",
    "yes",
    "y",
    "fraud",
    "charged off",
    "坏",
    "违约",
    "是",
    "逾期",
)
_GOOD_WORDS = ("0", "good", "paid off", "false", "no", "n", "fully paid", "正常", "好", "否")


class UnknownColumn(Problem):
    """The file has no column of a name that was given."""

    code = "training_column_unknown"
    status = 422


class TargetUnfit(Problem):
    """The target does not tell good from bad."""

    code = "training_target_unfit"
    status = 422


class TooFewRows(Problem):
    """Too few rows, or too few of one outcome, to learn from and to test on."""

    code = "training_rows_few"
    status = 422


class TimeUnfit(Problem):
    """The time column is not of dates, or leaves a part without rows."""

    code = "training_time_unfit"
    status = 422


class NothingToLearn(Problem):
    """No column is left that a model may use."""

    code = "training_columns_none"
    status = 422


class Options(msgspec.Struct, frozen=True):
    """The target, how to split, which columns, what to audit, the budget, and what a case is worth.

    `bad` is the target's value for bad where it does not follow from the words. `gain` is what a
    good case earns, `loss` what a bad one costs, in the same unit.
    """

    target: str
    name: str = ""
    bad: str = ""
    time: str = ""
    test_from: str = ""
    test_share: float = 0.25
    exclude: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    trials: int = 6
    threads: int = 1
    gain: float = 1.0
    loss: float = 5.0
    seed: int = 11


def demand_known(cells: Cells, options: Options) -> None:
    """That every column that is named is there. Raises UnknownColumn."""
    named = [options.target, options.time, *options.exclude, *options.keep, *options.groups]
    for name in named:
        if name and name not in cells.columns:
            near = ", ".join(list(cells.columns)[:30])
            raise UnknownColumn(column=name[:60], known=near)


def outcomes(cells: Cells, options: Options) -> tuple[Any, Any]:
    """Whether each row went bad, and which rows say so. Raises TargetUnfit, TooFewRows."""
    column = cells.columns[options.target]
    seen = sorted({cell for cell in column if cell is not None})
    bad = _bad_value(seen, options)
    known = np.array([cell is not None for cell in column])
    found = np.array([cell == bad for cell in column]).astype(np.int64)
    bads = int(found[known].sum())
    goods = int(known.sum()) - bads
    if goods + bads < ROWS_LEAST or min(goods, bads) < OUTCOMES_LEAST:
        raise TooFewRows(good=goods, bad=bads, rows=ROWS_LEAST, each=OUTCOMES_LEAST)
    return found, known


def _bad_value(seen: list[str], options: Options) -> str:
    shown = ", ".join(seen[:6])[:120]
    if len(seen) != 2:
        raise TargetUnfit(column=options.target, found=len(seen), shown=shown)
    if options.bad:
        if options.bad not in seen:
            raise TargetUnfit(column=options.target, found=len(seen), shown=shown)
        return options.bad
    for words, place in ((_BAD_WORDS, 0), (_GOOD_WORDS, 1)):
        told = [value for value in seen if value.lower() in words]
        if len(told) == 1:
            return told[0] if place == 0 else next(v for v in seen if v != told[0])
    raise TargetUnfit(column=options.target, found=len(seen), shown=shown)


def moments(cells: Cells, options: Options) -> Any | None:
    """The day of each row, or None where no time is named. Raises TimeUnfit."""
    if not options.time:
        return None
    found = [None if cell is None else days(cell) for cell in cells.columns[options.time]]
    lost = sum(each is None for each in found)
    if lost > 0.01 * len(found):
        wrong = next(
            c for c, d in zip(cells.columns[options.time], found, strict=True) if d is None
        )
        raise TimeUnfit(column=options.time, reason=f"{lost} × “{str(wrong)[:30]}”")
    return np.array([np.nan if each is None else each for each in found])


def cut(when: Any, options: Options) -> float:
    """The first day of the test part. Raises TimeUnfit."""
    if options.test_from:
        day = days(options.test_from)
        if day is None:
            raise TimeUnfit(column=options.time, reason=f"test_from “{options.test_from[:30]}”")
        return day
    known = np.sort(when[~np.isnan(when)])
    return float(known[min(len(known) - 1, int(len(known) * (1 - options.test_share)))])


def grouped(column: Column) -> Mapping[str, Any]:
    """The rows of each group of a column that is audited: its words, or quarters of its numbers."""
    if column.kind == "category":
        return {w: column.values == n for n, w in enumerate(column.levels)}
    values = column.values
    distinct = np.unique(values[~np.isnan(values)])
    if len(distinct) <= 8:
        return {f"{each:g}": values == each for each in distinct.tolist()}
    bounds = np.unique(np.quantile(values[~np.isnan(values)], [0.25, 0.5, 0.75])).tolist()
    edges = [-np.inf, *bounds, np.inf]
    return {
        f"{low:g} – {high:g}": (values > low) & (values <= high)
        for low, high in itertools.pairwise(edges)
    }
