"""A book with something of everything in it, sealed in several passes, and hands that change it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from huoshui import ledger
from huoshui.core import db
from huoshui.core.db import Database, Tx
from huoshui.ledger import Capture, Leg, Release, Result, Transaction, proof
from huoshui.ledger.model import Command, Extend
from tests.ground import WALLETS


def make(tx: Tx, source: str, target: str, amount: int, **more: Any) -> Transaction:
    """A transaction of one leg."""
    return Transaction(
        id=tx.id("txn", str(uuid.uuid4())),
        template="test",
        reference="ord_参考",
        currency="CNY",
        legs=(Leg(source, target, amount),),
        effective_at=tx.now - timedelta(seconds=3),
        **more,
    )


def post(tx: Tx, *commands: Command) -> list[Result]:
    """Post commands that must stand."""
    results = ledger.post(tx, list(commands), WALLETS)
    for result in results:
        result.demand()
    return results


def busy(tx: Tx, random: Random, count: int) -> None:
    """Deposits and payments, in one batch, with an event for each."""
    made = []
    for _ in range(count):
        owner = f"wallet:{random.choice('abcdefg')}"
        made.append(make(tx, "bank:main", owner, random.randrange(100, 10_000)))
        made.append(make(tx, owner, f"free:{random.choice('xy')}", random.randrange(1, 100)))
        tx.emit("thing.paid", owner, amount=made[-1].legs[0].amount, note="“好”\n\u0001")
    post(tx, *made)


def holding(tx: Tx) -> None:
    """Holds that end in every way, one that stays open, and one that closes an account."""
    holds = [make(tx, "bank:main", f"free:{n}", 100 + n, hold=True, timeout_s=n) for n in range(4)]
    open_, kept, freed, _ = holds
    closing = make(tx, "free:x", "free:shut", 0, hold=True, close="to")
    post(tx, make(tx, "bank:main", "free:x", 1), *holds, closing)
    post(
        tx,
        Capture(id=tx.id("txn", "1"), hold=kept.id, amount=40, final=False),
        Release(id=tx.id("txn", "2"), hold=freed.id),
        Extend(id=tx.id("txn", "3"), hold=open_.id, timeout_s=9000),
        Capture(id=tx.id("txn", "4"), hold=kept.id),
        Release(id=tx.id("txn", "5"), hold=closing.id),
    )


def furnished(database: Database, number: int, home: Path, random: Random) -> None:
    """Fill a book, seal it in passes with a change of key between, leave a tail unsealed."""
    for step in range(5):
        with database.begin(book=number) as tx:
            busy(tx, random, random.randrange(1, 6))
        if step == 2:
            with database.begin(book=number) as tx:
                holding(tx)
                reversed_ = post(tx, make(tx, "bank:main", "wallet:a", 777))[0].command
        if step == 3:
            with database.begin(book=number) as tx:
                ledger.reverse(tx, reversed_.id, reversal_id=tx.id("txn", "reversal"))
                proof.rotate(tx, home)
        proof.seal(database, home, number=number)
    with database.begin(book=number) as tx:
        busy(tx, random, 2)


class Hand:
    """Changes a book behind everyone's back, as a superuser can, and takes the change back."""

    def __init__(self, database: Database, number: int) -> None:
        self._url = database.url
        self.number = number

    def run(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """A statement with triggers and foreign keys out of force."""
        with db.admin(self._url) as execute:
            execute("SET session_replication_role = replica")
            return execute(query, params)

    def columns(self, table: str) -> list[tuple[str, str]]:
        """(name, type) of the columns that are stored as given."""
        return [
            (name, kind)
            for name, kind in self.run(
                """SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
                WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
                  AND attgenerated = '' ORDER BY attnum""",
                table,
            )
        ]

    def keep(self, table: str) -> None:
        """Remember a table's rows of this book."""
        self.run(f"CREATE TABLE kept_{table} AS SELECT * FROM {table} WHERE book = {self.number}")

    def restore(self, table: str) -> None:
        """Put them back as they were."""
        names = ", ".join(f'"{name}"' for name, _ in self.columns(table))
        self.run(f"DELETE FROM {table} WHERE book IN ({self.number}, {self.number + 500_000})")
        identity = " OVERRIDING SYSTEM VALUE" if table == "unsealed" else ""
        self.run(f"INSERT INTO {table} ({names}){identity} SELECT {names} FROM kept_{table}")
        self.run(f"DROP TABLE kept_{table}")
