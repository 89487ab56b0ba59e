"""The SQL of the end of day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx


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
    falls_due: int = 0
    moved: int = 0
    staged: int = 0
    fees: int = 0
    held: int = 0


class Stood(msgspec.Struct, frozen=True):
    """What stands of a loan after its last closed day; amounts in minor units.

    Beside its accruals: bucket and stage, since when the stage, since when nothing speaks for it, and
    what is held against losses that are expected.
    """

    loan_id: UUID
    through: date
    interest: int
    charges: int
    penalty: int
    bucket: int
    stage: int
    staged_on: date | None
    clean_2: date | None
    clean_3: date | None
    measured: bool
    held: int
    provided: int
    suspended: int


class Move(msgspec.Struct, frozen=True):
    """A loan that is in another bucket or stage than after the day before."""

    loan_id: UUID
    day: date
    product: str
    bucket_before: int
    bucket: int
    stage_before: int
    stage: int
    reason: str


class RiskRow(msgspec.Struct, frozen=True):
    """What a part's loans of a product and stage come to; `uncovered` would be held without covers."""

    day: date
    part: int
    product: str
    currency: str
    stage: int
    loans: int
    gross: int
    undrawn: int
    held: int
    provided: int
    suspended: int
    uncovered: int


class FlowRow(msgspec.Struct, frozen=True):
    """Why what is held is another than the day before."""

    day: date
    part: int
    product: str
    currency: str
    kind: str
    stage_before: int
    stage: int
    loans: int
    amount: int
    provided: int


def closed(tx: Tx, day: date) -> list[DayRow]:
    """The parts of a day that are closed."""
    return tx.rows(
        DayRow,
        """SELECT day, part, loans, folded, interest, charges, late, digest, falls_due, moved, staged,
            fees, held
        FROM loan_day WHERE book = %(book)s AND day = %(day)s ORDER BY part""",
        day=day,
    )


def days(tx: Tx, before: date | None, limit: int) -> list[tuple[date, int]]:
    """Days of which parts are closed, the last first, each with how many."""
    rows = tx.tuples(
        """SELECT day, count(*)::int FROM loan_day
        WHERE book = %(book)s AND (%(before)s::date IS NULL OR day < %(before)s)
        GROUP BY day ORDER BY day DESC LIMIT %(limit)s""",
        before=before,
        limit=limit,
    )
    return [(day, count) for day, count in rows]


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


def behind(tx: Tx, day: date, parts: Sequence[int], *, lock: bool = True) -> list[Stood]:
    """What stands on the ledger of the parts' loans whose days are not there up to a day; locked in
    the order of their ids, so that nobody else posts for them; not where they are only looked at.
    """
    ending: LiteralString = "FOR NO KEY UPDATE OF a" if lock else ""
    rows = tx.ask(
        f"""SELECT a.loan_id, a.through, a.interest, a.charges, a.penalty, a.bucket, a.stage, a.staged_on, a.clean_2,
            a.clean_3, a.measured, a.held, a.provided, a.suspended
        FROM loan_line l JOIN loan_accrued a ON a.book = l.book AND a.loan_id = l.loan_id
        WHERE l.book = %(book)s AND l.part = ANY(%(parts)s) AND a.through < %(day)s
        ORDER BY a.loan_id {ending}""",
        day=day,
        parts=list(parts),
    )
    return [Stood(*row) for row in rows()]


def keep(tx: Tx, rows: Collection[Stood]) -> None:
    """Write what stands on the ledger of each loan now."""
    tx.run(
        """UPDATE loan_accrued a
        SET through = s.through, interest = s.interest, charges = s.charges,
            penalty = s.penalty, bucket = s.bucket,
            stage = s.stage, staged_on = s.staged_on, clean_2 = s.clean_2, clean_3 = s.clean_3,
            measured = s.measured, held = s.held, provided = s.provided, suspended = s.suspended
        FROM (SELECT unnest(%(ids)s) AS id, unnest(%(through)s) AS through,
            unnest(%(interest)s) AS interest, unnest(%(charges)s) AS charges,
            unnest(%(penalty)s) AS penalty, unnest(%(bucket)s) AS bucket, unnest(%(stage)s) AS stage,
            unnest(%(staged_on)s) AS staged_on, unnest(%(clean_2)s) AS clean_2,
            unnest(%(clean_3)s) AS clean_3, unnest(%(measured)s) AS measured,
            unnest(%(held)s) AS held, unnest(%(provided)s) AS provided,
            unnest(%(suspended)s) AS suspended) s
        WHERE a.book = %(book)s AND a.loan_id = s.id""",
        ids=columns.uuids([each.loan_id for each in rows]),
        through=columns.dates([each.through for each in rows]),
        interest=columns.bigints([each.interest for each in rows]),
        charges=columns.bigints([each.charges for each in rows]),
        penalty=columns.bigints([each.penalty for each in rows]),
        bucket=columns.smallints([each.bucket for each in rows]),
        stage=columns.smallints([each.stage for each in rows]),
        staged_on=columns.dates([each.staged_on for each in rows]),
        clean_2=columns.dates([each.clean_2 for each in rows]),
        clean_3=columns.dates([each.clean_3 for each in rows]),
        measured=columns.booleans([each.measured for each in rows]),
        held=columns.bigints([each.held for each in rows]),
        provided=columns.bigints([each.provided for each in rows]),
        suspended=columns.bigints([each.suspended for each in rows]),
    )


