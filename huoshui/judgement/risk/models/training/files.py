"""A file of past cases, one a row: CSV (also gzipped, UTF-8 or GB 18030) or Parquet, as text.

A file that is not what it should be is refused with the line and the mend, never with a trace.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core.errors import Problem

BYTES_MOST = 512 * 1024 * 1024  # unpacked
ROWS_MOST = 2_000_000
COLUMNS_MOST = 1_000
CELL_MOST = 1_000
_PARQUET = b"PAR1"
_ZIPPED = b"\x1f\x8b"
Cell = str | None
MISSING = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "missing", "?", "-", "缺失", "无", "未知"}
)


class TrainingFileUnreadable(Problem):
    """The file is no table that a model can learn from."""

    code = "training_file_unreadable"
    status = 422


class TrainingFileTooLarge(Problem):
    """The file has more than is read at once."""

    code = "training_file_too_large"
    status = 413


class ParquetUnreadable(Problem):
    """A Parquet file, and the extra that reads it is not installed."""

    code = "training_parquet_absent"
    status = 501


class Cells(msgspec.Struct, frozen=True):
    """Columns by name, as text; None where a cell is missing."""

    columns: dict[str, list[Cell]]
    rows: int


def read_file(path: Path, bytes_most: int = BYTES_MOST) -> Cells:
    """The cells of a file. Raises TrainingFileUnreadable, TrainingFileTooLarge, ParquetUnreadable."""
    return read_bytes(path.read_bytes(), bytes_most)


def read_bytes(content: bytes, bytes_most: int = BYTES_MOST) -> Cells:
    """The cells of a file's content; what it is follows from its first bytes."""
    _demand_small(len(content), bytes_most)
    if content[:4] == _PARQUET:
        return _parquet(content, bytes_most)
    if content[:2] == _ZIPPED:
        content = _unzipped(content, bytes_most)
    return _csv(_text(content))


def _demand_small(found: int, most: int) -> None:
    if found > most:
        raise TrainingFileTooLarge(most=f"{most // 1024 // 1024} MB")


def _unzipped(content: bytes, most: int) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as file:
            found = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as bad:
        raise TrainingFileUnreadable(line=1, reason=f"gzip: {bad}") from bad
    _demand_small(len(found), most)
    return found


def _text(content: bytes) -> str:
    if b"\0" in content[:4096]:
        raise TrainingFileUnreadable(line=1, reason="these are not the bytes of a text")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TrainingFileUnreadable(line=1, reason="neither UTF-8 nor GB 18030")


def _csv(text: str) -> Cells:
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = _names([name.strip() for name in next(reader, [])])
        found: list[list[Cell]] = [[] for _ in names]
        for row in reader:
            if row:
                _take(row, found, reader.line_num)
    except csv.Error as bad:
        raise TrainingFileUnreadable(line=reader.line_num, reason=str(bad)) from bad
    return _cells(dict(zip(names, found, strict=True)))


def _take(row: list[str], found: list[list[Cell]], line: int) -> None:
    if len(row) != len(found):
        reason = f"{len(row)} cells under a header of {len(found)}"
        raise TrainingFileUnreadable(line=line, reason=reason)
    if len(found[0]) >= ROWS_MOST:
        raise TrainingFileTooLarge(most=f"{ROWS_MOST:,} rows")
    for column, cell in zip(found, row, strict=True):
        column.append(_cell(cell))


def _cell(text: str) -> Cell:
    stripped = text.strip()
    if stripped.lower() in MISSING:
        return None
    return stripped[:CELL_MOST]


def _names(names: list[str]) -> list[str]:
    if len(names) < 2:
        raise TrainingFileUnreadable(line=1, reason="the header names fewer than two columns")
    if len(names) > COLUMNS_MOST:
        raise TrainingFileTooLarge(most=f"{COLUMNS_MOST:,} columns")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or "" in names:
        what = f"two columns are called {twice[0][:40]}" if twice else "a column has no name"
        raise TrainingFileUnreadable(line=1, reason=what)
    return names


def _cells(columns: dict[str, list[Cell]]) -> Cells:
    rows = len(next(iter(columns.values())))
    if not rows:
        raise TrainingFileUnreadable(line=1, reason="no row follows the header")
    return Cells(columns, rows)


def _parquet(content: bytes, most: int) -> Cells:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as absent:
        raise ParquetUnreadable() from absent
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        about = file.metadata
        _demand_small(
            sum(about.row_group(n).total_byte_size for n in range(about.num_row_groups)), most
        )
        if about.num_rows > ROWS_MOST:
            raise TrainingFileTooLarge(most=f"{ROWS_MOST:,} rows")
        table = file.read()
    except (pa.ArrowException, OSError, ValueError) as bad:
        raise TrainingFileUnreadable(line=1, reason=f"Parquet: {str(bad)[:150]}") from bad
    names = _names([str(name) for name in table.schema.names])
    columns = zip(names, table.columns, strict=True)
    return _cells({name: [_said(cell) for cell in column.to_pylist()] for name, column in columns})


def _said(value: Any) -> Cell:
    if value is None or value != value:  # NaN is not itself
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return _cell(str(value))
