"""A booster: LightGBM's text behind a line of ours that says how values become its columns.

The header is canonical JSON on the first line; the trees follow byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from huoshui.judgement.risk.models.serving.curve import Curve, logit
from huoshui.judgement.risk.models.serving.model import (
    EXACT,
    Contribution,
    ModelUnreadable,
    Scale,
    Scored,
    Value,
    given,
    number,
    ordered,
    ratio,
    shown_probability,
    whole,
    word,
)
from huoshui.judgement.risk.models.serving.native import Forest

_RAW = Decimal("1e-12")


class Coded(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column of the trees, made from one input, or from one over another.

    `number`: the value, a special one as if it were missing. `is`: 1 where it is the special value
    `code`, else 0. `category`: the word's own number of `codes`; an unknown word's is missing.
    `ratio`: the input over the input `over`; where that is not above zero it is missing.
    """

    input: str
    kind: Literal["number", "is", "category", "ratio"] = "number"
    code: str = ""
    codes: dict[str, str] = {}
    special: tuple[str, ...] = ()
    over: str = ""
    monotone: int = 0  # the sign that the trees were held to: 1 where more is riskier

    @property
    def feature(self) -> str:
        """What its contribution is told under."""
        return f"{self.input}/{self.over}" if self.over else self.input


class Booster(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the header says of the trees behind it."""

    columns: tuple[Coded, ...]
    curve: Curve = Curve()
    scale: Scale = Scale()
    format: Literal["huoshui.booster/1"] = "huoshui.booster/1"

    def text(self, trees: str) -> str:
        """The whole text: the header's line, then the trees."""
        told = msgspec.to_builtins(self) | {"format": self.format}
        return msgspec.json.encode(told, order="sorted").decode() + "\n" + trees


class _Input:
    """What is told as one: an input or a ratio, and its columns by their place."""

    def __init__(self, told: Coded) -> None:
        self.name = told.feature
        self.names = (told.input, told.over) if told.over else (told.input,)
        self.places: list[int] = []
        self.columns: list[_Column] = []

    def value(self, values: Mapping[str, Value]) -> Value:
        if len(self.names) == 2:
            return ratio((self.names[0], self.names[1]), values)
        return given(values, self.name)

    def fill(self, row: list[float], value: Value) -> None:
        for place, column in zip(self.places, self.columns, strict=True):
            row[place] = column.of(value)


class _Column:
    """A column made ready to be filled."""

    def __init__(self, told: Coded) -> None:
        self._told = told
        self._codes = {key: float(code) for key, code in told.codes.items()}
        self._special = frozenset(Decimal(each) for each in told.special)
        self._code = Decimal(told.code) if told.kind == "is" else None

    def of(self, value: Value) -> float:
        """The column's number for a value. Raises InputUnfit."""
        if self._told.kind == "category":
            found = word(self._told.input, value)
            return math.nan if found is None else self._codes.get(found, math.nan)
        exact = number(self._told.input, value)
        if self._code is not None:
            return float(exact is not None and exact == self._code)
        if exact is None or (self._special and exact in self._special):
            return math.nan
        return float(exact)


class TreesScorer:
    """Scores by a booster."""

    def __init__(self, told: Booster, trees: str) -> None:
        self.told = told
        self._forest = Forest(trees, len(told.columns))
        self._inputs: dict[str, _Input] = {}
        for place, column in enumerate(told.columns):
            own = self._inputs.setdefault(column.feature, _Input(column))
            own.places.append(place)
            own.columns.append(_Column(column))
        # Along a straight line the weights are those of the calibrated log-odds.
        self._slope = float(told.curve.a) if told.curve.kind == "platt" else 1.0
        self._factor = float(told.scale.factor)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the values that its columns are made from."""
        return tuple(dict.fromkeys(n for own in self._inputs.values() for n in own.names))

    def score(self, values: Mapping[str, Value]) -> Scored:
        """Walk the trees, and share out what they say. Raises InputMissing, InputUnfit."""
        row = [math.nan] * len(self.told.columns)
        read = [(own, own.value(values)) for own in self._inputs.values()]
        for own, value in read:
            own.fill(row, value)
        raw = Decimal(self._forest.raw(row)).quantize(_RAW, context=EXACT)
        probability = self.told.curve.probability(raw)
        points = whole(self.told.scale.at(EXACT.minus(logit(probability))))
        return Scored(shown_probability(probability), points, self._reasons(row, read))

    def _reasons(
        self, row: list[float], read: list[tuple[_Input, Value]]
    ) -> tuple[Contribution, ...]:
        shares = self._forest.contributions(row)
        slope, factor = self._slope, self._factor
        reasons = []
        for own, value in read:
            weight = slope * math.fsum([shares[place] for place in own.places])
            points = rounded(-factor * weight, 2)
            reasons.append((weight, Contribution(own.name, value, rounded(weight, 6), points)))
        return ordered(reasons)


def rounded(value: float, places: int) -> str:
    """A share as it is stored; zero has no sign."""
    return f"{round(value, places) + 0.0:.{places}f}"


def read(text: str) -> TreesScorer:
    """A scorer from a booster's text. Raises ModelUnreadable, LibraryAbsent."""
    head, _, trees = text.partition("\n")
    try:
        return TreesScorer(msgspec.json.decode(head, type=Booster), trees)
    except (msgspec.DecodeError, ArithmeticError, ValueError) as bad:
        raise ModelUnreadable(reason=str(bad)[:200]) from bad
