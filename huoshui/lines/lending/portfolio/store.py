"""The SQL of the loans of a book seen together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A loan as a line of the book; amounts in minor units, as they stood after its last event.

    `bucket`, `stage` and `held` are those of the last day that was closed for it (`through`).
    """

    id: UUID
    party: str
    product: str
    currency: str
    state: str
    amount: int
    instalments: int
    rate_annual: str | None
    start_on: date | None
    standing: str | None
    principal: int | None
    oldest_open_due: date | None
    next_due: date | None
    through: date | None
    bucket: int | None
    stage: int | None
    held: int | None

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("loan", self.id)

    def days_past_due(self, day: date) -> int:
        """Days since the first instalment that is not met fell due."""
        since = self.oldest_open_due
        return max(0, (day - since).days) if since else 0


def book(
    tx: Tx, *, product: str = "", state: str = "", party: str = "", bucket: int | None = None,
    stage: int | None = None, after: UUID | None = None, limit: int = 50,
) -> list[Entry]:  # fmt: skip
    """Loans, newest first, of a product, state, borrower, bucket or stage."""
    return tx.rows(
        Entry,
        """SELECT l.id, l.party, l.product, l.currency, l.state, l.amount, l.instalments, l.rate_annual,
            l.start_on, p.standing, p.principal, p.oldest_open_due, p.next_due, a.through, a.bucket,
            a.stage, a.held
        FROM loan l
        LEFT JOIN loan_position p ON p.book = l.book AND p.loan_id = l.id
        LEFT JOIN loan_accrued a ON a.book = l.book AND a.loan_id = l.id
        WHERE l.book = %(book)s
          AND (%(product)s = '' OR l.product = %(product)s)
          AND (%(state)s = '' OR l.state = %(state)s)
          AND (%(party)s = '' OR l.party = %(party)s)
          AND (%(bucket)s::int IS NULL OR a.bucket = %(bucket)s)
          AND (%(stage)s::int IS NULL OR (a.stage = %(stage)s AND l.state = 'running'))
          AND (%(after)s::uuid IS NULL OR l.id < %(after)s)
        ORDER BY l.id DESC LIMIT %(limit)s""",
        product=product,
        state=state,
        party=party,
        bucket=bucket,
        stage=stage,
        after=after,
        limit=limit,
    )


class StoodRow(msgspec.Struct, frozen=True):
    """What stands of a loan after its last closed day."""

    through: date
    bucket: int
    stage: int
    held: int


def one(tx: Tx, loan_id: UUID) -> list[StoodRow]:
    """What stands of a loan, if it was ever drawn."""
    return tx.rows(
        StoodRow,
        """SELECT through, bucket, stage, held FROM loan_accrued
        WHERE book = %(book)s AND loan_id = %(id)s""",
        id=loan_id,
    )


def products(tx: Tx) -> list[str]:
    """Products of which loans were closed a day."""
    rows = tx.tuples(
        """SELECT DISTINCT product FROM loan_risk WHERE book = %(book)s
        UNION SELECT product FROM catalog_version WHERE book = %(book)s AND line = 'lending'
        ORDER BY 1"""
    )
    return [product for (product,) in rows]


def last_day(tx: Tx, until: date | None = None) -> date | None:
    """The last day of which a part is closed, up to a day."""
    found: date | None = tx.value(
        """SELECT max(day) FROM loan_day
        WHERE book = %(book)s AND (%(until)s::date IS NULL OR day <= %(until)s)""",
        until=until,
    )
    return found


class RiskSum(msgspec.Struct, frozen=True):
    """Loans of a product in a stage on a closed day; amounts in minor units.

    `uncovered` would be held of what is drawn if no cover lessened it.
    """

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


