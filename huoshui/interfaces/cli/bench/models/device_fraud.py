"""Fraud of new accounts by device and address, split by time, by features that only look back.

A row sees what was known at its purchase: rows before it. The file's fraud has one sign above all: a
device that opens several accounts and buys a second after each.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench.figures import Measured
from huoshui.interfaces.cli.bench.models import real
from huoshui.judgement.risk.models import measures, statistics
from huoshui.judgement.risk.models.training import fitting
from huoshui.judgement.risk.models.training.columns import Column, Table, column

_ALARMS = {"0_1": 0.001, "1": 0.01, "5": 0.05}
_TEST_SHARE = 0.3
_DAY_S = 86_400


def measure(settings: Settings, quick: bool) -> Measured:
    """Recall in percent at fixed false alarms, AUC, and rows a second of the features."""
    del settings
    if real.absent():
        return Measured({}, notes=real.absent())
    begun = time.perf_counter()
    table, bad = _read()
    took = time.perf_counter() - begun
    cut = int(len(bad) * (1 - _TEST_SHARE))
    train, test = np.arange(cut), np.arange(cut, len(bad))
    model = fitting.fit_booster(table.take(train), bad[train], trials=2 if quick else 6)
    chances = model.chances(table.take(test))
    outcome = bad[test]
    figures = {"auc": statistics.auc(chances, outcome), "feature_rows_per_s": len(bad) / took}
    notes = [
        f"trained on {cut:,} purchases, tested on the {len(test):,} after; {int(outcome.sum())} frauds"
    ]
    honest, fraud = chances[outcome == 0], chances[outcome == 1]
    for name, share in _ALARMS.items():
        line = float(np.quantile(honest, 1 - share, method="higher"))
        found = int((fraud > line).sum())
        low, high = measures.wilson(found, len(fraud))
        figures[f"recall_percent_at_{name}_percent_alarms"] = 100 * found / len(fraud)
        notes.append(f"at {name.replace('_', '.')} % of the honest: {found} of {len(fraud)}, "
                     f"{100 * low:.1f}–{100 * high:.1f} % (Wilson, 95 %)")  # fmt: skip
    return Measured(figures, notes=tuple(notes))


def _read() -> tuple[Table, Any]:
    """Rows in the order of their purchases, each with what was known by then."""
    cells = real.cells(real.DEVICES).columns
    bought = [_seconds(cell) for cell in cells["purchase_time"]]
    order = sorted(range(len(bought)), key=lambda n: (bought[n], n))
    rows = {name: [column_[n] for n in order] for name, column_ in cells.items()}
    when = [bought[n] for n in order]
    joined = [_seconds(cell) for cell in rows["signup_time"]]
    made = _looking_back(rows, when, joined)
    words = [column(name, rows[name]) for name in ("source", "browser")]
    words.append(column("country", _countries(rows["ip_address"])))
    numbers = [
        Column(name=name, kind="number", values=np.array(v, dtype=float))
        for name, v in made.items()
    ]
    bad = np.array([cell in ("1", "1.0") for cell in rows["class"]]).astype(np.int64)
    return Table((*words, *numbers), len(bad)), bad


def _looking_back(
    rows: dict[str, list[Any]], when: list[int], joined: list[int]
) -> dict[str, list[float]]:
    made: dict[str, list[float]] = defaultdict(list)
    made["gap_s"] = [float(b - j) for b, j in zip(when, joined, strict=True)]
    made["value"] = [float(cell) for cell in rows["purchase_value"]]
    made["hour"] = [float(each // 3600 % 24) for each in when]
    made["age"] = [float(cell) for cell in rows["age"]]
    for kind, name in (("device", "device_id"), ("address", "ip_address")):
        seen: dict[str, list[int]] = defaultdict(list)
        for key, moment in zip(rows[name], when, strict=True):
            before = seen[str(key)]
            made[f"{kind}_accounts"].append(len(before))
            made[f"{kind}_accounts_day"].append(len(before) - bisect_right(before, moment - _DAY_S))
            made[f"{kind}_since_s"].append(moment - before[-1] if before else np.nan)
            before.append(moment)
    return made


def _seconds(cell: Any) -> int:
    found = datetime.strptime(str(cell), "%m/%d/%Y %H:%M").replace(tzinfo=UTC)
    return int(found.timestamp())


def _countries(addresses: list[Any]) -> list[str | None]:
    ranges = real.cells(real.COUNTRIES).columns
    starts = [float(str(cell)) for cell in ranges["lower_bound_ip_address"]]
    ends = [float(str(cell)) for cell in ranges["upper_bound_ip_address"]]
    found: list[str | None] = []
    for cell in addresses:
        address = float(str(cell))
        place = bisect_right(starts, address) - 1
        inside = place >= 0 and address <= ends[place]
        found.append(ranges["country"][place] if inside else None)
    return found
