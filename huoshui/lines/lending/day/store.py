"""The SQL of the end of day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.loan.model import Accrued


class DayRow(msgspec.Struct, frozen=True):
    """A part of a day that is closed; amounts in minor units."""

    day: date
    part: int
    loans: int
    folded: int
    interest: int
    charges: int
    late: list[int]
    digest: bytes


def closed(tx: Tx, day: date) -> list[DayRow]:
    """The parts of a day that are closed."""
    return tx.rows(
        DayRow,
        """SELECT day, part, loans, folded, interest, charges, late, digest FROM loan_day
        WHERE book = %(book)s AND day = %(day)s ORDER BY part""",
        day=day,
    )


def claim(tx: Tx, day: date, part: int) -> bool:
    """Whether a part of a day is for this transaction alone to close: nobody has, and nobody does."""
    mine = tx.value(
        """SELECT pg_try_advisory_xact_lock(hashtextextended(%(name)s, 0)) AND NOT EXISTS (
            SELECT 1 FROM loan_day WHERE book = %(book)s AND day = %(day)s AND part = %(part)s)""",
        name=f"loan_day/{tx.book}/{part}",
        day=day,
        part=part,
    )
    return bool(mine)


def behind(tx: Tx, day: date, part: int) -> list[Accrued]:
    """What stands on the ledger of the part's loans whose days are not there up to a day; locked in
    the order of their ids, so that nobody else posts for them.
    """
    return tx.rows(
        Accrued,
        """SELECT a.loan_id, a.through, a.interest, a.charges
        FROM loan_line l JOIN loan_accrued a ON a.book = l.book AND a.loan_id = l.loan_id
        WHERE l.book = %(book)s AND l.part = %(part)s AND a.through < %(day)s
        ORDER BY a.loan_id FOR NO KEY UPDATE OF a""",
        day=day,
        part=part,
    )


def keep(tx: Tx, rows: Collection[Accrued]) -> None:
    """Write what stands on the ledger of each loan now."""
    tx.run(
        """UPDATE loan_accrued a
        SET through = s.through, interest = s.interest, charges = s.charges
        FROM unnest(%(ids)s::uuid[], %(through)s::date[], %(interest)s::bigint[],
            %(charges)s::bigint[]) AS s(id, through, interest, charges)
        WHERE a.book = %(book)s AND a.loan_id = s.id""",
        ids=[each.loan_id for each in rows],
        through=[each.through for each in rows],
        interest=[each.interest for each in rows],
        charges=[each.charges for each in rows],
    )


def done(tx: Tx, row: DayRow) -> None:
    """Mark a part of a day as closed."""
    told: dict[str, Any] = msgspec.structs.asdict(row)
    tx.run(
        """INSERT INTO loan_day (book, day, part, loans, folded, interest, charges, late, digest,
            closed_at)
        VALUES (%(book)s, %(day)s, %(part)s, %(loans)s, %(folded)s, %(interest)s, %(charges)s,
            %(late)s, %(digest)s, %(now)s)""",
        now=tx.now,
        **told,
    )


def without_line(tx: Tx, limit: int) -> list[UUID]:
    """Running loans of which no line is kept."""
    rows = tx.tuples(
        """SELECT l.id FROM loan l WHERE l.book = %(book)s AND l.state = 'running' AND NOT EXISTS (
            SELECT 1 FROM loan_line n WHERE n.book = l.book AND n.loan_id = l.id)
        ORDER BY l.id LIMIT %(limit)s""",
        limit=limit,
    )
    return [loan_id for (loan_id,) in rows]
