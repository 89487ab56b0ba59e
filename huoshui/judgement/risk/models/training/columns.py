"""Columns of a file as numbers or categories, and what kind each is: the profile."""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import date
from typing import Any, Literal

import msgspec
import numpy as np

from huoshui.judgement.risk.models.training.files import Cell, Cells

Kind = Literal["number", "category", "date", "constant", "text"]
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
# Negative codes by which credit bureaus say why there is no number.
_SPECIAL = ("-7", "-8", "-9", "-97", "-98", "-99", "-997", "-998", "-999", "-9999", "-99999")
_LEVELS_MOST = 60  # a category of more words is cut to its commonest
_TEXT_LEVELS = 1_000
_DATES = (
    (re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[ T].*)?"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?"), (3, 1, 2)),
    (re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])([0-3]\d)?"), (1, 2, 3)),
    (re.compile(r"(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?.*"), (1, 2, 3)),
)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the table.

    Of a number `values` are floats with NaN for missing, its `special` codes still in them; of a
    category they are places in `levels`, -1 for missing.
    """

    name: str
    kind: Kind
    values: Any
    levels: tuple[str, ...] = ()
    special: tuple[str, ...] = ()
    missing: int = 0
    distinct: int = 0
    ratio: tuple[str, ...] = ()  # the two columns that it was made of

    def take(self, rows: Any) -> Column:
        """The same column of some rows."""
        return msgspec.structs.replace(self, values=self.values[rows])

    def value(self, row: int) -> Any:
        """What a scorer is given for a row: the number's text is exact, or the word, or None."""
        found = self.values[row]
        if self.kind == "category":
            return None if found < 0 else self.levels[int(found)]
        return None if math.isnan(found) else float(found)


class Table(msgspec.Struct, frozen=True):
    """Columns that a model may use, of so many rows."""

    columns: tuple[Column, ...]
    rows: int

    def take(self, rows: Any) -> Table:
        """Some of the rows."""
        return Table(tuple(each.take(rows) for each in self.columns), len(rows))

    def only(self, names: Any) -> Table:
        """Some of the columns."""
        kept = set(names)
        return Table(tuple(each for each in self.columns if each.name in kept), self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(each.name for each in self.columns)


def column(name: str, cells: list[Cell]) -> Column:
    """What a column is, and its values."""
    seen = Counter(cell for cell in cells if cell is not None)
    missing = len(cells) - seen.total()
    if len(seen) < 2 and not (seen and missing):
        return Column(name=name, kind="constant", values=None, missing=missing, distinct=len(seen))
    if all(_NUMBER.fullmatch(each) for each in seen) and not _looks_dated(name, seen):
        return _number(name, cells, seen, missing)
    if all(days(each) is not None for each in seen):
        values = np.array([math.nan if c is None else days(c) for c in cells], dtype=float)
        return Column(name=name, kind="date", values=values, missing=missing, distinct=len(seen))
    return _category(name, cells, seen, missing)


def _looks_dated(name: str, seen: Counter[str]) -> bool:
    """Whether whole numbers are days or months as they are written in files: 20180401."""
    named = re.search(r"date|time|month|_d$|_dt$|日期|时间|月份", name, re.IGNORECASE)
    return bool(named) and all(days(each) is not None for each in seen)


def _number(name: str, cells: list[Cell], seen: Counter[str], missing: int) -> Column:
    values = np.array([math.nan if cell is None else float(cell) for cell in cells])
    values[~np.isfinite(values)] = math.nan
    return Column(
        name=name, kind="number", values=values, special=_special(values),
        missing=missing, distinct=len(seen),
    )  # fmt: skip


def _special(values: Any) -> tuple[str, ...]:
    """Codes such as -9 in a column that has no other number below zero."""
    below = {float(each) for each in np.unique(values[values < 0])}
    codes = {float(code): code for code in _SPECIAL}
    return tuple(codes[each] for each in sorted(below)) if below <= codes.keys() else ()


def _category(name: str, cells: list[Cell], seen: Counter[str], missing: int) -> Column:
    if len(seen) > _TEXT_LEVELS:
        return Column(name=name, kind="text", values=None, missing=missing, distinct=len(seen))
    kept = tuple(sorted(word for word, _ in seen.most_common(_LEVELS_MOST)))
    places = {word: place for place, word in enumerate(kept)}
    values = np.array([-1 if cell is None else places.get(cell, -1) for cell in cells])
    return Column(
        name=name, kind="category", values=values, levels=kept, missing=missing, distinct=len(seen)
    )


def days(text: str) -> float | None:
    """A date as days, as it is written in files; a month is its first day. None for no date."""
    for pattern, (year, month, day) in _DATES:
        found = pattern.fullmatch(text)
        if found:
            parts = (int(found[year]), int(found[month]), int(found[day] or 1))
            return _ordinal(*parts)
    return None


def _ordinal(year: int, month: int, day: int) -> float | None:
    try:
        return float(date(year, month, day).toordinal())
    except ValueError:
        return None


def profiled(cells: Cells) -> dict[str, Column]:
    """Every column of a file, by name."""
    return {name: column(name, each) for name, each in cells.columns.items()}
