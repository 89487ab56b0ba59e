"""What the ledger does: load → decide → flush, reversals, and its accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import msgspec

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
    Hold,
    Leg,
    Result,
    Transaction,
    UnknownAccount,
    UnknownTransaction,
)
from huoshui.ledger.sheet import Loaded, Sheet
from huoshui.ledger.store import Answer

Decide = Callable[[Sheet, Sequence[Command]], list[Result]]
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


class Ahead(msgspec.Struct, frozen=True):
    """What every batch asks of its book, on its way while the batch is read."""

    state: Answer[store.State]
    due: Answer[list[Hold]]


def ahead(tx: Tx) -> Ahead:
    """Ask what does not depend on the commands: it shares the way with what the caller asks."""
    return Ahead(store.state(tx), store.due_holds(tx))


def load(
    tx: Tx,
    paths: Iterable[tuple[str, str]],
    ids: Sequence[UUID] = (),
    chart: Chart = NO_CHART,
    *,
    holds: Iterable[UUID] = (),
    burning: bool = False,
) -> Sheet:
    """Lock accounts by (path, currency) and by hold, and know what stands already.

    Accounts that are not open yet are opened where the chart has a kind for their path. Holds
    that have run out by now end here, before anything is decided: that is when they expire.
    """
    return loading(tx, paths, ids, chart, holds=holds, burning=burning)()


def loading(
    tx: Tx,
    paths: Iterable[tuple[str, str]],
    ids: Sequence[UUID] = (),
    chart: Chart = NO_CHART,
    *,
    holds: Iterable[UUID] = (),
    burning: bool = False,
    ahead_: Ahead | None = None,
) -> Answer[Sheet]:
    """`load`, asked for and not waited for. What the caller asks next sees what stands behind the
    locks, so that what another writer did meanwhile is seen."""
    wanted, hold_ids = set(paths), list(holds)
    asked, asked_named = ahead_ or ahead(tx), store.holds(tx, hold_ids)
    found, absent = _find(tx, wanted, chart)
    state = asked.state()
    moved = {hold.id: hold for hold in (*asked.due(), *asked_named())}
    sides = {id_ for hold in moved.values() for id_ in (hold.from_id, hold.to_id)}
    asked_rows = store.lock(tx, {*found.values(), *sides})
    standing = store.standing(tx, [*ids, *hold_ids])
    burnt = store.burnt(tx, list(ids))
    held = store.holds(tx, list(moved))

    def answer() -> Sheet:
        loaded = Loaded(
            rows=asked_rows(),
            holds=held(),
            standing=standing(),
            burnt=burnt(),
            elsewhere=store.currencies(tx, absent) if absent else {},
            horizon=state.horizon,
            sealed_until=state.sealed_until,
            counted_until=state.counted_until,
        )
        sheet = Sheet(loaded, tx.now, actor=tx.actor, burning=burning)
        sheet.lapse()
        return sheet

    return answer


def _find(
    tx: Tx, wanted: set[tuple[str, str]], chart: Chart
) -> tuple[dict[tuple[str, str], UUID], list[str]]:
    """The ids of accounts, those included that the chart opens now; and paths that stay absent.

    Opened before anything is locked: who waits for another writer to open the same account then
    holds no lock that this one may want, and cannot deadlock with it.
    """
    found = store.find(tx, wanted)
    absent = sorted(wanted - found.keys())
    openings = _openings(chart, absent)
    if openings:
        store.open_accounts(tx, openings)
        found |= store.find(tx, absent)
        absent = [place for place in absent if place not in found]
    return found, [path for path, _ in absent]


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
    tx: Tx,
    units: Sequence[Sequence[Command]],
    chart: Chart = NO_CHART,
    decide: Decide = Sheet.decide,
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
        results.append(decide(sheet, unit))
        if len(sheet.results) >= _SLICE:
            store.send(tx, sheet)
    flush(tx, sheet)
    return results


def reverse(tx: Tx, id_: UUID, *, reversal_id: UUID) -> Result:
    """Post the opposite of a transaction, once, in effect from now on.

    That holds for a transaction of a sealed period too: the correction stands in the open one.
    Raises UnknownTransaction, AlreadyReversed.
    """
    original = store.standing(tx, [id_])().get(id_)
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

    Its currency is one of ISO 4217 or a unit that the book declared. Raises BadPath,
    UnknownCurrency.
    """
    if not PATH.fullmatch(path):
        raise BadPath(path=path[:200], errors=(FieldError("/path", "path", {"path": path[:80]}),))
    if not money.is_currency(currency) and store.unit_digits(tx, currency) is None:
        raise money.UnknownCurrency(currency=currency[:12])
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
    among: list[str] | None = None,
) -> list[Account]:
    """Accounts in the order of their paths and currencies; of the paths in `among`."""
    return store.accounts(
        tx,
        prefix=prefix,
        kind=kind,
        after=after,
        after_currency=after_currency,
        limit=limit,
        among=among,
    )


def _openings(chart: Chart, absent: list[tuple[str, str]]) -> list[store.Opening]:
    found = ((path, currency, chart.kind_of(path)) for path, currency in absent)
    return [store.Opening(path, currency, kind) for path, currency, kind in found if kind]
