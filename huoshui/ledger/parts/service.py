"""Parts made ahead of their month, and what the table of transfers weighs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.ledger.parts import store
from huoshui.ledger.parts.store import PartRow, Range, SizeRow

AHEAD = 2  # months beside the present one
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)


class BadMonth(Problem):
    """A month is YYYY-MM."""

    code = "bad_month"
    status = 422


class Month(NamedTuple):
    """A month of UTC, as the time in an id has it."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @staticmethod
    def read(text: str) -> Month:
        """The month behind `2026-11`. Raises BadMonth."""
        match = _MONTH.fullmatch(text)
        if not match or not 1970 <= int(match[1]) <= 9998:
            raise BadMonth(text=text[:20])
        return Month(int(match[1]), int(match[2]))

    @staticmethod
    def of(at: datetime) -> Month:
        """The month that a moment lies in."""
        utc = at.astimezone(UTC)
        return Month(utc.year, utc.month)

    @staticmethod
    def of_id(id_: UUID) -> Month:
        """The month of the time in an id."""
        return Month.of(datetime.fromtimestamp((id_.int >> 80) // 1000, UTC))

    @property
    def next(self) -> Month:
        """The month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def first_id(self) -> UUID:
        """The smallest id whose time lies in it."""
        start = datetime(self.year, self.number, 1, tzinfo=UTC)
        return UUID(int=int(start.timestamp()) * 1000 << 80)

    @property
    def ids(self) -> Range:
        """The ids whose time lies in it."""
        return Range(self.first_id, self.next.first_id)


class Part(msgspec.Struct, frozen=True):
    """A part of the table: the transfers of one month's ids of one book."""

    month: str
    name: str
    bytes: int
    rows: int


class Sizes(msgspec.Struct, frozen=True):
    """What a world's ledger weighs; each index of `transfer` also by the transfer."""

    transfers: int
    bytes: int
    bytes_per_transfer: str
    rows: tuple[SizeRow, ...]
    per_transfer: dict[str, str]


def part_name(book: int, month: Month) -> str:
    """The name of a part's table."""
    return f"transfer_{book}_{month.year:04}{month.number:02}"


def make_ahead(tx: Tx, months: int = AHEAD) -> list[str]:
    """See that the present month and the next ones have parts; the months that are new."""
    month, wanted = Month.of(tx.now), []
    for _ in range(months + 1):
        wanted.append(month)
        month = month.next
    return make(tx, wanted)


def make_all(tx: Tx) -> list[str]:
    """The same, and a part for every month whose transfers lie outside every part.

    Ids of no time that a calendar has stay where they are.
    """
    wanted, place, last = [], UUID(int=0), Month(9998, 12).first_id
    while (found := store.next_resting(tx, place)) and found < last:
        wanted.append(Month.of_id(found))
        place = wanted[-1].next.first_id
    return make(tx, wanted) + make_ahead(tx)


def make(tx: Tx, months: list[Month]) -> list[str]:
    """See that these months have parts; those that are new.

    None are made for months that are archived. Rows of the month that lie outside every part move
    into it in the same commit, while the book's batches and all readers of transfers wait. Raises
    Conflict where a reader is at work that takes longer than a few seconds.
    """
    horizon = store.horizon(tx) or UUID(int=0)
    wanted = [month for month in sorted(set(months)) if month.ids.until > horizon]
    names = {part_name(tx.book, month): month for month in wanted}
    standing = {part.name for part in store.parts(tx)}
    if names.keys() <= standing:
        return []
    store.hold_off(tx)
    store.lock(tx)
    made = []
    for name, month in names.items():
        if not store.exists(tx, name):
            store.create(tx, name, month.ids, move=store.resting(tx, month.ids))
            made.append(str(month))
    return made


def horizon(tx: Tx) -> UUID | None:
    """Ids below it are archived and refused; None where nothing is archived."""
    return store.horizon(tx)


def parts(tx: Tx) -> list[Part]:
    """The parts of the book, oldest first."""
    return [_part(row) for row in store.parts(tx)]


def month_of(name: str) -> Month:
    """The month of a part by its name."""
    digits = name.rsplit("_", 1)[1]
    return Month(int(digits[:4]), int(digits[4:]))


def _part(row: PartRow) -> Part:
    return Part(str(month_of(row.name)), row.name, row.bytes, row.rows)


def size(tx: Tx) -> Sizes:
    """What the tables of a world's ledger weigh, and the bytes that a transfer takes in each."""
    transfers, rows = store.transfers(tx), store.sizes(tx)
    own = [row for row in rows if row.kind in ("heap", "index")]
    total = sum(row.bytes for row in own)
    return Sizes(
        transfers, total, _each(total, transfers), tuple(rows),
        {row.name if row.kind == "index" else "heap": _each(row.bytes, transfers) for row in own},
    )  # fmt: skip


def _each(total: int, count: int) -> str:
    """A quotient to one decimal, in whole numbers."""
    tenths = (total * 20 // count + 1) // 2 if count else 0
    return f"{tenths // 10}.{tenths % 10}"
