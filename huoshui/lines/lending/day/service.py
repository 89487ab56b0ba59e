"""Closing a day of all running loans of a book, part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.ledger import Leg, Transaction
from huoshui.lines.lending.column import store as lines
from huoshui.lines.lending.column.store import PARTS
from huoshui.lines.lending.day import store
from huoshui.lines.lending.day.store import DayRow
from huoshui.lines.lending.day.sums import BUCKETS, Place, Sums
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.postings import CHART, TEMPLATES, Posting

REBUILT = 500  # loans in one transaction
LOANS = 4_000  # in one transaction, about: small books have several parts in one


class DayNotOver(Problem):
    """The day is not over in the book's time zone: it cannot be closed yet."""

    code = "loan_day_not_over"
    status = 409


class Closed(msgspec.Struct, frozen=True):
    """A day that is closed: sums over its parts, in minor units; `late` by bucket of days past due."""

    day: date
    parts: int
    loans: int
    folded: int
    interest: int
    charges: int
    late: tuple[int, ...]
    digest: str


def close_part(tx: Tx, day: date, part: int) -> DayRow | None:
    """Close one part of a day; None where it is done, or being done. Raises DayNotOver."""
    return next(iter(close_parts(tx, day, [part])), None)


def close_parts(tx: Tx, day: date, parts: Sequence[int]) -> list[DayRow]:
    """Put on the ledger what the loans of parts earned up to a day; the parts that are closed by it.

    A part that is done, or being done, is left alone. A loan with a line is worked out as a column; of
    one without, or to which something happened after the first of the days that are told apart, its
    fold tells. Raises DayNotOver.
    """
    if day >= access.today(tx):
        raise DayNotOver(day=day.isoformat())
    mine = store.claim(tx, day, parts)
    before = store.behind(tx, day, mine)
    kept = {each.loan_id: each for each in lines.lines(tx, [each.loan_id for each in before])}
    sums, folded = Sums(day, mine), []
    for each in before:
        found = kept.get(each.loan_id)
        if found is not None and not sums.add(found, each):
            folded.append(each.loan_id)
    _post(tx, day, mine, sums.postings())
    store.keep(tx, sums.accrued)
    if folded:
        loans.accrue(tx, folded, day)
    rows = sums.rows()
    store.done(tx, rows)
    return rows


def _post(tx: Tx, day: date, parts: Sequence[int], listed: Sequence[tuple[Place, Posting]]) -> None:
    """One entry of the ledger for each product, month of effect and kind."""
    if not listed:
        return
    sealed = ledger.ahead(tx).state().sealed_until
    zone = access.zone_of(tx)
    reference = f"loan_day/{day}/{parts[0]}"
    at = loans.effective_at(day, tx.now, zone, None)  # the same whenever it is run again
    commands = []
    for (product, currency, on), posting in listed:
        legs = TEMPLATES[posting.template].legs({"book": product}, posting.amounts)
        name = f"{reference}/{product}/{currency}/{on}/{posting.template}"
        made = Transaction(
            id=tx.id("txn", name, at),
            template=f"loan.{posting.template}",
            reference=reference,
            currency=currency,
            legs=tuple(Leg(leg.source, leg.target, leg.amount) for leg in legs),
            effective_at=loans.effective_at(on, tx.now, zone, sealed),
        )
        commands.append(made)
    for result in ledger.post(tx, commands, CHART):
        result.demand()


def close_day(
    database: Database, day: date, *, book: int = 1, parts: Sequence[int] = range(PARTS),
    at_once: int = LOANS, progress: Callable[[int, int], None] = lambda done, total: None,
) -> Closed:  # fmt: skip
    """Close the parts of a day that are open: one in a transaction, or several of few loans.

    Several workers may do so at once: none waits for a part that another one has. Raises DayNotOver.
    """
    _rebuild(database, book)
    standing = database.run(lambda tx: {row.part for row in store.closed(tx, day)}, book=book)
    left = [part for part in parts if part not in standing]
    size = database.run(lambda tx: max(1, at_once * PARTS // (store.count(tx) + 1)), book=book)
    for first in range(0, len(left), size):
        progress(first, len(left))
        some = left[first : first + size]
        database.run(lambda tx, some=some: close_parts(tx, day, some), book=book)  # type: ignore[misc]
    progress(len(left), len(left))
    return database.run(lambda tx: closed(tx, day), book=book)


def _rebuild(database: Database, book: int) -> None:
    """Keep lines of running loans that have none."""

    def some(tx: Tx) -> list[UUID]:
        found = store.without_line(tx, REBUILT)
        loans.rebuild(tx, found)
        return found

    while len(database.run(some, book=book)) == REBUILT:
        pass


def closed(tx: Tx, day: date) -> Closed:
    """What stands of a day: sums over the parts that are closed."""
    rows = store.closed(tx, day)
    late = tuple(sum(row.late[n] for row in rows) for n in range(len(BUCKETS) + 1))
    digest = hashlib.sha256(b"".join(row.digest for row in rows)).hexdigest()
    return Closed(
        day, len(rows), sum(row.loans for row in rows), sum(row.folded for row in rows),
        sum(row.interest for row in rows), sum(row.charges for row in rows), late, digest,
    )  # fmt: skip


__all__ = ["Closed", "DayNotOver", "close_day", "close_part", "closed"]
