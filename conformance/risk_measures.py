"""Measures of models: points of odds, PSI, AUC with KS, weight of evidence. Six decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from huoshui.judgement.risk.models import measures
from huoshui.judgement.risk.models.serving import Scale


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """The measure that the case's kind names, of its input."""
    return _ANSWERS[case["kind"]](case["input"])


def _scorecard(told: dict[str, Any]) -> dict[str, Any]:
    scale = Scale(str(told["base_points"]), str(told["base_odds"]), str(told["pdo"]))
    return {"points": _shown(scale.of_odds(Decimal(str(told["odds"]))))}


def _psi(told: dict[str, Any]) -> dict[str, Any]:
    return {"psi": _shown(measures.psi(*(_floats(told[name]) for name in ("expected", "actual"))))}


def _ks_auc(told: dict[str, Any]) -> dict[str, Any]:
    found = measures.ranking(measures.counted(told["scores"], told["bad"]))
    return {"auc": _shown(found.auc), "ks": _shown(found.ks)}


def _woe(told: dict[str, Any]) -> dict[str, Any]:
    found = measures.evidence(told["good"], told["bad"])
    return {
        "woe_ln_goodshare_over_badshare": [_shown(each) for each in found.woe],
        "iv": _shown(found.iv),
    }


def _floats(values: list[Any]) -> list[float]:
    return [float(value) for value in values]


def _shown(value: Any) -> float:
    return round(float(value), 6) + 0.0


_ANSWERS = {"scorecard": _scorecard, "psi": _psi, "ks_auc": _ks_auc, "woe": _woe}
