"""The SQL of the end of day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


def claim(tx: Tx, day: date, parts: Sequence[int]) -> list[int]:
    """Which parts of a day are for this transaction alone to close: nobody has, and nobody does."""
    rows = tx.tuples(
        """SELECT p FROM unnest(%(parts)s::int[]) AS p
        WHERE NOT EXISTS (
            SELECT 1 FROM loan_day WHERE book = %(book)s AND day = %(day)s AND part = p)
          AND pg_try_advisory_xact_lock(hashtextextended(format('loan_day/%%s/%%s', %(book)s::int, p), 0))
        ORDER BY p""",
        day=day,
        parts=list(parts),
    )
    return [part for (part,) in rows]


def count(tx: Tx) -> int:
    """How many loans are kept as lines."""
    found: int = tx.value("SELECT count(*) FROM loan_line WHERE book = %(book)s")
    return found


def behind(tx: Tx, day: date, parts: Sequence[int]) -> list[Accrued]:
    """What stands on the ledger of the parts' loans whose days are not there up to a day; locked in
    the order of their ids, so that nobody else posts for them.
    """
    return tx.rows(
        Accrued,
        """SELECT a.loan_id, a.through, a.interest, a.charges
        FROM loan_line l JOIN loan_accrued a ON a.book = l.book AND a.loan_id = l.loan_id
        WHERE l.book = %(book)s AND l.part = ANY(%(parts)s) AND a.through < %(day)s
        ORDER BY a.loan_id FOR NO KEY UPDATE OF a""",
        day=day,
        parts=list(parts),
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


def done(tx: Tx, rows: Sequence[DayRow]) -> None:
    """Mark parts of a day as closed."""
    for row in rows:
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
