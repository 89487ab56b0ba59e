"""Closing a day of all running loans of a book, part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

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
from huoshui.lines.lending.loan.contract import book_day
from huoshui.lines.lending.postings import CHART, TEMPLATES, Posting

REBUILT = 500  # loans in one transaction


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
    """Put on the ledger what a part's loans earned up to a day; None where it is done, or being done.

    A loan with a line is worked out as a column; of one without, or to which something happened
    after the first of the days that are told apart, its fold tells. Raises DayNotOver.
    """
    if day >= book_day(tx):
        raise DayNotOver(day=day.isoformat())
    if not store.claim(tx, day, part):
        return None
    before = store.behind(tx, day, part)
    kept = {each.loan_id: each for each in lines.lines(tx, [each.loan_id for each in before])}
    sums, folded = Sums(day), []
    for each in before:
        found = kept.get(each.loan_id)
        if found is None:
            continue
        sums.count(found)
        if not sums.add(found, each):
            folded.append(each.loan_id)
    _post(tx, day, part, sums.postings())
    store.keep(tx, sums.accrued)
    if folded:
        loans.accrue(tx, folded, day)
    interest, charges = sums.totals()
    row = DayRow(
        day, part, len(kept), len(folded), interest, charges, sums.late, sums.digest()
    )  # fmt: skip
    store.done(tx, row)
    return row


def _post(tx: Tx, day: date, part: int, listed: Sequence[tuple[Place, Posting]]) -> None:
    """One entry of the ledger for each product, month of effect and kind."""
    if not listed:
        return
    sealed = ledger.ahead(tx).state().sealed_until
    zone = ZoneInfo(access.this_book(tx).time_zone)
    reference = f"loan_day/{day}/{part}"
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
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Closed:  # fmt: skip
    """Close the parts of a day that are open, each in a transaction of its own.

    Several workers may do so at once: none waits for a part that another one has. Raises DayNotOver.
    """
    _rebuild(database, book)
    standing = database.run(lambda tx: {row.part for row in store.closed(tx, day)}, book=book)
    parts = [part for part in parts if part not in standing]
    for done, part in enumerate(parts):
        progress(done, len(parts))
        database.run(lambda tx, part=part: close_part(tx, day, part), book=book)  # type: ignore[misc]
    progress(len(parts), len(parts))
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
