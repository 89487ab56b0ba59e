"""Making a statement with its proof: an account's sealed transfers of a period of recorded time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huoshui.core.crypto import sha256
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.ledger.proof import batch, checkpoint, leaf, merkle, store
from huoshui.ledger.proof.offline import (
    FORMAT,
    ProvenAccount,
    ProvenBalance,
    ProvenBatch,
    ProvenTransfer,
    Statement,
)

TRANSFERS_MAX = 20_000
BATCHES_READ = 16


class NotSealedYet(Problem):
    """Some of what a proof is asked for waits for the sealer."""

    code = "not_sealed_yet"
    status = 409


class StatementTooLong(Problem):
    """More transfers than one statement may hold."""

    code = "statement_too_long"
    status = 422


def prove(tx: Tx, account: UUID, since: datetime, until: datetime) -> Statement:
    """The statement of an account over [since, until). Raises NotSealedYet, StatementTooLong."""
    rows = store.transfers_between(tx, account, since, until, TRANSFERS_MAX + 1)
    if len(rows) > TRANSFERS_MAX:
        raise StatementTooLong(most=TRANSFERS_MAX)
    before, after = store.transfers_beside(tx, account, since, until)
    after = after if after and store.seals(tx, [after.batch]) else None
    note = store.last_checkpoint(tx)
    row = store.account(tx, account)
    if note is None or row is None:
        raise NotSealedYet()
    log = _Log(tx, checkpoint.read(note).size)
    edges = [edge for edge in (before, after) if edge]
    trees = _Trees(tx, account, sorted({t.batch for t in (*rows, *edges)}))
    last = rows[-1] if rows else None
    return Statement(
        format=FORMAT,
        since=since,
        until=until,
        account=log.account(row),
        before=trees.transfer(before) if before else None,
        transfers=tuple(trees.transfer(row) for row in rows),
        after=trees.transfer(after) if after else None,
        closing=trees.closing(last) if last else None,
        batches=log.batches(list(trees.seals.values())),
        checkpoint=note,
    )


class ProofArchived(Problem):
    """A batch that a proof needs is archived in part or whole, or was changed."""

    code = "proof_archived"
    status = 410


class _Log:
    """Paths in the log of a size."""

    def __init__(self, tx: Tx, size: int) -> None:
        self._tx = tx
        self._size = size

    def account(self, row: leaf.Account) -> ProvenAccount:
        """An account's newest leaf, which must say what stands."""
        found = store.leaf_of(self._tx, "account", [row.id.bytes]).get(row.id.bytes)
        if found is None or found[1] != sha256(row.form):
            raise NotSealedYet()
        path = self._paths([found[0]])[0]
        return ProvenAccount(row, found[0], path)

    def batches(self, seals: list[leaf.Batch]) -> tuple[ProvenBatch, ...]:
        """The leaves of batches."""
        refs = [seal.batch.to_bytes(8, "big") for seal in seals]
        found = store.leaf_of(self._tx, "batch", refs)
        indexes = [found[ref][0] for ref in refs]
        return tuple(
            ProvenBatch(
                seal.batch, seal.transfers, seal.balances, seal.root.hex(),
                sha256(seal.marks).hex(), index, path,
            )
            for seal, index, path in zip(seals, indexes, self._paths(indexes), strict=True)
        )  # fmt: skip

    def _paths(self, indexes: list[int]) -> list[tuple[str, ...]]:
        ranges = [merkle.inclusion_ranges(index, self._size) for index in indexes]
        known = sorted({range_ for path in ranges for range_ in path})
        hashes = dict(zip(known, store.range_hashes(self._tx, known), strict=True))
        return [tuple(hashes[range_].hex() for range_ in path) for path in ranges]


class _Trees:
    """The trees of the batches that a statement touches, from their transfers."""

    def __init__(self, tx: Tx, account: UUID, numbers: list[int]) -> None:
        self._tx = tx
        self._account = account
        self.seals = {seal.batch: seal for seal in store.seals(tx, numbers)}
        if len(self.seals) < len(numbers):
            raise NotSealedYet()
        self._places: dict[int, dict[tuple[bytes, int], int]] = {}
        self._trees: dict[int, list[list[bytes]]] = {}
        self._closing: dict[int, tuple[int, leaf.Balance] | None] = {}
        for start in range(0, len(numbers), BATCHES_READ):
            for number, hashes, packed in store.batches(tx, numbers[start : start + BATCHES_READ]):
                self._take(number, hashes, packed)

    def _take(self, number: int, hashes: bytes, packed: bytes) -> None:
        sealed = batch.seal(self._tx.book, hashes, packed)
        if sealed.root != self.seals[number].root:
            raise ProofArchived(batch=number)
        own = self._account.bytes
        self._trees[number] = merkle.levels(sealed.leaves)
        self._places[number] = {
            (record.id, record.leg): place
            for place, record in enumerate(map(batch.Record._make, batch.records(packed)))
            if own in (record.source, record.target)
        }
        self._closing[number] = batch.balance_of(self._tx.book, self._account, packed)

    def transfer(self, row: leaf.Transfer) -> ProvenTransfer:
        """A transfer with its path."""
        place = self._places[row.batch][row.id.bytes, row.leg]
        return ProvenTransfer(row, place, self._path(row.batch, place))

    def closing(self, last: leaf.Transfer) -> ProvenBalance | None:
        """The balance that the last transfer's batch left, if it is that transfer's."""
        found = self._closing[last.batch]
        if found is None or (found[1].txn_id, found[1].leg) != (last.id, last.leg):
            return None
        place = self.seals[last.batch].transfers + found[0]
        return ProvenBalance(found[1], last.batch, place, self._path(last.batch, place))

    def _path(self, number: int, place: int) -> tuple[str, ...]:
        return tuple(hash_.hex() for hash_ in merkle.path(self._trees[number], place))
