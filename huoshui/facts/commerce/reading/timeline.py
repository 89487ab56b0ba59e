"""The timeline of a history: every fact in the order in which the marketplace learned of it.

A spool in one SQLite file: built once from a source, read in batches from any position. The
order is (moment of knowledge, kind in the order of KINDS, key), so that what a fact refers to
stands before it; the same source gives the same sequence, and the digest says so.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from huoshui.core.errors import Problem
from huoshui.facts.commerce.model import AnyFact
from huoshui.facts.commerce.reading.anomalies import Anomaly
from huoshui.facts.commerce.reading.cells import from_microseconds, microseconds
from huoshui.facts.commerce.reading.check import Report, survey
from huoshui.facts.commerce.reading.source import Source
from huoshui.facts.commerce.reading.staged import Progress, TableRead, decode
from huoshui.facts.commerce.reading.store import BATCH, Spool, Staging, create_spool, open_spool

FORMAT = 1  # another number whenever the same source would give another sequence
SHOWN_MOST = 50  # faults that the problem of a faulty history repeats


class HistoryFaulty(Problem):
    """Rows of the history cannot be read; nothing of it was loaded."""

    code = "history_faulty"
    status = 422


class HistoryEmpty(Problem):
    """The history holds no order (in the window asked for)."""

    code = "history_empty"
    status = 422


class TimelineUnreadable(Problem):
    """The file is no complete timeline of this version."""

    code = "timeline_unreadable"
    status = 422


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One fact at its place in the timeline; positions count from 1 without gaps."""

    seq: int
    known_at: datetime
    fact: AnyFact


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said about a whole timeline."""

    format: int
    fingerprint: str
    digest: str
    total: int
    counts: dict[str, int]
    first: datetime
    last: datetime
    anomalies: tuple[Anomaly, ...]
    tables: tuple[TableRead, ...]


class Timeline:
    """An open timeline: the facts by position, and what is to be said about the whole."""

    def __init__(self, path: Path, spool: Spool, about: About) -> None:
        self.path = path
        self.about = about
        self._spool = spool
        self._ahead: list[tuple[int, int, bytes]] = []  # what was read and not yet asked for
        self._since = 0

    @property
    def total(self) -> int:
        """How many facts there are; the last position."""
        return self.about.total

    def read(
        self, after_seq: int = 0, until: datetime | None = None, limit: int = 1_000
    ) -> list[Entry]:
        """At most `limit` facts after a position, known at or before `until`."""
        last = None if until is None else microseconds(until)
        rows = self._rows(after_seq, last, limit)
        facts = ((seq, decode(body)) for seq, _, body in rows)
        return [Entry(seq, cast(datetime, fact.known_at), fact) for seq, fact in facts]

    def _rows(self, after: int, last: int | None, limit: int) -> list[tuple[int, int, bytes]]:
        """The rows of `read`; who asks for a moment after the other is answered from memory."""
        ahead = self._ahead[bisect_right(self._ahead, after, key=lambda row: row[0]) :]
        whole = last is not None and ahead and ahead[-1][1] > last
        if after < self._since or not (whole or len(ahead) >= limit):
            ahead = self._spool.read(after, limit)
        self._ahead, self._since = ahead, after
        found = ahead if last is None else ahead[: bisect_right(ahead, last, key=lambda r: r[1])]
        return found[:limit]

    def entries(self, after_seq: int = 0, batch: int = 1_000) -> Iterator[Entry]:
        """Every fact after a position, read in batches."""
        while rows := self.read(after_seq, limit=batch):
            yield from rows
            after_seq = rows[-1].seq

    def position(self, moment: datetime) -> int:
        """The last position known at or before a moment, 0 before the first."""
        return self._spool.last_before(microseconds(moment))

    def close(self) -> None:
        """Close the file."""
        self._spool.connection.close()

    def __enter__(self) -> Timeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def build(source: Source, path: Path, progress: Progress | None = None) -> Timeline:
    """Read the source, check it, and write its timeline to `path`, in place of any file there.

    Raises HistoryFaulty with the first faults when a row is bad, HistoryEmpty when no order is
    left; `path` is only written when all is well.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    staging = Staging(path.with_name(f"{path.name}.staging"))
    try:
        report = survey(source, staging, progress)
        _refuse(report)
        spool = create_spool(partial)
        try:
            spool.finish(msgspec.json.encode(_write(source, spool, report, staging, progress)))
        finally:
            spool.connection.close()
    finally:
        staging.close()
    os.replace(partial, path)
    return reopen(path)


def reopen(path: Path) -> Timeline:
    """A timeline that was built before. Raises TimelineUnreadable."""
    if not path.is_file():
        raise TimelineUnreadable(file=path.name)
    spool = open_spool(path)
    raw = spool.about()
    try:
        about = msgspec.json.decode(raw or b"", type=About)
    except msgspec.DecodeError:
        about = None
    if about is None or about.format != FORMAT:
        spool.connection.close()
        raise TimelineUnreadable(file=path.name)
    return Timeline(path, spool, about)


def fingerprint(source: Source) -> str:
    """A digest of the source's settings and of the bytes of every table in its directories."""
    digest = hashlib.sha256(f"{FORMAT}\n".encode())
    settings = msgspec.structs.asdict(source)
    del settings["directories"], settings["assumed"]
    digest.update(msgspec.json.encode(settings, order="sorted"))
    for directory in source.directories:
        for path in sorted(directory.glob("*")):
            if path.is_file() and path.name.endswith((".csv", ".csv.gz", ".parquet")):
                with path.open("rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
                digest.update(f"\n{path.name} {content}".encode())
    return digest.hexdigest()


def _refuse(report: Report) -> None:
    if not report.good:
        errors = tuple(fault.error() for fault in report.faults[:SHOWN_MOST])
        raise HistoryFaulty(errors=errors, count=report.faults_total)
    if not report.counts.get("order"):
        raise HistoryEmpty()


def _write(
    source: Source, spool: Spool, report: Report, staging: Staging, progress: Progress | None
) -> About:
    total = sum(report.counts.values())
    digest = hashlib.sha256()
    bounds: list[int] = []

    def entries() -> Iterator[tuple[Any, ...]]:
        for seq, (known, body) in enumerate(staging.ordered(), 1):
            digest.update(known.to_bytes(8, "big", signed=True))
            digest.update(body)
            if seq == 1 or seq == total:
                bounds.append(known)
            if progress and seq % BATCH == 0:
                progress("order", seq, total)
            yield seq, known, body

    spool.write(entries())
    if progress:
        progress("order", total, total)
    return About(
        format=FORMAT,
        fingerprint=fingerprint(source),
        digest=digest.hexdigest(),
        total=total,
        counts=report.counts,
        first=from_microseconds(bounds[0]),
        last=from_microseconds(bounds[-1]),
        anomalies=report.anomalies,
        tables=report.tables,
    )
