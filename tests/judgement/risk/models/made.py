"""Made cases to train on: what drives the outcome is known. Seeded."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import date, timedelta
from typing import Any

import numpy as np

COLUMNS = (
    "customer_id",
    "applied",
    "income",
    "debt",
    "late",
    "home",
    "gender",
    "bureau",
    "settled",
    "recovered",
    "outcome",
)
START = date(2025, 1, 1)


def rows(count: int = 1_600, seed: int = 1) -> list[tuple[Any, ...]]:
    """Cases whose risk rises with debt over income and with lateness; `recovered` knows the answer."""
    draws = np.random.default_rng(seed)
    income = draws.lognormal(9, 0.5, count).round()
    debt = (income * draws.uniform(0.05, 1.2, count)).round()
    late = draws.poisson(0.6, count)
    home = draws.choice(["own", "rent", "family"], count, p=[0.5, 0.4, 0.1])
    bureau = np.where(draws.random(count) < 0.1, -9, draws.integers(300, 850, count))
    z = -2.6 + 2.2 * debt / income + 0.7 * late + 0.5 * (home == "rent") + 0.4 * (bureau == -9)
    bad = draws.random(count) < 1 / (1 + np.exp(-z))
    found: list[tuple[Any, ...]] = []
    for n in range(count):
        day = START + timedelta(days=n * 360 // count)
        found.append((
            100_000 + n, day.isoformat(), int(income[n]), int(debt[n]),
            "" if draws.random() < 0.05 else int(late[n]), str(home[n]), "fm"[n % 2],
            int(bureau[n]), (day + timedelta(days=40)).isoformat(),
            0 if bad[n] else 1, "bad" if bad[n] else "good",
        ))  # fmt: skip
    return found


def content(made: list[tuple[Any, ...]], *, zipped: bool = False, encoding: str = "utf-8") -> bytes:
    """The rows as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(made)
    plain = text.getvalue().encode(encoding)
    return gzip.compress(plain) if zipped else plain