def done(tx: Tx, rows: Sequence[DayRow]) -> None:
    """Mark parts of a day as closed."""
    names = DayRow.__struct_fields__
    listed = [(tx.book, *msgspec.structs.astuple(row), tx.now) for row in rows]
    tx.append("loan_day", ("book", *names, "closed_at"), listed)


def tell(tx: Tx, table: str, rows: Sequence[Move] | Sequence[RiskRow] | Sequence[FlowRow]) -> None:
    """Append what a closed day found: of loan_move, loan_risk or loan_risk_flow."""
    if rows:
        names = type(rows[0]).__struct_fields__
        tx.append(table, ("book", *names), [(tx.book, *msgspec.structs.astuple(r)) for r in rows])


def asked_on(tx: Tx, loan_ids: Sequence[UUID], day: date) -> dict[UUID, int]:
    """What falls due of loans on a day and is not paid yet, as it stood after their last event."""
    rows = tx.tuples(
        """SELECT p.loan_id, sum(i.open)::bigint FROM loan_position p
        CROSS JOIN LATERAL unnest(p.dues, p.opens) AS i(due, open)
        WHERE p.book = %(book)s AND p.loan_id = ANY(%(ids)s) AND i.due = %(day)s AND i.open > 0
        GROUP BY p.loan_id ORDER BY p.loan_id""",
        ids=loan_ids,
        day=day,
    )
    return dict(rows)


def versions_with(tx: Tx, table: str) -> list[tuple[str, int]]:
    """Versions of loan products that have a table of a name."""
    rows = tx.tuples(
        """SELECT product, number FROM catalog_version
        WHERE book = %(book)s AND line = 'lending' AND jsonb_exists(body -> 'tables', %(table)s)
        ORDER BY product, number""",
        table=table,
    )
    return [(product, number) for product, number in rows]


class LateRow(msgspec.Struct, frozen=True):
    """A loan with instalments that are late: their due days and what of each is open."""

    loan_id: UUID
    product: str
    version: int
    amount: int
    through: date
    dues: list[date]
    opens: list[int]


def late(
    tx: Tx, parts: Sequence[int], versions: Sequence[tuple[str, int]], day: date
) -> list[LateRow]:
    """Loans of some versions of products with something late on a day."""
    return tx.rows(
        LateRow,
        """SELECT n.loan_id, l.product, l.version, l.amount, a.through, p.dues, p.opens
        FROM loan_line n
        JOIN loan l ON l.book = n.book AND l.id = n.loan_id
        JOIN loan_accrued a ON a.book = n.book AND a.loan_id = n.loan_id
        JOIN loan_position p ON p.book = n.book AND p.loan_id = n.loan_id
        WHERE n.book = %(book)s AND n.part = ANY(%(parts)s) AND n.ended = '' AND n.late_since < %(day)s
          AND a.through < %(day)s
          AND (l.product, l.version) IN (SELECT * FROM unnest(%(products)s::text[], %(numbers)s::int[]))
        ORDER BY n.loan_id""",
        parts=list(parts),
        day=day,
        products=[product for product, _ in versions],
        numbers=[number for _, number in versions],
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


class RulesRow(msgspec.Struct, frozen=True):
    """Parameters of expected losses of a product, from a day on; '' is every other product."""

    product: str
    number: int
    since: date
    rules: dict[str, Any]
    cause: str
    recorded_at: Any
    actor: str


def rules(tx: Tx, day: date) -> list[RulesRow]:
    """What holds on a day of each product: of what was said of it, the last that has begun."""
    return tx.rows(
        RulesRow,
        """SELECT DISTINCT ON (product) product, number, since, rules, cause, recorded_at, actor
        FROM loss_rules WHERE book = %(book)s AND since <= %(day)s
        ORDER BY product, since DESC, number DESC""",
        day=day,
    )


def all_rules(tx: Tx, limit: int) -> list[RulesRow]:
    """All that was ever said, the last first."""
    return tx.rows(
        RulesRow,
        """SELECT product, number, since, rules, cause, recorded_at, actor FROM loss_rules
        WHERE book = %(book)s ORDER BY recorded_at DESC, product, number DESC LIMIT %(limit)s""",
        limit=limit,
    )


def add_rules(tx: Tx, row: RulesRow) -> None:
    """Append parameters."""
    names = RulesRow.__struct_fields__
    tx.append("loss_rules", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def next_number(tx: Tx, product: str) -> int:
    """The number of the next parameters of a product; whoever asks has it alone until the commit."""
    tx.run(
        """SELECT pg_advisory_xact_lock(
            hashtextextended(format('loss_rules/%%s/%%s', %(book)s::int, %(product)s::text), 0))""",
        product=product,
    )
    found: int = tx.value(
        """SELECT coalesce(max(number), 0) + 1 FROM loss_rules
        WHERE book = %(book)s AND product = %(product)s""",
        product=product,
    )
    return found
