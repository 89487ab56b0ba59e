"""The books recomputed: every batch against its seal, every account and hold from the transfers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from huoshui.core.crypto import sha256
from huoshui.core.db import Tx
from huoshui.core.ids import show
from huoshui.ledger.proof import audit_store, batch
from huoshui.ledger.proof.audit_store import BatchRow, CounterRow, HoldRow
from huoshui.ledger.proof.batch import MARK_BYTES, Record, Sealed
from huoshui.ledger.proof.fault import Faults
from huoshui.ledger.proof.fold import Fold, OpenHold

WINDOW = 20_000  # transfers read at once; a larger batch is read alone
RANGE = 20_000  # batch numbers whose sizes are asked for at once
PAGE = 5_000

Progress = Callable[[int], None]


class BooksCheck:
    """One walk over a book's batches in the order of their numbers."""

    def __init__(self, tx: Tx, faults: Faults) -> None:
        self._tx = tx
        self._faults = faults
        self._carried = audit_store.carried(tx)
        self._fold = Fold(self._disagree, self._carried)
        self.batches = 0
        self.sealed = 0
        self.unsealed = 0
        self.archived = 0

    @property
    def transfers(self) -> int:
        """How many transfers were read."""
        return self.sealed + self.unsealed

    def run(self, progress: Progress) -> None:
        """Read every batch, then hold accounts, holds and reversals against what came out."""
        for rows in ahead(self._read()):
            for row in rows:
                self._batch(row)
                self._fold.take(batch.records(row.records))
            progress(self.transfers)
        self._accounts()
        self._holds()
        archived = audit_store.archived(self._tx)
        if self.archived != archived:
            self._faults.add("archive", "transfer", "gone", self.archived, archived)

    def _disagree(self, check: str, row: str, column: str, stored: object, found: object) -> None:
        self._faults.add(check, "transfer", f"{row} {column}", stored, found)

    def _read(self) -> Iterator[list[BatchRow]]:
        for first, last in self._windows():
            yield audit_store.batches(self._tx, first, last)

    def _windows(self) -> Iterator[tuple[int, int]]:
        edges = [-(2**62), 0]
        while edges[-1] < audit_store.last_batch(self._tx):
            edges.append(edges[-1] + RANGE)
        for after, until in zip(edges, [*edges[1:], 2**62], strict=True):
            first, transfers = None, 0
            for number, size in audit_store.batch_sizes(self._tx, after, until):
                if first is not None and transfers + size > WINDOW:
                    yield first, number - 1
                    first, transfers = None, 0
                first, transfers = number if first is None else first, transfers + size
            if first is not None:
                yield first, until

    def _batch(self, row: BatchRow) -> None:
        count = len(row.hashes) // 32
        if self._tx.simulated or (row.log_digest is None and row.queued):
            self.unsealed += count
            return
        self.batches += 1
        self.sealed += count
        sealed = batch.seal(self._tx.book, row.hashes, row.records)
        found = sealed.row(self._tx.book, row.batch)
        if sha256(found.form) != row.log_digest:
            self._differs(row, sealed)

    def _differs(self, row: BatchRow, sealed: Sealed) -> None:
        """Name the transfers that are not as they were sealed, by the first bytes of their hash."""
        if row.log_digest is None or row.marks is None:
            for place in range(sealed.transfers):
                self._faults.add("batch", "transfer", _name(row, place), None, row.batch)
            return
        marks = _marks(row.marks)[: row.transfers]
        found = _marks(sealed.marks)[: sealed.transfers]
        wrong = [i for i, mark in enumerate(found) if mark not in set(marks)]
        gone = [i for i, mark in enumerate(marks) if mark not in set(found)]
        if self._carried and not wrong:
            self.archived += len(gone)
            return
        for place in wrong:
            before = marks[place] if len(marks) == len(found) else None
            self._faults.add("batch", "transfer", _name(row, place), before, found[place])
        for place in gone[len(wrong) :]:
            self._faults.add("batch", "transfer", f"batch {row.batch} #{place}", marks[place], None)
        if not wrong and not gone and row.seal_digest == row.log_digest:
            self._faults.add("batch", "transfer", f"batch {row.batch}", row.log_digest, None)

    def _accounts(self) -> None:
        after: UUID | None = None
        met = 0
        while rows := audit_store.counters(self._tx, after, PAGE):
            after = rows[-1].id
            met += sum(self._account(row) for row in rows)
        if met < len(self._fold):
            missing = len(self._fold) - met
            self._faults.add("account", "account", f"{missing} missing", missing, 0)

    def _account(self, row: CounterRow) -> bool:
        """Compare an account's counters; whether a transfer that is at hand touched it."""
        known = self._fold.counters(row.id.bytes)
        found = known or (0, 0, 0, 0, 0, 0)
        stored = (row.version, row.out_, row.in_, row.held_out, row.held_in, row.moved_us)
        columns = ("version", "out_", "in_", "held_out", "held_in", "moved_at")
        untold = known is not None and not found[5]  # its last transfer is archived
        for column, here, there in zip(columns, stored, found, strict=True):
            if here != there and not (untold and column == "moved_at"):
                name = f"{show('acc', row.id)} {column}"
                self._faults.add("account", "account", name, here, there)
        return row.id.bytes in self._fold

    def _holds(self) -> None:
        after: UUID | None = None
        left = dict(self._fold.holds)
        while rows := audit_store.open_holds(self._tx, after, PAGE):
            after = rows[-1].id
            for row in rows:
                self._hold(row, left)
        for key in left:
            self._faults.add("hold", "hold", show("txn", UUID(bytes=key)), None, "open")
        for id_, stored, found in audit_store.wrong_holds(self._tx):
            self._faults.add("hold", "hold", show("txn", id_), stored, found)
        for id_, stored, found in audit_store.wrong_reversals(self._tx):
            self._faults.add("reversal", "reversal", show("txn", id_), stored, found)

    def _hold(self, row: HoldRow, left: dict[bytes, OpenHold]) -> None:
        found = self._fold.holds.get(row.id.bytes)
        left.pop(row.id.bytes, None)
        if found is None:
            self._faults.add("hold", "hold", show("txn", row.id), "open", None)
            return
        stored = (row.remaining, row.expires_us)
        if stored != (found.remaining, found.expires_us):
            expected = (found.remaining, found.expires_us)
            self._faults.add("hold", "hold", show("txn", row.id), stored, expected)


def _marks(marks: bytes) -> list[bytes]:
    return [marks[i : i + MARK_BYTES] for i in range(0, len(marks), MARK_BYTES)]


def _name(row: BatchRow, place: int) -> str:
    record = Record._make(list(batch.records(row.records))[place])
    return f"{show('txn', UUID(bytes=record.id))}/{record.leg}"


T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, the next one being made in a thread while one is used.

    The database hashes while Python folds. An item's failure is raised where it would be used.
    """
    with ThreadPoolExecutor(1, "huoshui-ahead") as one:
        coming = one.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = one.submit(next, items, None)
            yield item
