"""A book with forty days of history in a world on real time: late postings, holds, a seal."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Database, Tx
from huoshui.ledger import Capture, Extend, Leg, Release, Transaction, periods, proof
from huoshui.ledger import service as accounts
from tests.ground import DAY, HOUR, WALLETS


def past(tx: Tx, now: datetime) -> Tx:
    """The transaction, as if it ran at `now`."""
    tx.now = now
    return tx


def post(
    tx: Tx, source: str, target: str, amount: int, *, late: timedelta = timedelta(), **more: object
) -> Transaction:
    """Post one leg that must stand."""
    facts: dict[str, object] = {
        "id": tx.id("txn", ""), "template": "order_paid", "reference": f"top-up {amount}",
        "currency": "CNY", "legs": (Leg(source, target, amount),), "effective_at": tx.now - late,
        "actor": "key:shop",
    }  # fmt: skip
    command = Transaction(**facts | more)  # type: ignore[arg-type]
    ledger.post(tx, [command], WALLETS)[0].demand()
    return command


def history(database: Database, book: int, home: Path, *, sealed: bool = True) -> str:
    """Fill the book; the id of a hold that was captured, extended, and ran on."""
    with database.begin(book=book) as tx:
        now = tx.now
        for day in range(40, 0, -1):
            past(tx, now - day * DAY)
            post(tx, "bank:main", "wallet:ann", 12_000 + 731 * (day % 7))
            post(tx, "wallet:ann", "free:shop", 8_000 + 311 * (day % 5), template="order_released")
            if day % 9 == 0:
                post(tx, "bank:main", "wallet:ann", 25_000, late=5 * DAY, reference="found late")
        past(tx, now - 3 * HOUR)
        first = post(tx, "wallet:ann", "free:shop", 30_000, hold=True, timeout_s=86_400,
                     reference="booking 1").id  # fmt: skip
        hold = post(tx, "wallet:ann", "free:hotel", 9_000, hold=True, reference="booking 2").id
        gone = post(tx, "wallet:ann", "free:hotel", 500, hold=True, reference="booking 3").id
        post(tx, "wallet:ann", "free:hotel", 700, hold=True, timeout_s=60, reference="booking 4")
        past(tx, now - 2 * HOUR)
        moves = (
            Capture(id=tx.id("txn", ""), hold=first, amount=11_000, final=False, actor="key:shop"),
            Extend(id=tx.id("txn", ""), hold=first, timeout_s=172_800, actor="key:shop"),
            Release(id=tx.id("txn", ""), hold=gone, actor="key:shop"),
        )
        assert {r.code for r in ledger.post(tx, moves, WALLETS)} == {"created"}
        assert hold
        past(tx, now)
    if sealed:
        proof.seal(database, home, number=book)
        with database.begin(book=book, actor="operator") as tx:
            periods.close_period(tx, (now - 30 * DAY).date())
        proof.seal(database, home, number=book)
    with database.begin(book=book) as tx:
        assert accounts.account_at(tx, "wallet:ann", "CNY").held_out
        return ids.show("txn", first)
