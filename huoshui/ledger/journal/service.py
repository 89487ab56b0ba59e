"""The journal's reads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import ids as id_texts
from huoshui.core.db import Tx
from huoshui.ledger import service as ledger
from huoshui.ledger.journal import store
from huoshui.ledger.journal.store import Entry, EntryLeg, Flow, Line, Place, Total
from huoshui.ledger.model import UnknownTransaction


class Posted(msgspec.Struct, frozen=True):
    """A transaction as it stands in the journal."""

    entry: Entry
    legs: tuple[EntryLeg, ...]


class TrialBalance(msgspec.Struct, frozen=True):
    """All accounts by kind; balanced when debits equal credits in every currency."""

    at: datetime
    totals: tuple[Total, ...]
    sums: dict[str, tuple[int, int]]
    balanced: bool


def transfers(tx: Tx, id_: UUID, *, before: Place | None = None, limit: int = 50) -> list[Line]:
    """An account's transfers, newest first. Raises UnknownAccount."""
    ledger.account(tx, id_)
    return store.lines(tx, id_, before=before, limit=limit)


def page(
    tx: Tx,
    *,
    reference: str = "",
    account: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Posted]:
    """Transactions with their legs, newest first."""
    found = store.entries(
        tx,
        reference=reference,
        account=account,
        since=since,
        until=until,
        after=after,
        limit=limit,
    )
    return _with_legs(tx, found)


def transaction(tx: Tx, id_: UUID) -> Posted:
    """One transaction with its legs. Raises UnknownTransaction."""
    found = _with_legs(tx, store.entries(tx, ids=[id_]))
    if not found:
        raise UnknownTransaction(kind="txn", id=id_texts.show("txn", id_))
    return found[0]


def transactions(tx: Tx, ids: list[UUID]) -> list[Posted]:
    """These transactions with their legs, newest first."""
    return _with_legs(tx, store.entries(tx, ids=ids, limit=len(ids))) if ids else []


def flow(tx: Tx, since: datetime, zone: str) -> list[Flow]:
    """What each posting moved on each local day since `since`, by kinds of account."""
    return store.flow(tx, since, zone)


def trial_balance(tx: Tx) -> TrialBalance:
    """Debits and credits of every kind of account, and whether they are equal."""
    totals = store.totals(tx)
    sums: dict[str, tuple[int, int]] = {}
    for total in totals:
        debit, credit = sums.get(total.currency, (0, 0))
        sums[total.currency] = (debit + total.debit, credit + total.credit)
    balanced = all(debit == credit for debit, credit in sums.values())
    return TrialBalance(tx.now, tuple(totals), sums, balanced)


def _with_legs(tx: Tx, entries: list[Entry]) -> list[Posted]:
    legs: dict[UUID, list[EntryLeg]] = {entry.id: [] for entry in entries}
    for leg in store.entry_legs(tx, list(legs)):
        legs[leg.txn_id].append(leg)
    return [Posted(entry, tuple(legs[entry.id])) for entry in entries]
