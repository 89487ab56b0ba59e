"""SQL of settlement windows: their opening and closing, and the positions of a closed one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core.db import Tx

LOCK = 0x57494E44  # payments take it shared before they write in the open window
# Less than the second after which PostgreSQL looks for a deadlock: who closes gives way, not who pays.
PATIENCE_MS = 900
# Each step goes by its index (`OFFSET 0`): a window is counted while others fill, and by statistics of
# what was there before the planner joins all that ever cleared with all that was ever posted.
_POSITIONS = """
    WITH cleared AS MATERIALIZED (
        SELECT DISTINCT c.payment_id, t.reference, t.batch
        FROM clearing c CROSS JOIN LATERAL (
            SELECT reference, batch FROM transfer
            WHERE book = %(book)s AND id = c.id AND leg = 0 OFFSET 0) AS t
        WHERE c.window_number = %(number)s AND c.book = %(book)s),
    spans AS MATERIALIZED (
        SELECT reference, batch AS last, coalesce((
            SELECT max(b.batch) FROM clearing e CROSS JOIN LATERAL (
                SELECT batch FROM transfer
                WHERE book = %(book)s AND id = e.id AND leg = 0 OFFSET 0) AS b
            WHERE e.payment_id = cleared.payment_id AND e.book = %(book)s
              AND b.batch < cleared.batch), 0) AS before
        FROM cleared),
    ids AS MATERIALIZED (
        SELECT t.id FROM spans s CROSS JOIN LATERAL (
            SELECT id FROM transfer WHERE book = %(book)s AND leg = 0 AND reference <> ''
                AND reference = s.reference AND batch > s.before AND batch <= s.last OFFSET 0) AS t
        UNION SELECT id FROM clearing
        WHERE window_number = %(number)s AND book = %(book)s),
    moved AS (
        SELECT t.from_id, t.to_id, t.amount
        FROM ids CROSS JOIN LATERAL (
            SELECT from_id, to_id, amount FROM transfer
            WHERE book = %(book)s AND id = ids.id AND kind IN (0, 2) OFFSET 0) AS t),
    sides AS (
        SELECT from_id AS account_id, 0::bigint AS in_, amount AS out_ FROM moved
        UNION ALL SELECT to_id, amount, 0 FROM moved),
    sums AS (
        SELECT account_id, sum(in_)::bigint AS gross_in, sum(out_)::bigint AS gross_out,
               count(*) AS transfers
        FROM sides GROUP BY account_id)
    SELECT s.account_id,
           CASE WHEN a.path LIKE 'merchant:%%' THEN 'seller'
                WHEN a.path LIKE 'rail:%%' THEN 'rail' ELSE 'platform' END AS party_kind,
           CASE WHEN a.path LIKE 'merchant:%%' OR a.path LIKE 'rail:%%'
                THEN split_part(a.path, ':', 2) ELSE split_part(a.path, ':', 1) END AS party,
           a.path, a.currency, s.gross_in, s.gross_out, s.transfers
    FROM sums s CROSS JOIN LATERAL (
        SELECT path, currency FROM account
        WHERE book = %(book)s AND id = s.account_id LIMIT 1) AS a
    ORDER BY a.path, a.currency