def risks(tx: Tx, day: date, product: str = "") -> list[RiskSum]:
    """What the loans of a closed day come to, by product and stage."""
    return tx.rows(
        RiskSum,
        """SELECT product, currency, stage, sum(loans)::int AS loans, sum(gross)::bigint AS gross,
            sum(undrawn)::bigint AS undrawn, sum(held)::bigint AS held,
            sum(provided)::bigint AS provided, sum(suspended)::bigint AS suspended,
            sum(uncovered)::bigint AS uncovered
        FROM loan_risk WHERE book = %(book)s AND day = %(day)s AND (%(product)s = '' OR product = %(product)s)
        GROUP BY product, currency, stage ORDER BY currency, product, stage""",
        day=day,
        product=product,
    )


class FlowSum(msgspec.Struct, frozen=True):
    """Why what is held changed within days: loans and amounts from a stage to another."""

    currency: str
    kind: str
    stage_before: int
    stage: int
    loans: int
    amount: int


def flows(tx: Tx, since: date, until: date, product: str = "") -> list[FlowSum]:
    """What changed after a day up to a later one, both of what is drawn and of what may be."""
    return tx.rows(
        FlowSum,
        """SELECT currency, kind, stage_before, stage, sum(loans)::int AS loans,
            sum(amount + provided)::bigint AS amount
        FROM loan_risk_flow
        WHERE book = %(book)s AND day > %(since)s AND day <= %(until)s
          AND (%(product)s = '' OR product = %(product)s)
        GROUP BY currency, kind, stage_before, stage ORDER BY currency, kind, stage_before, stage""",
        since=since,
        until=until,
        product=product,
    )


def held_by_day(tx: Tx, since: date, product: str = "") -> list[tuple[date, str, int, int, int]]:
    """Day, currency, stage, carrying amount and what is held, of each closed day from one on."""
    rows = tx.tuples(
        """SELECT day, currency, stage, sum(gross)::bigint, sum(held + provided)::bigint FROM loan_risk
        WHERE book = %(book)s AND day >= %(since)s AND (%(product)s = '' OR product = %(product)s)
        GROUP BY day, currency, stage ORDER BY day, currency, stage""",
        since=since,
        product=product,
    )
    return [(day, currency, stage, gross, held) for day, currency, stage, gross, held in rows]


def on_ledger(tx: Tx) -> dict[tuple[str, str], int]:
    """What the ledger holds against losses now, by product and currency."""
    rows = tx.tuples(
        """SELECT split_part(path, ':', 2), currency, sum(in_ - out_)::bigint FROM account
        WHERE book = %(book)s AND path LIKE 'allowance:%%'
          AND (path LIKE '%%:loans' OR path LIKE '%%:undrawn')
        GROUP BY 1, 2"""
    )
    return {(product, currency): amount for product, currency, amount in rows}


def begun(tx: Tx, product: str = "") -> list[tuple[date, int, int]]:
    """Months in which loans were drawn first: how many, and what was signed, in minor units."""
    rows = tx.tuples(
        """SELECT date_trunc('month', start_on)::date, count(*)::int, sum(amount)::bigint FROM loan
        WHERE book = %(book)s AND state IN ('running', 'closed')
          AND (%(product)s = '' OR product = %(product)s)
        GROUP BY 1 ORDER BY 1""",
        product=product,
    )
    return [(month, count, amount) for month, count, amount in rows]


def reached(tx: Tx, bucket: int, product: str = "") -> list[tuple[date, int, int, int]]:
    """Month of drawdown, whole months on book until a bucket was first reached, loans, what was signed."""
    rows = tx.tuples(
        """WITH hit AS (
            SELECT loan_id, min(day) AS day FROM loan_move
            WHERE book = %(book)s AND bucket BETWEEN %(bucket)s AND 5
              AND (%(product)s = '' OR product = %(product)s)
            GROUP BY loan_id)
        SELECT date_trunc('month', l.start_on)::date AS cohort,
            (extract(year FROM age(h.day, l.start_on)) * 12 + extract(month FROM age(h.day, l.start_on)))::int
                AS months,
            count(*)::int, sum(l.amount)::bigint
        FROM hit h JOIN loan l ON l.book = %(book)s AND l.id = h.loan_id
        GROUP BY cohort, months ORDER BY cohort, months""",
        bucket=bucket,
        product=product,
    )
    return [(cohort, months, count, amount) for cohort, months, count, amount in rows]


