"""The SQL of deliveries: queued, claimed, tried, ended, sent again, forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns, ids
from huoshui.core.db import Tx
from huoshui.core.webhooks.model import DUE, Attempt, Delivery, Parcel, Sent

_DELIVERY = """id, endpoint_id, event_id, type, state, due_at, attempts, attempts_before, status,
    error, created_at, ended_at"""


class Fate(msgspec.Struct, frozen=True):
    """What a delivery becomes after an attempt; `due_at` is None once it is over."""

    delivery_id: UUID
    number: int
    state: str
    due_at: datetime | None
    status: int | None
    error: str


class Counted(msgspec.Struct, frozen=True):
    """Deliveries of an endpoint on one day of the world, by what became of them."""

    day: datetime
    delivered: int
    dead: int
    due: int


def end_due(tx: Tx, endpoint_id: UUID) -> None:
    """What is still due to an endpoint is given up."""
    tx.run(
        """UPDATE webhook_delivery SET state = 'dead', ended_at = %(now)s
        WHERE book = %(book)s AND endpoint_id = %(id)s AND state = 'due'""",
        id=endpoint_id,
        now=tx.now,
    )


def queue_newest(tx: Tx, endpoint_id: UUID, kind: str, object_id: str) -> UUID:
    """Queue the newest event of this type and object for one endpoint, listening to it or not."""
    tx.run(
        """
        INSERT INTO webhook_delivery (book, id, endpoint_id, event_id, type, due_at, created_at)
        SELECT book, webhook_delivery_id(id, %(endpoint)s), %(endpoint)s, id, type, %(now)s, %(now)s
        FROM event WHERE book = %(book)s AND object = %(object)s AND type = %(kind)s
        ORDER BY id DESC LIMIT 1
        ON CONFLICT DO NOTHING
        """,
        endpoint=endpoint_id,
        object=object_id,
        kind=kind,
        now=tx.now,
    )
    found: UUID = tx.value(
        """SELECT id FROM webhook_delivery
        WHERE book = %(book)s AND endpoint_id = %(endpoint)s AND type = %(kind)s
        ORDER BY id DESC LIMIT 1""",
        endpoint=endpoint_id,
        kind=kind,
    )
    return found


def deliveries(
    tx: Tx,
    *,
    endpoint_id: UUID | None = None,
    event_id: UUID | None = None,
    state: str = "",
    kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[Delivery]:
    """Deliveries, those of the newest events first."""
    return tx.rows(
        Delivery,
        f"""SELECT {_DELIVERY} FROM webhook_delivery
        WHERE book = %(book)s
          AND (%(endpoint)s::uuid IS NULL OR endpoint_id = %(endpoint)s)
          AND (%(event)s::uuid IS NULL OR event_id = %(event)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(kind)s = '' OR type = %(kind)s)
          AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        endpoint=endpoint_id,
        event=event_id,
        state=state,
        kind=kind,
        since=since,
        until=until,
        after=after,
        limit=limit,
    )


def delivery(tx: Tx, delivery_id: UUID) -> Delivery | None:
    """One delivery."""
    return tx.row(
        Delivery,
        f"SELECT {_DELIVERY} FROM webhook_delivery WHERE book = %(book)s AND id = %(id)s",
        id=delivery_id,
    )


def attempts(tx: Tx, delivery_id: UUID) -> list[Attempt]:
    """The attempts of a delivery, in order. A number that is missing was cut off by a kill."""
    return tx.rows(
        Attempt,
        """SELECT number, at, status, error, ms, body FROM webhook_attempt
        WHERE book = %(book)s AND delivery_id = %(id)s ORDER BY number""",
        id=delivery_id,
    )


def revive(tx: Tx, delivery_ids: Sequence[UUID]) -> int:
    """Make ended deliveries due now, their tries begun anew; how many."""
    return tx.count(
        """
        UPDATE webhook_delivery SET state = 'due', due_at = %(now)s, ended_at = NULL,
            attempts_before = attempts, leased_until = NULL
        WHERE book = %(book)s AND id = ANY(%(ids)s) AND state <> 'due'
        """,
        ids=columns.uuids(delivery_ids),
        now=tx.now,
    )


