"""Tables in files: rows of `.csv`, `.csv.gz` and `.parquet`, streamed, as text by column name.

A file that is not what it should be never ends in a traceback: each fault is recorded with its
line and reading goes on where it can. Memory is bounded whatever the file's size: a line of more
than a million bytes ends the reading of its file.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import msgspec

from huoshui.core.errors import Problem
from huoshui.facts.commerce.reading.faults import Faults

SUFFIXES = (".csv", ".csv.gz", ".parquet")
LINE_MOST = 1_000_000
BATCH = 4_096

Row = tuple[int, dict[str, str]]
Tick = Callable[[int], None]  # told now and then how many bytes of the file are behind


class ParquetMissing(Problem):
    """A Parquet file, and the extra that reads it is not installed."""

    code = "parquet_missing"
    status = 422


class Columns(msgspec.Struct, frozen=True):
    """The columns a table may have: those it must have, and whether others are passed over."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    others_pass: bool = False


def find(directories: Iterable[Path], names: Iterable[str]) -> Iterator[Path]:
    """The files that hold a table: directory by directory, name by name, suffix by suffix."""
    names = tuple(names)
    for directory in directories:
        for name in names:
            for suffix in SUFFIXES:
                path = directory / f"{name}{suffix}"
                if path.is_file():
                    yield path


def header(path: Path) -> list[str]:
    """The column names of the file as they stand; none when it cannot be read at all."""
    faults = Faults()
    if path.suffix == ".parquet":
        file = _parquet(path, faults)
        return [] if file is None else list(file.schema_arrow.names)
    with _records(path, faults, _no_tick) as records:
        return _clean(next(records, (0, []))[1])


def _no_tick(_: int) -> None:
    pass


def rows(path: Path, columns: Columns, faults: Faults, tick: Tick = _no_tick) -> Iterator[Row]:
    """Each row as (line, text by column). Bad rows are recorded as faults and left out."""
    if path.suffix == ".parquet":
        yield from _parquet_rows(path, columns, faults, tick)
        return
    with _records(path, faults, tick) as records:
        names = _clean(next(records, (0, []))[1])
        if not _header_is_good(path.name, names, columns, faults):
            return
        for line, cells in records:
            if len(cells) == len(names):
                yield line, dict(zip(names, cells, strict=True))
            elif cells:
                faults.add(path.name, line, "", "row_ragged", expected=len(names), found=len(cells))


def _clean(names: list[str]) -> list[str]:
    return [name.strip() for name in names]


def _header_is_good(file: str, names: list[str], columns: Columns, faults: Faults) -> bool:
    before = faults.by_file[file]
    if not names:
        if not before:
            faults.add(file, 0, "", "file_empty")
        return False
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(file, 1, name, "column_repeated", column=name)
    for name in sorted(columns.required - set(names)):
        faults.add(file, 1, name, "column_missing", column=name)
    if not columns.others_pass:
        known = columns.required | columns.optional
        for name in sorted(set(names) - known):
            faults.add(file, 1, name, "column_unknown", column=name, known=", ".join(sorted(known)))
    return faults.by_file[file] == before


@contextmanager
def _records(path: Path, faults: Faults, tick: Tick) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """The CSV records of the file, each with the number of its first line."""
    try:
        raw: IO[bytes] = path.open("rb", buffering=1 << 17)
    except OSError as error:
        faults.add(path.name, 0, "", "file_unreadable", reason=type(error).__name__)
        yield iter(())
        return
    with raw:
        plain: Any = raw
        if path.suffix == ".gz":
            plain = io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 17)
        yield _parsed(_lines(plain, raw.tell, path.name, faults, tick), path.name, faults)


def _parsed(lines: Iterator[str], file: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        faults.add(file, line, "", "row_unreadable", reason=str(error))


def _lines(
    plain: IO[bytes], position: Callable[[], int], file: str, faults: Faults, tick: Tick
) -> Iterator[str]:
    """Text lines; wrong UTF-8 is a fault of its line, and the rest of the file is still read."""
    number = 0
    try:
        while line := plain.readline(LINE_MOST):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if number % BATCH == 0:
                tick(position())
            if len(line) == LINE_MOST and not line.endswith(b"\n"):
                faults.add(file, number, "", "line_too_long", most=LINE_MOST)
                return
            try:
                yield line.decode()
            except UnicodeDecodeError:
                faults.add(file, number, "", "encoding_wrong")
                yield line.decode(errors="replace")
    except (OSError, EOFError, zlib.error) as error:
        faults.add(file, number + 1, "", "file_unreadable", reason=type(error).__name__)


def _parquet(path: Path, faults: Faults) -> Any:
    """The opened Parquet file, or None with the fault recorded."""
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError:
        raise ParquetMissing(file=path.name) from None
    try:
        return parquet.ParquetFile(path)
    except (OSError, ValueError, NotImplementedError) as error:  # pyarrow's own derive from these
        faults.add(path.name, 0, "", "file_unreadable", reason=type(error).__name__)
        return None


def _parquet_rows(path: Path, columns: Columns, faults: Faults, tick: Tick) -> Iterator[Row]:
    file = _parquet(path, faults)
    if file is None:
        return
    names = list(file.schema_arrow.names)
    if not _header_is_good(path.name, names, columns, faults):
        return
    number, size = 0, path.stat().st_size
    try:
        for batch in file.iter_batches(batch_size=BATCH):
            for row in batch.to_pylist():
                number += 1
                yield number, {name: _text(value) for name, value in row.items()}
            tick(size * number // max(1, file.metadata.num_rows))
    except (OSError, ValueError, NotImplementedError) as error:
        faults.add(path.name, number + 1, "", "file_unreadable", reason=type(error).__name__)


def _text(value: Any) -> str:
    """A typed value as the text a CSV would hold: a double by its shortest exact decimal."""
    if value is None or value != value:  # NaN is how data frames write an empty number
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return repr(value) if isinstance(value, float) else str(value)
