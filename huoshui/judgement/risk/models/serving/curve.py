"""Calibration: from a model's own log-odds to log-odds that come true. No I/O."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from typing import Literal

import msgspec

from huoshui.judgement.risk.models.serving.model import EXACT

_LEAST = Decimal("1e-9")  # a probability is never told as nothing or certainty
_ONE = Decimal(1)


class Curve(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a model's log-odds z become a probability p.

    `none`: p = 1/(1+e^-z). `platt`: logit p = a·z + c (Platt 1999). `beta`: logit p = a·ln q -
    b·ln(1-q) + c with q = 1/(1+e^-z) (Kull, Silva Filho and Flach 2017). `isotonic`: straight
    lines between the points (x, y), flat beyond them (Zadrozny and Elkan 2002).
    """

    kind: Literal["none", "platt", "beta", "isotonic"] = "none"
    a: str = "1"
    b: str = "1"
    c: str = "0"
    x: tuple[str, ...] = ()
    y: tuple[str, ...] = ()

    def probability(self, z: Decimal) -> Decimal:
        """The probability at these log-odds of the model, kept off nothing and certainty."""
        if self.kind == "isotonic":
            found = self._between(z)
        elif self.kind == "beta":
            found = sigmoid(self._beta(z))
        elif self.kind == "platt":
            found = sigmoid(EXACT.add(EXACT.multiply(Decimal(self.a), z), Decimal(self.c)))
        else:
            found = sigmoid(z)
        return min(max(found, _LEAST), _ONE - _LEAST)

    def _beta(self, z: Decimal) -> Decimal:
        good, bad = _log_share(z), _log_share(EXACT.minus(z))  # ln q, ln(1-q)
        left = EXACT.multiply(Decimal(self.a), good)
        return EXACT.add(
            EXACT.subtract(left, EXACT.multiply(Decimal(self.b), bad)), Decimal(self.c)
        )

    def _between(self, z: Decimal) -> Decimal:
        xs, ys = self._points()
        place = bisect_right(xs, z)
        if place in (0, len(xs)):
            return ys[min(place, len(xs) - 1)]
        left, right = xs[place - 1], xs[place]
        share = EXACT.divide(EXACT.subtract(z, left), EXACT.subtract(right, left))
        rise = EXACT.multiply(share, EXACT.subtract(ys[place], ys[place - 1]))
        return EXACT.add(ys[place - 1], rise)

    def _points(self) -> tuple[list[Decimal], list[Decimal]]:
        return [Decimal(x) for x in self.x], [Decimal(y) for y in self.y]


def sigmoid(z: Decimal) -> Decimal:
    """1/(1+e^-z), correctly rounded to the working precision."""
    return EXACT.divide(_ONE, EXACT.add(_ONE, EXACT.exp(EXACT.minus(z))))


def logit(p: Decimal) -> Decimal:
    """Log-odds of a probability."""
    return EXACT.divide(p, EXACT.subtract(_ONE, p)).ln(EXACT)


def _log_share(z: Decimal) -> Decimal:
    """ln of 1/(1+e^-z)."""
    return EXACT.minus(EXACT.add(_ONE, EXACT.exp(EXACT.minus(z))).ln(EXACT))
