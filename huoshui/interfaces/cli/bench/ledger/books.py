"""The books that the ledger's benchmarks post in: one hot account and many others."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import msgspec

from huoshui import ledger
from huoshui.core import access, clock, ids
from huoshui.core.db import Database
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.ledger import AccountKind, Leg, Transaction
from huoshui.ledger.store import Opening

HOT = "bench:hot"
SPREAD = 10_000  # accounts of the uniform load
PAYERS = 1_000  # accounts that the hot one is paid from
_KIND = AccountKind("bench", "bench:{n}", "liability")
# A system call an id would measure the system, not the ledger.
_CHANCE = random.Random()  # noqa: S311  these ids open nothing


class Books(msgspec.Struct, frozen=True):
    """A book of the sandbox of the benchmark's own home: what it writes is queued for sealing."""

    worlds: Worlds
    database: Database
    number: int


def open_books(settings: Settings, number: int) -> Books:
    """A book of this number with its accounts."""
    worlds = Worlds.start(settings)
    database = worlds.database(SANDBOX)
    with database.begin(book=number) as tx:
        name = f"bench-{number}"
        access.open_book(tx, access.Book(number, name, name, "CNY", "UTC", True))
    paths = [HOT, *(f"bench:{n}" for n in range(SPREAD))]
    with database.begin(book=number) as tx:
        ledger.service.open_accounts(tx, [Opening(path, "CNY", _KIND) for path in paths])
    return Books(worlds, database, number)


def hot() -> Iterator[Transaction]:
    """Transfers from one of a thousand accounts to the hot one."""
    for n in itertools.count():
        yield transfer(f"bench:{n % PAYERS}", HOT)


def uniform(seed: int = 0) -> Iterator[Transaction]:
    """Transfers between two of ten thousand accounts, each pair another one."""
    for n in itertools.count(seed):
        first = n * 7919 % SPREAD
        yield transfer(f"bench:{first}", f"bench:{(first + 1 + n % 4999) % SPREAD}")


def transfer(source: str, target: str) -> Transaction:
    """One transfer of 1.00 with an id of its own."""
    now = clock.system_now()
    return Transaction(
        id=ids.uuid7(now, _CHANCE.randbytes(10)),
        template="bench",
        reference="",
        currency="CNY",
        legs=(Leg(source, target, 100),),
        effective_at=now,
        actor="bench",
    )
