"""What the ledger does: load → decide → flush, and its reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import ids as id_texts
from huoshui.core import money
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.ledger import store
from huoshui.ledger.chart import PATH, AccountKind, Chart
from huoshui.ledger.model import (
    Account,
    Leg,
    Result,
    Transaction,
    UnknownAccount,
    UnknownTransaction,
)
from huoshui.ledger.sheet import Sheet
from huoshui.ledger.store import Entry, EntryLeg, Flow, Line, Total

NO_CHART = Chart(())


class BadPath(Problem):
    """A path is one to six words of letters, digits, dot, hyphen, underscore, joined by colons."""

    code = "bad_path"
    status = 422


class AlreadyReversed(Problem):
    """A transaction can be reversed once; the problem names the reversal."""

    code = "already_reversed"
    status = 409


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


def load(
    tx: Tx,
    paths: Iterable[tuple[str, str]],
    ids: Iterable[UUID] = (),
    chart: Chart = NO_CHART,
) -> Sheet:
    """Lock accounts by (path, currency) and know the transactions that stand already.

    Accounts that are not open yet are opened where the chart has a kind for their path.
    """
    wanted = sorted(set(paths))
    accounts = store.lock(tx, wanted)
    if len(accounts) < len(wanted) and chart.kinds:
        openings = _openings(chart, store.absent(tx, wanted))
        if openings:
            store.open_accounts(tx, openings)
            accounts = store.lock(tx, wanted)
    wanted_ids = list(ids)
    standing = store.standing(tx, wanted_ids) if wanted_ids else {}
    return Sheet(accounts, standing, tx.id, tx.now)


def flush(tx: Tx, sheet: Sheet) -> None:
    """Write what the sheet decided."""
    store.flush(tx, sheet)


def post(tx: Tx, transactions: list[Transaction], chart: Chart = NO_CHART) -> list[Result]:
    """Post transactions; each is decided alone, in order, and gets its own result."""
    paths = {(p, t.currency) for t in transactions for leg in t.legs for p in _ends(leg)}
    sheet = load(tx, paths, [t.id for t in transactions], chart)
    results = [sheet.post(transaction) for transaction in transactions]
    flush(tx, sheet)
    return results


def reverse(tx: Tx, id_: UUID, *, reversal_id: UUID) -> Result:
    """Post the opposite of a transaction, once. Raises UnknownTransaction, AlreadyReversed."""
    original = store.transaction(tx, id_)
    if original is None:
        raise UnknownTransaction(kind="txn", id=id_texts.show("txn", id_))
    before = store.reversal_of(tx, id_)
    if before is not None and before != reversal_id:
        raise AlreadyReversed(id=id_texts.show("txn", id_), reversal=id_texts.show("txn", before))
    legs = tuple(Leg(leg.target, leg.source, leg.amount) for leg in reversed(original.legs))
    reversal = Transaction(
        id=reversal_id,
        template="reversal",
        reference=original.reference,
        currency=original.currency,
        legs=legs,
        effective_at=tx.now,
        reverses=id_,
    )
    return post(tx, [reversal])[0].demand()


def open_account(tx: Tx, path: str, currency: str, kind: AccountKind) -> Account:
    """Open an account by hand; the same again answers the one that stands.

    Raises BadPath, UnknownCurrency.
    """
    if not PATH.fullmatch(path):
        raise BadPath(path=path[:200], errors=(FieldError("/path", "path", {"path": path[:80]}),))
    money.digits(currency)
    store.open_accounts(tx, [store.Opening(path, currency, kind)])
    return account_at(tx, path, currency)


def account(tx: Tx, id_: UUID) -> Account:
    """One account. Raises UnknownAccount."""
    found = store.account(tx, id_)
    if found is None:
        raise UnknownAccount(account=id_texts.show("acc", id_))
    return found


def account_at(tx: Tx, path: str, currency: str) -> Account:
    """One account by its path. Raises UnknownAccount."""
    found = store.account_at(tx, path, currency)
    if found is None:
        raise UnknownAccount(account=path[:200])
    return found


def accounts(
    tx: Tx,
    *,
    prefix: str = "",
    kind: str = "",
    after: str = "",
    after_currency: str = "",
    limit: int = 50,
) -> list[Account]:
    """Accounts in the order of their paths and currencies."""
    return store.accounts(
        tx, prefix=prefix, kind=kind, after=after, after_currency=after_currency, limit=limit
    )


def transfers(tx: Tx, id_: UUID, *, before: int | None = None, limit: int = 50) -> list[Line]:
    """An account's transfers, newest first. Raises UnknownAccount."""
    account(tx, id_)
    return store.lines(tx, id_, before=before, limit=limit)


def journal(
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


def _openings(chart: Chart, absent: list[tuple[str, str]]) -> list[store.Opening]:
    found = ((path, currency, chart.kind_of(path)) for path, currency in absent)
    return [store.Opening(path, currency, kind) for path, currency, kind in found if kind]


def _ends(leg: Leg) -> tuple[str, str]:
    return leg.source, leg.target


def _with_legs(tx: Tx, entries: list[Entry]) -> list[Posted]:
    legs: dict[UUID, list[EntryLeg]] = {entry.id: [] for entry in entries}
    for leg in store.entry_legs(tx, list(legs)):
        legs[leg.txn_id].append(leg)
    return [Posted(entry, tuple(legs[entry.id])) for entry in entries]
