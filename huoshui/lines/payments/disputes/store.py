"""SQL of disputes and their evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.lines.payments.disputes.model import Dispute, Evidence

_NAMES = Dispute.__struct_fields__
_DISPUTE = ", ".join(f"d.{name}" for name in _NAMES)
_EVIDENCE = ", ".join(Evidence.__struct_fields__)


class Sum(msgspec.Struct, frozen=True):
    """How many disputes are in a state, and over how much in a currency."""

    state: str
    currency: str
    count: int
    amount: int


def add(tx: Tx, new: Dispute) -> None:
    """Write a new dispute. The same reference of a rail twice is a Conflict."""
    tx.append("dispute", ("book", *_NAMES), [(tx.book, *msgspec.structs.astuple(new))])


def move(tx: Tx, moved: Dispute) -> None:
    """Write a dispute that changed; it is locked."""
    tx.run(
        """
        UPDATE dispute SET state = %(state)s, submitted_at = %(submitted_at)s,
            closed_at = %(closed_at)s, closed_by = %(closed_by)s, paper = %(paper)s,
            sent_as = %(sent_as)s
        WHERE book = %(book)s AND id = %(id)s
        """,
        id=moved.id,
        state=moved.state,
        submitted_at=moved.submitted_at,
        closed_at=moved.closed_at,
        closed_by=moved.closed_by,
        paper=moved.paper,
        sent_as=moved.sent_as,
    )


def dispute(tx: Tx, id_: UUID, *, lock: bool = False) -> Dispute | None:
    """One dispute, or None."""
    rows = tx.tuples(
        f"SELECT {_DISPUTE} FROM dispute d WHERE book = %(book)s AND id = %(id)s"
        + (" FOR UPDATE" if lock else ""),
        id=id_,
    )
    return _read(rows[0]) if rows else None


def of_reference(tx: Tx, rail: str, reference: str) -> Dispute | None:
    """The dispute that a rail knows by this reference, locked, or None."""
    rows = tx.tuples(
        f"""SELECT {_DISPUTE} FROM dispute d
        WHERE book = %(book)s AND rail = %(rail)s AND reference = %(reference)s FOR UPDATE""",
        rail=rail,
        reference=reference,
    )
    return _read(rows[0]) if rows else None


def of_payment(tx: Tx, payment_id: UUID) -> list[Dispute]:
    """The disputes of a payment, oldest first."""
    rows = tx.tuples(
        f"""SELECT {_DISPUTE} FROM dispute d
        WHERE book = %(book)s AND payment_id = %(payment)s ORDER BY id""",
        payment=payment_id,
    )
    return [_read(row) for row in rows]


def page(
    tx: Tx,
    *,
    state: str = "",
    rail: str = "",
    payment_id: UUID | None = None,
    sellers: list[str] | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Dispute]:
    """Disputes, newest first, older than the cursor; where `sellers` are named, those of payments
    that one of them has a part of."""
    rows = tx.tuples(
        f"""
        SELECT {_DISPUTE} FROM dispute d
        WHERE d.book = %(book)s AND (%(state)s = '' OR d.state = %(state)s)
          AND (%(rail)s = '' OR d.rail = %(rail)s)
          AND (%(payment)s::uuid IS NULL OR d.payment_id = %(payment)s)
          AND (%(whole)s OR EXISTS (
              SELECT FROM payment_index i WHERE i.book = d.book AND i.kind = 'seller'
                AND i.name = ANY(%(sellers)s) AND i.payment_id = d.payment_id))
          AND d.id < coalesce(%(after)s, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        ORDER BY d.id DESC LIMIT %(limit)s
        """,
        state=state,
        rail=rail,
        payment=payment_id,
        whole=sellers is None,
        sellers=sellers or [],
        after=after,
        limit=limit,
    )
    return [_read(row) for row in rows]


def overdue(tx: Tx, ids: list[UUID]) -> list[Dispute]:
    """Those of these disputes that nobody answered by now, locked."""
    rows = tx.tuples(
        f"""SELECT {_DISPUTE} FROM dispute d
        WHERE book = %(book)s AND id = ANY(%(ids)s) AND state = 'needs_response'
          AND due_at <= %(now)s ORDER BY id FOR UPDATE""",
        ids=columns.uuids(ids),
        now=tx.now,
    )
    return [_read(row) for row in rows]


def sums(tx: Tx, since: datetime | None = None) -> list[Sum]:
    """How many disputes are in each state, opened since a time where one is named."""
    return tx.rows(
        Sum,
        """
        SELECT state, currency, count(*), sum(amount)::bigint AS amount FROM dispute
        WHERE book = %(book)s AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s)
        GROUP BY state, currency ORDER BY state, currency
        """,
        since=since,
    )


def keep_file(tx: Tx, digest: bytes, media_type: str, body: bytes) -> None:
    """Keep a file by its digest; the same content again is kept once."""
    tx.run(
        """INSERT INTO evidence_file (book, hash, media_type, body)
        VALUES (%(book)s, %(hash)s, %(type)s, %(body)s) ON CONFLICT DO NOTHING""",
        hash=digest,
        type=media_type,
        body=body,
    )


def file(tx: Tx, digest: bytes) -> bytes | None:
    """The content that a digest names, or None."""
    found = tx.value(
        "SELECT body FROM evidence_file WHERE book = %(book)s AND hash = %(hash)s", hash=digest
    )
    return None if found is None else bytes(found)


def add_evidence(tx: Tx, new: Evidence) -> None:
    """Write that a file belongs to a dispute."""
    tx.append(
        "dispute_evidence",
        ("book", *Evidence.__struct_fields__),
        [(tx.book, *msgspec.structs.astuple(new))],
    )


def evidence(tx: Tx, dispute_id: UUID) -> list[Evidence]:
    """The files of a dispute, in the order in which they were given."""
    rows = tx.tuples(
        f"""SELECT {_EVIDENCE} FROM dispute_evidence
        WHERE book = %(book)s AND dispute_id = %(id)s ORDER BY number""",
        id=dispute_id,
    )
    return [_evidence(row) for row in rows]


def _evidence(row: tuple[Any, ...]) -> Evidence:
    found = dict(zip(Evidence.__struct_fields__, row, strict=True))
    return Evidence(**found | {"hash": bytes(found["hash"])})


def _read(row: tuple[Any, ...]) -> Dispute:
    found = dict(zip(_NAMES, row, strict=True))
    if found["paper"] is not None:
        found["paper"] = bytes(found["paper"])
    return Dispute(**found)