def begun_by(tx: Tx, ends: Sequence[date], product: str = "") -> list[tuple[int, int]]:
    """Loans that were drawn by each of some days, and what was signed of them."""
    rows = tx.tuples(
        """SELECT count(l.id)::int, coalesce(sum(l.amount), 0)::bigint
        FROM unnest(%(ends)s::date[]) WITH ORDINALITY AS e(day, n)
        LEFT JOIN loan l ON l.book = %(book)s AND l.start_on <= e.day AND l.state IN ('running', 'closed')
          AND (%(product)s = '' OR l.product = %(product)s)
        GROUP BY e.n ORDER BY e.n""",
        ends=list(ends),
        product=product,
    )
    return [(count, amount) for count, amount in rows]


def rolled(tx: Tx, ends: Sequence[date], product: str = "") -> list[tuple[int, int, int, int, int]]:
    """Which pair of days, bucket on the first and on the second, loans, what was signed.

    Of loans that were drawn by the first and moved by the second; all others were in time on both.
    """
    rows = tx.tuples(
        """WITH at AS (
            SELECT m.loan_id, e.n, (array_agg(m.bucket ORDER BY m.day DESC))[1] AS bucket
            FROM loan_move m
            JOIN unnest(%(ends)s::date[]) WITH ORDINALITY AS e(day, n) ON m.day <= e.day
            WHERE m.book = %(book)s AND (%(product)s = '' OR m.product = %(product)s)
            GROUP BY m.loan_id, e.n),
        pair AS (
            SELECT loan_id, n, bucket, lag(bucket, 1, 0::smallint) OVER (PARTITION BY loan_id ORDER BY n) AS before
            FROM at)
        SELECT (p.n - 2)::int, p.before::int, p.bucket::int, count(*)::int, sum(l.amount)::bigint
        FROM pair p
        JOIN unnest(%(ends)s::date[]) WITH ORDINALITY AS e(day, n) ON e.n = p.n - 1
        JOIN loan l ON l.book = %(book)s AND l.id = p.loan_id AND l.start_on <= e.day
        GROUP BY p.n, p.before, p.bucket ORDER BY p.n, p.before, p.bucket""",
        ends=list(ends),
        product=product,
    )
    return [(n, a, b, count, amount) for n, a, b, count, amount in rows]


class MoveRow(msgspec.Struct, frozen=True):
    """A move of a loan between buckets or stages."""

    day: date
    bucket_before: int
    bucket: int
    stage_before: int
    stage: int
    reason: str


def moves_of(tx: Tx, day: date, limit: int) -> list[tuple[str, str, MoveRow]]:
    """Loans that a closed day found in another bucket or stage, the worst first: loan, product, move."""
    rows = tx.tuples(
        """SELECT loan_id, product, day, bucket_before, bucket, stage_before, stage, reason FROM loan_move
        WHERE book = %(book)s AND day = %(day)s ORDER BY stage DESC, bucket DESC, loan_id
        LIMIT %(limit)s""",
        day=day,
        limit=limit,
    )
    return [(ids.show("loan", row[0]), row[1], MoveRow(*row[2:])) for row in rows]


def moves(tx: Tx, loan_id: UUID, limit: int = 100) -> list[MoveRow]:
    """Moves of a loan, the last first."""
    return tx.rows(
        MoveRow,
        """SELECT day, bucket_before, bucket, stage_before, stage, reason FROM loan_move
        WHERE book = %(book)s AND loan_id = %(id)s ORDER BY day DESC LIMIT %(limit)s""",
        id=loan_id,
        limit=limit,
    )
