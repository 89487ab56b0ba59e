"""SQL of balances in time: seeks by recorded time, sums from a counted day on, counted days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.ledger.store import STATE_LOCK

VERSION_MAX = 2**63 - 1
_DAY = timedelta(days=1)

# What moved an account from `since` on: most rows were recorded within a day of their effect and
# stand in the ordinary index; the others in the partial one, whose condition is repeated.


def _arm(side: LiteralString, numbers: LiteralString, late: bool) -> LiteralString:
    span: LiteralString = (
        "m.recorded_at - m.effective_at > interval '1 day'"
        if late
        else """m.recorded_at - m.effective_at <= interval '1 day'
            AND m.recorded_at >= since AND m.recorded_at <= %(recorded_most)s"""
    )
    return f"""
        SELECT {numbers}, m.effective_at, m.{side}_version AS version FROM transfer m
        WHERE m.book = %(book)s AND m.{side}_id = account_id AND m.kind IN (0, 2)
            AND m.effective_at >= since AND m.effective_at <= %(at)s AND {span}"""


_OUT: LiteralString = "m.amount AS out_, 0::bigint AS in_"
_IN: LiteralString = "0::bigint AS out_, m.amount AS in_"
_DELTA: LiteralString = " UNION ALL ".join(
    (_arm("from", _OUT, False), _arm("from", _OUT, True), _arm("to", _IN, False),
     _arm("to", _IN, True))
)  # fmt: skip
_BASE: LiteralString = """
    SELECT w.account_id, coalesce(d.until, '-infinity') AS since,
           coalesce(d.out_, c.out_, 0) AS out_, coalesce(d.in_, c.in_, 0) AS in_
    FROM unnest(%(ids)s::uuid[]) AS w (account_id)
    LEFT JOIN LATERAL (
        SELECT until, out_, in_ FROM day_balance
        WHERE book = %(book)s AND account_id = w.account_id AND until <= %(at)s
        ORDER BY until DESC LIMIT 1) d ON true
    LEFT JOIN carried c ON c.book = %(book)s AND c.account_id = w.account_id"""


class Seen(msgspec.Struct, frozen=True):
    """The latest row of one side of an account: version, balance with it, what it left held."""

    side: str
    version: int
    balance: int
    held: int


class Sums(msgspec.Struct, frozen=True):
    """What went out of an account and came into it, minor units."""

    out_: int
    in_: int


class Carried(msgspec.Struct, frozen=True):
    """Until when an account's history is archived: the latest effect, the latest recording."""

    effective_at: datetime
    recorded_at: datetime


class Moved(msgspec.Struct, frozen=True):
    """A posting as one account sees it; `balance` is the one along recorded time."""

    txn_id: UUID
    leg: int
    version: int
    amount: int
    balance: int
    other: str
    template: str
    reference: str
    reverses: UUID | None
    effective_at: datetime
    recorded_at: datetime


def seek(tx: Tx, account_id: UUID, at: datetime) -> list[Seen]:
    """The last row recorded by `at` on each side, and what archived parts left."""
    return tx.rows(
        Seen,
        """
        (SELECT 'out' AS side, from_version AS version, from_after AS balance,
                coalesce(from_held, 0) AS held
         FROM transfer WHERE book = %(book)s AND from_id = %(id)s AND recorded_at <= %(at)s
         ORDER BY recorded_at DESC, from_version DESC LIMIT 1)
        UNION ALL
        (SELECT 'in', to_version, to_after, coalesce(to_held, 0)
         FROM transfer WHERE book = %(book)s AND to_id = %(id)s AND recorded_at <= %(at)s
         ORDER BY recorded_at DESC, to_version DESC LIMIT 1)
        UNION ALL
        (SELECT s.side, s.version, c.balance, s.held FROM carried c
         CROSS JOIN LATERAL (VALUES ('out', c.out_version, c.held_out),
                                    ('in', c.in_version, c.held_in)) AS s (side, version, held)
         WHERE c.book = %(book)s AND c.account_id = %(id)s)
        """,
        id=account_id,
        at=at,
    )


def carried(tx: Tx, account_id: UUID) -> Carried | None:
    """Until when an account is archived, or None."""
    return tx.row(
        Carried,
        """SELECT effective_at, recorded_at FROM carried
        WHERE book = %(book)s AND account_id = %(id)s""",
        id=account_id,
    )


