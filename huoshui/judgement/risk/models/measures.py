"""Measures of counts in bins: pure Python, so that stored bins are watched without the extra.

AUC and KS by counts are exact fractions. Sources: AUC as the Mann-Whitney statistic with ties as
halves (Hanley and McNeil 1982); KS the greatest distance of the two distributions; PSI and weight
of evidence as in Siddiqi, Credit Risk Scorecards (2006), natural logarithm; the interval of a share
by Wilson (1927).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec

from huoshui.core.errors import Problem

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution


class EmptyBin(Problem):
    """A bin without anybody: its logarithm is not a number."""

    code = "empty_bin"
    status = 422


class BinsDiffer(Problem):
    """Two lists that belong together are not equally long, or are empty."""

    code = "bins_differ"
    status = 422


class OneOutcome(Problem):
    """Only good or only bad outcomes: nothing can be told apart."""

    code = "one_outcome"
    status = 422


class Ranking(msgspec.Struct, frozen=True):
    """How well a score tells bad from good."""

    auc: Fraction
    ks: Fraction

    @property
    def gini(self) -> Fraction:
        """Twice the AUC less one."""
        return 2 * self.auc - 1


def ranking(counts: Iterable[tuple[int, int]]) -> Ranking:
    """AUC and KS from (good, bad) at each score, scores rising towards bad. Raises OneOutcome."""
    good = bad = above = gap = 0
    steps = list(counts)
    goods, bads = sum(g for g, _ in steps), sum(b for _, b in steps)
    if not goods or not bads:
        raise OneOutcome(good=goods, bad=bads)
    for g, b in steps:
        above += b * (2 * good + g)  # pairs in order, a tie as a half, all doubled
        good, bad = good + g, bad + b
        gap = max(gap, abs(good * bads - bad * goods))
    return Ranking(Fraction(above, 2 * goods * bads), Fraction(gap, goods * bads))


def counted(scores: Sequence[float], bad: Sequence[int]) -> list[tuple[int, int]]:
    """(good, bad) at each score, rising. Raises BinsDiffer."""
    _demand_equal(scores, bad)
    found: dict[float, list[int]] = {}
    for score, outcome in zip(scores, bad, strict=True):
        found.setdefault(score, [0, 0])[1 if outcome else 0] += 1
    return [(found[score][0], found[score][1]) for score in sorted(found)]


def psi(expected: Sequence[float], actual: Sequence[float]) -> float:
    """Population stability index of two distributions over the same bins, as shares or counts.

    The sum of (a - e) ln(a/e). Raises BinsDiffer, EmptyBin.
    """
    _demand_equal(expected, actual)
    before, now = _shares("expected", expected), _shares("actual", actual)
    return math.fsum((a - e) * math.log(a / e) for e, a in zip(before, now, strict=True))


class Evidence(msgspec.Struct, frozen=True):
    """Weight of evidence of each bin, ln(share of good / share of bad), and the information value."""

    woe: tuple[float, ...]
    iv: float


def evidence(good: Sequence[int], bad: Sequence[int]) -> Evidence:
    """Weight of evidence of bins by their counts. Raises BinsDiffer, EmptyBin."""
    _demand_equal(good, bad)
    _demand_full("good", good)
    _demand_full("bad", bad)
    goods, bads = sum(good), sum(bad)
    pairs = [(g / goods, b / bads) for g, b in zip(good, bad, strict=True)]
    woe = tuple(math.log(g / b) for g, b in pairs)
    iv = math.fsum((g - b) * w for (g, b), w in zip(pairs, woe, strict=True))
    return Evidence(woe, iv)


def wilson(hits: int, tries: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share, 95 % unless said; (0, 1) where nothing was tried."""
    if not tries:
        return 0.0, 1.0
    share, square = hits / tries, z * z
    middle = share + square / (2 * tries)
    spread = z * math.sqrt(share * (1 - share) / tries + square / (4 * tries * tries))
    whole = 1 + square / tries
    low = (middle - spread) / whole if hits else 0.0
    return low, (middle + spread) / whole if hits < tries else 1.0


def _shares(name: str, values: Sequence[float]) -> list[float]:
    _demand_full(name, values)
    total = math.fsum(values) if max(values) > 1 else 1.0  # counts, or shares already
    return [value / total for value in values]


def _demand_full(name: str, values: Sequence[float]) -> None:
    for place, value in enumerate(values, 1):
        if not value > 0:
            raise EmptyBin(list=name, bin=place)


def _demand_equal(left: Sequence[object], right: Sequence[object]) -> None:
    if not left or len(left) != len(right):
        raise BinsDiffer(left=len(left), right=len(right))
