"""SQL of orders' money: terms, escrows, refunds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.ledger.store import Answer
from huoshui.lines.payments.escrow.model import Escrow
from huoshui.lines.payments.escrow.plan import Share
from huoshui.lines.payments.escrow.terms import Terms

_ESCROW = """order_id, order_key, currency, state, sources, parts, taken, refunded,
    opened_at, taken_at, confirmed_at, released_at, closed_at, released_by"""


class RefundRow(msgspec.Struct, frozen=True):
    """A refund; amount in minor units. `key` is the caller's, used once in a book."""

    id: UUID
    key: str
    order_id: UUID
    amount: int
    currency: str
    cause: str
    reason: str
    at: datetime
    txn_id: UUID


def terms(tx: Tx) -> Terms | None:
    """The terms in force, or None where the line has not been started."""
    return ask_terms(tx)()


def ask_terms(tx: Tx) -> Answer[Terms | None]:
    """The same, asked for and not waited for."""
    by = tx.soon  # the time itself may still be on its way
    rows = _ask_terms(tx, by, 2)

    @cache
    def answer() -> Terms | None:
        found = [body for body, since in rows() if since <= tx.now <= by]
        found = found or [body for body, _ in _ask_terms(tx, tx.now, 1)()]
        return msgspec.convert(found[0], Terms, strict=False) if found else None

    return answer


def _ask_terms(tx: Tx, by: datetime, most: int) -> Answer[list[tuple[Any, ...]]]:
    return tx.ask(
        """SELECT body, valid_from FROM terms WHERE book = %(book)s AND valid_from <= %(by)s
        ORDER BY version DESC LIMIT %(most)s""",
        by=by,
        most=most,
    )


def add_terms(tx: Tx, new: Terms) -> None:
    """The next version of the terms, in force from now."""
    tx.run(
        """
        INSERT INTO terms (book, version, body, valid_from)
        SELECT %(book)s, coalesce(max(version), 0) + 1, %(body)s::jsonb, %(now)s
        FROM terms WHERE book = %(book)s
        """,
        body=msgspec.json.encode(new).decode(),
        now=tx.now,
    )


def lock(tx: Tx, order_ids: list[UUID]) -> dict[UUID, Escrow]:
    """The escrows of orders, locked in the order of their ids."""
    return ask_lock(tx, order_ids)()


def ask_lock(tx: Tx, order_ids: list[UUID]) -> Answer[dict[UUID, Escrow]]:
    """The same, asked together with what follows."""
    rows = tx.ask(
        f"""SELECT {_ESCROW} FROM escrow
        WHERE book = %(book)s AND order_id = ANY(%(ids)s) ORDER BY order_id FOR UPDATE""",
        ids=order_ids,
    )
    return lambda: {row[0]: _escrow(row) for row in rows()}


def escrow(tx: Tx, order_id: UUID) -> Escrow | None:
    """One escrow, or None."""
    rows = tx.tuples(
        f"SELECT {_ESCROW} FROM escrow WHERE book = %(book)s AND order_id = %(id)s", id=order_id
    )
    return _escrow(rows[0]) if rows else None


def escrows(tx: Tx, order_ids: list[UUID]) -> dict[UUID, Escrow]:
    """The escrows of orders, for reading."""
    rows = tx.tuples(
        f"SELECT {_ESCROW} FROM escrow WHERE book = %(book)s AND order_id = ANY(%(ids)s)",
        ids=order_ids,
    )
    return {row[0]: _escrow(row) for row in rows}


def in_state(tx: Tx, state: str, *, after: UUID | None = None, limit: int = 50) -> list[UUID]:
    """The ids of the orders whose money is in a state, newest first, older than the cursor."""
    rows = tx.tuples(
        """
        SELECT order_id FROM escrow
        WHERE book = %(book)s AND state = %(state)s
          AND order_id < coalesce(%(after)s, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        ORDER BY order_id DESC LIMIT %(limit)s
        """,
        state=state,
        after=after,
        limit=limit,
    )
    return [order_id for (order_id,) in rows]


def states(tx: Tx) -> dict[str, int]:
    """How many orders' money is in each state."""
    rows = tx.tuples("SELECT state, count(*) FROM escrow WHERE book = %(book)s GROUP BY state")
    return dict(rows)


def _escrow(row: tuple[Any, ...]) -> Escrow:
    shares = [tuple(Share(*share) for share in row[i]) for i in (4, 5)]
    return Escrow(*row[:4], *shares, *row[6:])


