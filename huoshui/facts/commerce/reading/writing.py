"""Facts written as tables in Huoshui's own layout: what `layout` reads, and nothing else."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO, Any

import msgspec

from huoshui.core.money import Money, major
from huoshui.facts.commerce.model import KINDS, Fact
from huoshui.facts.commerce.reading.layout import PRICED, TABLES

_TABLE_OF = {KINDS[kind]: table for table, kind in TABLES.items()}


class Writer:
    """Writes each fact to the table of its kind; tables are made in full, empty ones too.

    Times are written with the offset of `zone`. The same facts in the same order give the same
    bytes. Use it as a context; leaving it closes the files.
    """

    def __init__(self, directory: Path, zone: tzinfo = UTC, compress: bool = True) -> None:
        self._zone = zone
        self._files: list[io.TextIOWrapper] = []
        self._rows: dict[type[Fact], Any] = {}
        self._names = {kind: msgspec.structs.fields(kind) for kind in _TABLE_OF}
        directory.mkdir(parents=True, exist_ok=True)
        for kind, table in _TABLE_OF.items():
            file = _text_file(directory / (f"{table}.csv.gz" if compress else f"{table}.csv"))
            self._files.append(file)
            self._rows[kind] = csv.writer(file)
            self._rows[kind].writerow(column_names(table))

    def add(self, fact: Fact) -> None:
        """Write one fact."""
        kind = type(fact)
        cells = [self._text(getattr(fact, field.name)) for field in self._names[kind]]
        if _TABLE_OF[kind] in PRICED:
            amount = fact.price if hasattr(fact, "price") else fact.amount  # type: ignore[attr-defined]
            cells.append(amount.currency)
        self._rows[kind].writerow(cells)

    def _text(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, datetime):
            return value.astimezone(self._zone).isoformat()
        if isinstance(value, Money):
            return f"{major(value.amount, value.currency):f}"
        return str(value)

    def close(self) -> None:
        """Close every table."""
        for file in self._files:
            file.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def column_names(table: str) -> list[str]:
    """The columns of a table as they are written: the fact's fields, then the currency."""
    names = [field.name for field in msgspec.structs.fields(KINDS[TABLES[table]])]
    return [*names, "currency"] if table in PRICED else names


def _text_file(path: Path) -> io.TextIOWrapper:
    if path.suffix != ".gz":
        return path.open("w", encoding="utf-8", newline="")
    # No name and no time in the header, so that the bytes depend on the content alone.
    packed = io.BufferedWriter(_Packed(path.open("wb")), 1 << 16)
    return io.TextIOWrapper(packed, encoding="utf-8", newline="")


class _Packed(gzip.GzipFile):
    """A gzip file that closes the file below it too."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._below = raw
        super().__init__(filename="", mode="wb", compresslevel=4, fileobj=raw, mtime=0)

    def close(self) -> None:
        super().close()
        self._below.close()
