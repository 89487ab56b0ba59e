"""The SQL of marks and grades."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.marks.model import Grade, Mark

_MARK = ", ".join(Mark.__struct_fields__)
_GRADE = ", ".join(Grade.__struct_fields__)


def add(tx: Tx, mark: Mark) -> None:
    """A new mark."""
    names = Mark.__struct_fields__
    tx.append("party_mark", ("book", *names), [(tx.book, *msgspec.structs.astuple(mark))])


def end(tx: Tx, mark: Mark) -> None:
    """Write how a mark ended, or that it did not."""
    tx.run(
        """UPDATE party_mark SET state = %(state)s, ended_on = %(ended_on)s, ended_by = %(ended_by)s,
            ended_why = %(ended_why)s WHERE book = %(book)s AND id = %(id)s""",
        id=mark.id,
        state=mark.state,
        ended_on=mark.ended_on,
        ended_by=mark.ended_by,
        ended_why=mark.ended_why,
    )


def mark(tx: Tx, id_: UUID, *, lock: bool = False) -> Mark | None:
    """One mark, or None."""
    ending = "FOR NO KEY UPDATE" if lock else ""
    return tx.row(
        Mark,
        f"SELECT {_MARK} FROM party_mark WHERE book = %(book)s AND id = %(id)s {ending}",
        id=id_,
    )


def marks(
    tx: Tx, *, party: str = "", kind: str = "", holding: date | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Mark]:  # fmt: skip
    """Marks, newest first; of a party, of a kind, those alone that hold on a day."""
    return tx.rows(
        Mark,
        f"""SELECT {_MARK} FROM party_mark WHERE book = %(book)s
          AND (%(party)s = '' OR party = %(party)s) AND (%(kind)s = '' OR kind = %(kind)s)
          AND (%(day)s::date IS NULL OR since <= %(day)s AND (until IS NULL OR until >= %(day)s)
            AND (ended_on IS NULL OR ended_on > %(day)s))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        party=party,
        kind=kind,
        day=holding,
        after=after,
        limit=limit,
    )


