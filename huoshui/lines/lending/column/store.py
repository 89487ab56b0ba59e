"""The SQL of lines: a projection of running loans."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.column.grid import Grid, grid_from
from huoshui.lines.lending.column.line import Line
from huoshui.lines.lending.life.penal import Ahead
from huoshui.lines.lending.schedule.factor import NOTHING, Ratio

PARTS = 256
_WRITE = msgspec.json.Encoder(enc_hook=str)
_READ = msgspec.json.Decoder(Ahead, dec_hook=lambda type_, value: type_(value))
_NAMES = (
    "loan_id", "part", "product", "currency", "day", "charges", "late_since", "grid_id", "at_",
    "since", "earned", "own", "base", "rest", "later", "bases", "owed", "taken", "undrawn", "opens",
    "rate", "a_year", "reshaped", "ended", "penal", "covered",
)  # fmt: skip


class AtRisk(msgspec.Struct, frozen=True):
    """What may be lost of a loan, in minor units.

    `owed` is principal, `taken` interest and charges that were paid or waived, `undrawn` what may still
    be drawn. `opens` is the principal that each period repays, from that of its line on. `rate` is the
    effective rate of a period, of which a year has `a_year`; `reshaped` when its terms were eased last.
    """

    owed: int
    taken: int
    undrawn: int
    opens: tuple[int, ...]
    rate: Ratio
    a_year: Ratio
    reshaped: date | None


class Kept(msgspec.Struct, frozen=True):
    """A loan as it is kept for the end of day; without a line its fold tells it.

    `day` is the one that its last event counts from, `charges` all that fell due by then. `ended` says
    how it came off the books, if it did: closed, charged_off or written_off. `penal` is what will be earned
    by being late, of products that ask for that; `covered` the version of its product whose covers are
    integral to its terms, 0 where none is.
    """

    loan_id: UUID
    product: str
    currency: str
    day: date
    charges: int
    late_since: date | None
    line: Line | None
    risk: AtRisk
    ended: str = ""
    penal: Ahead | None = None
    covered: int = 0

    def penalty(self, day: date) -> int | None:
        """All penalty interest earned up to a day; None where only the fold knows."""
        told = self.penal
        if told is None:
            return 0
        return told.by(day) if told.until is None or day < told.until else None


def part_of(loan_id: UUID) -> int:
    """In which part of a day a loan is closed."""
    return loan_id.bytes[-1] % PARTS


def keep(tx: Tx, loans: Collection[Kept]) -> None:
    """Write loans' lines anew."""
    if not loans:
        return
    drop(tx, [each.loan_id for each in loans])
    grids = {_id_of(each.line.grid): each.line.grid for each in loans if each.line}
    _keep_grids(tx, grids)
    tx.append("loan_line", ("book", *_NAMES), [(tx.book, *_row(each)) for each in loans])


def _row(kept: Kept) -> tuple[object, ...]:
    line = kept.line
    head = (
        kept.loan_id, part_of(kept.loan_id), kept.product, kept.currency, kept.day, kept.charges,
        kept.late_since,
    )  # fmt: skip
    said = kept.risk
    risk = (
        said.owed, said.taken, said.undrawn, ",".join(map(str, said.opens)), _shown(said.rate),
        _shown(said.a_year), said.reshaped, kept.ended, _told(kept.penal),
        kept.covered,
    )  # fmt: skip
    if line is None:
        return (*head, None, 0, 0, 0, "0/1", 0, "0/1", 0, "", *risk)
    return (
        *head, _id_of(line.grid), line.at, line.since, line.before, _shown(line.part), line.base,
        _shown(line.rest), line.later, ",".join(map(str, line.bases)), *risk,
    )  # fmt: skip


