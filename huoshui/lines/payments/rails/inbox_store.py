"""The SQL of what rails tell by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.lines.payments.rails.model import Notice

_NOTICE = """id, rail, event, kind, call_id, reference, read, body, state, repeats, attempts,
    received_at, done_at, look_at"""


class NoticeRow(msgspec.Struct, frozen=True):
    """A notice as it was kept; `read` is what the plug-in read in `body`."""

    id: UUID
    rail: str
    event: str
    kind: str
    call_id: UUID | None
    reference: str
    read: dict[str, object]
    body: str
    state: str
    repeats: int
    attempts: int
    received_at: datetime
    done_at: datetime | None
    look_at: datetime | None

    @property
    def notice(self) -> Notice:
        """What it says."""
        return msgspec.convert(self.read, Notice, strict=False)


def keep(tx: Tx, rail: str, notice: Notice, body: str) -> tuple[UUID, bool]:
    """Keep a notice; its id, and whether it is new. The same event again is counted, no more."""
    rows = tx.tuples(
        """
        INSERT INTO rail_notice AS n
            (book, id, rail, event, kind, call_id, reference, read, body, received_at, look_at)
        VALUES (%(book)s, %(id)s, %(rail)s, %(event)s, %(kind)s, %(call)s, %(reference)s,
            %(read)s::jsonb, %(body)s, %(now)s, %(now)s)
        ON CONFLICT (book, rail, event) DO UPDATE SET repeats = n.repeats + 1
        RETURNING id, repeats
        """,
        id=tx.id("rnt", f"{rail}/{notice.event}"),
        rail=rail,
        event=notice.event,
        kind=notice.kind,
        call=notice.call,
        reference=notice.reference,
        read=msgspec.json.encode(notice).decode(),
        body=body,
        now=tx.now,
    )
    return rows[0][0], rows[0][1] == 0


def lock(tx: Tx, notice_ids: Sequence[UUID]) -> list[NoticeRow]:
    """These notices that are not done, locked, in the order in which they came."""
    return tx.rows(
        NoticeRow,
        f"""SELECT {_NOTICE} FROM rail_notice
        WHERE book = %(book)s AND id = ANY(%(ids)s) AND look_at IS NOT NULL
        ORDER BY id FOR UPDATE""",
        ids=columns.uuids(list(notice_ids)),
    )


def put(tx: Tx, row: NoticeRow) -> None:
    """Write what became of a notice."""
    tx.run(
        """
        UPDATE rail_notice SET state = %(state)s, call_id = %(call)s, attempts = %(attempts)s,
            done_at = %(done)s, look_at = %(look)s
        WHERE book = %(book)s AND id = %(id)s
        """,
        id=row.id,
        state=row.state,
        call=row.call_id,
        attempts=row.attempts,
        done=row.done_at,
        look=row.look_at,
    )


def page(
    tx: Tx, *, rail: str = "", state: str = "", after: UUID | None = None, limit: int = 50
) -> list[NoticeRow]:
    """Notices, newest first, older than the cursor."""
    return tx.rows(
        NoticeRow,
        f"""SELECT {_NOTICE} FROM rail_notice
        WHERE book = %(book)s AND (%(rail)s = '' OR rail = %(rail)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        rail=rail,
        state=state,
        after=after,
        limit=limit,
    )


def of_call(tx: Tx, call_id: UUID) -> list[NoticeRow]:
    """What a rail told of a call, in the order in which it came."""
    return tx.rows(
        NoticeRow,
        f"""SELECT {_NOTICE} FROM rail_notice
        WHERE book = %(book)s AND call_id = %(call)s ORDER BY id""",
        call=call_id,
    )
