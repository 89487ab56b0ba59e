"""What the ledger does: load → decide → flush, reversals, and its accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from huoshui.core import ids as id_texts
from huoshui.core import money
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.ledger import store
from huoshui.ledger.chart import PATH, AccountKind, Chart
from huoshui.ledger.model import (
    POST,
    Account,
    Command,
    Leg,
    Result,
    Transaction,
    UnknownAccount,
    UnknownTransaction,
)
from huoshui.ledger.rows import Row
from huoshui.ledger.sheet import Loaded, Sheet

NO_CHART = Chart(())
_SLICE = 1_000  # transactions that are sent while the next ones are decided


class BadPath(Problem):
    """A path is one to six words of letters, digits, dot, hyphen, underscore, joined by colons."""

    code = "bad_path"
    status = 422


class AlreadyReversed(Problem):
    """A transaction can be reversed once; the problem names the reversal."""

    code = "already_reversed"
    status = 409


def load(
    tx: Tx,
    paths: Iterable[tuple[str, str]],
    ids: Iterable[UUID] = (),
    chart: Chart = NO_CHART,
    *,
    holds: Iterable[UUID] = (),
    burning: bool = False,
) -> Sheet:
    """Lock accounts by (path, currency) and by hold, and know what stands already.

    Accounts that are not open yet are opened where the chart has a kind for their path. Holds
    that have run out by now end here, before anything is decided: that is when they expire.
    """
    horizon, sealed_until, counted_until = store.state(tx)
    wanted, hold_ids = set(paths), list(holds)
    due = store.due_holds(tx, hold_ids)
    sides = [id_ for hold in due for id_ in (hold.from_id, hold.to_id)]
    rows = _locked(tx, wanted, sides)
    absent = _absent(wanted, rows)
    openings = _openings(chart, absent) if absent else []
    if openings:
        store.open_accounts(tx, openings)
        rows = _locked(tx, wanted, sides)
        absent = _absent(wanted, rows)
    wanted_ids = [*ids, *hold_ids]
    sheet = Sheet(
        Loaded(
            rows=rows,
            # Read again: between the first look and the lock another writer may have been here.
            holds=store.holds(tx, [hold.id for hold in due]) if due else (),
            standing=store.standing(tx, wanted_ids) if wanted_ids else {},
            burnt=store.burnt(tx, wanted_ids) if wanted_ids else (),
            elsewhere=store.currencies(tx, [path for path, _ in absent]) if absent else {},
            horizon=horizon,
            sealed_until=sealed_until,
            counted_until=counted_until,
        ),
        tx.now,
        actor=tx.actor,
        burning=burning,
    )
    sheet.lapse()
    return sheet


def flush(tx: Tx, sheet: Sheet) -> None:
    """Write what the sheet decided."""
    store.flush(tx, sheet)


def post(tx: Tx, commands: Sequence[Command], chart: Chart = NO_CHART) -> list[Result]:
    """Post, hold, capture, release, extend: each command is decided alone, in order.

    Commands that `linked` joins stand all or none. An id that is refused for a passing reason
    is burnt with the caller's commit, and by nothing if that does not come.
    """
    return post_units(tx, [commands], chart)[0]


def post_units(
    tx: Tx, units: Sequence[Sequence[Command]], chart: Chart = NO_CHART
) -> list[list[Result]]:
    """The same for many callers at once: what is linked is linked within a unit only."""
    paths: set[tuple[str, str]] = set()
    holds: set[UUID] = set()
    ids: list[UUID] = []
    for unit in units:
        for command in unit:
            ids.append(command.id)
            if isinstance(command, Transaction):
                for leg in command.legs:
                    paths.add((leg.source, command.currency))
                    paths.add((leg.target, command.currency))
            else:
                holds.add(command.hold)
    sheet = load(tx, paths, ids, chart, holds=holds, burning=True)
    results = []
    for unit in units:
        results.append(sheet.decide(unit))
        if len(sheet.results) >= _SLICE:
            store.send(tx, sheet)
    flush(tx, sheet)
    return results


def reverse(tx: Tx, id_: UUID, *, reversal_id: UUID) -> Result:
    """Post the opposite of a transaction, once, in effect from now on.

    That holds for a transaction of a sealed period too: the correction stands in the open one.
    Raises UnknownTransaction, AlreadyReversed.
    """
    original = store.standing(tx, [id_]).get(id_)
    if original is None or original.kind != POST:
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
    open_accounts(tx, [store.Opening(path, currency, kind)])
    return account_at(tx, path, currency)


def open_accounts(tx: Tx, openings: list[store.Opening]) -> None:
    """Open accounts; those that stand already are left as they are."""
    store.open_accounts(tx, openings)


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


def _locked(tx: Tx, wanted: set[tuple[str, str]], sides: list[UUID]) -> list[Row]:
    ids = {*store.find(tx, wanted).values(), *sides}
    rows = store.lock(tx, ids) if ids else []
    if len(rows) < len(ids):
        # Remembered from a transaction that was undone in the end: look them up anew.
        store.forget(tx, wanted)
        rows = store.lock(tx, {*store.find(tx, wanted).values(), *sides})
    return rows


def _absent(wanted: set[tuple[str, str]], rows: list[Row]) -> list[tuple[str, str]]:
    return sorted(wanted - {(row.path, row.currency) for row in rows})


def _openings(chart: Chart, absent: list[tuple[str, str]]) -> list[store.Opening]:
    found = ((path, currency, chart.kind_of(path)) for path, currency in absent)
    return [store.Opening(path, currency, kind) for path, currency, kind in found if kind]
