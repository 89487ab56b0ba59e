"""What a larger model gives a tenant with few rows, against training from nothing.

LendingClub: the larger model learns from the older file, the tenant has the 2018 file's first half
of the year and is tested on the second. Taiwan: the larger model learns from customers with higher
education, the tenant's are the others. Each size is drawn several times.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench.figures import Measured
from huoshui.interfaces.cli.bench.models import real
from huoshui.judgement.risk.models import statistics
from huoshui.judgement.risk.models.training import fitting
from huoshui.judgement.risk.models.training.columns import Column, Table, column, days
from huoshui.judgement.risk.models.training.fitting import Model
from huoshui.judgement.risk.models.training.transfer import fit_transferred

_SIZES = (200, 500, 2_000)
_DRAWS, _DRAWS_QUICK = 5, 1
_LARGER_QUICK = 20_000


class _Pair(NamedTuple):
    """The larger side, the tenant's side, and the rows that are tested."""

    name: str
    source: tuple[Table, Any]
    own: tuple[Table, Any]
    test: tuple[Table, Any]


def measure(settings: Settings, quick: bool) -> Measured:
    """AUC by transfer and from nothing, and the gain, at each size."""
    del settings
    if real.absent():
        return Measured({}, notes=real.absent())
    figures: dict[str, float] = {}
    notes: list[str] = []
    for pair in (_lending(), _taiwan()):
        larger = _larger(pair, quick)
        table, bad = pair.test
        figures[f"{pair.name}_larger_alone_auc"] = _auc(larger, table, bad)
        for size in _SIZES[:2] if quick else _SIZES:
            gains, told = _at(pair, larger, size, _DRAWS_QUICK if quick else _DRAWS)
            figures |= told
            spread = np.std(gains, ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0.0
            notes.append(
                f"{pair.name} {size} rows: gain {np.mean(gains):+.4f} ± {spread:.4f} (s.e.)"
            )
    notes.append(f"means of {_DRAWS_QUICK if quick else _DRAWS} draws; from nothing: the better of "
                 "booster and scorecard on the tenant's own held rows")  # fmt: skip
    return Measured(figures, notes=tuple(notes))


def _larger(pair: _Pair, quick: bool) -> Model:
    table, bad = pair.source
    rows = np.arange(0, table.rows, max(1, table.rows // _LARGER_QUICK) if quick else 1)
    return fitting.fit_booster(table.take(rows), bad[rows], trials=1)


def _at(pair: _Pair, larger: Model, size: int, draws: int) -> tuple[list[float], dict[str, float]]:
    table, bad = pair.own
    tested, outcome = pair.test
    moved, alone = [], []
    for seed in range(draws):
        rows = np.random.default_rng(seed).permutation(len(bad))[:size]
        few, few_bad = table.take(rows), bad[rows]
        moved.append(_auc(fit_transferred(larger.text, few, few_bad), tested, outcome))
        alone.append(_auc(_from_nothing(few, few_bad), tested, outcome))
    name = f"{pair.name}_{size}_rows"
    gains = [a - b for a, b in zip(moved, alone, strict=True)]
    return gains, {
        f"{name}_transferred_auc": float(np.mean(moved)),
        f"{name}_from_nothing_auc": float(np.mean(alone)),
        f"{name}_gain_auc_points": 100 * float(np.mean(gains)),
    }


def _from_nothing(table: Table, bad: Any) -> Model:
    made = (fitting.fit_booster(table, bad, trials=3), fitting.fit_scorecard(table, bad))
    return max(made, key=lambda model: max(auc for _, auc in model.tuned.tried))


def _auc(model: Model, table: Table, bad: Any) -> float:
    return statistics.auc(model.chances(table), bad)


def _lending() -> _Pair:
    larger, bad, _ = real.read(real.LENDING_FULL)
    names = (
        "loan_amnt",
        "term",
        "annual_inc",
        "dti",
        "payment_inc_ratio",
        "revol_bal",
        "purpose",
        "emp_length",
    )
    larger = larger.only(names)
    own, own_bad, cells = real.read(real.LENDING)
    later = np.array(
        [(days(str(c)) or 0) >= (days("2018-07-01") or 0) for c in cells.columns["issue_d"]]
    )
    more = _shared(own, cells.columns["emp_length"])
    early, late = np.flatnonzero(~later), np.flatnonzero(later)
    return _Pair(
        "lending",
        (larger, bad),
        (more.take(early), own_bad[early]),
        (more.take(late), own_bad[late]),
    )


def _shared(own: Table, years: list[Any]) -> Table:
    """The tenant's columns under the names of the larger file's, beside its own."""
    by_name = {each.name: each for each in own.columns}
    income = by_name["annual_inc"].values
    ratio = np.where(
        income > 0, 1200 * by_name["installment"].values / np.maximum(income, 1), np.nan
    )
    digits = ["".join(filter(str.isdigit, str(cell))) or None for cell in years]
    made = {
        "loan_amnt": by_name["funded_amnt_inv"].values, "payment_inc_ratio": ratio,
        "emp_length": column("emp_length", digits).values,
    }  # fmt: skip
    kept = [each for each in own.columns if each.name not in made]
    columns = [Column(name=name, kind="number", values=values) for name, values in made.items()]
    return Table((*kept, *columns), own.rows)


def _taiwan() -> _Pair:
    table, bad, _ = real.read(real.TAIWAN)
    education = next(each.values for each in table.columns if each.name == "education")
    table = table.only(name for name in table.names if name != "education")
    higher, others = np.flatnonzero(education <= 2), np.flatnonzero(education > 2)
    own, test = others[0::2], others[1::2]
    return _Pair(
        "taiwan", (table.take(higher), bad[higher]), (table.take(own), bad[own]),
        (table.take(test), bad[test]),
    )  # fmt: skip