def add_escrows(tx: Tx, new: Iterable[Escrow]) -> None:
    """Write new escrows."""
    tx.append("escrow", ("book", *Escrow.__struct_fields__), (_values(tx, e) for e in new))


def move_escrows(tx: Tx, moved: Iterable[tuple[Escrow, Escrow]]) -> int:
    """Write escrows that changed, each only from the state it was loaded in; how many moved."""
    pairs = list(moved)
    after = [new for _, new in pairs]
    return tx.count(
        """
        UPDATE escrow e SET state = n.state, sources = n.sources, parts = n.parts,
            taken = n.taken, refunded = n.refunded, taken_at = n.taken_at,
            confirmed_at = n.confirmed_at, released_at = n.released_at, closed_at = n.closed_at,
            released_by = n.released_by
        FROM unnest(%(ids)s::uuid[], %(befores)s::text[], %(states)s::text[], %(sources)s::jsonb[],
            %(parts)s::jsonb[], %(taken)s::bigint[], %(refunded)s::bigint[],
            %(taken_at)s::timestamptz[], %(confirmed_at)s::timestamptz[],
            %(released_at)s::timestamptz[], %(closed_at)s::timestamptz[], %(released_by)s::uuid[])
            AS n (id, before, state, sources, parts, taken, refunded, taken_at, confirmed_at,
                  released_at, closed_at, released_by)
        WHERE e.book = %(book)s AND e.order_id = n.id AND e.state = n.before
        """,
        ids=[e.order_id for e in after],
        befores=[old.state for old, _ in pairs],
        states=[e.state for e in after],
        sources=[_json(e.sources) for e in after],
        parts=[_json(e.parts) for e in after],
        taken=[e.taken for e in after],
        refunded=[e.refunded for e in after],
        taken_at=[e.taken_at for e in after],
        confirmed_at=[e.confirmed_at for e in after],
        released_at=[e.released_at for e in after],
        closed_at=[e.closed_at for e in after],
        released_by=[e.released_by for e in after],
    )


def _json(shares: tuple[Share, ...]) -> str:
    return msgspec.json.encode(shares).decode()


def _values(tx: Tx, e: Escrow) -> tuple[Any, ...]:
    return (
        tx.book, e.order_id, e.order_key, e.currency, e.state, e.sources, e.parts,
        e.taken, e.refunded, e.opened_at, e.taken_at, e.confirmed_at, e.released_at, e.closed_at,
        e.released_by,
    )  # fmt: skip


def add_refunds(tx: Tx, rows: list[RefundRow]) -> None:
    """Write refunds."""
    names = ("book", *RefundRow.__struct_fields__)
    tx.append("refund", names, ((tx.book, *msgspec.structs.astuple(row)) for row in rows))


def refunds_of(tx: Tx, order_id: UUID) -> list[RefundRow]:
    """The refunds of an order, oldest first."""
    return tx.rows(
        RefundRow,
        """SELECT id, key, order_id, amount, currency, cause, reason, at, txn_id FROM refund
        WHERE book = %(book)s AND order_id = %(order)s ORDER BY id""",
        order=order_id,
    )


def ask_refunds(tx: Tx, keys: list[str]) -> Answer[dict[str, RefundRow]]:
    """The refunds that were made under these keys."""
    if not keys:
        return dict
    rows = tx.ask(
        """SELECT id, key, order_id, amount, currency, cause, reason, at, txn_id FROM refund
        WHERE book = %(book)s AND key = ANY(%(keys)s)""",
        keys=keys,
    )
    return lambda: {row[1]: RefundRow(*row) for row in rows()}


def page(tx: Tx, *, after: UUID | None, limit: int) -> list[Escrow]:
    """Escrows in the order of their ids, after the cursor."""
    rows = tx.tuples(
        f"""SELECT {_ESCROW} FROM escrow
        WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR order_id > %(after)s)
        ORDER BY order_id LIMIT %(limit)s""",
        after=after,
        limit=limit,
    )
    return [_escrow(row) for row in rows]


def nets(tx: Tx, references: list[str]) -> list[tuple[str, str, int]]:
    """(reference, account path, in - out) summed over the transfers of each reference."""
    return [
        (reference, path, net)
        for reference, path, net in tx.tuples(
            """
            SELECT t.reference, a.path, sum(m.net)::bigint
            FROM txn t
            JOIN entry m ON m.book = t.book AND m.txn_id = t.id
            JOIN account a ON a.book = t.book AND a.id = m.account_id
            WHERE t.book = %(book)s AND t.reference = ANY(%(references)s)
            GROUP BY t.reference, a.path
            """,
            references=references,
        )
    ]
