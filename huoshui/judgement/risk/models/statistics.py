"""Measures of single scores, in NumPy: ranking with its interval, Brier, calibration, stability.

Sources: the variance of an AUC by DeLong, DeLong and Clarke-Pearson (1988) in the form by midranks
of Sun and Xu (2014); the Brier score (1950); slope and intercept of calibration by Cox (1958): a
logistic regression of the outcome on the log-odds of what was foretold; the other intervals by
the bootstrap's percentiles (Efron 1979).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from huoshui.judgement.risk.models import measures
from huoshui.judgement.risk.models.logistic import fit

Floats = Any  # a NumPy array of floats
_LEAST = 1e-9
_BOOTSTRAP = 200
_PSI_BINS = 10


class Interval(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def ranking(scores: Floats, bad: Floats) -> measures.Ranking:
    """AUC and KS. Raises OneOutcome."""
    order = np.argsort(scores, kind="stable")
    sorted_, outcome = np.asarray(scores)[order], np.asarray(bad)[order].astype(np.int64)
    starts = np.flatnonzero(np.r_[True, sorted_[1:] != sorted_[:-1]])
    total = np.diff(np.r_[starts, len(sorted_)])
    bads = np.add.reduceat(outcome, starts)
    return measures.ranking(zip((total - bads).tolist(), bads.tolist(), strict=True))


def auc(scores: Floats, bad: Floats) -> float:
    """The AUC alone, by midranks. Raises OneOutcome."""
    outcome = np.asarray(bad).astype(bool)
    bads, goods = int(outcome.sum()), int((~outcome).sum())
    if not goods or not bads:
        raise measures.OneOutcome(good=goods, bad=bads)
    ranks = midranks(np.asarray(scores))
    return float((ranks[outcome].sum() - bads * (bads + 1) / 2) / (goods * bads))


def auc_interval(scores: Floats, bad: Floats) -> Interval:
    """The AUC with DeLong's interval."""
    good, fault = _placements(np.asarray(scores), np.asarray(bad).astype(bool))
    value = float(fault.mean())
    variance = fault.var(ddof=1) / len(fault) if len(fault) > 1 else 0.0
    variance += good.var(ddof=1) / len(good) if len(good) > 1 else 0.0
    spread = measures.Z95 * math.sqrt(float(variance))
    return Interval(value, max(0.0, value - spread), min(1.0, value + spread))


def auc_difference(left: Floats, right: Floats, bad: Floats) -> Interval:
    """How much better the left score ranks the same people, with DeLong's interval."""
    outcome = np.asarray(bad).astype(bool)
    pairs = [_placements(np.asarray(each), outcome) for each in (left, right)]
    (good, fault), (good_, fault_) = pairs
    value = float(fault.mean() - fault_.mean())
    variance = (fault - fault_).var(ddof=1) / len(fault) + (good - good_).var(ddof=1) / len(good)
    spread = measures.Z95 * math.sqrt(float(variance))
    return Interval(value, value - spread, value + spread)


def _placements(scores: Floats, bad: Floats) -> tuple[Floats, Floats]:
    """For each good and each bad one, the share of the others that it stands right against."""
    goods, bads = int((~bad).sum()), int(bad.sum())
    if not goods or not bads:
        raise measures.OneOutcome(good=goods, bad=bads)
    ranks = midranks(scores)
    good = 1 - (ranks[~bad] - midranks(scores[~bad])) / bads
    return good, (ranks[bad] - midranks(scores[bad])) / goods


def midranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse]


def brier(chances: Floats, bad: Floats) -> float:
    """The mean square of what was foretold less what came."""
    return float(np.mean((np.asarray(chances) - np.asarray(bad)) ** 2))


class Calibration(msgspec.Struct, frozen=True):
    """Slope 1 and intercept 0 where what is foretold comes true."""

    slope: float
    intercept: float
    slope_low: float
    slope_high: float
    mean_foretold: float
    mean_seen: float


def calibration(chances: Floats, bad: Floats) -> Calibration:
    """How what was foretold came true, with the slope's 95 % interval."""
    z = log_odds(chances)
    found = fit(z[:, None], np.asarray(bad), ridge=0.0)
    spread = measures.Z95 * math.sqrt(float(found.covariance[1, 1]))
    slope = float(found.weights[1])
    return Calibration(
        slope, float(found.weights[0]), slope - spread, slope + spread,
        float(np.mean(chances)), float(np.mean(bad)),
    )  # fmt: skip


def log_odds(chances: Floats) -> Floats:
    """Log-odds, kept off nothing and certainty."""
    kept = np.clip(np.asarray(chances, dtype=float), _LEAST, 1 - _LEAST)
    return np.log(kept / (1 - kept))


def bootstrap(measure: Callable[[Floats], float], rows: int, seed: int = 7) -> tuple[float, float]:
    """The 95 % interval of a measure of row numbers, drawn again and again with this seed."""
    draws = np.random.default_rng(seed)
    found = [measure(draws.integers(0, rows, rows)) for _ in range(_BOOTSTRAP)]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def edges(scores: Floats, bins: int = _PSI_BINS) -> list[float]:
    """The bounds between equally full bins of a score."""
    return sorted(set(np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1]).tolist()))


def in_bins(scores: Floats, bounds: list[float]) -> list[int]:
    """How many scores are in each bin; a bound belongs to the bin below it."""
    places = np.searchsorted(np.asarray(bounds), np.asarray(scores), side="left")
    return [int(n) for n in np.bincount(places, minlength=len(bounds) + 1)]


def stability(before: Floats, now: Floats) -> float:
    """PSI of scores over bins that the first are equally in; an empty bin counts as half a row."""
    bounds = edges(before)
    first, second = (in_bins(each, bounds) for each in (before, now))
    return measures.psi(*([max(n, 0.5) / sum(c) for n in c] for c in (first, second)))