def effective(tx: Tx, account_id: UUID, at: datetime, version: int = VERSION_MAX) -> Sums:
    """What had moved an account up to a place in the order of (effect, version)."""
    found = tx.row(
        Sums,
        f"""
        SELECT (b.out_ + coalesce(sum(d.out_), 0))::bigint AS out_,
               (b.in_ + coalesce(sum(d.in_), 0))::bigint AS in_
        FROM ({_BASE}) b LEFT JOIN LATERAL ({_DELTA}) d
            ON (d.effective_at, d.version) <= (%(at)s, %(version)s)
        GROUP BY b.out_, b.in_
        """,
        ids=[account_id],
        at=at,
        recorded_most=_later(at),
        version=version,
    )
    assert found
    return found


def recorded_sums(tx: Tx, account_id: UUID, since: datetime, until: datetime) -> Sums:
    """What moved an account by what was recorded from `since` up to and without `until`."""
    found = tx.row(
        Sums,
        """
        SELECT (SELECT coalesce(sum(amount), 0)::bigint FROM transfer
                WHERE book = %(book)s AND from_id = %(id)s AND kind IN (0, 2)
                  AND recorded_at >= %(since)s AND recorded_at < %(until)s) AS out_,
               (SELECT coalesce(sum(amount), 0)::bigint FROM transfer
                WHERE book = %(book)s AND to_id = %(id)s AND kind IN (0, 2)
                  AND recorded_at >= %(since)s AND recorded_at < %(until)s) AS in_
        """,
        id=account_id,
        since=since,
        until=until,
    )
    assert found
    return found


def _lines(span: dict[str, LiteralString], order: LiteralString) -> LiteralString:
    """Postings of an account by side: the ranges in `span` are read, merged and cut in `order`."""
    arms: list[LiteralString] = []
    sides: tuple[tuple[LiteralString, LiteralString, LiteralString], ...] = (
        ("from", "to", "-"),
        ("to", "from", ""),
    )
    for condition in span.values():
        for side, other, sign in sides:
            arms.append(f"""
            (SELECT id AS txn_id, leg, {side}_version AS version, {sign}amount AS amount,
                    {side}_after AS balance, {other}_id AS other_id, template, reference,
                    reverses, effective_at, recorded_at
             FROM transfer
             WHERE book = %(book)s AND {side}_id = %(id)s AND kind IN (0, 2) AND {condition}
               AND ({order}, {side}_version) > (%(at)s, %(version)s)
             ORDER BY {order}, {side}_version LIMIT %(limit)s)""")
    return f"""
        WITH own AS ({" UNION ALL ".join(arms)} ORDER BY {order}, version LIMIT %(limit)s)
        SELECT own.txn_id, own.leg, own.version, own.amount, own.balance, a.path AS other,
               own.template, own.reference, own.reverses, own.effective_at, own.recorded_at
        FROM own JOIN account a ON a.book = %(book)s AND a.id = own.other_id
        ORDER BY own.{order}, own.version"""


_BY_RECORDED = _lines(
    {"all": "recorded_at >= %(since)s AND recorded_at < %(until)s"}, "recorded_at"
)
_PROMPT: LiteralString = """effective_at >= %(since)s AND effective_at < %(until)s
               AND recorded_at - effective_at <= interval '1 day'
               AND recorded_at >= %(at)s AND recorded_at <= %(recorded_most)s"""


def _first(side: LiteralString) -> LiteralString:
    return f"""
            (SELECT effective_at FROM transfer
             WHERE book = %(book)s AND {side}_id = %(id)s AND kind IN (0, 2) AND {_PROMPT}
               AND (effective_at, {side}_version) > (%(at)s, %(version)s)
             ORDER BY recorded_at, {side}_version LIMIT %(limit)s)"""


# As many postings as a page holds, first recorded first: no line of the page takes effect after
# all of them. So a page reads a day more than it shows, and not the whole span.
_MOST: LiteralString = f"""
    (SELECT coalesce(max(effective_at), %(until)s) FROM (
        {_first("from")} UNION ALL {_first("to")}) AS first)"""
_BY_EFFECT = _lines(
    {
        "prompt": f"""{_PROMPT} AND effective_at <= {_MOST}
               AND recorded_at <= {_MOST} + interval '24 hours'""",
        "late": """effective_at >= %(since)s AND effective_at < %(until)s
               AND recorded_at - effective_at > interval '1 day'""",
    },
    "effective_at",
)


def lines(
    tx: Tx,
    account_id: UUID,
    *,
    by_effect: bool,
    since: datetime,
    until: datetime,
    after: tuple[datetime, int],
    limit: int,
) -> list[Moved]:
    """Postings of a span of time, oldest first, behind a place in their order."""
    return tx.rows(
        Moved,
        _BY_EFFECT if by_effect else _BY_RECORDED,
        id=account_id,
        since=since,
        until=until,
        at=after[0],
        version=after[1],
        recorded_most=_later(until),
        limit=limit,
    )


