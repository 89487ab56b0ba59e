"""Posting a history with its own times: in its order, a chunk a commit, all of a chunk or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

import msgspec

from huoshui.core.db import Database, Tx
from huoshui.ledger import parts
from huoshui.ledger import service as ledger
from huoshui.ledger.chart import Chart
from huoshui.ledger.intake.reading import ImportRow, RefusedRow
from huoshui.ledger.parts import Month

CHUNK = 500
Progress = Callable[[int], None]


class Imported(msgspec.Struct, frozen=True):
    """What became of an import: transactions posted now, those that stood, what was refused.

    `clamped` were recorded later than they say, as an account had moved since. With anything
    refused the import ended there: the chunks before it stand.
    """

    posted: int
    existed: int
    clamped: int
    refused: tuple[RefusedRow, ...]

    @property
    def by_code(self) -> dict[str, int]:
        """How many rows were refused with each code."""
        return dict(Counter(row.code for row in self.refused))


class _Undone(Exception):
    """A chunk with refused rows, to be undone whole."""

    def __init__(self, refused: list[RefusedRow]) -> None:
        super().__init__()
        self.refused = refused


def check(rows: Iterable[ImportRow | RefusedRow], now: datetime) -> Iterator[RefusedRow]:
    """The rows that can be refused without the ledger: unreadable, out of order, in the future."""
    last: datetime | None = None
    for row in rows:
        if isinstance(row, RefusedRow):
            yield row
            continue
        refused, last = _order(row, last, now)
        if refused:
            yield refused


def import_history(
    database: Database,
    rows: Iterable[ImportRow | RefusedRow],
    chart: Chart = ledger.NO_CHART,
    *,
    book: int = 1,
    actor: str = "import",
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> Imported:
    """Post transactions in the order of their recorded times, `chunk` of them a commit.

    A chunk with a refused row is not posted, and ends the import: what comes later may build on
    it. Mended and run again, what stands is passed over as `exists`. Ids are not burnt.
    """
    posted = existed = clamped = 0
    made: set[Month] = set()
    for group in _chunks(_ordered(database, rows, book), chunk):
        refused = [row for row in group if isinstance(row, RefusedRow)]
        if refused:
            return Imported(posted, existed, clamped, tuple(refused))
        asked = [row for row in group if isinstance(row, ImportRow)]
        _make_parts(database, asked, made, book)
        try:
            new, late = database.run(
                partial(_post, asked=asked, chart=chart), book=book, actor=actor
            )
        except _Undone as undone:
            return Imported(posted, existed, clamped, tuple(undone.refused))
        posted, existed, clamped = posted + new, existed + len(asked) - new, clamped + late
        if progress:
            progress(posted + existed)
    return Imported(posted, existed, clamped, ())


def _ordered(
    database: Database, rows: Iterable[ImportRow | RefusedRow], book: int
) -> Iterator[ImportRow | RefusedRow]:
    with database.begin(book=book) as tx:
        now = tx.now
    last: datetime | None = None
    for row in rows:
        refused = None
        if isinstance(row, ImportRow):
            refused, last = _order(row, last, now)
        yield refused or row


def _order(
    row: ImportRow, last: datetime | None, now: datetime
) -> tuple[RefusedRow | None, datetime | None]:
    at = row.transaction.recorded_at
    assert at is not None, "a row of a history has its time"
    if at > now:
        return RefusedRow(row.line, row.key, "recorded_in_future", at.isoformat()), last
    if last is not None and at < last:
        reason = f"{at.isoformat()} < {last.isoformat()}"
        return RefusedRow(row.line, row.key, "out_of_order", reason), last
    return None, at


def _chunks(
    rows: Iterable[ImportRow | RefusedRow], size: int
) -> Iterator[list[ImportRow | RefusedRow]]:
    group: list[ImportRow | RefusedRow] = []
    for row in rows:
        group.append(row)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _make_parts(database: Database, asked: list[ImportRow], made: set[Month], book: int) -> None:
    months = {Month.of_id(row.transaction.id) for row in asked} - made
    if months:
        database.run(lambda tx: parts.make(tx, sorted(months)), book=book)
        made |= months


def _post(tx: Tx, asked: list[ImportRow], chart: Chart) -> tuple[int, int]:
    """(posted, clamped) of a chunk; raises to undo it where a row is refused."""
    results = ledger.post(tx, [row.transaction for row in asked], chart)
    pairs = list(zip(asked, results, strict=True))
    refused = [RefusedRow(row.line, row.key, r.code, r.account) for row, r in pairs if not r.stands]
    if refused:
        raise _Undone(refused)
    new = [(row, r) for row, r in pairs if r.code == "created"]
    late = sum(r.moved[0].recorded_at != row.transaction.recorded_at for row, r in new)
    return len(new), late
