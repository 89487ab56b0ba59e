"""Runs of the reconciliation: piece after piece, each in a commit of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import ids as id_texts
from huoshui.core.db import Database, Tx
from huoshui.ledger import verify
from huoshui.ledger.reconciliation import store
from huoshui.ledger.reconciliation.store import RunRow
from huoshui.ledger.verify import Fault

ACCOUNTS_AT_ONCE = 200
Progress = Callable[[int, int], None]


class Reconciliation(msgspec.Struct, frozen=True):
    """A run: what was compared, and what disagreed (at most about 100 faults are kept).

    `ended_at` is None while it is under way.
    """

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    accounts: int
    transfers: int
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether it is over and nothing disagreed."""
        return self.ended_at is not None and not self.faults


def start(tx: Tx) -> UUID:
    """Begin a run; its id."""
    id_ = tx.id("rcl", tx.now.isoformat())
    store.start(tx, id_)
    return id_


def advance(tx: Tx, run: UUID, after: UUID | None) -> UUID | None:
    """Compare the next accounts of a run; behind which to go on, or None where it is over.

    Each statement sees one state, counters and history together, and locks nothing.
    """
    found = store.accounts(tx, after, ACCOUNTS_AT_ONCE)
    ids = [id_ for id_, _ in found]
    faults = verify.verify_accounts(tx, ids) if ids else []
    over = len(found) < ACCOUNTS_AT_ONCE
    if over:
        faults += verify.verify_trial(tx)
    store.add(tx, run, len(ids), sum(n for _, n in found), msgspec.json.encode(faults))
    if not over:
        return ids[-1]
    row = store.end(tx, run)
    if row is not None:
        tx.emit(
            "ledger.reconciled", id_texts.show("rcl", run),
            accounts=row.accounts, transfers=row.transfers, faults=len(row.faults),
        )  # fmt: skip
    return None


def reconcile(
    database: Database, *, book: int = 1, progress: Progress | None = None
) -> Reconciliation:
    """A whole run now."""
    with database.begin(book=book) as tx:
        run = start(tx)
    after, done = None, 0
    while True:
        with database.begin(book=book) as tx:
            after = advance(tx, run, after)
        done += ACCOUNTS_AT_ONCE
        if progress:
            progress(done, done + ACCOUNTS_AT_ONCE if after else done)
        if after is None:
            break
    with database.begin(book=book) as tx:
        return next(r for r in reconciliations(tx) if r.id == run)


def reconciliations(tx: Tx, *, before: UUID | None = None, limit: int = 20) -> list[Reconciliation]:
    """Runs, newest first."""
    return [_read(row) for row in store.runs(tx, before, limit)]


def _read(row: RunRow) -> Reconciliation:
    faults = msgspec.convert(row.faults, tuple[Fault, ...])
    return Reconciliation(row.id, row.started_at, row.ended_at, row.accounts, row.transfers, faults)
