"""The check of a history before anything of it is loaded: every row and every reference."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from huoshui.facts.commerce.model import KINDS
from huoshui.facts.commerce.reading import layout, olist
from huoshui.facts.commerce.reading.anomalies import Anomaly
from huoshui.facts.commerce.reading.faults import Fault
from huoshui.facts.commerce.reading.source import LayoutName, Source
from huoshui.facts.commerce.reading.staged import Progress, Reading, TableRead
from huoshui.facts.commerce.reading.store import Staging


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass over a source found: facts by kind, every fault counted, oddities."""

    layout: LayoutName
    counts: dict[str, int]
    tables: tuple[TableRead, ...]
    faults: tuple[Fault, ...]
    faults_total: int
    faults_by_file: dict[str, int]
    faults_by_code: dict[str, int]
    anomalies: tuple[Anomaly, ...]

    @property
    def good(self) -> bool:
        """Whether the history can be loaded."""
        return self.faults_total == 0


def check(source: Source, progress: Progress | None = None) -> Report:
    """Read everything and load nothing: each bad row with its place, its fault and the mend."""
    with TemporaryDirectory(prefix="huoshui-check-") as directory:
        staging = Staging(Path(directory) / "staging")
        try:
            return survey(source, staging, progress)
        finally:
            staging.close()


def survey(source: Source, staging: Staging, progress: Progress | None = None) -> Report:
    """Read the source into the staging file, and say what was found."""
    reading = Reading(source, staging, progress)
    (olist if source.layout == "olist" else layout).read(reading)
    kinds, faults = tuple(KINDS), reading.faults
    counts = reading.staging.counts()
    return Report(
        layout=reading.source.layout,
        counts={kind: counts[place] for place, kind in enumerate(kinds) if place in counts},
        tables=tuple(reading.tables),
        faults=tuple(faults.listed),
        faults_total=faults.total,
        faults_by_file=dict(faults.by_file),
        faults_by_code=dict(faults.by_code),
        anomalies=reading.anomalies.result(),
    )
