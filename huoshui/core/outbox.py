"""What a transaction said and put off, written just before its commit (see `Tx.emit`, `Tx.later`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from huoshui.core import columns
from huoshui.core.webhooks.queue import QUEUE

if TYPE_CHECKING:
    from huoshui.core.db import Tx


class Event(msgspec.Struct, frozen=True):
    """Something that happened: `type` is noun.past_tense, `object` the id it happened to."""

    type: str
    object: str
    at: datetime
    data: dict[str, Any]


class Later(msgspec.Struct, frozen=True):
    """Work to do at `due_at`; (kind, key) is unique, a second call moves the first."""

    kind: str
    key: str
    due_at: datetime
    payload: dict[str, Any]


def write_events(tx: Tx, events: Sequence[Event]) -> None:
    """Append events, queue them for the sealer, and for the webhooks that listen to them."""
    said = {_key(event): event for event in events}
    rows = [
        (tx.book, tx.id("evt", key, e.at), e.type, e.object, e.at, tx.actor, e.data)
        for key, e in said.items()
    ]
    names = ("book", "id", "type", "object", "at", "actor", "data")
    # Where the clock stands still, another transaction may have said it at this moment.
    tx.append("event", names, rows, anew=not tx.simulated)
    ids = [row[1] for row in rows]
    tx.seal("event", ids=ids)
    if not tx.simulated:  # what a replay tells, nobody is told again
        types = columns.texts(row[2] for row in rows)
        tx.run(QUEUE, ids=columns.uuids(ids), types=types, now=tx.now)


def _key(event: Event) -> str:
    # With what it says: two refunds of an order may be refused at one moment.
    said = msgspec.json.encode(event.data, order="deterministic").decode()
    return f"{event.type}/{event.object}/{event.at.isoformat()}/{said}"


def write_later(tx: Tx, put_off: Sequence[Later]) -> None:
    """Put work off; the same work of one key is moved to where it was put last."""
    latest = {(item.kind, item.key): item for item in put_off}
    items = sorted(latest.values(), key=lambda item: (item.kind, item.key))
    tx.run(
        """
        INSERT INTO work (book, id, kind, key, due_at, payload)
        SELECT %(book)s, * FROM unnest(%(ids)s, %(kinds)s, %(keys)s, %(dues)s, %(payloads)s)
        ON CONFLICT (book, kind, key) DO UPDATE
        SET due_at = EXCLUDED.due_at, payload = EXCLUDED.payload,
            state = 'due', attempts = 0, last_error = ''
        """,
        ids=columns.uuids([tx.id("wrk", f"{i.kind}/{i.key}") for i in items]),
        kinds=columns.texts([i.kind for i in items]),
        keys=columns.texts([i.key for i in items]),
        dues=columns.times([i.due_at for i in items]),
        payloads=columns.jsonbs([i.payload for i in items]),
    )
