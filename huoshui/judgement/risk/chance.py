"""Chances in bits: how surprising a count is, computed in logarithms so that none underflows."""

from __future__ import annotations

from math import exp, inf, lgamma, log, log1p, log2

_LN2 = log(2)
_ROUNDS, _OUTLYING_BITS, _BEGIN_PERCENT = 8, 8.0, 85


def binomial_bits(count: int, of: int, rate: float) -> float:
    """−log₂ P(X ≥ count) for X ~ Binomial(of, rate): zero where nothing is surprising."""
    if count <= of * rate or of == 0:
        return 0.0
    if rate <= 0:
        return inf
    return _tail_bits([_binomial(k, of, rate) for k in range(count, of + 1)])


def beta_binomial_bits(count: int, of: int, a: float, b: float) -> float:
    """−log₂ P(X ≥ count) where the rate itself varies as Beta(a, b) from one to the next.

    Sellers differ: a plain binomial would call each large seller that is a little off the mean a
    wonder (overdispersion; Skellam 1948).
    """
    if of == 0 or count <= of * a / (a + b):
        return 0.0
    return _tail_bits([_beta_binomial(k, of, a, b) for k in range(count, of + 1)])


def poisson_bits(count: int, mean: float) -> float:
    """−log₂ P(X ≥ count) for X ~ Poisson(mean), by the terms that matter."""
    if count <= mean:
        return 0.0
    if mean <= 0:
        return inf
    return _tail_bits([k * log(mean) - mean - lgamma(k + 1) for k in range(count, count + 60)])


def paid(bits: float, looks: int) -> float:
    """What is left of a surprise when so many were looked for (Bonferroni), never below zero."""
    return max(0.0, bits - log2(max(1, looks)))


def fitted(counts: list[tuple[int, int]]) -> tuple[float, float]:
    """a and b of the Beta that rates (count, of) of many come from, by the method of moments.

    Where they vary no more than a binomial would, a narrow Beta about the mean. It begins with the
    lower rates and takes in who is not far out, until nobody comes or goes: what is usual is not
    told by the unusual, be it one in eight (a trimmed fit, as in Rousseeuw, Leroy 1987).
    """
    ordered = sorted(counts, key=lambda each: (each[0] / max(1, each[1]), each))
    kept = ordered[: -(-len(ordered) * _BEGIN_PERCENT // 100)]
    for _ in range(_ROUNDS):
        a, b = _moments(kept)
        usual = [each for each in ordered if beta_binomial_bits(*each, a, b) < _OUTLYING_BITS]
        if usual == kept:
            break
        kept = usual
    return a, b


def _moments(counts: list[tuple[int, int]]) -> tuple[float, float]:
    whole = sum(of for _, of in counts)
    mean = (sum(count for count, _ in counts) + 0.5) / (whole + 1)
    spread = sum(of * (count / of - mean) ** 2 for count, of in counts if of) / max(1, whole)
    sampled = mean * (1 - mean) * len(counts) / max(1, whole)
    extra = max(spread - sampled, mean * (1 - mean) * 1e-4)
    strength = max(mean * (1 - mean) / extra - 1, 0.5)
    return mean * strength, (1 - mean) * strength


def _tail_bits(logs: list[float]) -> float:
    top = max(logs)
    return max(0.0, -(top + log(sum(exp(each - top) for each in logs))) / _LN2)


def _binomial(k: int, of: int, rate: float) -> float:
    chosen = lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1)
    rest = (of - k) * log1p(-rate) if rate < 1 else (0.0 if k == of else -inf)
    return chosen + k * log(rate) + rest


def _beta_binomial(k: int, of: int, a: float, b: float) -> float:
    chosen = lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1)
    return chosen + _beta(k + a, of - k + b) - _beta(a, b)


def _beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
