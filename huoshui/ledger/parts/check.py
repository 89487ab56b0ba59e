"""An archive held against its manifests, the book, and the tamper log that stayed in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from struct import Struct
from typing import Any

import msgspec

from huoshui.core.db import Tx
from huoshui.ledger.parts import parquet, store
from huoshui.ledger.parts.archive import Sums
from huoshui.ledger.parts.parquet import Manifest
from huoshui.ledger.parts.store import COLUMNS, SealRow
from huoshui.ledger.proof import batch, leaf, merkle

Progress = Callable[[str, int, int], None]
_RECORD = Struct(">16s16s16s16sqqqqqqqqihhh")  # as `batch.records` reads it
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NIL = bytes(16)
_Leaf = tuple[bytes, int, bytes, bytes]  # id, leg, hash, record


class ArchiveFault(msgspec.Struct, frozen=True):
    """What disagrees in an archive: the file, which check, what it names."""

    file: str
    check: str
    what: str


class ArchiveCheck(msgspec.Struct, frozen=True):
    """What was checked. `batches` were recomputed whole; of `parts_of_batches` only a part lies
    in the files, and their rows stood among the marks of the seal. `unsealed` batches have no
    seal, as in a world that can be made again."""

    files: int
    transfers: int
    batches: int
    parts_of_batches: int
    unsealed: int
    faults: tuple[ArchiveFault, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing disagreed."""
        return not self.faults


def check_archive(tx: Tx, directory: Path, progress: Progress | None = None) -> ArchiveCheck:
    """Read every file of a directory again and hold it against what should be in it.

    The file's SHA-256 and sums against its manifest and the book's table `archive`; each row
    against the seal of its batch. Raises ArchiveNeedsParquet, ArchiveUnreadable.
    """
    parquet.needed()
    checks = _Checks(tx, directory, progress)
    known = {row.name: row for row in store.archives(tx)}
    manifests = [m for m in parquet.read_manifests(directory) if m.book == tx.book]
    for manifest in manifests:
        row = known.pop(manifest.name, None)
        if row is None:
            checks.fault(manifest, "not_archived", manifest.name)
        elif row.sha256 != manifest.sha256:
            checks.fault(manifest, "manifest", "sha256")
        checks.file(manifest)
    checks.finish()
    for row in known.values():
        if row.transfers:
            checks.faults.append(ArchiveFault(f"{row.name}.parquet", "missing", row.name))
    return ArchiveCheck(
        len(manifests), checks.transfers, checks.whole, checks.partial, checks.unsealed,
        tuple(checks.faults),
    )  # fmt: skip


class _Checks:
    """The check of a directory under way; batches that a file cuts wait for the next one."""

    def __init__(self, tx: Tx, directory: Path, progress: Progress | None) -> None:
        self._tx, self._directory, self._progress = tx, directory, progress
        self._open: dict[int, list[_Leaf]] = {}
        self._file = ""
        self.faults: list[ArchiveFault] = []
        self.transfers = self.whole = self.partial = self.unsealed = 0

    def fault(self, manifest: Manifest, check: str, what: str) -> None:
        """Note what disagrees."""
        self.faults.append(ArchiveFault(manifest.file, check, what))

    def file(self, manifest: Manifest) -> None:
        """Check one file."""
        self._file = manifest.file
        path = self._directory / manifest.file
        if parquet.file_hash(path) != manifest.sha256:
            self.fault(manifest, "sha256", manifest.file)
        sums = Sums()
        for rows in parquet.read_rows(path):
            sums.add(rows)
            for row in rows:
                values = dict(zip(COLUMNS, row, strict=True))
                self._open.setdefault(values["batch"], []).append(_leaf(values))
            if self._progress:
                self._progress(manifest.name, sums.transfers, manifest.transfers)
        self.transfers += sums.transfers
        made = sums.manifest(manifest.book, manifest.name, manifest.file, manifest.sha256)
        for name in made.__struct_fields__:
            if getattr(made, name) != getattr(manifest, name):
                self.fault(manifest, "manifest", name)
        self._settle(last=False)

    def finish(self) -> None:
        """Check the batches that no file has whole."""
        self._settle(last=True)

    def _settle(self, *, last: bool) -> None:
        seals = store.seals(self._tx, sorted(self._open))
        for number in sorted(self._open):
            leaves, seal = sorted(self._open[number]), seals.get(number)
            if seal is None:
                self.unsealed += 1
            elif len(leaves) >= seal.transfers:
                self.whole += 1
                self._whole(number, leaves, seal)
            elif last:
                self.partial += 1
                self._partial(number, leaves, seal)
            else:
                continue
            del self._open[number]

    def _whole(self, number: int, leaves: list[_Leaf], seal: SealRow) -> None:
        hashes = b"".join(leaf_[2] for leaf_ in leaves)
        records = b"".join(leaf_[3] for leaf_ in leaves)
        if batch.seal(self._tx.book, hashes, records).root != seal.root:
            self.faults.append(ArchiveFault(self._file, "batch_root", str(number)))

    def _partial(self, number: int, leaves: list[_Leaf], seal: SealRow) -> None:
        marks = {seal.marks[i * 8 : i * 8 + 8] for i in range(seal.transfers)}
        for id_, leg, hash_, _ in leaves:
            if hash_[:8] not in marks:
                what = f"{number} {id_.hex()}.{leg}"
                self.faults.append(ArchiveFault(self._file, "batch_mark", what))


def _leaf(values: dict[str, Any]) -> _Leaf:
    """A transfer's place, its hash as a leaf and its record."""
    form = leaf.Transfer(**values).form
    held = (values["from_held"] or 0, values["to_held"] or 0)
    record = _RECORD.pack(
        values["id"].bytes, values["from_id"].bytes, values["to_id"].bytes,
        values["hold_id"].bytes if values["hold_id"] else _NIL, values["amount"],
        values["from_after"], values["to_after"], values["from_version"], values["to_version"],
        *held, (values["recorded_at"] - _EPOCH) // timedelta(microseconds=1),
        values["timeout_s"] or 0, values["leg"], values["kind"], values["flags"],
    )  # fmt: skip
    return values["id"].bytes, values["leg"], merkle.leaf_hash(form), record
