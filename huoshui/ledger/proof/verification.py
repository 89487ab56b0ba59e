"""Verification from zero: the log, then the books that it seals, in one snapshot of the database.

What the seal does not cover (counters, holds, reversals, the tail that waits) is recomputed and
compared all the same, and is reported as not covered.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from huoshui.core.db import Database
from huoshui.ledger.proof import audit_store, store
from huoshui.ledger.proof.checkpoint import LogKey
from huoshui.ledger.proof.fault import Fault, Faults
from huoshui.ledger.proof.verify_books import BooksCheck
from huoshui.ledger.proof.verify_log import LogCheck, Trust

# What stands beside the sealed rows: compared with them, not covered by the seal.
CACHES = ("account counters", "hold", "reversal", "log_node")
UNCOMPARED = ("burnt", "ledger_state")

NO_TRUST = Trust()

Progress = Callable[[str, int, int], None]


class Unsealed(msgspec.Struct, frozen=True):
    """What has committed and waits for the sealer: compared, not covered."""

    batches: int
    transfers: int
    events: int


class Verified(msgspec.Struct, frozen=True):
    """What was verified, what not, and where something disagrees.

    `first` is the first fault; at most 20 are listed of `fault_count`.
    """

    holds: bool
    origin: str
    keys: tuple[str, ...]
    leaves: int
    checkpoints: int
    covered: int
    batches: int
    transfers: int
    archived: int
    events: int
    accounts: int
    unsealed: Unsealed
    compared_not_covered: tuple[str, ...]
    not_compared: tuple[str, ...]
    fault_count: int
    first: Fault | None
    faults: tuple[Fault, ...]


def quiet(_label: str, _done: int, _total: int) -> None:
    """Show no progress."""


def verify(
    database: Database, *, number: int = 1, progress: Progress = quiet, trust: Trust = NO_TRUST
) -> Verified:
    """Recompute a book's log and accounts from zero and compare everything that is stored.

    The keys are those that the database names; `trust` holds them against what was kept elsewhere.
    """
    faults = Faults()
    with database.begin(book=number, snapshot=True) as tx:
        counts = audit_store.counts(tx)
        log = LogCheck(tx, faults, trust)
        if not tx.simulated:
            log.run(lambda done: progress("log", done, counts.leaves))
        books = BooksCheck(tx, faults)
        books.run(lambda done: progress("transfers", done, counts.transfers))
        keys = [LogKey(key.name, key.public) for key in store.keys(tx)]
    return Verified(
        holds=not faults.count,
        origin=keys[0].name if keys else "",
        keys=tuple(key.text for key in keys),
        leaves=log.size,
        checkpoints=log.checkpoints,
        covered=log.covered,
        batches=books.batches,
        transfers=books.transfers,
        archived=books.archived,
        events=counts.events,
        accounts=counts.accounts,
        unsealed=Unsealed(counts.queued_batches, books.unsealed, counts.queued_events),
        compared_not_covered=CACHES,
        not_compared=UNCOMPARED,
        fault_count=faults.count,
        first=faults.listed[0] if faults.listed else None,
        faults=tuple(faults.listed),
    )
