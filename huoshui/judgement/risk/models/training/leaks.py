"""What a model should not learn from: ids, dates after the outcome, a column that knows the answer.

What is found is left out unless it is asked to be kept, and told with its reason.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import numpy as np

from huoshui.judgement.risk.models import statistics
from huoshui.judgement.risk.models.training.columns import Column
from huoshui.judgement.risk.models.training.woe import binned

TOO_GOOD = 0.9
_ID_SHARE = 0.98  # of rows that a value of their own makes an id
_LATER_SHARE = 0.01
_MISSING_SHARE = 0.95


class Finding(msgspec.Struct, frozen=True):
    """A column, what is wrong with it (`risk.finding.<code>` says it), and whether it is left out."""

    column: str
    code: str
    left_out: bool
    figure: float = 0.0


def findings(
    columns: Collection[Column], bad: Any, when: Any | None, keep: Collection[str]
) -> list[Finding]:
    """What is wrong with the columns of a training part; `when` is the day of each decision."""
    found = []
    for each in columns:
        told = _finding(each, bad, when)
        if told is not None:
            useless = told.code in ("constant", "text", "date")
            left = told.left_out and (useless or each.name not in keep)
            found.append(msgspec.structs.replace(told, left_out=left))
    return found


def _finding(each: Column, bad: Any, when: Any | None) -> Finding | None:
    if each.kind == "constant":
        return Finding(each.name, "constant", True)
    if each.kind == "date":
        return _of_date(each, when)
    if each.kind == "text":
        code = "id" if each.distinct >= _ID_SHARE * (len(bad) - each.missing) else "text"
        return Finding(each.name, code, True, each.distinct)
    if _is_id(each):
        return Finding(each.name, "id", True, each.distinct)
    auc = alone(each, bad)
    if auc > TOO_GOOD:
        return Finding(each.name, "too_good", True, auc)
    share = float(np.mean(each.values < 0 if each.kind == "category" else np.isnan(each.values)))
    return Finding(each.name, "mostly_missing", False, share) if share > _MISSING_SHARE else None


def _of_date(each: Column, when: Any | None) -> Finding:
    if when is not None:
        known = ~np.isnan(each.values) & ~np.isnan(when)
        later = float(np.mean(each.values[known] > when[known])) if known.any() else 0.0
        if later > _LATER_SHARE:
            return Finding(each.name, "date_after", True, later)
    return Finding(each.name, "date", True)


def _is_id(each: Column) -> bool:
    """Whole numbers, nearly all different, that lie close together or rise with the rows."""
    if each.kind == "category":
        return each.distinct >= _ID_SHARE * (len(each.values) - each.missing) > 50
    known = each.values[~np.isnan(each.values)]
    if (
        len(known) < 50
        or each.distinct < _ID_SHARE * len(known)
        or (known != np.floor(known)).any()
    ):
        return False
    span = float(known.max() - known.min()) + 1
    return bool((np.diff(known) > 0).all() or span < 3 * len(known)) or _named_id(each.name)


def _named_id(name: str) -> bool:
    words = name.lower().replace("-", "_").split("_")
    return bool({"id", "no", "number", "uuid", "编号"} & set(words)) or name.lower().endswith("id")


def alone(each: Column, bad: Any) -> float:
    """The AUC of a column by itself, its missing values and codes a bin of their own."""
    weights = binned(each, bad).weights(each)
    return statistics.auc(weights, bad)
