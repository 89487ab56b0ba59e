"""The SQL of rail calls: queued in the payment's commit, claimed, answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.lines.payments.rails.model import Call, Verb

_CALL = """id, rail, verb, subject, tender, amount, currency, token, about, refund, state,
    reference, code, action, answered, flag, attempts, created_at, asked_at, settled_at, look_at"""
_QUEUED = ("book", "id", "rail", "verb", "subject", "tender", "amount", "currency", "token",
           "about", "refund", "state", "created_at", "look_at")  # fmt: skip
# What is about one means of one payment goes in order: a call waits for those before it. The ids of
# one commit rise in the order in which they are to go.
_IN_TURN = """(c.state <> 'due' OR NOT EXISTS (
    SELECT FROM rail_call e
    WHERE e.book = c.book AND e.subject = c.subject AND e.tender = c.tender
      AND e.look_at IS NOT NULL AND (e.created_at, e.id) < (c.created_at, c.id)))"""


class CallRow(msgspec.Struct, frozen=True):
    """A call with what became of it; amounts in minor units. `look_at` is None once it is final."""

    id: UUID
    rail: str
    verb: Verb
    subject: str
    tender: int
    amount: int
    currency: str
    token: str
    about: str
    refund: UUID | None
    state: str
    reference: str
    code: str
    action: str
    answered: int | None
    flag: str
    attempts: int
    created_at: datetime
    asked_at: datetime | None
    settled_at: datetime | None
    look_at: datetime | None

    @property
    def call(self) -> Call:
        """What was asked."""
        return Call(**{name: getattr(self, name) for name in Call.__struct_fields__})


def add(tx: Tx, calls: Sequence[Call]) -> None:
    """Put calls down, due now."""
    rows: list[tuple[Any, ...]] = [
        (tx.book, c.id, c.rail, c.verb, c.subject, c.tender, c.amount, c.currency, c.token,
         c.about, c.refund, "due", tx.now, tx.now)
        for c in calls
    ]  # fmt: skip
    tx.append("rail_call", _QUEUED, rows)


def drop(tx: Tx, call_ids: Sequence[UUID]) -> list[UUID]:
    """Call off those of these calls that have not left; which they were."""
    rows = tx.tuples(
        """
        UPDATE rail_call SET state = 'dropped', settled_at = %(now)s, look_at = NULL
        WHERE book = %(book)s AND id = ANY(%(ids)s) AND state = 'due'
        RETURNING id
        """,
        ids=columns.uuids(list(call_ids)),
        now=tx.now,
    )
    return [id_ for (id_,) in rows]


def call(tx: Tx, call_id: UUID) -> CallRow | None:
    """One call, or None."""
    return tx.row(
        CallRow,
        f"SELECT {_CALL} FROM rail_call WHERE book = %(book)s AND id = %(id)s",
        id=call_id,
    )


def of_subject(tx: Tx, subject: str) -> list[CallRow]:
    """The calls made for a payment or a payout, in the order in which they were asked for."""
    return tx.rows(
        CallRow,
        f"""SELECT {_CALL} FROM rail_call
        WHERE book = %(book)s AND subject = %(subject)s ORDER BY created_at, id""",
        subject=subject,
    )


def due_rails(tx: Tx, names: Sequence[str]) -> list[str]:
    """Those of these rails that have calls to be looked at now, and may be asked."""
    rows = tx.tuples(
        f"""
        SELECT name FROM unnest(%(names)s::text[]) AS name WHERE EXISTS (
            SELECT FROM rail_call c
            WHERE c.book = %(book)s AND c.rail = name AND c.look_at <= %(now)s AND {_IN_TURN})
        AND NOT EXISTS (
            SELECT FROM rail_breaker
            WHERE book = %(book)s AND rail = name AND opened_at IS NOT NULL
              AND probe_at > %(now)s)
        """,
        names=list(names),
        now=tx.now,
    )
    return [name for (name,) in rows]


def next_look(tx: Tx) -> datetime | None:
    """When the next call of this book is to be looked at and may be, or None."""
    found: datetime | None = tx.value(
        f"""
        SELECT min(greatest(c.look_at, b.probe_at))
        FROM rail_call c LEFT JOIN rail_breaker b
            ON b.book = c.book AND b.rail = c.rail AND b.opened_at IS NOT NULL
        WHERE c.book = %(book)s AND c.look_at IS NOT NULL AND {_IN_TURN}
        """
    )
    return found


def under_way(tx: Tx) -> int:
    """How many calls were sent and may yet be answered by whoever sent them."""
    count: int = tx.value(
        """SELECT count(*) FROM rail_call
        WHERE book = %(book)s AND state = 'sent' AND look_at > %(now)s""",
        now=tx.now,
    )
    return count


def claim(tx: Tx, rail: str, limit: int) -> list[CallRow]:
    """Calls of a rail to be looked at now, locked; what another sender has at hand is passed over."""
    return tx.rows(
        CallRow,
        f"""SELECT {_CALL} FROM rail_call c
        WHERE book = %(book)s AND rail = %(rail)s AND look_at <= %(now)s AND {_IN_TURN}
        ORDER BY look_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED""",
        rail=rail,
        now=tx.now,
        limit=limit,
    )


def mark_claimed(tx: Tx, call_ids: list[UUID], look_at: list[datetime]) -> None:
    """Note that these are asked now: what was due has been sent from here on."""
    tx.run(
        """
        UPDATE rail_call c SET state = CASE WHEN c.state = 'due' THEN 'sent' ELSE c.state END,
            asked_at = coalesce(c.asked_at, %(now)s), attempts = c.attempts + 1, look_at = t.look_at
        FROM unnest(%(ids)s::uuid[], %(looks)s::timestamptz[]) AS t (id, look_at)
        WHERE c.book = %(book)s AND c.id = t.id
        """,
        ids=call_ids,
        looks=look_at,
        now=tx.now,
    )


def lock(tx: Tx, call_ids: Sequence[UUID]) -> dict[UUID, CallRow]:
    """These calls, locked in the order of their ids."""
    rows = tx.rows(
        CallRow,
        f"""SELECT {_CALL} FROM rail_call
        WHERE book = %(book)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE""",
        ids=columns.uuids(list(call_ids)),
    )
    return {row.id: row for row in rows}


def of_references(tx: Tx, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """The calls that have these (rail, reference), by them."""
    rows = tx.tuples(
        """
        SELECT c.rail, c.reference, c.id
        FROM unnest(%(rails)s::text[], %(references)s::text[]) AS t (rail, reference)
        JOIN rail_call c ON c.book = %(book)s AND c.rail = t.rail AND c.reference = t.reference
        """,
        rails=[rail for rail, _ in pairs],
        references=[reference for _, reference in pairs],
    )
    return {(rail, reference): id_ for rail, reference, id_ in rows}


def settle(tx: Tx, rows: Sequence[CallRow]) -> None:
    """Write where calls stand now."""
    for row in rows:
        tx.run(
            """
            UPDATE rail_call SET state = %(state)s, reference = %(reference)s, code = %(code)s,
                action = %(action)s, answered = %(answered)s, flag = %(flag)s,
                settled_at = %(settled)s, look_at = %(look)s
            WHERE book = %(book)s AND id = %(id)s
            """,
            id=row.id,
            state=row.state,
            reference=row.reference,
            code=row.code,
            action=row.action,
            answered=row.answered,
            flag=row.flag,
            settled=row.settled_at,
            look=row.look_at,
        )


def page(
    tx: Tx,
    *,
    rail: str = "",
    state: str = "",
    subject: str = "",
    after: UUID | None = None,
    limit: int = 50,
) -> list[CallRow]:
    """Calls, newest first, older than the cursor."""
    return tx.rows(
        CallRow,
        f"""SELECT {_CALL} FROM rail_call
        WHERE book = %(book)s AND (%(rail)s = '' OR rail = %(rail)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(subject)s = '' OR subject = %(subject)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        rail=rail,
        state=state,
        subject=subject,
        after=after,
        limit=limit,
    )


def home_of(tx: Tx, rail: str, call_id: UUID | None, reference: str) -> int | None:
    """The book whose call this is, by our key or by the rail's reference, or None."""
    book: int | None = tx.value(
        """
        SELECT book FROM (
            SELECT b.book, 1 AS rank FROM book b WHERE EXISTS (
                SELECT FROM rail_call c
                WHERE c.book = b.book AND c.id = %(id)s AND c.rail = %(rail)s)
            UNION ALL
            SELECT b.book, 2 FROM book b WHERE %(reference)s <> '' AND EXISTS (
                SELECT FROM rail_call c
                WHERE c.book = b.book AND c.rail = %(rail)s AND c.reference = %(reference)s
                  AND c.reference <> '')
        ) found ORDER BY rank, book LIMIT 1
        """,
        id=call_id,
        rail=rail,
        reference=reference,
    )
    return book


def first_book(tx: Tx) -> int:
    """The first of this world's books. Raises NotFound where there is none."""
    book: int | None = tx.value("SELECT min(book) FROM book")
    if book is None:
        raise NotFound(kind="book", id="-")
    return book
