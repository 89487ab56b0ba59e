"""Logistic regression by iteratively reweighted least squares (McCullagh and Nelder 1989)."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

Floats = Any
_ROUNDS = 60
_CLOSE = 1e-10


class Fitted(msgspec.Struct, frozen=True):
    """Weights with the intercept first, and their covariance."""

    weights: Any
    covariance: Any


def fit(columns: Floats, bad: Floats, *, ridge: float = 1.0, weight: Floats = None) -> Fitted:
    """Fit; `ridge` is the penalty on squared weights (not on the intercept), in rows of evidence.

    Steps are halved while they make it worse, so that separable rows end too.
    """
    x = np.column_stack([np.ones(len(columns)), columns])
    y = np.asarray(bad, dtype=float)
    w = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 0.0
    beta = np.zeros(x.shape[1])
    share = float(np.clip((w * y).sum() / w.sum(), 1e-9, 1 - 1e-9))
    beta[0] = np.log(share / (1 - share))
    best = _loss(x, y, w, beta, penalty)
    hessian = np.eye(x.shape[1])
    for _ in range(_ROUNDS):
        chance = sigmoid(x @ beta)
        curve = np.maximum(w * chance * (1 - chance), 1e-12)
        hessian = (x * curve[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.lstsq(hessian, x.T @ (w * (y - chance)) - penalty * beta, rcond=None)[0]
        beta, now = _stepped(x, y, w, beta, step, penalty, best)
        if best - now < _CLOSE * (abs(best) + 1):
            break
        best = now
    return Fitted(beta, np.linalg.pinv(hessian))


def _stepped(
    x: Floats, y: Floats, w: Floats, beta: Floats, step: Floats, penalty: Floats, best: float
) -> tuple[Floats, float]:
    for halved in range(20):
        tried = beta + step / 2**halved
        now = _loss(x, y, w, tried, penalty)
        if now <= best:
            return tried, now
    return beta, best


def _loss(x: Floats, y: Floats, w: Floats, beta: Floats, penalty: Floats) -> float:
    z = x @ beta
    return float((w * (np.logaddexp(0, z) - y * z)).sum() + 0.5 * (penalty * beta * beta).sum())


def sigmoid(z: Floats) -> Floats:
    """1/(1+e^-z) without overflow."""
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))