"""


class Window(msgspec.Struct, frozen=True):
    """A settlement window: everything that cleared between its opening and its closing."""

    number: int
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str


class Total(msgspec.Struct, frozen=True, array_like=True):
    """How much of one kind and currency cleared in a window; amount in minor units."""

    kind: str
    currency: str
    count: int
    amount: int


class Position(msgspec.Struct, frozen=True):
    """What a window moved on one account: gross both ways, minor units."""

    account_id: UUID
    party_kind: str
    party: str
    path: str
    currency: str
    gross_in: int
    gross_out: int
    transfers: int

    @property
    def net(self) -> int:
        """What the account gained (in - out); all of a window and currency come to zero."""
        return self.gross_in - self.gross_out


class Report(msgspec.Struct, frozen=True):
    """A closed window, counted."""

    number: int
    made_at: datetime
    clearings: int
    transfers: int
    totals: tuple[Total, ...]
    hash: str


def close_open(tx: Tx) -> Window | None:
    """Close the open window while nobody clears in it; None where there is none."""
    tx.run("SELECT set_config('lock_timeout', %(ms)s, true)", ms=str(PATIENCE_MS))
    tx.run("SELECT pg_advisory_xact_lock(%(lock)s, %(book)s)", lock=LOCK)
    tx.run("SELECT set_config('lock_timeout', '0', true)")
    return tx.row(
        Window,
        """
        UPDATE settlement_window SET closed_at = greatest(%(now)s, opened_at), closed_by = %(actor)s
        WHERE book = %(book)s AND closed_at IS NULL
        RETURNING number, opened_at, closed_at, closed_by
        """,
        now=tx.now,
        actor=tx.actor,
    )


def open_next(tx: Tx, number: int) -> None:
    """Open a window; one of that number that is open stays."""
    tx.run(
        """INSERT INTO settlement_window (book, number, opened_at)
        VALUES (%(book)s, %(number)s, %(now)s) ON CONFLICT DO NOTHING""",
        number=number,
        now=tx.now,
    )


def open_window(tx: Tx) -> Window | None:
    """The open window."""
    return tx.row(
        Window,
        """SELECT number, opened_at, closed_at, closed_by FROM settlement_window
        WHERE book = %(book)s AND closed_at IS NULL""",
    )


def window(tx: Tx, number: int) -> Window | None:
    """One window, or None."""
    return tx.row(
        Window,
        """SELECT number, opened_at, closed_at, closed_by FROM settlement_window
        WHERE book = %(book)s AND number = %(number)s""",
        number=number,
    )


def windows(tx: Tx, before: int | None, limit: int) -> list[Window]:
    """Windows, newest first, below the cursor."""
    return tx.rows(
        Window,
        """SELECT number, opened_at, closed_at, closed_by FROM settlement_window
        WHERE book = %(book)s AND (%(before)s::bigint IS NULL OR number < %(before)s)
        ORDER BY number DESC LIMIT %(limit)s""",
        before=before,
        limit=limit,
    )


def is_empty(tx: Tx, number: int) -> bool:
    """Whether nothing cleared in a window."""
    found = tx.value(
        """SELECT EXISTS (SELECT FROM clearing
        WHERE window_number = %(number)s AND book = %(book)s)""",
        number=number,
    )
    return not found


def totals(tx: Tx, number: int) -> list[Total]:
    """What cleared in a window, by kind and currency."""
    rows = tx.tuples(
        """
        SELECT kind, currency, count(*), sum(amount)::bigint FROM clearing
        WHERE window_number = %(number)s AND book = %(book)s
        GROUP BY kind, currency ORDER BY kind, currency
        """,
        number=number,
    )
    return [Total(*row) for row in rows]


def count_positions(tx: Tx, number: int) -> list[Position]:
    """The positions of a window from its transfers, by account; nothing is kept.

    What a payment moved since it last cleared belongs to the window in which it clears next: what
    a rail brought into transit stands beside what the parts got of it.
    """
    with tx.by_index():
        return tx.rows(Position, _POSITIONS, number=number)


def keep(tx: Tx, report: Report, positions: list[Position]) -> None:
    """Keep what was counted of a window, once for all."""
    tx.run(
        """
        INSERT INTO window_report (book, number, made_at, clearings, transfers, totals, hash)
        VALUES (%(book)s, %(number)s, %(now)s, %(clearings)s, %(transfers)s, %(totals)s::jsonb,
                %(hash)s)
        """,
        number=report.number,
        now=report.made_at,
        clearings=report.clearings,
        transfers=report.transfers,
        totals=msgspec.json.encode(report.totals).decode(),
        hash=report.hash,
    )
    names = ("book", "number", *Position.__struct_fields__)
    rows = ((tx.book, report.number, *msgspec.structs.astuple(p)) for p in positions)
    tx.append("window_position", names, rows)


def report(tx: Tx, number: int) -> Report | None:
    """What was counted of a window, or None."""
    rows = tx.tuples(
        """SELECT number, made_at, clearings, transfers, totals, hash FROM window_report
        WHERE book = %(book)s AND number = %(number)s""",
        number=number,
    )
    if not rows:
        return None
    values = list(rows[0])
    values[4] = msgspec.convert(values[4], tuple[Total, ...])
    return Report(*values)


def positions(
    tx: Tx, number: int, *, party_kind: str = "", after: tuple[str, str] = ("", ""), limit: int = 50
) -> list[Position]:
    """The kept positions of a window in the order of their paths, after a path and currency."""
    return tx.rows(
        Position,
        """
        SELECT account_id, party_kind, party, path, currency, gross_in, gross_out, transfers
        FROM window_position
        WHERE book = %(book)s AND number = %(number)s
          AND (%(kind)s = '' OR party_kind = %(kind)s)
          AND (path, currency) > (%(path)s, %(currency)s)
        ORDER BY path, currency LIMIT %(limit)s
        """,
        number=number,
        kind=party_kind,
        path=after[0],
        currency=after[1],
        limit=limit,
    )


def uncounted(tx: Tx) -> list[int]:
    """The closed windows that have no report."""
    rows = tx.tuples(
        """SELECT w.number FROM settlement_window w
        LEFT JOIN window_report r ON r.book = w.book AND r.number = w.number
        WHERE w.book = %(book)s AND w.closed_at IS NOT NULL AND r.number IS NULL
        ORDER BY w.number"""
    )
    return [number for (number,) in rows]
