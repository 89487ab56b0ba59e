"""A scorecard: bins with points, added up. Pure Python, exact. No I/O."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from huoshui.judgement.risk.models.serving.curve import Curve
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
    shown_points,
    shown_probability,
    shown_weight,
    word,
)


class Attribute(msgspec.Struct, frozen=True, omit_defaults=True):
    """A bin: log-odds of going bad, the points it gives, and what share of the reference has it.

    A number belongs to the first bin whose `upper` is not below it; the last bin has none.
    """

    log_odds: str
    points: int
    upper: str | None = None
    words: tuple[str, ...] = ()


class Characteristic(msgspec.Struct, frozen=True, omit_defaults=True):
    """An input with its bins; `special` values, an unknown one, and one never seen have their own.

    A number that has a `ratio` is the first of those two inputs over the second; where the second is
    not above zero it is missing. `reference` is the mean log-odds of the reference population, `reference_points` its points.
    """

    name: str
    kind: Literal["number", "category"]
    bins: tuple[Attribute, ...]
    missing: Attribute
    reference: str
    reference_points: str
    special: dict[str, Attribute] = {}
    other: Attribute | None = None
    ratio: tuple[str, ...] = ()


class Scorecard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the text of a scorecard says. `intercept` is in log-odds of going bad.

    The points of a score are the base's and those of each bin: they can be added on paper.
    """

    inputs: tuple[Characteristic, ...]
    intercept: str
    base_points: int
    scale: Scale = Scale()
    curve: Curve = Curve()
    format: Literal["huoshui.scorecard/1"] = "huoshui.scorecard/1"

    @property
    def text(self) -> str:
        """Canonical: sorted keys, no white space, nothing that depends on the machine."""
        told = msgspec.to_builtins(self) | {"format": self.format}
        return msgspec.json.encode(told, order="sorted").decode() + "\n"


class _Column:
    """A characteristic made ready to be looked up."""

    def __init__(self, told: Characteristic) -> None:
        self.told = told
        self.uppers = [Decimal(b.upper) for b in told.bins if b.upper is not None]
        self.words = {each: b for b in told.bins for each in b.words}
        self.special = {Decimal(key): b for key, b in told.special.items()} if self.numbers else {}
        self.reference = Decimal(told.reference)
        self.reference_points = Decimal(told.reference_points)

    @property
    def numbers(self) -> bool:
        return self.told.kind == "number"

    def value(self, values: Mapping[str, Value]) -> Value:
        """The value that it looks at. Raises InputMissing, InputUnfit."""
        if self.told.ratio:
            return ratio((self.told.ratio[0], self.told.ratio[1]), values)
        return given(values, self.told.name)

    def attribute(self, value: Value) -> Attribute:
        """The bin of a value. Raises InputUnfit."""
        if self.numbers:
            return self._of_number(number(self.told.name, value))
        found = word(self.told.name, value)
        if found is None:
            return self.told.missing
        return (
            self.words.get(found)
            or self.told.special.get(found)
            or self.told.other
            or self.told.missing
        )

    def _of_number(self, found: int | Decimal | None) -> Attribute:
        if found is None:
            return self.told.missing
        if self.special and found in self.special:
            return self.special[Decimal(found)]
        return self.told.bins[bisect_left(self.uppers, found)]


class PointsScorer:
    """Scores by a scorecard."""

    def __init__(self, told: Scorecard) -> None:
        self.told = told
        self._columns = [_Column(each) for each in told.inputs]
        self._intercept = Decimal(told.intercept)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its characteristics."""
        names = [name for each in self.told.inputs for name in each.ratio or (each.name,)]
        return tuple(dict.fromkeys(names))

    def score(self, values: Mapping[str, Value]) -> Scored:
        """Add up. Raises InputMissing, InputUnfit."""
        total, points = self._intercept, self.told.base_points
        reasons = []
        for column in self._columns:
            value = column.value(values)
            bin_ = column.attribute(value)
            log_odds = Decimal(bin_.log_odds)
            total = EXACT.add(total, log_odds)
            points += bin_.points
            weight = EXACT.subtract(log_odds, column.reference)
            against = EXACT.subtract(Decimal(bin_.points), column.reference_points)
            told = Contribution(
                column.told.name, value, shown_weight(weight), shown_points(against)
            )
            reasons.append((weight, told))
        probability = self.told.curve.probability(total)
        return Scored(shown_probability(probability), points, ordered(reasons))


def read(text: str) -> PointsScorer:
    """A scorer from a scorecard's text. Raises ModelUnreadable."""
    try:
        told = msgspec.json.decode(text, type=Scorecard)
        _demand_sound(told)
        return PointsScorer(told)
    except (msgspec.DecodeError, ArithmeticError) as bad:
        raise ModelUnreadable(reason=str(bad)[:200]) from bad


def _demand_sound(told: Scorecard) -> None:
    for each in told.inputs:
        if len(each.ratio) not in (0, 2):
            raise ModelUnreadable(reason=f"the ratio of {each.name} is not one of two inputs")
        if each.kind == "category":
            continue
        uppers = [Decimal(b.upper) for b in each.bins[:-1] if b.upper is not None]
        last = each.bins[-1].upper if each.bins else ""
        if last is not None or len(uppers) != len(each.bins) - 1 or uppers != sorted(set(uppers)):
            raise ModelUnreadable(reason=f"the bins of {each.name} do not cover all numbers")
