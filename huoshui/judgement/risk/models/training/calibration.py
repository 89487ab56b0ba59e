"""Calibration, fitted on rows that the model did not see: a line, a beta curve, or steps joined.

Which one is chosen by the likelihood on halves that it was not fitted on; a simpler one is kept
unless the other is plainly better.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from huoshui.judgement.risk.models.logistic import fit, sigmoid
from huoshui.judgement.risk.models.serving import Curve
from huoshui.judgement.risk.models.training.booster import pooled

_PLAINLY = 0.0002  # nats a row
_STEPS = 100
_BADS_FOR_STEPS = 1_000


def chosen(z: Any, bad: Any) -> Curve:
    """The curve for these log-odds of rows that were held out."""
    fits: list[Callable[[Any, Any], Curve]] = [line, beta]
    if bad.sum() >= _BADS_FOR_STEPS:
        fits.append(steps)
    halves = np.arange(len(bad)) % 2 == 0
    best, least = fits[0], float("inf")
    for each in fits:
        loss = float(np.mean([
            _loss(applied(each(z[a], bad[a]), z[~a]), bad[~a]) for a in (halves, ~halves)
        ]))  # fmt: skip
        if loss < least - _PLAINLY:
            best, least = each, loss
    return best(z, bad)


def line(z: Any, bad: Any) -> Curve:
    """Platt's: a straight line of the log-odds; it never turns their order round."""
    intercept, slope = fit(z[:, None], bad, ridge=0.0).weights.tolist()
    if slope <= 0:
        intercept, slope = float(np.log(bad.mean() / (1 - bad.mean())) - z.mean()), 1.0
    return Curve("platt", a=_text(slope), c=_text(intercept))


def beta(z: Any, bad: Any) -> Curve:
    """A beta curve: other slopes for small and for large chances."""
    good_log, bad_log = -np.logaddexp(0, -z), -np.logaddexp(0, z)  # ln q, ln(1-q)
    c, a, b = fit(np.column_stack([good_log, -bad_log]), bad, ridge=0.0).weights.tolist()
    if a < 0 or b < 0:
        return line(z, bad)
    return Curve("beta", a=_text(a), b=_text(b), c=_text(c))


def steps(z: Any, bad: Any) -> Curve:
    """Isotonic: rates that never fall, of equally full steps, joined by straight lines."""
    order = np.argsort(z, kind="stable")
    parts = np.array_split(order, min(_STEPS, max(2, len(z) // 50)))
    size = np.array([float(len(part)) for part in parts])
    rate = np.array([(bad[part].sum() + 0.5) / (len(part) + 1) for part in parts])
    middle = np.array([z[part].mean() for part in parts])
    held = pooled(rate, size)
    xs, ys = [], []
    for value in np.unique(held):
        block = held == value
        xs.append(_text(float(np.average(middle[block], weights=size[block]))))
        ys.append(_text(float(value)))
    if len(set(xs)) < len(xs):
        return line(z, bad)
    return Curve("isotonic", x=tuple(xs), y=tuple(ys))


def applied(curve: Curve, z: Any) -> Any:
    """The probabilities of a curve, for many rows at once."""
    if curve.kind == "isotonic":
        return np.interp(z, [float(x) for x in curve.x], [float(y) for y in curve.y])
    a, b, c = float(curve.a), float(curve.b), float(curve.c)
    if curve.kind == "beta":
        return sigmoid(-a * np.logaddexp(0, -z) + b * np.logaddexp(0, z) + c)
    return sigmoid(a * z + c) if curve.kind == "platt" else sigmoid(z)


def _loss(chances: Any, bad: Any) -> float:
    kept = np.clip(chances, 1e-9, 1 - 1e-9)
    return float(-np.mean(np.where(bad == 1, np.log(kept), np.log(1 - kept))))


def _text(value: float) -> str:
    return format(Decimal(f"{value:.9f}"), "f")
