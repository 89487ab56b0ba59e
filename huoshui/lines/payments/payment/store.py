"""The SQL of payments: their rows, refunds, what cleared, and the open window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.ledger.store import Answer
from huoshui.lines.payments.payment.model import Part, Payment, Refund, Tender

WINDOW_LOCK = 0x57494E44  # "WIND": who closes a window takes it alone, every batch shares it

COLUMNS = Payment.__struct_fields__
_COLUMNS = ", ".join(COLUMNS)
_MOVING = (
    "id", "state", "trail", "captured", "refunded", "charged", "tenders", "parts", "version", "final",
    "action", "error", "updated_at",
)  # fmt: skip
_REFUND_NAMES = Refund.__struct_fields__
REFUND = ", ".join(_REFUND_NAMES)


class ClearingRow(msgspec.Struct, frozen=True):
    """A movement of a payment that clears in a window; `id` is its transaction's."""

    id: UUID
    payment_id: UUID
    kind: str
    currency: str
    amount: int
    window_number: int
    at: Any


def window(tx: Tx) -> Answer[int | None]:
    """The number of the settlement window that is open now; None before the first."""
    rows = tx.ask(
        "SELECT number FROM settlement_window WHERE book = %(book)s AND closed_at IS NULL"
    )
    return lambda: next((number for (number,) in rows()), None)


def open_window(tx: Tx) -> int:
    """Open the first window of a book, if nobody has; its number."""
    tx.run(
        """INSERT INTO settlement_window (book, number, opened_at) VALUES (%(book)s, 1, %(now)s)
        ON CONFLICT DO NOTHING""",
        now=tx.now,
    )
    number: int = tx.value(
        "SELECT number FROM settlement_window WHERE book = %(book)s AND closed_at IS NULL"
    )
    return number


def lock(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Payment]:
    """Payments, locked in the order of their ids."""
    rows = tx.tuples(
        f"""SELECT {_COLUMNS} FROM payment WHERE book = %(book)s AND id = ANY(%(ids)s)
        ORDER BY id FOR UPDATE""",
        ids=columns.uuids(sorted(ids)),
    )
    return {row[0]: payment_of(row) for row in rows}


def payment(tx: Tx, id_: UUID) -> Payment | None:
    """One payment, or None."""
    rows = tx.tuples(
        f"SELECT {_COLUMNS} FROM payment WHERE book = %(book)s AND id = %(id)s", id=id_
    )
    return payment_of(rows[0]) if rows else None


def expired(tx: Tx, limit: int) -> list[UUID]:
    """Open payments that have run out by now and no rail is at work on, oldest first."""
    rows = tx.tuples(
        """
        SELECT id FROM payment WHERE book = %(book)s AND expires_at <= %(now)s
          AND state NOT IN ('succeeded', 'cancelled', 'failed') AND state <> 'processing'
        ORDER BY expires_at, id LIMIT %(limit)s
        """,
        now=tx.now,
        limit=limit,
    )
    return [id_ for (id_,) in rows]


def payment_of(row: tuple[Any, ...]) -> Payment:
    """A payment out of its row."""
    found = dict(zip(COLUMNS, row, strict=True))
    found["tenders"] = tuple(msgspec.convert(t, Tender) for t in found["tenders"])
    found["parts"] = tuple(Part(*part) for part in found["parts"])
    found["trail"] = (found["state"],)
    if found["secret"] is not None:
        found["secret"] = bytes(found["secret"])
    return Payment(**found)


def add(tx: Tx, new: Sequence[Payment]) -> None:
    """Write new payments."""
    rows = [(tx.book, *msgspec.structs.astuple(p)) for p in new]
    tx.append("payment", ("book", *COLUMNS), rows)


def move(tx: Tx, moved: Sequence[Payment]) -> None:
    """Write payments that changed; each is locked."""
    content = [[getattr(p, name) for p in moved] for name in _MOVING]
    shapes: dict[str, Callable[[list[Any]], columns.Column]] = {
        "id": columns.uuids, "captured": columns.bigints, "refunded": columns.bigints,
        "charged": columns.bigints, "tenders": columns.jsonbs, "parts": columns.jsonbs, "trail": columns.jsonbs,
        "version": columns.integers, "final": columns.booleans, "updated_at": columns.times,
    }  # fmt: skip
    given = {
        name: shapes.get(name, columns.texts)(values)
        for name, values in zip(_MOVING, content, strict=True)
    }
    tx.run(
        """
        UPDATE payment p SET state = n.state,
            trail = ARRAY(SELECT jsonb_array_elements_text(n.trail)), captured = n.captured, refunded = n.refunded,
            charged = n.charged, tenders = n.tenders, parts = n.parts, version = n.version,
            final = n.final, action = n.action, error = n.error, updated_at = n.updated_at
        FROM unnest(%(id)s, %(state)s, %(trail)s, %(captured)s, %(refunded)s, %(charged)s, %(tenders)s,
                    %(parts)s, %(version)s, %(final)s, %(action)s, %(error)s, %(updated_at)s)
            AS n (id, state, trail, captured, refunded, charged, tenders, parts, version, final, action,
                  error, updated_at)
        WHERE p.book = %(book)s AND p.id = n.id
        """,
        **given,
    )


