"""Recall at a fixed part of false alarms: the only form in which detectors can be compared.

A recall without the false alarms that it costs says nothing: who flags everybody finds everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from huoshui.judgement.risk.models.measures import wilson


class Recall(msgspec.Struct, frozen=True):
    """So many found of so many, with the 95 % interval by Wilson."""

    found: int
    of: int

    @property
    def rate(self) -> float:
        """The share found, 0 where there is nothing to find."""
        return self.found / self.of if self.of else 0.0

    def interval(self) -> tuple[float, float]:
        """Lower and upper bound of the share."""
        return wilson(self.found, self.of)


def line(honest: Sequence[float], false_alarms: float) -> float:
    """The score above which at most that part of the honest lie."""
    ordered = sorted(honest, reverse=True)
    return ordered[min(int(false_alarms * len(ordered)), len(ordered) - 1)]


def recall(scores: Iterable[float], above: float) -> Recall:
    """How many of the guilty score above the line."""
    known = list(scores)
    return Recall(sum(score > above for score in known), len(known))
