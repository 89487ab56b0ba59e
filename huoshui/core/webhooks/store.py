"""The SQL of endpoints, their secrets, and listeners at terminals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.core.webhooks.model import Endpoint

_ENDPOINT = "id, url, description, events, state, why, failing_since, listens_until, created_at"


def add_endpoint(tx: Tx, endpoint: Endpoint, *, listens_s: int | None = None) -> None:
    """Keep a new endpoint; one that listens at a terminal does so for `listens_s` from now."""
    tx.run(
        """
        INSERT INTO webhook_endpoint (book, id, url, description, events, created_at, listens_until)
        VALUES (%(book)s, %(id)s, %(url)s, %(description)s, %(events)s, %(at)s,
                clock_timestamp() + %(listens)s)
        """,
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        events=endpoint.events,
        at=endpoint.created_at,
        listens=None if listens_s is None else timedelta(seconds=listens_s),
    )


def count_endpoints(tx: Tx) -> int:
    """How many endpoints the book has, listeners at terminals aside; others wait to add one."""
    tx.value("SELECT book FROM book WHERE book = %(book)s FOR UPDATE")
    found: int = tx.value(
        """SELECT count(*) FROM webhook_endpoint
        WHERE book = %(book)s AND state <> 'deleted' AND listens_until IS NULL"""
    )
    return found


def endpoints(tx: Tx, *, after: UUID | None, limit: int) -> list[Endpoint]:
    """Endpoints that are not deleted, newest first."""
    return tx.rows(
        Endpoint,
        f"""SELECT {_ENDPOINT} FROM webhook_endpoint
        WHERE book = %(book)s AND state <> 'deleted' AND listens_until IS NULL
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        after=after,
        limit=limit,
    )


def endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint | None:
    """One endpoint, a deleted one too."""
    return tx.row(
        Endpoint,
        f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE book = %(book)s AND id = %(id)s",
        id=endpoint_id,
    )


def locked_endpoints(tx: Tx, endpoint_ids: Sequence[UUID]) -> dict[UUID, Endpoint]:
    """Endpoints by id, locked in the order of their ids."""
    rows = tx.rows(
        Endpoint,
        f"""SELECT {_ENDPOINT} FROM webhook_endpoint
        WHERE book = %(book)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE""",
        ids=columns.uuids(endpoint_ids),
    )
    return {row.id: row for row in rows}


def failing(tx: Tx, endpoint_ids: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """Since when endpoints have answered nothing good, those among them that are enabled."""
    rows = tx.tuples(
        """SELECT id, failing_since FROM webhook_endpoint
        WHERE book = %(book)s AND state = 'enabled' AND id = ANY(%(ids)s)""",
        ids=columns.uuids(endpoint_ids),
    )
    return dict(rows)


def keep_endpoint(tx: Tx, endpoint: Endpoint) -> None:
    """Write what may change of an endpoint."""
    tx.run(
        """
        UPDATE webhook_endpoint SET url = %(url)s, description = %(description)s,
            events = %(events)s, state = %(state)s, why = %(why)s, failing_since = %(failing)s
        WHERE book = %(book)s AND id = %(id)s
        """,
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        events=endpoint.events,
        state=endpoint.state,
        why=endpoint.why,
        failing=endpoint.failing_since,
    )


def add_secret(tx: Tx, endpoint_id: UUID, sealed: bytes, *, former_until: datetime) -> None:
    """A new secret of an endpoint; those before it sign no longer than `former_until`."""
    tx.run(
        """DELETE FROM webhook_secret
        WHERE book = %(book)s AND endpoint_id = %(id)s AND until <= %(now)s""",
        id=endpoint_id,
        now=tx.now,
    )
    tx.run(
        """UPDATE webhook_secret SET until = least(until, %(until)s)
        WHERE book = %(book)s AND endpoint_id = %(id)s""",
        id=endpoint_id,
        until=former_until,
    )
    tx.run(
        """
        INSERT INTO webhook_secret (book, endpoint_id, number, sealed, made_at)
        SELECT %(book)s, %(id)s, coalesce(max(number), 0) + 1, %(sealed)s, %(now)s
        FROM webhook_secret WHERE book = %(book)s AND endpoint_id = %(id)s
        """,
        id=endpoint_id,
        sealed=sealed,
        now=tx.now,
    )


def drop_secrets(tx: Tx, endpoint_id: UUID) -> None:
    """Forget the secrets of an endpoint."""
    tx.run(
        "DELETE FROM webhook_secret WHERE book = %(book)s AND endpoint_id = %(id)s",
        id=endpoint_id,
    )


def secrets_until(tx: Tx, endpoint_id: UUID) -> list[datetime | None]:
    """Until when each secret of an endpoint signs, the newest (None: until it is rotated) first."""
    rows = tx.tuples(
        """SELECT until FROM webhook_secret
        WHERE book = %(book)s AND endpoint_id = %(id)s AND (until IS NULL OR until > %(now)s)
        ORDER BY number DESC""",
        id=endpoint_id,
        now=tx.now,
    )
    return [until for (until,) in rows]


def keep_listening(tx: Tx, endpoint_id: UUID, listens_s: int) -> bool:
    """A listener at a terminal is still there; whether it still stands."""
    return (
        tx.count(
            """UPDATE webhook_endpoint SET listens_until = clock_timestamp() + %(listens)s
        WHERE book = %(book)s AND id = %(id)s AND listens_until IS NOT NULL""",
            id=endpoint_id,
            listens=timedelta(seconds=listens_s),
        )
        > 0
    )


def drop_listener(tx: Tx, endpoint_id: UUID | None = None) -> None:
    """Remove a listener with all that was queued for it; without an id, those that are gone."""
    gone = """SELECT id FROM webhook_endpoint
        WHERE book = %(book)s AND listens_until IS NOT NULL
          AND CASE WHEN %(id)s::uuid IS NULL THEN listens_until < clock_timestamp()
                   ELSE id = %(id)s END"""
    tx.run(
        f"""DELETE FROM webhook_attempt a USING webhook_delivery d
        WHERE a.book = %(book)s AND d.book = %(book)s AND d.id = a.delivery_id
          AND d.endpoint_id IN ({gone})""",
        id=endpoint_id,
    )
    tx.run(
        f"DELETE FROM webhook_delivery WHERE book = %(book)s AND endpoint_id IN ({gone})",
        id=endpoint_id,
    )
    tx.run(f"DELETE FROM webhook_endpoint WHERE book = %(book)s AND id IN ({gone})", id=endpoint_id)
