"""The bad rate at equal approval, with and without features of the ability to pay.

Taiwan: without, what is known of a customer and whether months were paid late; with, how much of the
limit is used, what share of each bill was paid, and what is left of the limit. HELOC: without, the
history; with, how much of the lines is drawn. Five folds; nothing is chosen by the tested one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench.figures import Measured
from huoshui.interfaces.cli.bench.models import real
from huoshui.judgement.risk.models import measures, statistics
from huoshui.judgement.risk.models.training import fitting
from huoshui.judgement.risk.models.training.columns import Column, Table
from huoshui.judgement.risk.models.training.ratios import divided

_APPROVED = (50, 70, 80, 90)
_BURDEN = (
    "NetFractionRevolvingBurden", "NetFractionInstallBurden", "NumRevolvingTradesWBalance",
    "NumInstallTradesWBalance", "NumBank2NatlTradesWHighUtilization", "PercentTradesWBalance",
)  # fmt: skip


def measure(settings: Settings, quick: bool) -> Measured:
    """Bad rates in percent, and AUC, of each file with and without."""
    del settings
    if real.absent():
        return Measured({}, notes=real.absent())
    figures: dict[str, float] = {}
    notes: list[str] = []
    for name, (bare, full), bad in (_heloc(), _taiwan()):
        pair = [_foretold(table, bad, quick) for table in (bare, full)]
        for which, (chances, outcome) in zip(("without", "with"), pair, strict=True):
            figures[f"{name}_{which}_auc"] = statistics.auc(chances, outcome)
            for share in _APPROVED:
                rate, interval = _bad_rate(chances, outcome, share)
                figures[f"{name}_{which}_bad_rate_percent_at_{share}"] = rate
                notes.append(f"{name} {which} at {share} %: {interval}")
    for name in ("heloc", "taiwan"):
        for share in _APPROVED:
            key = f"bad_rate_percent_at_{share}"
            before, now = figures[f"{name}_without_{key}"], figures[f"{name}_with_{key}"]
            figures[f"{name}_{key}_change"] = 100 * (now / before - 1)
    notes.append("…_change: of the bad rate at the same share of approvals, in percent of it")
    return Measured(figures, notes=tuple(notes))


def _foretold(table: Table, bad: Any, quick: bool) -> tuple[Any, Any]:
    """Chances of rows by models that had not seen them, as ranks within their fold."""
    folds = real.folds(bad, 5, 3)[: 1 if quick else 5]
    chances, outcomes = [], []
    for train, test in folds:
        model = fitting.fit_booster(table.take(train), bad[train], trials=1 if quick else 2)
        found = model.chances(table.take(test))
        chances.append(statistics.midranks(found) / len(found))
        outcomes.append(bad[test])
    return np.concatenate(chances), np.concatenate(outcomes)


def _bad_rate(chances: Any, bad: Any, percent: int) -> tuple[float, str]:
    approved = chances <= percent / 100
    bads, count = int(bad[approved].sum()), int(approved.sum())
    low, high = measures.wilson(bads, count)
    return 100 * bads / count, f"{100 * bads / count:.2f} % ({100 * low:.2f}–{100 * high:.2f})"


Pair = tuple[str, tuple[Table, Table], Any]


def _heloc() -> Pair:
    table, bad, _ = real.read(real.HELOC)
    bare = table.only(name for name in table.names if name not in _BURDEN)
    return "heloc", (bare, table), bad


def _taiwan() -> Pair:
    table, bad, _ = real.read(real.TAIWAN)
    money = [n for n in table.names if n.startswith(("bill_amt", "pay_amt"))]
    bare = table.only(name for name in table.names if name not in money)
    return "taiwan", (bare, Table((*bare.columns, *_ability(table)), table.rows)), bad


def _ability(table: Table) -> list[Column]:
    """Use of the limit, the share of each bill that was paid, and how the debt moved."""
    by_name = {each.name: each.values for each in table.columns}
    limit = by_name["limit_bal"]
    found = {"used": divided(by_name["bill_amt1"], limit)}
    found["debt_growth"] = divided(by_name["bill_amt1"] - by_name["bill_amt6"], limit)
    for month in range(1, 6):
        found[f"paid_share_{month}"] = divided(
            by_name[f"pay_amt{month}"], by_name[f"bill_amt{month + 1}"]
        )
    paid = sum(by_name[f"pay_amt{month}"] for month in range(1, 7))
    found["paid_of_limit"] = divided(paid, limit)
    return [Column(name=name, kind="number", values=values) for name, values in found.items()]