def add_grade(tx: Tx, row: Grade) -> None:
    """Append a grade."""
    names = Grade.__struct_fields__
    tx.append("party_grade", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def next_number(tx: Tx, party: str) -> int:
    """The number of the next grade of a party; whoever asks has it alone until the commit."""
    tx.run(
        """SELECT pg_advisory_xact_lock(
            hashtextextended(format('party_grade/%%s/%%s', %(book)s::int, %(party)s::text), 0))""",
        party=party,
    )
    found: int = tx.value(
        """SELECT coalesce(max(number), 0) + 1 FROM party_grade
        WHERE book = %(book)s AND party = %(party)s""",
        party=party,
    )
    return found


def grades(tx: Tx, party: str = "", limit: int = 100) -> list[Grade]:
    """Grades, the last told first; of a party."""
    return tx.rows(
        Grade,
        f"""SELECT {_GRADE} FROM party_grade WHERE book = %(book)s AND (%(party)s = '' OR party = %(party)s)
        ORDER BY recorded_at DESC, party, number DESC LIMIT %(limit)s""",
        party=party,
        limit=limit,
    )


def grade_on(tx: Tx, party: str, day: date) -> Grade | None:
    """The grade of a party that holds on a day."""
    return tx.row(
        Grade,
        f"""SELECT {_GRADE} FROM party_grade
        WHERE book = %(book)s AND party = %(party)s AND on_ <= %(day)s
        ORDER BY on_ DESC, number DESC LIMIT 1""",
        party=party,
        day=day,
    )


def owes(tx: Tx, party: str) -> bool:
    """Whether a party ever applied for a loan here."""
    found: bool = tx.value(
        "SELECT EXISTS (SELECT 1 FROM loan WHERE book = %(book)s AND party = %(party)s)",
        party=party,
    )
    return found


def last_closed(tx: Tx) -> date | None:
    """The last day of which a part is closed."""
    found: date | None = tx.value("SELECT max(day) FROM loan_day WHERE book = %(book)s")
    return found


class LoanOf(msgspec.Struct, frozen=True):
    """A running loan of which something is known, whose it is, and since when it runs."""

    loan_id: UUID
    party: str
    start_on: date


def loans_known(tx: Tx, parts: Collection[int], since: date, until: date) -> list[LoanOf]:
    """Running loans of some parts whose borrowers have marks in a time, more than one grade, or another
    loan in default."""
    return tx.rows(
        LoanOf,
        """SELECT n.loan_id, l.party, l.start_on FROM (
            SELECT party FROM party_mark WHERE book = %(book)s AND since <= %(until)s
              AND (until IS NULL OR until >= %(since)s) AND (ended_on IS NULL OR ended_on > %(since)s)
            UNION SELECT party FROM party_grade WHERE book = %(book)s AND on_ <= %(until)s
              AND number > 1
            UNION SELECT party FROM party_default WHERE book = %(book)s AND since <= %(until)s) k
        JOIN loan l ON l.book = %(book)s AND l.party = k.party
        JOIN loan_line n ON n.book = l.book AND n.loan_id = l.id
        WHERE n.part = ANY(%(parts)s) AND n.ended = '' AND l.start_on IS NOT NULL""",
        parts=list(parts),
        since=since,
        until=until,
    )


class Told(msgspec.Struct, frozen=True):
    """Something known of a party: what, from a day on, up to another."""

    party: str
    what: str
    since: date
    until: date | None
    said: str


def told(tx: Tx, parties: Collection[str]) -> list[Told]:
    """All that was said of parties: marks, grades and shares in default, in the order of their days."""
    return tx.rows(
        Told,
        """SELECT party, kind AS what, since, least(until, ended_on - 1) AS until, '' AS said
        FROM party_mark WHERE book = %(book)s AND party = ANY(%(parties)s)
          AND (ended_on IS NULL OR ended_on > since)
        UNION ALL SELECT party, 'grade', on_, NULL, grade FROM (
            SELECT DISTINCT ON (party, on_) party, on_, grade FROM party_grade
            WHERE book = %(book)s AND party = ANY(%(parties)s) ORDER BY party, on_, number DESC) g
        UNION ALL SELECT party, 'default', since, NULL, share::text
        FROM party_default WHERE book = %(book)s AND party = ANY(%(parties)s)
        ORDER BY 1, 2, 3""",
        parties=sorted(set(parties)),
    )


def pulled(tx: Tx, parts: Collection[int]) -> set[UUID]:
    """Loans of some parts that are in stage 3 by another loan alone."""
    rows = tx.tuples(
        """SELECT p.loan_id FROM loan_pulled p
        JOIN loan_line n ON n.book = p.book AND n.loan_id = p.loan_id
        WHERE p.book = %(book)s AND n.part = ANY(%(parts)s)""",
        parts=list(parts),
    )
    return {loan_id for (loan_id,) in rows}


def keep_pulled(tx: Tx, day: date, came: Collection[UUID], went: Collection[UUID]) -> None:
    """Write which loans are pulled now, and which are no more."""
    if went:
        tx.run(
            "DELETE FROM loan_pulled WHERE book = %(book)s AND loan_id = ANY(%(ids)s)",
            ids=sorted(went),
        )
    if came:
        names = ("book", "loan_id", "since")
        tx.append("loan_pulled", names, [(tx.book, each, day) for each in sorted(came)])


def begin_day(tx: Tx, day: date) -> bool:
    """Whether shares in default are to be worked out for a day: nobody has."""
    found = tx.tuples(
        """INSERT INTO party_default_day (book, day) VALUES (%(book)s, %(day)s)
        ON CONFLICT DO NOTHING RETURNING 1""",
        day=day,
    )
    return bool(found)


def tell_defaults(tx: Tx, day: date) -> None:
    """What part of each borrower's debt is in default by itself, where that is another than before."""
    tx.run(
        """WITH owing AS (
            SELECT l.party, l.currency,
                n.owed + a.interest + a.charges + a.penalty - n.taken AS gross,
                a.stage = 3 AND NOT EXISTS (
                    SELECT 1 FROM loan_pulled p WHERE p.book = a.book AND p.loan_id = a.loan_id) AS bad
            FROM loan_accrued a
            JOIN loan_line n ON n.book = a.book AND n.loan_id = a.loan_id AND n.ended = ''
            JOIN loan l ON l.book = a.book AND l.id = a.loan_id
            WHERE a.book = %(book)s AND l.party IN (
                SELECT m.party FROM loan m JOIN loan_accrued b ON b.book = m.book AND b.loan_id = m.id
                WHERE m.book = %(book)s AND b.stage = 3 AND b.bucket < 5
                UNION SELECT party FROM party_default WHERE book = %(book)s)
        ), shares AS (
            SELECT party, max(coalesce(round(bad_gross / nullif(gross, 0), 8), 0)) AS share FROM (
                SELECT party, currency, sum(greatest(gross, 0)) AS gross,
                    coalesce(sum(greatest(gross, 0)) FILTER (WHERE bad), 0) AS bad_gross
                FROM owing GROUP BY party, currency) s GROUP BY party
        ), stood AS (
            SELECT DISTINCT ON (party) party, share FROM party_default
            WHERE book = %(book)s ORDER BY party, since DESC
        )
        INSERT INTO party_default (book, party, since, share)
        SELECT %(book)s, coalesce(n.party, b.party), %(day)s, coalesce(n.share, 0)
        FROM shares n FULL JOIN stood b ON b.party = n.party
        WHERE coalesce(n.share, 0) <> coalesce(b.share, 0)""",
        day=day,
    )


def share_in_default(tx: Tx, party: str, day: date) -> Decimal:
    """What part of a party's debt is in default by itself, as it was worked out last up to a day."""
    found: Decimal | None = tx.value(
        """SELECT share FROM party_default WHERE book = %(book)s AND party = %(party)s
          AND since <= %(day)s ORDER BY since DESC LIMIT 1""",
        party=party,
        day=day,
    )
    return found or Decimal(0)