def _keep_grids(tx: Tx, grids: dict[UUID, Grid]) -> None:
    new = [
        (id_, grid) for id_, grid in grids.items() if tx.known(("loan_grid", tx.book, id_)) is None
    ]
    for id_, grid in sorted(new, key=lambda each: each[0]):
        tx.run(
            """INSERT INTO loan_grid (book, id, rounding, starts, dues, factors)
            VALUES (%(book)s, %(id)s, %(rounding)s, %(starts)s, %(dues)s, %(factors)s)
            ON CONFLICT DO NOTHING""",
            id=id_,
            rounding=grid.rounding,
            starts=list(grid.starts),
            dues=list(grid.dues),
            factors=[_shown(each) for each in grid.factors],
        )
        tx.learn(("loan_grid", tx.book, id_), grid)


def _id_of(grid: Grid) -> UUID:
    told = repr((grid.rounding, grid.starts, grid.dues, grid.factors)).encode()
    return UUID(bytes=hashlib.sha256(told).digest()[:16])


def _shown(ratio: Ratio) -> str:
    return f"{ratio[0]}/{ratio[1]}"


@lru_cache(maxsize=65_536)
def _read(text: str) -> Ratio:
    if text == "0/1":
        return NOTHING
    top, _, bottom = text.partition("/")
    return int(top), int(bottom)


def _told(penal: Ahead | None) -> str:
    return "" if penal is None else _WRITE.encode(penal).decode()


def _penal(text: str) -> Ahead:
    return _READ.decode(text)


def drop(tx: Tx, loan_ids: Sequence[UUID]) -> None:
    """Let lines go."""
    tx.run(
        "DELETE FROM loan_line WHERE book = %(book)s AND loan_id = ANY(%(ids)s)",
        ids=sorted(loan_ids),
    )


def lines(tx: Tx, parts: Sequence[int]) -> list[Kept]:
    """The loans of some parts with their lines."""
    rows = tx.ask(
        """SELECT loan_id, product, currency, day, charges, late_since, grid_id, at_, since, earned,
            own, base, rest, later, bases, owed, taken, undrawn, opens, rate, a_year, reshaped, ended, penal, covered
        FROM loan_line WHERE book = %(book)s AND part = ANY(%(parts)s)""",
        parts=list(parts),
    )()
    grids = _grids(tx, {row[6] for row in rows if row[6] is not None})
    return list(_kept(rows, grids))


def _kept(rows: Iterable[tuple[object, ...]], grids: dict[UUID, Grid]) -> Iterable[Kept]:
    for loan_id, product, currency, day, charges, late, grid_id, *said in rows:
        line = None
        risk = _risk(*said[8:15])  # type: ignore[arg-type]
        ended, penal, covered = said[15:18]
        if grid_id is not None:
            at, since, earned, own, base, rest, later, bases = said[:8]
            late_since = late.toordinal() if late else 0  # type: ignore[attr-defined]
            line = Line(
                grids[grid_id], at, since, earned, _read(own), base, _read(rest), later,  # type: ignore[index, arg-type]
                _amounts(bases), late_since,  # type: ignore[arg-type]
            )  # fmt: skip
        told = _penal(penal) if penal else None  # type: ignore[arg-type]
        yield Kept(
            loan_id, product, currency, day, charges, late, line, risk, ended, told, covered  # type: ignore[arg-type]
        )  # fmt: skip


def _risk(
    owed: int, taken: int, undrawn: int, opens: str, rate: str, a_year: str, reshaped: date | None
) -> AtRisk:
    return AtRisk(owed, taken, undrawn, _amounts(opens), _read(rate), _read(a_year), reshaped)


def _grids(tx: Tx, wanted: Collection[UUID]) -> dict[UUID, Grid]:
    found = {id_: tx.known(("loan_grid", tx.book, id_)) for id_ in wanted}
    unknown = [id_ for id_, grid in found.items() if grid is None]
    rows = tx.tuples(
        """SELECT id, rounding, starts, dues, factors FROM loan_grid
        WHERE book = %(book)s AND id = ANY(%(ids)s)""",
        ids=unknown,
    ) if unknown else []  # fmt: skip
    for id_, rounding, starts, dues, factors in rows:
        found[id_] = grid_from(rounding, starts, dues, [_read(each) for each in factors])
        tx.learn(("loan_grid", tx.book, id_), found[id_])
    return found


def _amounts(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(","))) if text else ()
