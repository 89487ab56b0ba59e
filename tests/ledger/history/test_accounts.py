"""Accounts changed by hand, points beside currencies, and the background reconciliation."""

from __future__ import annotations

from typing import Any

import pytest

from huoshui import ledger
from huoshui.core import db, events, money
from huoshui.core.db import Database, Tx
from huoshui.core.money import BadUnit, UnknownCurrency
from huoshui.ledger import Leg, Release, Transaction, accounts, reconciliation
from huoshui.ledger.accounts import BadBounds, BoundsBroken, ClosedByHold, Unit, UnitDiffers
from huoshui.ledger.model import UnknownAccount
from tests.ground import WALLETS
from tests.ledger.history.test_balances import account, move


def codes(tx: Tx, *commands: ledger.Command) -> list[str]:
    return [result.code for result in ledger.post(tx, commands, WALLETS)]


def moving(tx: Tx, source: str, target: str, currency: str = "CNY", **more: Any) -> Transaction:
    return Transaction(
        id=tx.id("txn", ""), template="t", reference="", currency=currency,
        legs=(Leg(source, target, 5),), effective_at=tx.now, **more,
    )  # fmt: skip


def test_a_closed_account_moves_nothing_until_it_is_reopened(tx: Tx) -> None:
    move(tx, "bank:a", "wallet:x", 100, tx.now)
    id_ = account(tx, "wallet:x")
    held = moving(tx, "wallet:x", "wallet:y", hold=True)
    assert codes(tx, held) == ["created"]
    assert accounts.close_account(tx, id_, "asked by its owner").closed
    assert accounts.close_account(tx, id_, "again").closed
    assert codes(tx, moving(tx, "wallet:x", "bank:a"), moving(tx, "bank:a", "wallet:x")) == [
        "from_closed", "to_closed",
    ]  # fmt: skip
    assert codes(tx, Release(id=tx.id("txn", ""), hold=held.id)) == ["created"]
    assert not accounts.reopen_account(tx, id_, "mistake").closed
    assert codes(tx, moving(tx, "wallet:x", "bank:a")) == ["created"]
    tx.flush()
    told = [(e.type, e.data["reason"]) for e in events.page(tx) if e.type.startswith("account.")]
    assert told == [("account.reopened", "mistake"), ("account.closed", "asked by its owner")]
    queued = tx.value(
        """SELECT count(*) FROM unsealed WHERE book = %(book)s AND kind = 'account'
        AND %(id)s = ANY(ids)""",
        id=id_,
    )
    assert queued >= 3


def test_what_a_hold_closed_is_not_opened_by_hand(tx: Tx) -> None:
    move(tx, "bank:a", "wallet:x", 100, tx.now)
    assert codes(tx, moving(tx, "wallet:x", "bank:a", hold=True, close="from")) == ["created"]
    for verb in (accounts.reopen_account, accounts.close_account):
        with pytest.raises(ClosedByHold):
            verb(tx, account(tx, "wallet:x"), "no")


def test_bounds_are_changed_where_what_stands_lies_within(tx: Tx) -> None:
    move(tx, "bank:a", "wallet:x", 100, tx.now)
    assert codes(tx, moving(tx, "wallet:x", "wallet:y", hold=True)) == ["created"]
    id_ = account(tx, "wallet:x")
    for floor, ceiling in ((96, None), (None, 99)):
        with pytest.raises(BoundsBroken):
            accounts.set_bounds(tx, id_, floor, ceiling)
    for floor, ceiling in ((2, 1), (None, 2**63), (-(2**63), None)):
        with pytest.raises(BadBounds):
            accounts.set_bounds(tx, id_, floor, ceiling)
    found = accounts.set_bounds(tx, id_, 95, 100)
    assert (found.floor, found.ceiling) == (95, 100)
    assert codes(tx, moving(tx, "wallet:x", "bank:a")) == ["insufficient_from"]
    with pytest.raises(UnknownAccount):
        accounts.set_bounds(tx, tx.id("acc", ""), None, None)


def test_points_are_declared_opened_and_moved(tx: Tx) -> None:
    kind = WALLETS.kinds[3]
    with pytest.raises(UnknownCurrency):
        ledger.open_account(tx, "free:p", "STARS7", kind)
    accounts.declare_unit(tx, Unit("STARS7", 1, "Stars", "星星"))
    assert money.parse_amount("12.5", "STARS7") == 125
    for path in ("free:p", "free:q"):
        assert ledger.open_account(tx, path, "STARS7", kind).currency == "STARS7"
    assert codes(tx, moving(tx, "free:p", "free:q", "STARS7")) == ["created"]
    assert ledger.service.account_at(tx, "free:q", "STARS7").balance == 5
    accounts.declare_unit(tx, Unit("STARS7", 1, "Star points", "星点"))
    assert accounts.learn_units(tx) == [Unit("STARS7", 1, "Star points", "星点")]
    for code, digits in (("CNY", 2), ("ab", 0), ("A" * 13, 0), ("7UP", 0), ("STARS", 10)):
        with pytest.raises(BadUnit):
            accounts.declare_unit(tx, Unit(code, digits, "x", "x"))
    with pytest.raises((UnitDiffers, BadUnit)):
        accounts.declare_unit(tx, Unit("STARS7", 2, "Stars", "星星"))


def test_a_reconciliation_names_the_account_whose_counter_was_changed(
    sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        move(tx, "bank:a", "free:x", 100, tx.now)
        move(tx, "bank:a", "free:y", 100, tx.now)
    found = reconciliation.reconcile(sandbox, book=book)
    assert found.holds and (found.accounts, found.transfers) == (3, 2)
    with db.admin(sandbox.url) as execute:
        execute("UPDATE account SET in_ = in_ + 1 WHERE book = %s AND path = 'free:x'", (book,))
    found = reconciliation.reconcile(sandbox, book=book)
    assert not found.holds
    assert [(f.check, f.account) for f in found.faults] == [
        ("counters", "free:x"), ("trial_balance", "CNY"),
    ]  # fmt: skip
    with sandbox.begin(book=book) as tx:
        assert [r.holds for r in reconciliation.reconciliations(tx)] == [False, True]
        said = events.page(tx, kind="ledger.reconciled")
        assert [e.data["faults"] for e in said] == [2, 0]


def test_a_reconciliation_goes_piece_by_piece_beside_postings(
    sandbox: Database, book: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation.service, "ACCOUNTS_AT_ONCE", 2)
    with sandbox.begin(book=book) as tx:
        for name in "abcde":
            move(tx, "bank:a", f"free:{name}", 10, tx.now)
        run = reconciliation.start(tx)
    after, pieces = None, 0
    while True:
        with sandbox.begin(book=book) as tx:
            after = reconciliation.advance(tx, run, after)
            move(tx, "bank:a", "free:a", 1, tx.now)
        pieces += 1
        if after is None:
            break
    assert pieces == 4
    with sandbox.begin(book=book) as tx:
        assert reconciliation.reconciliations(tx)[0].holds
