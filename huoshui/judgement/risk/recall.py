"""Recall at a fixed part of false alarms: the only form in which detectors can be compared.

A recall without the false alarms that it costs says nothing: who flags everybody finds everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

import msgspec

_Z95 = 1.959963984540054


class Recall(msgspec.Struct, frozen=True):
    """So many found of so many, with the 95 % interval by Wilson (1927)."""

    found: int
    of: int

    @property
    def rate(self) -> float:
        """The share found, 0 where there is nothing to find."""
        return self.found / self.of if self.of else 0.0

    def interval(self) -> tuple[float, float]:
        """Lower and upper bound of the share."""
        if not self.of:
            return 0.0, 1.0
        n, p, z2 = self.of, self.rate, _Z95**2
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


def line(honest: Sequence[float], false_alarms: float) -> float:
    """The score above which at most that part of the honest lie."""
    ordered = sorted(honest, reverse=True)
    return ordered[min(int(false_alarms * len(ordered)), len(ordered) - 1)]


def recall(scores: Iterable[float], above: float) -> Recall:
    """How many of the guilty score above the line."""
    known = list(scores)
    return Recall(sum(score > above for score in known), len(known))
