"""The term structure of default: hazards by month, and a model's probability spread over them.

Pure Python. Hazards by the life table (Kaplan and Meier 1958): of those still observed in a month,
the share that goes bad in it. A probability over some months becomes a curve of the same shape by
shifting the log-odds of every hazard alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from huoshui.core.errors import Problem
from huoshui.judgement.risk.models.measures import wilson

_LEAST = 1e-9
_ROUNDS = 200
_WIDE = 60.0  # log-odds: any probability lies within


class BadTerm(Problem):
    """Months or probabilities from which no term structure follows."""

    code = "bad_term"
    status = 422


class Month(msgspec.Struct, frozen=True):
    """A month on book: how many were at risk, went bad, the hazard with its 95 % interval, and the
    share that has gone bad by its end."""

    month: int
    at_risk: int
    bad: int
    hazard: float
    low: float
    high: float
    cumulative: float


def life_table(ended: Sequence[int], bad: Sequence[bool]) -> list[Month]:
    """Hazards by month on book from the month in which each case ended, badly or not.

    A case that ended otherwise (repaid, or is still running) leaves after its month. Raises BadTerm.
    """
    if not ended or len(ended) != len(bad) or min(ended) < 1:
        raise BadTerm(reason="each case ends in a month from 1 on")
    found, alive = [], 1.0
    for month in range(1, max(ended) + 1):
        at_risk = sum(last >= month for last in ended)
        lost = sum(last == month and gone for last, gone in zip(ended, bad, strict=True))
        hazard = lost / at_risk
        alive *= 1 - hazard
        found.append(Month(month, at_risk, lost, hazard, *wilson(lost, at_risk), 1 - alive))
    return found


def spread(probability: float, hazards: Sequence[float], months: int) -> list[float]:
    """Chances of going bad in each month, whose sum over `months` is the probability.

    The shape is that of the hazards; the last one goes on where they end. Raises BadTerm.
    """
    if not 0 < probability < 1 or not hazards or months < 1:
        raise BadTerm(
            reason="a probability between 0 and 1, hazards and months from 1 on are needed"
        )
    shape = [_logit(hazards[min(n, len(hazards) - 1)]) for n in range(months)]
    low, high = -_WIDE, _WIDE
    for _ in range(_ROUNDS):
        shift = (low + high) / 2
        if sum(_marginal(shape, shift)) < probability:
            low = shift
        else:
            high = shift
    return _marginal(shape, (low + high) / 2)


def _marginal(shape: list[float], shift: float) -> list[float]:
    found, alive = [], 1.0
    for each in shape:
        hazard = 1 / (1 + math.exp(-(each + shift)))
        found.append(alive * hazard)
        alive *= 1 - hazard
    return found


def _logit(hazard: float) -> float:
    kept = min(max(hazard, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))
