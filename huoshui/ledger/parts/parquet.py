"""An archived part as a file: rows of `transfer` in Parquet, beside a manifest in JSON.

A file appears whole or not at all: it is written under another name, flushed to the disk, and
renamed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.errors import Problem
from huoshui.ledger.parts.store import COLUMNS

FORMAT = "huoshui-ledger-archive/1"
_UUIDS = ("id", "from_id", "to_id", "hold_id", "reverses")
_TIMES = ("effective_at", "recorded_at")
_TEXTS = ("currency", "template", "reference", "actor")
_SMALL = {"leg": "int16", "kind": "int16", "flags": "int16", "book": "int32", "timeout_s": "int32"}


class ArchiveNeedsParquet(Problem):
    """The extra [parquet] is not installed."""

    code = "archive_needs_parquet"
    status = 422


class ArchiveUnreadable(Problem):
    """A file of an archive is missing or cannot be read."""

    code = "archive_unreadable"
    status = 422


class AccountCarry(msgspec.Struct, frozen=True):
    """What the part leaves on an account: sums, and its last row on each side. Minor units."""

    account_id: UUID
    out_: int
    in_: int
    transfers: int
    version: int
    balance: int
    out_version: int
    held_out: int
    in_version: int
    held_in: int
    effective_at: datetime
    recorded_at: datetime


class Manifest(msgspec.Struct, frozen=True):
    """What an archive's file holds. `amount` is the sum of all amounts, whatever the currency."""

    format: str
    book: int
    name: str
    file: str
    sha256: str
    transfers: int
    amount: int
    first_id: UUID
    until_id: UUID
    least_id: UUID
    greatest_id: UUID
    first_batch: int
    last_batch: int
    effective_until: datetime
    recorded_until: datetime
    carried: tuple[AccountCarry, ...]


def needed() -> tuple[Any, Any]:
    """pyarrow and its Parquet part. Raises ArchiveNeedsParquet."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise ArchiveNeedsParquet() from None


def _schema(arrow: Any) -> Any:
    types = {name: arrow.int64() for name in COLUMNS}
    types |= {name: getattr(arrow, kind)() for name, kind in _SMALL.items()}
    types |= dict.fromkeys(_UUIDS, arrow.binary(16))
    types |= dict.fromkeys(_TIMES, arrow.timestamp("us", tz="UTC"))
    types |= dict.fromkeys(_TEXTS, arrow.string())
    return arrow.schema([(name, types[name]) for name in COLUMNS])


class Writer:
    """Writes one file; `close` gives its SHA-256, an exception leaves nothing."""

    def __init__(self, path: Path) -> None:
        self._arrow, parquet = needed()
        self._path, self._part = path, path.with_suffix(".part")
        self._schema = _schema(self._arrow)
        self._file = parquet.ParquetWriter(self._part, self._schema, compression="zstd")

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        """Append rows, columns in the order of COLUMNS."""
        columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        for name in _UUIDS:
            columns[name] = [value and value.bytes for value in columns[name]]
        self._file.write_table(self._arrow.Table.from_pydict(columns, schema=self._schema))

    def close(self) -> str:
        """End the file and give it its name; the SHA-256 of its content."""
        self._file.close()
        digest = file_hash(self._part)
        settle(self._part, self._path)
        return digest

    def drop(self) -> None:
        """Leave nothing."""
        with suppress(Exception):
            self._file.close()
        self._part.unlink(missing_ok=True)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest beside its file."""
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    settle(part, path)


def settle(part: Path, path: Path) -> None:
    """Flush a file to the disk and give it its name, the directory's entry included."""
    with part.open("rb") as content:
        os.fsync(content.fileno())
    part.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_manifests(directory: Path) -> list[Manifest]:
    """The manifests of a directory, oldest part first. Raises ArchiveUnreadable."""
    found = []
    for path in sorted(directory.glob("transfer_*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=Manifest))
        except (OSError, msgspec.MsgspecError) as error:
            raise ArchiveUnreadable(file=path.name, reason=str(error)[:200]) from error
    return sorted(found, key=lambda manifest: manifest.first_id)


def read_rows(path: Path, at_once: int = 50_000) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a file in order, columns in the order of COLUMNS. Raises ArchiveUnreadable."""
    arrow, parquet = needed()
    try:
        for group in parquet.ParquetFile(path).iter_batches(at_once, columns=list(COLUMNS)):
            columns = group.to_pydict()
            for name in _UUIDS:
                columns[name] = [value and UUID(bytes=value) for value in columns[name]]
            yield list(zip(*(columns[name] for name in COLUMNS), strict=True))
    except (OSError, KeyError, ValueError, arrow.ArrowException) as error:
        raise ArchiveUnreadable(file=path.name, reason=str(error)[:200]) from error


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ArchiveUnreadable(file=path.name, reason=error.strerror or "-") from error