def add_clearing(tx: Tx, rows: Sequence[ClearingRow]) -> None:
    """Say what clears, in the window that is open now: from here to the commit none is closed.

    Asked for only now, when all is decided, so that who closes a window waits for the writing of a
    batch and not for the whole of it, and nobody who begins one waits at all.
    """
    tx.run("SELECT pg_advisory_xact_lock_shared(%(space)s, %(book)s)", space=WINDOW_LOCK)
    tx.run(
        """
        INSERT INTO clearing (book, id, payment_id, kind, currency, amount, at, window_number)
        SELECT %(book)s, unnest(%(ids)s), unnest(%(payments)s), unnest(%(kinds)s),
               unnest(%(currencies)s), unnest(%(amounts)s), unnest(%(times)s),
               (SELECT number FROM settlement_window WHERE book = %(book)s AND closed_at IS NULL)
        """,
        ids=columns.uuids(row.id for row in rows),
        payments=columns.uuids(row.payment_id for row in rows),
        kinds=columns.texts(row.kind for row in rows),
        currencies=columns.texts(row.currency for row in rows),
        amounts=columns.bigints(row.amount for row in rows),
        times=columns.times(row.at for row in rows),
    )


def clearing_of(tx: Tx, payment_id: UUID) -> list[ClearingRow]:
    """What cleared of a payment, oldest first."""
    return tx.rows(
        ClearingRow,
        """SELECT id, payment_id, kind, currency, amount, window_number, at FROM clearing
        WHERE book = %(book)s AND payment_id = %(payment)s ORDER BY at, id""",
        payment=payment_id,
    )


def refunds_by_key(tx: Tx, keys: Sequence[str]) -> dict[str, Refund]:
    """The refunds that were asked under these keys."""
    rows = tx.tuples(
        f"SELECT {REFUND} FROM payment_refund WHERE book = %(book)s AND key = ANY(%(keys)s)",
        keys=columns.texts(keys),
    )
    return {found.key: found for found in map(refund_of, rows)}


def lock_refunds(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Refund]:
    """Refunds, locked in the order of their ids."""
    rows = tx.tuples(
        f"""SELECT {REFUND} FROM payment_refund
        WHERE book = %(book)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE""",
        ids=columns.uuids(sorted(ids)),
    )
    return {found.id: found for found in map(refund_of, rows)}


def refunds_of(tx: Tx, payment_id: UUID) -> list[Refund]:
    """The refunds of a payment, oldest first."""
    rows = tx.tuples(
        f"""SELECT {REFUND} FROM payment_refund
        WHERE book = %(book)s AND payment_id = %(payment)s ORDER BY id""",
        payment=payment_id,
    )
    return [refund_of(row) for row in rows]


def refund_of(row: tuple[Any, ...]) -> Refund:
    """A refund out of its row."""
    found = dict(zip(_REFUND_NAMES, row, strict=True))
    return Refund(**found | {"back": tuple(found["back"]), "waits": tuple(found["waits"])})


def keep_refunds(tx: Tx, rows: Sequence[Refund]) -> None:
    """Write refunds that are new or changed. The same key twice is a Conflict."""
    content = [[getattr(r, name) for r in rows] for name in _REFUND_NAMES]
    given = dict(zip(_REFUND_NAMES, content, strict=True))
    tx.run(
        """
        INSERT INTO payment_refund (book, id, key, payment_id, amount, currency, state, reason,
                                    back, waits, at, done_at, txn_id)
        SELECT %(book)s, * FROM unnest(%(id)s, %(key)s, %(payment_id)s, %(amount)s, %(currency)s,
            %(state)s, %(reason)s, %(back)s, %(waits)s, %(at)s, %(done_at)s, %(txn_id)s)
        ON CONFLICT (book, id) DO UPDATE SET state = EXCLUDED.state, waits = EXCLUDED.waits,
            done_at = EXCLUDED.done_at
        """,
        id=columns.uuids(given["id"]),
        key=columns.texts(given["key"]),
        payment_id=columns.uuids(given["payment_id"]),
        amount=columns.bigints(given["amount"]),
        currency=columns.texts(given["currency"]),
        state=columns.texts(given["state"]),
        reason=columns.texts(given["reason"]),
        back=columns.jsonbs(given["back"]),
        waits=columns.jsonbs(given["waits"]),
        at=columns.times(given["at"]),
        done_at=columns.times(given["done_at"]),
        txn_id=columns.uuids(given["txn_id"]),
    )
