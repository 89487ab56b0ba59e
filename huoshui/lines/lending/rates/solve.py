"""One solver for every rate: a sign change is bracketed, then closed in by Newton or by halves.

Exact decimals of 50 digits, so that a rate told with a few decimals is rounded from the true root.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext

from huoshui.core.errors import Problem

DIGITS = 50
_CLOSE = Decimal("1e-30")
_STEPS_MOST = 400
_HIGHEST = Decimal(10) ** 12


class NoRate(Problem):
    """The payments have no rate: they never make up for what was advanced, or make up too often."""

    code = "no_rate"
    status = 422


Curve = Callable[[Decimal], tuple[Decimal, Decimal]]


def root(curve: Curve, *, lowest: Decimal = Decimal("-0.999999"), guess: str = "0.01") -> Decimal:
    """Where a curve that falls as the rate rises is zero. Gives value and slope. Raises NoRate."""
    with localcontext() as context:
        context.prec = DIGITS
        return _closed(curve, *_bracket(curve, lowest, Decimal(guess)))


def _bracket(curve: Curve, lowest: Decimal, guess: Decimal) -> tuple[Decimal, Decimal]:
    low, high = lowest, guess
    if curve(Decimal(0))[0] >= 0:
        low = Decimal(0)
    else:
        high = Decimal(0)
    if curve(low)[0] < 0:
        raise NoRate
    while curve(high)[0] > 0:
        low, high = high, high * 4
        if high > _HIGHEST:
            raise NoRate
    return low, high


def _closed(curve: Curve, low: Decimal, high: Decimal) -> Decimal:
    at = (low + high) / 2
    for _ in range(_STEPS_MOST):
        value, slope = curve(at)
        if value >= 0:
            low = at
        else:
            high = at
        step = value / slope if slope else high - low
        nearer = at - step
        if abs(step) < _CLOSE or high - low < _CLOSE:
            return nearer if low <= nearer <= high else at
        at = nearer if low < nearer < high else (low + high) / 2
    raise NoRate