def revive_dead(tx: Tx, endpoint_id: UUID, since: datetime) -> int:
    """Make what was given up of an endpoint's deliveries since then due again; how many."""
    return tx.count(
        """
        UPDATE webhook_delivery SET state = 'due', due_at = %(now)s, ended_at = NULL,
            attempts_before = attempts, leased_until = NULL
        WHERE book = %(book)s AND endpoint_id = %(id)s AND state = 'dead' AND created_at >= %(since)s
        """,
        id=endpoint_id,
        since=since,
        now=tx.now,
    )


def books_due(tx: Tx) -> list[int]:
    """The books of this world with a webhook to send now, in any order: none is always last."""
    rows = tx.tuples(
        """
        SELECT p.book FROM webhook_endpoint p
        WHERE p.state = 'enabled' AND p.listens_until IS NULL AND EXISTS (
            SELECT FROM webhook_delivery d
            WHERE d.book = p.book AND d.endpoint_id = p.id AND d.state = 'due'
              AND d.due_at <= %(now)s
              AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp()))
        GROUP BY p.book ORDER BY random()
        """,
        now=tx.now,
    )
    return [book for (book,) in rows]


def claim(
    tx: Tx,
    *,
    busy: Mapping[UUID, int],
    each: int,
    limit: int,
    lease_s: int,
    endpoint_id: UUID | None = None,
) -> list[Parcel]:
    """Take what is due, at most `each` for an endpoint with those it has under way; for one that
    is failing, a quarter of that.

    The lease is on the machine's time: a clock of a world that is moved does not end it. A claim
    counts as an attempt, so that what kills its courier is not sent for ever. With `endpoint_id`
    it is a listener at a terminal that takes its own.
    """
    rows = tx.tuples(
        """
        WITH busy AS (SELECT unnest(%(busy)s) AS id, unnest(%(counts)s) AS n),
        open AS (
            SELECT p.book, p.id, p.url, coalesce(-busy.n, 0) + CASE
                WHEN p.failing_since IS NULL THEN %(each)s ELSE greatest(1, %(each)s / 4) END AS room
            FROM webhook_endpoint p LEFT JOIN busy ON busy.id = p.id
            WHERE p.book = %(book)s AND p.state = 'enabled'
              AND CASE WHEN %(endpoint)s::uuid IS NULL THEN p.listens_until IS NULL
                       ELSE p.id = %(endpoint)s END
            ORDER BY random()),
        taken AS (
            SELECT p.url, d.id FROM open p CROSS JOIN LATERAL (
                SELECT id FROM webhook_delivery
                WHERE book = p.book AND endpoint_id = p.id AND state = 'due'
                  AND due_at <= %(now)s
                  AND (leased_until IS NULL OR leased_until < clock_timestamp())
                ORDER BY due_at LIMIT greatest(0, p.room)
                FOR UPDATE SKIP LOCKED) d
            LIMIT %(limit)s),
        claimed AS (
            UPDATE webhook_delivery w SET attempts = w.attempts + 1,
                leased_until = clock_timestamp() + %(lease)s
            FROM taken WHERE w.book = %(book)s AND w.id = taken.id
            RETURNING w.id, w.endpoint_id, w.event_id, w.attempts, taken.url)
        SELECT c.id, c.endpoint_id, c.attempts, c.url,
            ARRAY(SELECT sealed FROM webhook_secret s
                WHERE s.book = %(book)s AND s.endpoint_id = c.endpoint_id
                  AND (s.until IS NULL OR s.until > %(now)s) ORDER BY s.number DESC),
            e.id, e.type, e.object, e.at, e.actor, e.data
        FROM claimed c JOIN event e ON e.book = %(book)s AND e.id = c.event_id
        ORDER BY e.id
        """,
        busy=columns.uuids(busy.keys()),
        counts=columns.integers(busy.values()),
        each=each,
        limit=limit,
        lease=timedelta(seconds=lease_s),
        endpoint=endpoint_id,
        now=tx.now,
    )
    return [Parcel(tx.book, *row) for row in rows]


