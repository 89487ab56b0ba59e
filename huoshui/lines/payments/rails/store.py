"""The SQL of rail calls: queued in the payment's commit, claimed, answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.lines.payments.rails.model import Call, Verb

_CALL = """id, rail, verb, subject, tender, amount, currency, token, about, refund, state,
    reference, code, action, answered, flag, attempts, created_at, asked_at, settled_at, look_at"""
_QUEUED = ("book", "id", "rail", "verb", "subject", "tender", "amount", "currency", "token",
           "about", "refund", "state", "created_at", "look_at")  # fmt: skip


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
        WHERE book = %(book)s AND subject = %(subject)s ORDER BY id""",
        subject=subject,
    )
