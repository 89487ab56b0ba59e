"""What a scorer takes and answers. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from huoshui.core.errors import Problem

Value = int | Decimal | str | bool | None
EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)
_PROBABILITY = Decimal("1e-12")
_WEIGHT = Decimal("1e-6")
_POINTS = Decimal("0.01")


class ModelAltered(Problem):
    """The text of a model is not the one that was sealed."""

    code = "model_altered"
    status = 409


class ModelUnreadable(Problem):
    """The text is no model that can be served."""

    code = "model_unreadable"
    status = 422


class LibraryAbsent(Problem):
    """Training, or serving a booster, needs what is not installed."""

    code = "ml_absent"
    status = 501


class InputMissing(Problem):
    """A value that the model needs was not given; one that is not known is given as null."""

    code = "model_input_missing"
    status = 422


class InputUnfit(Problem):
    """A value is not of the kind that the model was trained on."""

    code = "model_input_unfit"
    status = 422


class BadOdds(Problem):
    """Odds, and the points that double them, are above zero."""

    code = "bad_odds"
    status = 422


class Contribution(msgspec.Struct, frozen=True):
    """What one input did to the score, against the model's reference.

    `weight` is in log-odds of going bad as a decimal text: above zero it raised the risk. `points`
    is the same on the model's scale of points, below zero where points were lost; None where the
    model has no scale.
    """

    feature: str
    value: Value
    weight: str
    points: str | None


class Scored(msgspec.Struct, frozen=True):
    """The probability of going bad (12 decimals), points, and why: what raised the risk most first.

    The weights and the reference's own log-odds sum to the log-odds before calibration.
    """

    probability: str
    points: int | None
    reasons: tuple[Contribution, ...]


class Scorer(Protocol):
    """A loaded model."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the values that it needs, in its order."""

    def score(self, values: Mapping[str, Value]) -> Scored:
        """Score one applicant. Raises InputMissing, InputUnfit."""


class Scale(msgspec.Struct, frozen=True):
    """Points: so many at these odds of good to bad; so many more double the odds."""

    points: str = "600"
    odds: str = "50"
    double: str = "20"

    @property
    def factor(self) -> Decimal:
        """Points of one unit of log-odds."""
        return _line(self)[0]

    def of_odds(self, odds: Decimal) -> Decimal:
        """Points at these odds of good to bad. Raises BadOdds."""
        if not (odds > 0 and Decimal(self.odds) > 0 and Decimal(self.double) > 0):
            raise BadOdds(odds=odds, base=self.odds, double=self.double)
        return self.at(odds.ln(EXACT))

    def at(self, log_odds_good: Decimal) -> Decimal:
        """Points at these log-odds of good to bad: offset + factor x log-odds."""
        factor, offset = _line(self)
        return EXACT.add(offset, EXACT.multiply(factor, log_odds_good))


@lru_cache(64)
def _line(scale: Scale) -> tuple[Decimal, Decimal]:
    """The factor, and the offset: points at even odds."""
    factor = EXACT.divide(Decimal(scale.double), Decimal(2).ln(EXACT))
    base = EXACT.multiply(factor, Decimal(scale.odds).ln(EXACT))
    return factor, EXACT.subtract(Decimal(scale.points), base)


POINTS = Scale()


def shown_probability(value: Decimal) -> str:
    """A probability as it is stored."""
    return format(value.quantize(_PROBABILITY, context=EXACT), "f")


def shown_weight(value: Decimal) -> str:
    """Log-odds as they are stored; zero has no sign."""
    return format(value.quantize(_WEIGHT, context=EXACT) + 0, "f")


def shown_points(value: Decimal) -> str:
    """Points of a contribution as they are stored; zero has no sign."""
    return format(value.quantize(_POINTS, context=EXACT) + 0, "f")


def whole(value: Decimal) -> int:
    """Points as a whole number."""
    return int(value.quantize(Decimal(1), context=EXACT))


def ordered(reasons: list[tuple[Any, Contribution]]) -> tuple[Contribution, ...]:
    """Reasons with what raised the risk most first; equal ones by name."""
    return tuple(each for _, each in sorted(reasons, key=lambda r: (-r[0], r[1].feature)))


def given(values: Mapping[str, Value], name: str) -> Value:
    """The value of an input. Raises InputMissing."""
    try:
        return values[name]
    except KeyError:
        raise InputMissing(input=name)


def number(name: str, value: Value) -> int | Decimal | None:
    """A number or None; true is 1. Raises InputUnfit."""
    if value is None or isinstance(value, int):
        return value if value is None else int(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise InputUnfit(input=name, value=str(value)[:40], wanted="number")


def ratio(names: tuple[str, str], values: Mapping[str, Value]) -> Decimal | None:
    """One number over another, as the division of floats says it; None where it is not to be had.

    Raises InputMissing, InputUnfit.
    """
    top, bottom = (number(name, given(values, name)) for name in names)
    if top is None or not bottom or bottom < 0:
        return None
    return Decimal(repr(float(top) / float(bottom)))


def word(name: str, value: Value) -> str | None:
    """A category or None; a number or truth value is its text. Raises InputUnfit."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(Decimal(value))


def plain(value: Decimal) -> str:
    """A number as the shortest text that says it: 3, 0.5, never 3.0 or 5E-1."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
