"""Archive: a part that is over goes to a file, and what it left stays with its accounts.

The file is written from one state of the database. Then, while the book's batches wait, the part
is seen to be what was written, its sums are carried, it is dropped and the horizon moves, all in
one commit. Killed in between, the database still has everything, and the file is written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Database, Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.ledger.model import CAPTURE, POST
from huoshui.ledger.parts import parquet, service, store
from huoshui.ledger.parts.parquet import AccountCarry, Manifest
from huoshui.ledger.parts.service import Month
from huoshui.ledger.parts.store import COLUMNS, ArchiveRow, Carry, Range

ROWS_AT_ONCE = 50_000
Progress = Callable[[str, int, int], None]
_NIL = UUID(int=0)
_REASONS = {
    "open": "part_open", "holds": "part_holds", "proof": "part_unproven",
    "rest": "part_behind_rest", "changed": "part_changed",
}  # fmt: skip
_AT = {name: place for place, name in enumerate(COLUMNS)}


class PartStays(Problem):
    """A part cannot be archived yet; the problem names the part and the reason."""

    code = "part_stays"
    status = 409


class Archived(msgspec.Struct, frozen=True):
    """A part that went to a file."""

    month: str
    name: str
    file: str
    transfers: int
    accounts: int
    sha256: str


def archive(
    database: Database,
    before: str,
    directory: Path,
    *,
    book: int = 1,
    actor: str = "system",
    progress: Progress | None = None,
) -> list[Archived]:
    """Archive every part of the months before `before` (YYYY-MM), oldest first.

    Raises BadMonth, ArchiveNeedsParquet, and PartStays at the first part that is not over: what
    came before it is archived.
    """
    parquet.needed()
    end = Month.read(before)
    directory.mkdir(parents=True, exist_ok=True)
    with database.begin(book=book) as tx:
        names = [p.name for p in store.parts(tx) if service.month_of(p.name) < end]
    done = []
    for name in names:
        manifest = _write(database, name, directory, book, progress)
        with database.begin(book=book, actor=actor) as tx:
            _commit(tx, name, manifest)
        month = str(service.month_of(name))
        file = manifest.file if manifest else ""
        count, accounts = (manifest.transfers, len(manifest.carried)) if manifest else (0, 0)
        sha256 = manifest.sha256 if manifest else ""
        done.append(Archived(month, name, file, count, accounts, sha256))
    return done


def _write(
    database: Database, name: str, directory: Path, book: int, progress: Progress | None
) -> Manifest | None:
    """The file of a part and its manifest; None for a part without rows, which has no file."""
    sums = Sums()
    path = directory / f"{name}.parquet"
    with database.begin(book=book, snapshot=True) as tx:
        total = store.count(tx, name)
        if not total:
            return None
        writer = parquet.Writer(path)
        try:
            after = (_NIL, -1)
            while rows := store.rows(tx, name, after, ROWS_AT_ONCE):
                sums.add(rows)
                _demand(tx, name, sums)
                writer.add(rows)
                after = (rows[-1][_AT["id"]], rows[-1][_AT["leg"]])
                if progress:
                    progress(name, sums.transfers, total)
            digest = writer.close()
        except BaseException:
            writer.drop()
            raise
    manifest = sums.manifest(book, name, path.name, digest)
    parquet.write_manifest(directory / f"{name}.json", manifest)
    return manifest


def _demand(tx: Tx, name: str, sums: Sums) -> None:
    """Raises PartStays where a part is not over."""
    sealed = store.sealed_until(tx)
    reason = store.hindrance(tx, service.month_of(name).ids, sums.last_batch)
    if sealed is None or sums.effective_until >= sealed:
        reason = "open"
    if reason:
        raise _stays(name, reason)


def _stays(name: str, reason: str) -> PartStays:
    wrong = FieldError(name, _REASONS[reason])
    return PartStays(part=name, reason=reason, errors=(wrong,))


def _commit(tx: Tx, name: str, manifest: Manifest | None) -> None:
    store.hold_off(tx)
    store.lock(tx)
    written = manifest.transfers if manifest else 0
    if not store.exists(tx, name) or store.count(tx, name) != written:
        raise _stays(name, "changed")
    ids = service.month_of(name).ids
    if manifest is None:
        reason = store.hindrance(tx, ids, 0)
        if reason:
            raise _stays(name, reason)
    else:
        reason = store.hindrance(tx, ids, manifest.last_batch)
        if reason:
            raise _stays(name, reason)
        store.carry(tx, [_carry(each) for each in manifest.carried])
    sha256, amount = (manifest.sha256, manifest.amount) if manifest else ("", 0)
    store.keep_archive(
        tx, ArchiveRow(name, ids.first, ids.until, written, amount, sha256, tx.now, tx.actor)
    )
    store.drop(tx, name)
    month = str(service.month_of(name))
    tx.emit("ledger.archived", month, transfers=written, sha256=sha256)


def _carry(each: AccountCarry) -> Carry:
    return Carry(*(getattr(each, name) for name in Carry._fields))


class Sums:
    """What rows of a part come to: their range, their sum, and what they leave on accounts."""

    def __init__(self) -> None:
        self.transfers = 0
        self.amount = 0
        self.accounts: dict[UUID, list[Any]] = {}
        self._rows: list[tuple[Any, ...]] = []

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take more rows, in order of their ids."""
        listed = list(rows)
        batches = [row[_AT["batch"]] for row in listed]
        effects = [row[_AT["effective_at"]] for row in listed]
        records = [row[_AT["recorded_at"]] for row in listed]
        if not self.transfers:
            self.least_id = listed[0][_AT["id"]]
            self.first_batch, self.last_batch = batches[0], batches[0]
            self.effective_until, self.recorded_until = effects[0], records[0]
        self.greatest_id = listed[-1][_AT["id"]]
        self.first_batch = min(self.first_batch, *batches)
        self.last_batch = max(self.last_batch, *batches)
        self.effective_until = max(self.effective_until, *effects)
        self.recorded_until = max(self.recorded_until, *records)
        self.transfers += len(listed)
        for row in listed:
            self.amount += row[_AT["amount"]]
            self._side(row, "from")
            self._side(row, "to")

    def _side(self, row: tuple[Any, ...], side: str) -> None:
        version = row[_AT[f"{side}_version"]]
        effective, recorded = row[_AT["effective_at"]], row[_AT["recorded_at"]]
        of = self.accounts.setdefault(
            row[_AT[f"{side}_id"]], [0, 0, 0, 0, 0, 0, 0, 0, 0, effective, recorded]
        )
        moved = row[_AT["amount"]] if row[_AT["kind"]] in (POST, CAPTURE) else 0
        of[0 if side == "from" else 1] += moved
        of[2] += 1
        if version > of[3]:
            of[3], of[4] = version, row[_AT[f"{side}_after"]]
        place = 5 if side == "from" else 7
        if version > of[place]:
            of[place], of[place + 1] = version, row[_AT[f"{side}_held"]] or 0
        of[9], of[10] = max(of[9], effective), max(of[10], recorded)

    def manifest(self, book: int, name: str, file: str, sha256: str) -> Manifest:
        """All of it, as it is written beside the file."""
        ids: Range = service.month_of(name).ids
        carried = (AccountCarry(id_, *of) for id_, of in sorted(self.accounts.items()))
        return Manifest(
            parquet.FORMAT, book, name, file, sha256, self.transfers, self.amount,
            ids.first, ids.until, self.least_id, self.greatest_id, self.first_batch,
            self.last_batch, self.effective_until, self.recorded_until, tuple(carried),
        )  # fmt: skip
