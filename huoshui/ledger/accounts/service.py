"""Closing and reopening an account by hand, its bounds, and units beside currencies."""

from __future__ import annotations

from uuid import UUID

from huoshui.core import ids as id_texts
from huoshui.core import money
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.ledger import service as ledger
from huoshui.ledger.accounts import store
from huoshui.ledger.accounts.store import Unit
from huoshui.ledger.model import COUNTER_MAX, Account, UnknownAccount


class ClosedByHold(Problem):
    """An open hold keeps the account closed; it opens or stays closed when the hold ends."""

    code = "closed_by_hold"
    status = 409


class BoundsBroken(Problem):
    """What stands on the account now would break the bounds; the problem says what stands."""

    code = "bounds_broken"
    status = 409


class BadBounds(Problem):
    """A floor above the ceiling, or a bound beyond what a counter holds."""

    code = "bad_bounds"
    status = 422


class UnitDiffers(Problem):
    """The unit is declared in this world with other decimals."""

    code = "unit_differs"
    status = 409


def close_account(tx: Tx, id_: UUID, reason: str) -> Account:
    """Close an account: nothing moves on it any more but the release of what is held.

    The same again changes nothing. Raises UnknownAccount, ClosedByHold.
    """
    return _set_closed(tx, id_, reason, closed=True)


def reopen_account(tx: Tx, id_: UUID, reason: str) -> Account:
    """Open a closed account again. Raises UnknownAccount, ClosedByHold."""
    return _set_closed(tx, id_, reason, closed=False)


def _set_closed(tx: Tx, id_: UUID, reason: str, *, closed: bool) -> Account:
    before = _locked(tx, id_)
    hold = store.closing_hold(tx, id_)
    if hold is not None:
        raise ClosedByHold(account=before.path, hold=id_texts.show("txn", hold))
    if before.closed == closed:
        return before
    store.set_closed(tx, id_, closed)
    object_id = id_texts.show("acc", id_)
    if closed:
        tx.emit("account.closed", object_id, path=before.path, reason=reason[:500])
    else:
        tx.emit("account.reopened", object_id, path=before.path, reason=reason[:500])
    return ledger.account(tx, id_)


def set_bounds(tx: Tx, id_: UUID, floor: int | None, ceiling: int | None) -> Account:
    """Other bounds from now on, minor units of in - out; None is without bound.

    Raises UnknownAccount, BadBounds, and BoundsBroken where what stands now is outside.
    """
    least, most = -COUNTER_MAX, COUNTER_MAX
    low, high = least if floor is None else floor, most if ceiling is None else ceiling
    if not least <= low <= high <= most:
        wrong = FieldError("/floor", "bounds_crossed", {"floor": low, "ceiling": high})
        raise BadBounds(floor=low, ceiling=high, errors=(wrong,))
    before = _locked(tx, id_)
    least_now = before.in_ - before.out_ - before.held_out
    most_now = before.in_ - before.out_ + before.held_in
    if least_now < low or most_now > high:
        raise BoundsBroken(
            account=before.path, least=least_now, most=most_now,
            floor="-" if floor is None else floor, ceiling="-" if ceiling is None else ceiling,
        )  # fmt: skip
    if (before.floor, before.ceiling) == (floor, ceiling):
        return before
    store.set_bounds(tx, id_, floor, ceiling)
    tx.emit(
        "account.bounded", id_texts.show("acc", id_), path=before.path,
        floor=floor, ceiling=ceiling, floor_before=before.floor, ceiling_before=before.ceiling,
    )  # fmt: skip
    return ledger.account(tx, id_)


def _locked(tx: Tx, id_: UUID) -> Account:
    if not store.lock(tx, id_):
        raise UnknownAccount(account=id_texts.show("acc", id_))
    return ledger.account(tx, id_)


def declare_unit(tx: Tx, unit: Unit) -> Unit:
    """Declare a unit of account of this book, such as points; again only to name it anew.

    Raises money.BadUnit for a code that is no unit's, UnitDiffers for other decimals than the
    unit has in this world.
    """
    money.check_unit(unit.code, unit.digits)
    known = store.digits_elsewhere(tx, unit.code)
    if known is not None and known != unit.digits:
        raise UnitDiffers(unit=unit.code, known=known, asked=unit.digits)
    store.keep_unit(tx, unit)
    tx.emit("unit.declared", unit.code, digits=unit.digits)
    learn_units(tx)
    return unit


def learn_units(tx: Tx) -> list[Unit]:
    """The units of the book; from now on this process can show and read their amounts."""
    found = store.units(tx)
    for unit in found:
        money.learn_unit(unit.code, unit.digits)
    return found
