"""What a model is worth on rows that nothing was chosen by: figures with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from huoshui.judgement.risk.models import measures, statistics
from huoshui.judgement.risk.models.training.cutoff import Cutoff, economics

Told = dict[str, Any]
_POINTS = 60
_MONTH_ROWS = 100


def figures(chances: Any, bad: Any, unseen: Any) -> Told:
    """Ranking, chances that come true, stability against the training part."""
    found = statistics.ranking(chances, bad)
    auc = statistics.auc_interval(chances, bad)
    ks_low, ks_high = statistics.bootstrap(
        lambda rows: float(statistics.ranking(chances[rows], bad[rows]).ks), len(bad)
    )
    calibration = statistics.calibration(chances, bad)
    return {
        "rows": len(bad), "bad": int(bad.sum()),
        "auc": _r(found.auc), "auc_low": _r(auc.low), "auc_high": _r(auc.high),
        "gini": _r(found.gini), "ks": _r(found.ks), "ks_low": _r(ks_low), "ks_high": _r(ks_high),
        "brier": _r(statistics.brier(chances, bad)),
        "brier_of_the_mean": _r(statistics.brier(np.full(len(bad), bad.mean()), bad)),
        "calibration_slope": _r(calibration.slope),
        "calibration_slope_low": _r(calibration.slope_low),
        "calibration_slope_high": _r(calibration.slope_high),
        "calibration_intercept": _r(calibration.intercept),
        "mean_foretold": _r(calibration.mean_foretold), "mean_seen": _r(calibration.mean_seen),
        "psi": _r(statistics.stability(unseen, chances)),
    }  # fmt: skip


def by_month(chances: Any, bad: Any, when: Any, unseen: Any) -> list[Told]:
    """The same month by month, of months with enough rows of both outcomes."""
    months = np.array([date.fromordinal(int(d)).strftime("%Y-%m") if d == d else "" for d in when])
    found = []
    for month in sorted(set(months.tolist()) - {""}):
        rows = months == month
        outcome = bad[rows]
        told: Told = {"month": month, "rows": int(rows.sum()), "bad": int(outcome.sum())}
        told |= {"foretold": _r(chances[rows].mean()), "seen": _r(outcome.mean())}
        if rows.sum() >= _MONTH_ROWS and 0 < outcome.sum() < rows.sum():
            auc = statistics.auc_interval(chances[rows], outcome)
            told |= {"auc": _r(auc.value), "auc_low": _r(auc.low), "auc_high": _r(auc.high)}
            told["psi"] = _r(statistics.stability(unseen, chances[rows]))
        found.append(told)
    return found


def fairness(chances: Any, bad: Any, groups: Mapping[str, Any], at: Cutoff) -> list[Told]:
    """Each group at a cut-off, with Wilson's intervals.

    `approved` of all, `good_approved` of those who turned out good (equal opportunity), the
    `bad_rate` among the approved, and what was foretold beside what was seen.
    """
    approved = chances <= at.most
    found = []
    for name, rows in groups.items():
        count, good = int(rows.sum()), rows & (bad == 0)
        if not count:
            continue
        told: Told = {"group": name, "rows": count, "bad": int(bad[rows].sum())}
        told |= _share("approved", approved & rows, rows)
        told |= _share("good_approved", approved & good, good)
        told |= _share("bad_rate", approved & rows & (bad == 1), approved & rows)
        told |= {"foretold": _r(chances[rows].mean()), "seen": _r(bad[rows].mean())}
        found.append(told)
    most = max((each["approved"] for each in found), default=0.0)
    for each in found:
        each["approval_ratio"] = _r(each["approved"] / most if most else 1.0)
    return found


def _share(name: str, hits: Any, of: Any) -> Told:
    top, bottom = int(hits.sum()), int(of.sum())
    low, high = measures.wilson(top, bottom)
    share = top / bottom if bottom else 0.0
    return {name: _r(share), f"{name}_low": _r(low), f"{name}_high": _r(high)}


def drawings(chances: Any, bad: Any) -> Told:
    """Points of the curves that a card draws."""
    order = np.argsort(-chances, kind="stable")
    caught, wrong = np.cumsum(bad[order]) / bad.sum(), np.cumsum(1 - bad[order]) / (1 - bad).sum()
    at = np.unique(np.linspace(0, len(bad) - 1, _POINTS).astype(int))
    roc = [[0.0, 0.0], *([_r(wrong[n]), _r(caught[n])] for n in at.tolist())]
    return {"roc": roc, "calibration": _tenths(chances, bad)}


def _tenths(chances: Any, bad: Any) -> list[Told]:
    bounds = statistics.edges(chances)
    places = np.searchsorted(bounds, chances, side="left")
    found = []
    for n in range(len(bounds) + 1):
        rows = places == n
        count, bads = int(rows.sum()), int(bad[rows].sum())
        if count:
            low, high = measures.wilson(bads, count)
            found.append({"foretold": _r(chances[rows].mean()), "seen": _r(bads / count),
                          "low": _r(low), "high": _r(high), "rows": count})  # fmt: skip
    return found


def cutoffs(chances: Any, bad: Any, unseen: Any, unseen_bad: Any, gain: float, loss: float) -> Told:
    """What each share of approvals brings; the best was chosen on the training part."""
    best, steps = economics(unseen, unseen_bad, gain, loss)
    rows = [_cutoff(each, chances, bad, gain, loss) for each in steps]
    return {
        "gain": gain,
        "loss": loss,
        "best": _cutoff(best, chances, bad, gain, loss),
        "steps": rows,
    }


def _cutoff(at: Cutoff, chances: Any, bad: Any, gain: float, loss: float) -> Told:
    approved = chances <= at.most
    bads = int(bad[approved].sum())
    goods = int(approved.sum()) - bads
    told: Told = {"at": at.share, "chance_most": _r(at.most)}
    told |= _share("approved", approved, np.ones(len(bad), dtype=bool))
    told |= _share("bad_rate", approved & (bad == 1), approved)
    return told | {"profit_per_case": _r((goods * gain - bads * loss) / len(bad))}


def score_bins(unseen: Any) -> Told:
    """Bounds of ten bins of the chance and the training part's share of each, for watching drift."""
    bounds = statistics.edges(unseen)
    counts = statistics.in_bins(unseen, bounds)
    return {"bounds": [_r(b) for b in bounds], "shares": [_r(n / sum(counts)) for n in counts]}


def _r(value: Any) -> float:
    return round(float(value), 6)
