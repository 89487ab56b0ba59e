"""What tests share: books, the clock's start, and commerce facts with everything filled in."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from huoshui import ledger
from huoshui.core import access, db
from huoshui.core.db import Database, Tx
from huoshui.core.money import Money
from huoshui.facts.commerce import model
from huoshui.facts.commerce.model import Fact
from huoshui.ledger import AccountKind, Chart
from huoshui.scenarios import order_flow
from huoshui.scenarios.order_flow import Taken

START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)  # a Monday, nine in the morning in Shanghai
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

_numbers = itertools.count(1000)

WALLETS = Chart(
    (
        AccountKind("bank", "bank:{name}", "asset"),
        AccountKind("wallet", "wallet:{owner}", "liability", floor=0),
        AccountKind("vault", "vault:{name}", "liability", floor=0, ceiling=1_000),
        AccountKind("free", "free:{name}", "liability"),
    )
)


class Ground(msgspec.Struct, frozen=True):
    """A world of a test's own: its name, its database and the book in use."""

    name: str
    database: Database
    number: int

    def take(self, *facts: Fact, at: datetime | None = None) -> Taken:
        """Take facts and let the money follow, the clock moved to `at` first."""
        with self.database.begin(book=self.number, now=at) as tx:
            return order_flow.take(tx, list(facts))

    def nets(self) -> dict[str, int]:
        """in - out of every account that is not at zero, by path."""
        with self.database.begin(book=self.number) as tx:
            return nets(tx)

    def value(self, query: Any, **params: Any) -> Any:
        """One value from this world's database."""
        with self.database.begin(book=self.number) as tx:
            return tx.value(query, **params)


def nets(tx: Tx) -> dict[str, int]:
    """in - out of every account of the book that is not at zero, by path."""
    found = ledger.service.accounts(tx, limit=10_000)
    return {a.path: a.in_ - a.out_ for a in found if a.in_ != a.out_}


def fresh_book() -> int:
    """A number that no other test of this worker uses."""
    return next(_numbers)


def wait_until_blocked(database: Database) -> None:
    """Until somebody in this database waits for a lock."""
    until = time.monotonic() + 20
    with db.admin(database.url) as execute:
        while not execute(
            """SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'"""
        ):
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.01)


def book(number: int, currency: str = "CNY") -> access.Book:
    """A marketplace's books."""
    return access.Book(number, f"book-{number}", "Test market", currency, "Asia/Shanghai", False)


@contextmanager
def databases(server_url: str, prefix: str) -> Iterator[None]:
    """A database and, at the end, its removal with all whose names start with its name."""
    with db.admin(server_url) as execute:
        execute(f'CREATE DATABASE "{prefix}"')
    yield
    with db.admin(server_url) as execute:
        names = execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,))
        for (name,) in names:
            execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def examples(count: int) -> int:
    """How many examples a property is tried on; HUOSHUI_EXAMPLES=20 makes it twenty times more."""
    return count * int(os.environ.get("HUOSHUI_EXAMPLES", "1"))


def cny(amount: int) -> Money:
    """Minor units of yuan."""
    return Money(amount, "CNY")


def shop(key: str = "s1", at: datetime = START) -> model.Seller:
    """A seller."""
    return model.Seller(key=key, occurred_at=at, name=f"Shop {key}")


def placed(
    key: str = "o1",
    *,
    items: Sequence[tuple[str, int, int]] = (("s1", 10_000, 1_000),),
    at: datetime = START,
    estimated_at: datetime | None = None,
    currency: str = "CNY",
) -> list[Fact]:
    """An order with its parties, products and items of (seller, price, freight)."""
    facts: list[Fact] = [shop(seller, at) for seller in sorted({seller for seller, _, _ in items})]
    facts += [
        model.Buyer(key="b1", occurred_at=at),
        model.Product(key="p1", occurred_at=at, name="Kettle", category="home"),
        model.Order(
            key=key, occurred_at=at, buyer="b1", currency=currency, estimated_at=estimated_at
        ),
    ]
    facts += [
        model.Item(
            key=f"{key}-i{number}",
            occurred_at=at,
            order=key,
            product="p1",
            seller=seller,
            price=Money(price, currency),
            freight=Money(freight, currency),
        )
        for number, (seller, price, freight) in enumerate(items, 1)
    ]
    return facts


def tender(
    order: str = "o1", amount: int = 11_000, *, key: str = "", at: datetime = START,
    method: str = "card", currency: str = "CNY",
) -> model.Tender:  # fmt: skip
    """A tender of an order."""
    return model.Tender(
        key=key or f"{order}-t1",
        occurred_at=at,
        order=order,
        method=method,
        amount=Money(amount, currency),
    )


def delivery(order: str = "o1", at: datetime = START) -> model.Delivery:
    """The delivery of an order."""
    return model.Delivery(key=f"{order}-d", occurred_at=at, order=order)


def confirmation(order: str = "o1", at: datetime = START) -> model.Confirmation:
    """The buyer's word that the goods are there."""
    return model.Confirmation(key=f"{order}-c", occurred_at=at, order=order)


def cancellation(order: str = "o1", at: datetime = START) -> model.Cancellation:
    """The cancellation of an order."""
    return model.Cancellation(key=f"{order}-x", occurred_at=at, order=order, reason="changed mind")


def returned(
    order: str = "o1", amount: int = 1_000, *, item: str = "", key: str = "r1",
    at: datetime = START,
) -> model.Return:  # fmt: skip
    """A return of an item."""
    return model.Return(
        key=f"{order}-{key}",
        occurred_at=at,
        order=order,
        item=item or f"{order}-i1",
        amount=cny(amount),
        reason="too small",
    )


def review(order: str = "o1", score: int = 5, at: datetime = START) -> model.Review:
    """A review of an order."""
    return model.Review(key=f"{order}-v", occurred_at=at, order=order, score=score)
