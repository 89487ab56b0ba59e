"""What a layout leaves behind when it has read a source: the way from files to staged facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from huoshui.facts.commerce.model import KINDS, AnyFact, Fact
from huoshui.facts.commerce.reading.anomalies import Anomalies
from huoshui.facts.commerce.reading.faults import Faults
from huoshui.facts.commerce.reading.files import Columns, Row, rows
from huoshui.facts.commerce.reading.source import Source
from huoshui.facts.commerce.reading.store import BATCH, Staging

# Told the stage, how much is done, of how much: "read" in bytes of the files, "order" in facts;
# the generator of samples tells "write" in orders.
Progress = Callable[[str, int, int], None]

PLACE = {kind: place for place, kind in enumerate(KINDS)}
_PLACE_OF: dict[type[Fact], int] = {struct: PLACE[kind] for kind, struct in KINDS.items()}

encode = msgspec.msgpack.Encoder().encode
decode: Callable[[bytes], AnyFact] = msgspec.msgpack.Decoder(AnyFact).decode


class TableRead(msgspec.Struct, frozen=True):
    """One table that was read: its name, its file and how many rows it holds."""

    table: str
    file: str
    rows: int


class Reading:
    """One pass over a source: the staging file, what is wrong and odd, how far it has come."""

    def __init__(self, source: Source, staging: Staging, progress: Progress | None) -> None:
        self.source = source
        self.staging = staging
        self.faults = Faults()
        self.anomalies = Anomalies()
        self.tables: list[TableRead] = []
        self._progress = progress
        self._behind = 0
        self._bytes = 0
        self._waiting: list[tuple[Any, ...]] = []

    def plan(self, files: Iterable[Path]) -> None:
        """Say which files will be read, so that progress has a total."""
        self._bytes = sum(path.stat().st_size for path in files)

    def rows(self, table: str, path: Path, columns: Columns) -> Iterator[Row]:
        """The rows of one table's file; counted, and progress told."""
        count = 0
        for row in rows(path, columns, self.faults, self._tick):
            count += 1
            yield row
        self.tables.append(TableRead(table, path.name, count))
        self._behind += path.stat().st_size
        self._tick(0)

    def _tick(self, position: int) -> None:
        if self._progress:
            self._progress("read", self._behind + position, self._bytes)

    def stage(
        self,
        fact: AnyFact,
        known: int,
        *,
        occurred: int = 0,
        parent: str | None = None,
        refs: tuple[str | None, str | None] = (None, None),
        minor: int = 0,
        place: tuple[str, int] = ("", 0),
    ) -> None:
        """Stage one fact, in batches. `occurred` only serves layouts that look at it again."""
        self._waiting.append(
            (
                _PLACE_OF[type(fact)],
                fact.key,
                parent,
                *refs,
                occurred,
                known,
                minor,
                *place,
                encode(fact),
            )
        )
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the facts that wait for their batch to be full."""
        self.staging.add(self._waiting)
        self._waiting.clear()
