"""The journal's SQL: transactions, an account's transfers, the trial balance, flows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids as id_texts
from huoshui.core.db import Tx

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = re.compile(r"([0-9]{1,16})\.([0-9]{1,18})", re.ASCII)


class Place(msgspec.Struct, frozen=True):
    """Where a page of an account's transfers ends: older ones follow."""

    recorded_at: datetime
    version: int

    def __str__(self) -> str:
        return f"{(self.recorded_at - _EPOCH) // _MICROSECOND}.{self.version}"

    @staticmethod
    def read(text: str) -> Place | None:
        """The place behind its text, or None for a text that no page gave."""
        match = _PLACE.fullmatch(text)
        return match and Place(_EPOCH + int(match[1]) * _MICROSECOND, int(match[2]))


class Line(msgspec.Struct, frozen=True):
    """A transfer as one account sees it: signed amount, balance once it stood, the other side.

    Amount and balance are minor units of in - out, `held` of what is held on this side; only a
    post and a capture moved their amount.
    """

    txn_id: UUID
    leg: int
    kind: int
    version: int
    amount: int
    balance: int
    held: int
    other: str
    template: str
    reference: str
    effective_at: datetime
    recorded_at: datetime

    @property
    def place(self) -> Place:
        """The cursor behind this line."""
        return Place(self.recorded_at, self.version)


class Entry(msgspec.Struct, frozen=True):
    """A transaction as posted, without its legs. `kind` is that of the table `transfer`."""

    id: UUID
    kind: int
    template: str
    reference: str
    currency: str
    effective_at: datetime
    recorded_at: datetime
    reverses: UUID | None
    hold_id: UUID | None
    actor: str
    reversed_by: UUID | None


class EntryLeg(msgspec.Struct, frozen=True):
    """A leg as posted: minor units moved and both balances (in - out) once it stood."""

    txn_id: UUID
    leg: int
    source: str
    target: str
    amount: int
    from_after: int
    to_after: int


class Total(msgspec.Struct, frozen=True):
    """A line of the trial balance: a kind of account in one currency, minor units."""

    class_: str
    kind: str
    currency: str
    accounts: int
    debit: int
    credit: int


class Flow(msgspec.Struct, frozen=True):
    """What the transactions of one template moved from one kind of account to another in a day."""

    day: date
    template: str
    source: str
    target: str
    currency: str
    amount: int


def entries(
    tx: Tx,
    *,
    ids: list[UUID] | None = None,
    reference: str = "",
    account: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Transactions, newest first: by id, reference, account or effective time, keyset paged."""
    return tx.rows(
        Entry,
        """
        SELECT t.id, t.kind, t.template, t.reference, t.currency, t.effective_at, t.recorded_at,
               t.reverses, t.hold_id, t.actor,
               (SELECT r.by_id FROM reversal r WHERE r.book = t.book AND r.txn_id = t.id)
                   AS reversed_by
        FROM txn t
        WHERE t.book = %(book)s
          AND (%(ids)s::uuid[] IS NULL OR t.id = ANY(%(ids)s))
          AND (%(reference)s = '' OR t.reference = %(reference)s)
          AND (%(account)s::uuid IS NULL OR EXISTS (
                SELECT FROM transfer m WHERE m.book = t.book AND m.id = t.id
                AND %(account)s IN (m.from_id, m.to_id)))
          AND (%(since)s::timestamptz IS NULL OR t.effective_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR t.effective_at < %(until)s)
          AND (%(after)s::uuid IS NULL OR t.id < %(after)s)
        ORDER BY t.id DESC LIMIT %(limit)s
        """,
        ids=ids,
        reference=reference,
        account=account,
        since=since,
        until=until,
        after=after,
        limit=limit,
    )


def entry_legs(tx: Tx, ids: list[UUID]) -> list[EntryLeg]:
    """The legs of transactions, in the order in which they were posted."""
    return tx.rows(
        EntryLeg,
        """
        SELECT m.id AS txn_id, m.leg, s.path AS source, d.path AS target, m.amount,
               m.from_after, m.to_after
        FROM transfer m
        JOIN account s ON s.book = m.book AND s.id = m.from_id
        JOIN account d ON d.book = m.book AND d.id = m.to_id
        WHERE m.book = %(book)s AND m.id = ANY(%(ids)s)
        ORDER BY m.id, m.leg
        """,
        ids=ids,
    )


def lines(tx: Tx, id_: UUID, *, before: Place | None = None, limit: int = 50) -> list[Line]:
    """An account's transfers, newest first, older than `before`.

    Recorded time rises with the version: one index a side gives them in order.
    """
    return tx.rows(
        Line,
        """
        WITH own AS (
            (SELECT id AS txn_id, leg, kind, from_version AS version, -amount AS amount,
                    from_after AS balance, coalesce(from_held, 0) AS held, to_id AS other_id,
                    template, reference, effective_at, recorded_at
             FROM transfer
             WHERE book = %(book)s AND from_id = %(id)s
               AND (recorded_at, from_version) < (%(at)s, %(version)s)
             ORDER BY recorded_at DESC, from_version DESC LIMIT %(limit)s)
            UNION ALL
            (SELECT id, leg, kind, to_version, amount, to_after, coalesce(to_held, 0), from_id,
                    template, reference, effective_at, recorded_at
             FROM transfer
             WHERE book = %(book)s AND to_id = %(id)s
               AND (recorded_at, to_version) < (%(at)s, %(version)s)
             ORDER BY recorded_at DESC, to_version DESC LIMIT %(limit)s)
            ORDER BY version DESC LIMIT %(limit)s)
        SELECT own.txn_id, own.leg, own.kind, own.version, own.amount, own.balance, own.held,
               other.path AS other, own.template, own.reference, own.effective_at, own.recorded_at
        FROM own JOIN account other ON other.book = %(book)s AND other.id = own.other_id
        ORDER BY own.version DESC
        """,
        id=id_,
        at=before.recorded_at if before else datetime.max.replace(tzinfo=UTC),
        version=before.version if before else 0,
        limit=limit,
    )


def totals(tx: Tx) -> list[Total]:
    """The trial balance by kind of account: from the stored counters, never from history."""
    return tx.rows(
        Total,
        """
        SELECT class AS class_, kind, currency, count(*) AS accounts,
               sum(greatest(out_ - in_, 0))::bigint AS debit,
               sum(greatest(in_ - out_, 0))::bigint AS credit
        FROM account WHERE book = %(book)s
        GROUP BY class, kind, currency
        ORDER BY currency, array_position(
            ARRAY['asset', 'liability', 'equity', 'income', 'expense'], class), kind
        """,
    )


def flow(tx: Tx, since: datetime, zone: str) -> list[Flow]:
    """What was moved on each local day by template and kinds of account.

    Ids carry the time, so that the primary key alone finds the days asked for.
    """
    return tx.rows(
        Flow,
        """
        SELECT (t.effective_at AT TIME ZONE %(zone)s)::date AS day, t.template,
               s.kind AS source, d.kind AS target, t.currency, sum(m.amount)::bigint AS amount
        FROM txn t
        JOIN transfer m ON m.book = t.book AND m.id = t.id AND m.kind IN (0, 2)
        JOIN account s ON s.book = t.book AND s.id = m.from_id
        JOIN account d ON d.book = t.book AND d.id = m.to_id
        WHERE t.book = %(book)s AND t.id >= %(first)s
        GROUP BY 1, 2, 3, 4, 5
        ORDER BY 1, 2, 3, 4, 5
        """,
        first=id_texts.uuid7(since, bytes(10)),
        zone=zone,
    )
