"""Verification of a book whose beginning is archived: what was carried, and what was left behind."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.ledger import Capture, Transaction, periods, proof
from huoshui.ledger.parts import archive, make_all
from tests import ground
from tests.ground import DAY
from tests.ledger.proof.books import Hand, make, post


def dated(
    tx: Tx, at: datetime, source: str, target: str, amount: int, **more: object
) -> Transaction:
    """A transaction whose id is of another time."""
    made = make(tx, source, target, amount, **more)
    return msgspec.structs.replace(made, id=ids.uuid7(at, os.urandom(10)), effective_at=at)


@pytest.fixture(scope="module")
def hand(sandbox: Database, tmp_path_factory: pytest.TempPathFactory) -> Hand:
    number, random = ground.fresh_book(), Random()
    home = tmp_path_factory.mktemp("archived")
    with sandbox.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
        month = tx.now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    old, new = month - 40 * DAY, month + timedelta(seconds=1)
    for _ in range(6):
        with sandbox.begin(book=number) as tx:
            # Old and new ids touch the same accounts in turns, within a batch and from one to the
            # next: what is archived is not a clean beginning of any account.
            moments = [random.choice((old, old, new)) for _ in range(8)]
            wallets = [f"wallet:{random.choice('abc')}" for _ in moments]
            post(tx, *[
                dated(tx, at, "bank:main", wallet, random.randrange(1, 999))
                for at, wallet in zip(moments, wallets, strict=True)
            ])  # fmt: skip
    with sandbox.begin(book=number) as tx:
        hold = dated(tx, old, "bank:main", "free:x", 500, hold=True)
        post(tx, hold)
        kept = Capture(id=ids.uuid7(new, os.urandom(10)), hold=hold.id, amount=200)
        post(tx, kept)
        back = dated(tx, old, "bank:main", "free:x", 9)
        post(tx, back)
        post(tx, dated(tx, old, "bank:main", "wallet:gone", 5))
    proof.seal(sandbox, home, number=number)
    assert proof.verify(sandbox, number=number).holds
    with sandbox.begin(book=number) as tx:
        periods.close_period(tx, month.date())
        make_all(tx)
    done = archive(sandbox, f"{month:%Y-%m}", home / "parquet", book=number)
    assert sum(each.transfers for each in done) > 8
    return Hand(sandbox, number)


def test_what_is_left_follows_from_what_was_carried(sandbox: Database, hand: Hand) -> None:
    found = proof.verify(sandbox, number=hand.number)
    assert found.holds, found.faults
    assert found.archived > 8 and found.transfers > 1


def test_a_row_changed_or_gone_is_still_found(sandbox: Database, hand: Hand) -> None:
    [(key,)] = hand.run(f"SELECT id FROM transfer WHERE book = {hand.number} ORDER BY id LIMIT 1")
    hand.keep("transfer")
    try:
        hand.run(f"UPDATE transfer SET actor = 'me' WHERE book = {hand.number} AND id = '{key}'")
        found = proof.verify(sandbox, number=hand.number)
        assert (found.first.table, found.first.row[:-2]) == ("transfer", ids.show("txn", key))
        hand.run(f"DELETE FROM transfer WHERE book = {hand.number} AND id = '{key}'")
        found = proof.verify(sandbox, number=hand.number)
    finally:
        hand.restore("transfer")
    assert {"archive", "account"} & {fault.check for fault in found.faults}
    assert proof.verify(sandbox, number=hand.number).holds


def test_counters_of_archived_accounts_are_compared(sandbox: Database, hand: Hand) -> None:
    hand.keep("account")
    try:
        hand.run(
            f"UPDATE account SET in_ = in_ + 1 WHERE book = {hand.number} AND path = 'wallet:gone'"
        )
        found = proof.verify(sandbox, number=hand.number)
    finally:
        hand.restore("account")
    assert found.first.table == "account" and found.first.row.endswith("in_")