def tries_of(tx: Tx, delivery_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Of each delivery that is due: its attempts, and those before its last resend; locked."""
    rows: list[Any] = tx.tuples(
        """SELECT id, attempts, attempts_before FROM webhook_delivery
        WHERE book = %(book)s AND id = ANY(%(ids)s) AND state = 'due' ORDER BY id FOR UPDATE""",
        ids=columns.uuids(delivery_ids),
    )
    return {id_: (made, before) for id_, made, before in rows}


def keep_attempts(tx: Tx, sent: Sequence[Sent]) -> None:
    """Keep what came of attempts."""
    tx.append(
        "webhook_attempt",
        ("book", "delivery_id", "number", "at", "status", "error", "ms", "body"),
        [
            (tx.book, s.parcel.delivery_id, s.parcel.number, tx.now, s.reply.status,
             s.reply.error, s.reply.ms, s.reply.body)
            for s in sent
        ],
    )  # fmt: skip


def keep_fates(tx: Tx, fates: Sequence[Fate]) -> None:
    """Write what deliveries have become."""
    tx.run(
        """
        UPDATE webhook_delivery w SET state = f.state, due_at = coalesce(f.due_at, w.due_at),
            status = f.status, error = f.error, leased_until = NULL,
            ended_at = CASE WHEN f.state = %(due)s THEN NULL ELSE %(now)s END
        FROM (SELECT unnest(%(ids)s) AS id, unnest(%(states)s) AS state, unnest(%(dues)s) AS due_at,
                     unnest(%(statuses)s) AS status, unnest(%(errors)s) AS error) f
        WHERE w.book = %(book)s AND w.id = f.id
        """,
        ids=columns.uuids(f.delivery_id for f in fates),
        states=columns.texts(f.state for f in fates),
        dues=columns.times(f.due_at for f in fates),
        statuses=columns.smallints(f.status for f in fates),
        errors=columns.texts(f.error for f in fates),
        due=DUE,
        now=tx.now,
    )


def counts_by_day(tx: Tx, endpoint_id: UUID, since: datetime, zone: str) -> list[Counted]:
    """An endpoint's deliveries by the day of the book of their events."""
    return tx.rows(
        Counted,
        """
        SELECT date_trunc('day', created_at, %(zone)s) AS day,
            count(*) FILTER (WHERE state = 'delivered') AS delivered,
            count(*) FILTER (WHERE state = 'dead') AS dead,
            count(*) FILTER (WHERE state = 'due') AS due
        FROM webhook_delivery
        WHERE book = %(book)s AND endpoint_id = %(id)s AND id >= %(first)s
        GROUP BY 1 ORDER BY 1
        """,
        id=endpoint_id,
        first=ids.uuid7(since, bytes(10)),
        zone=zone,
    )


def counts(tx: Tx, since: datetime) -> dict[UUID, dict[str, int]]:
    """How many deliveries of each endpoint stand in each state, of events since then."""
    rows = tx.tuples(
        """SELECT endpoint_id, state, count(*) FROM webhook_delivery
        WHERE book = %(book)s AND id >= %(first)s GROUP BY 1, 2""",
        first=ids.uuid7(since, bytes(10)),
    )
    found: dict[UUID, dict[str, int]] = {}
    for endpoint_id, state, number in rows:
        found.setdefault(endpoint_id, {})[state] = number
    return found


def count_waiting(tx: Tx, endpoint_id: UUID) -> int:
    """How many deliveries to an endpoint are due, now or later."""
    found: int = tx.value(
        """SELECT count(*) FROM webhook_delivery
        WHERE book = %(book)s AND endpoint_id = %(id)s AND state = 'due'""",
        id=endpoint_id,
    )
    return found


def parcel_of(tx: Tx, event_id: UUID) -> Parcel | None:
    """What a delivery of an event carries."""
    rows = tx.tuples(
        """SELECT id, type, object, at, actor, data FROM event
        WHERE book = %(book)s AND id = %(id)s""",
        id=event_id,
    )
    nobody = UUID(int=0)
    return Parcel(tx.book, nobody, nobody, 0, "", [], *rows[0]) if rows else None


def prune(tx: Tx, before: datetime, limit: int) -> int:
    """Forget ended deliveries of events before a moment, at most so many; how many."""
    return tx.count(
        """
        WITH old AS (
            DELETE FROM webhook_delivery WHERE book = %(book)s AND id IN (
                SELECT id FROM webhook_delivery
                WHERE book = %(book)s AND id < %(first)s AND state <> 'due'
                ORDER BY id LIMIT %(limit)s)
            RETURNING id),
        tried AS (
            DELETE FROM webhook_attempt
            WHERE book = %(book)s AND delivery_id IN (SELECT id FROM old))
        SELECT id FROM old
        """,
        first=ids.uuid7(before, bytes(10)),
        limit=limit,
    )