def move_mark(tx: Tx, until: datetime) -> datetime | None:
    """Say that days up to `until` may be counted from now on; what was said before.

    Waits for every batch under way: those that start later know it.
    """
    tx.run("SELECT pg_advisory_xact_lock(%(space)s, %(book)s)", space=STATE_LOCK)
    before = mark(tx)
    tx.run(
        """
        INSERT INTO ledger_state (book, counted_until) VALUES (%(book)s, %(until)s)
        ON CONFLICT (book) DO UPDATE
        SET counted_until = greatest(ledger_state.counted_until, EXCLUDED.counted_until)
        """,
        until=until,
    )
    return before


def mark(tx: Tx) -> datetime | None:
    """Up to when days may have been counted, or None."""
    found: datetime | None = tx.value(
        "SELECT counted_until FROM ledger_state WHERE book = %(book)s"
    )
    return found


def lock_moved(tx: Tx, since: datetime | None, after: UUID | None, limit: int) -> list[UUID]:
    """Accounts that were moved at or after `since`, in the order of their ids, locked."""
    rows = tx.tuples(
        """
        SELECT id FROM account
        WHERE book = %(book)s AND moved_at >= coalesce(%(since)s, '-infinity'::timestamptz)
          AND (%(after)s::uuid IS NULL OR id > %(after)s)
        ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE
        """,
        since=since,
        after=after,
        limit=limit,
    )
    return [id_ for (id_,) in rows]


def count_day(tx: Tx, ids: list[UUID], until: datetime) -> None:
    """Keep what had moved these accounts before `until`, where that is more than was kept."""
    # The order of (effect, version) begins with version 1: nothing at `until` itself counts.
    tx.run(
        f"""
        INSERT INTO day_balance (book, account_id, until, out_, in_)
        SELECT %(book)s, b.account_id, %(at)s, b.out_ + sum(d.out_), b.in_ + sum(d.in_)
        FROM ({_BASE}) b JOIN LATERAL ({_DELTA}) d ON d.effective_at < %(at)s
        GROUP BY b.account_id, b.out_, b.in_
        """,
        ids=columns.uuids(ids),
        at=until,
        recorded_most=_later(until),
    )


def count_days(tx: Tx, ids: list[UUID], zone: str, until: datetime) -> None:
    """Count every day of these accounts anew, up to and with the one that ends at `until`.

    A day ends where the next begins on the book's clock; where a clock is set back over midnight
    the first end after a moment is its day's.
    """
    tx.run(
        "DELETE FROM day_balance WHERE book = %(book)s AND account_id = ANY(%(ids)s)",
        ids=columns.uuids(ids),
    )
    tx.run(
        """
        WITH day AS (
            SELECT e.account_id, CASE WHEN e.effective_at < d.start THEN d.start ELSE d.stop END
                       AS until, sum(e.out_) AS out_, sum(e.in_) AS in_
            FROM entry e CROSS JOIN LATERAL (
                SELECT l.day::timestamp AT TIME ZONE %(zone)s AS start,
                       (l.day + 1)::timestamp AT TIME ZONE %(zone)s AS stop
                FROM (SELECT (e.effective_at AT TIME ZONE %(zone)s)::date AS day) l) d
            WHERE e.book = %(book)s AND e.account_id = ANY(%(ids)s) AND e.kind IN (0, 2)
              AND e.effective_at < %(until)s
            GROUP BY 1, 2)
        INSERT INTO day_balance (book, account_id, until, out_, in_)
        SELECT %(book)s, day.account_id, day.until,
               coalesce(c.out_, 0) + sum(day.out_) OVER own,
               coalesce(c.in_, 0) + sum(day.in_) OVER own
        FROM day LEFT JOIN carried c ON c.book = %(book)s AND c.account_id = day.account_id
        WHERE day.until <= %(until)s
        WINDOW own AS (PARTITION BY day.account_id ORDER BY day.until)
        """,
        ids=columns.uuids(ids),
        zone=zone,
        until=until,
    )


def moved_accounts(tx: Tx) -> int:
    """How many accounts have ever been moved."""
    count: int = tx.value(
        "SELECT count(*) FROM account WHERE book = %(book)s AND moved_at IS NOT NULL"
    )
    return count


def _later(at: datetime) -> datetime:
    """A day later, or the end of time."""
    return at + _DAY if at < datetime.max.replace(tzinfo=at.tzinfo) - _DAY else at
