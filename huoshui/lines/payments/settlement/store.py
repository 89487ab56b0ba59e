"""SQL of payouts: terms of settlement, what sellers are owed, batches and their payouts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from huoshui.core import columns, ids
from huoshui.core.db import Tx
from huoshui.lines.payments.settlement.model import (
    Batch,
    Debt,
    LeftOut,
    Payable,
    Payout,
    Takings,
)
from huoshui.lines.payments.settlement.terms import SettlementTerms

# The templates by which a seller's account grows by what it sold, and shrinks by what goes back.
SALES = ("order_released", "order_restored", "payment_captured", "chargeback_won",
         "chargeback_recovered")  # fmt: skip
SALES_BACK = ("order_refunded", "order_returned", "payment_refunded", "payment_charged_back")

_PAYOUT = """id, seller_id, account_id, amount, currency, at, from_version, to_version, txn_id,
    batch_id, state, attempt, reserved, call_id, reason, back_txn, settled_at"""
_BATCH = """id, state, currency, rail, payouts, amount, left_out, made_by, made_at, approved_by,
    approved_at, send_at, sent_at, ended_at"""


def settlement_terms(tx: Tx) -> SettlementTerms:
    """The terms of settlement in force; the defaults where none were given."""
    body = tx.value(
        """SELECT body FROM settlement_terms WHERE book = %(book)s AND valid_from <= %(now)s
        ORDER BY version DESC LIMIT 1""",
        now=tx.now,
    )
    return (
        SettlementTerms() if body is None else msgspec.convert(body, SettlementTerms, strict=False)
    )


def add_settlement_terms(tx: Tx, new: SettlementTerms) -> None:
    """The next version of the terms, in force from now."""
    tx.run(
        """
        INSERT INTO settlement_terms (book, version, body, valid_from, actor)
        SELECT %(book)s, coalesce(max(version), 0) + 1, %(body)s::jsonb, %(now)s, %(actor)s
        FROM settlement_terms WHERE book = %(book)s
        """,
        body=msgspec.json.encode(new).decode(),
        now=tx.now,
        actor=tx.actor,
    )


def payable(tx: Tx, kind: str, least: int) -> list[Payable]:
    """Settlement accounts with at least `least` minor units, and where the last payout ended."""
    return tx.rows(
        Payable,
        """
        SELECT a.id AS account_id, a.path, a.currency, a.in_ - a.out_ - a.held_out AS available,
            coalesce((SELECT sum(p.amount) FROM payout p
                WHERE p.account_id = a.id AND p.book = a.book AND p.state = 'due'), 0)::bigint
                AS waiting,
            coalesce((SELECT max(p.to_version) FROM payout p
                WHERE p.book = a.book AND p.account_id = a.id), 0) AS paid_version
        FROM account a
        WHERE a.book = %(book)s AND a.kind = %(kind)s AND a.in_ - a.out_ - a.held_out >= %(least)s
          AND NOT a.closed
        ORDER BY a.id
        """,
        kind=kind,
        least=least,
    )


def takings(tx: Tx, kind: str, sellers: list[str]) -> list[Takings]:
    """What sellers have and no payout waits for; of these sellers, where any are named."""
    return tx.rows(
        Takings,
        """
        SELECT split_part(a.path, ':', 2) AS seller, a.id AS account_id, a.currency,
            a.in_ - a.out_ - a.held_out - waits.amount AS free, a.version
        FROM account a CROSS JOIN LATERAL (
            SELECT coalesce(sum(p.amount), 0)::bigint AS amount FROM payout p
            WHERE p.account_id = a.id AND p.book = a.book AND p.state = 'due') AS waits
        WHERE a.book = %(book)s AND a.kind = %(kind)s AND NOT a.closed
          AND a.in_ - a.out_ - a.held_out > waits.amount
          AND (%(all)s OR split_part(a.path, ':', 2) = ANY(%(sellers)s))
        ORDER BY a.id
        """,
        kind=kind,
        all=not sellers,
        sellers=sellers,
    )


def sales(tx: Tx, account_id: UUID, since: int) -> int:
    """What an account sold since a version of it, less what went back; minor units."""
    found = tx.value(
        """
        SELECT coalesce((SELECT sum(amount) FROM transfer
                WHERE to_id = %(account)s AND to_version > %(since)s AND book = %(book)s
                  AND kind IN (0, 2)
                  AND template = ANY(%(sales)s)), 0)::bigint
             - coalesce((SELECT sum(amount) FROM transfer
                WHERE from_id = %(account)s AND from_version > %(since)s AND book = %(book)s
                  AND kind IN (0, 2)
                  AND template = ANY(%(back)s)), 0)::bigint
        """,
        account=account_id,
        since=since,
        sales=columns.texts(SALES),
        back=columns.texts(SALES_BACK),
    )
    return int(found)


def taken_at(tx: Tx, account_id: UUID, reference: str, since: datetime) -> int:
    """The version of an account at which a claim for a reference was met last; before that, at a time."""
    found = tx.value(
        """
        SELECT coalesce(
            (SELECT max(from_version) FROM transfer WHERE book = %(book)s
                AND from_id = %(account)s AND reference = %(reference)s
                AND template = 'takings_shared'),
            greatest(
                (SELECT max(from_version) FROM transfer WHERE book = %(book)s
                    AND from_id = %(account)s AND recorded_at <= %(since)s),
                (SELECT max(to_version) FROM transfer WHERE book = %(book)s
                    AND to_id = %(account)s AND recorded_at <= %(since)s)),
            0)::bigint
        """,
        account=account_id,
        reference=reference,
        since=since,
    )
    return int(found)


def earned(tx: Tx, accounts: list[UUID], since: datetime) -> dict[UUID, int]:
    """What came in on accounts since a time, but for payouts that came back; minor units."""
    rows = tx.tuples(
        """
        SELECT to_id, sum(amount)::bigint FROM transfer
        WHERE to_id = ANY(%(accounts)s) AND recorded_at > %(since)s AND book = %(book)s
          AND kind IN (0, 2) AND template NOT IN ('payout_returned', 'reversal', 'seller_financed')
        GROUP BY to_id
        """,
        accounts=accounts,
        since=since,
    )
    return dict(rows)


def debts(tx: Tx, kind: str) -> list[Debt]:
    """Sellers who owe and have something to pay it from."""
    return tx.rows(
        Debt,
        """
        SELECT split_part(d.path, ':', 2) AS seller, d.currency, d.out_ - d.in_ AS owed,
               s.in_ - s.out_ - s.held_out AS available
        FROM account d JOIN account s ON s.book = d.book AND s.currency = d.currency
            AND s.path = 'merchant:' || split_part(d.path, ':', 2) || ':settlement'
        WHERE d.book = %(book)s AND d.kind = %(kind)s AND d.out_ - d.in_ > 0
          AND s.in_ - s.out_ - s.held_out > 0
        ORDER BY d.path
        """,
        kind=kind,
    )


def spent(tx: Tx, currency: str, since: datetime) -> int:
    """What was sent or waits to be sent in a currency since a time; minor units."""
    found = tx.value(
        """
        SELECT coalesce(sum(amount), 0)::bigint FROM payout
        WHERE book = %(book)s AND currency = %(currency)s
          AND (state = 'due' OR state IN ('sent', 'paid') AND at >= %(since)s)
        """,
        currency=currency,
        since=since,
    )
    return int(found)


def add_batch(tx: Tx, batch: Batch) -> None:
    """Write a new batch."""
    names = Batch.__struct_fields__
    tx.append("payout_batch", ("book", *names), [(tx.book, *(getattr(batch, n) for n in names))])


def add_payouts(tx: Tx, rows: Iterable[Payout]) -> None:
    """Write new payouts."""
    names = Payout.__struct_fields__
    tx.append("payout", ("book", *names), [(tx.book, *msgspec.structs.astuple(r)) for r in rows])


def batch(tx: Tx, id_: UUID, *, lock: bool = False) -> Batch | None:
    """One batch, or None."""
    query: LiteralString = (
        f"SELECT {_BATCH} FROM payout_batch WHERE book = %(book)s AND id = %(id)s"
    )
    rows = tx.tuples(query + (" FOR UPDATE" if lock else ""), id=id_)
    return _batch(rows[0]) if rows else None


def batches(tx: Tx, *, state: str = "", after: UUID | None = None, limit: int = 50) -> list[Batch]:
    """Batches, newest first; of one state where it is named."""
    rows = tx.tuples(
        f"""SELECT {_BATCH} FROM payout_batch
        WHERE book = %(book)s AND (%(state)s = '' OR state = %(state)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        state=state,
        after=after,
        limit=limit,
    )
    return [_batch(row) for row in rows]


def _batch(row: tuple[Any, ...]) -> Batch:
    left_out = msgspec.convert(row[6], tuple[LeftOut, ...])
    values: list[Any] = [*row[:6], left_out, *row[7:]]
    return Batch(*values)


def move_batch(tx: Tx, before: str, after: Batch) -> int:
    """Write a batch that moved, only from the state that it was loaded in; how many moved."""
    return tx.count(
        """
        UPDATE payout_batch SET state = %(state)s, approved_by = %(approved_by)s,
            approved_at = %(approved_at)s, send_at = %(send_at)s, sent_at = %(sent_at)s,
            ended_at = %(ended_at)s
        WHERE book = %(book)s AND id = %(id)s AND state = %(before)s
        """,
        id=after.id,
        before=before,
        state=after.state,
        approved_by=after.approved_by,
        approved_at=after.approved_at,
        send_at=after.send_at,
        sent_at=after.sent_at,
        ended_at=after.ended_at,
    )


def payout(tx: Tx, id_: UUID, *, lock: bool = False) -> Payout | None:
    """One payout, or None."""
    query: LiteralString = f"SELECT {_PAYOUT} FROM payout WHERE book = %(book)s AND id = %(id)s"
    return tx.row(Payout, query + (" FOR UPDATE" if lock else ""), id=id_)


def payouts(
    tx: Tx,
    *,
    seller: UUID | None = None,
    among: list[UUID] | None = None,
    batch_id: UUID | None = None,
    state: str = "",
    after: UUID | None = None,
    limit: int = 50,
) -> list[Payout]:
    """Payouts, newest first; of one seller, of these, of a batch or state where it is named."""
    return tx.rows(
        Payout,
        f"""
        SELECT {_PAYOUT} FROM payout
        WHERE book = %(book)s
          AND (%(seller)s::uuid IS NULL OR seller_id = %(seller)s)
          AND (%(among)s::uuid[] IS NULL OR seller_id = ANY(%(among)s))
          AND (%(batch)s::uuid IS NULL OR batch_id = %(batch)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        seller=seller,
        among=among,
        batch=batch_id,
        state=state,
        after=after,
        limit=limit,
    )


def due(tx: Tx, batch_id: UUID) -> list[tuple[Payout, str, int]]:
    """The payouts of a batch that are to be sent, with their account's path and last payout's end."""
    rows = tx.tuples(
        f"""
        SELECT {_PAYOUT}, (SELECT a.path FROM account a WHERE a.book = p.book
                AND a.id = p.account_id),
            coalesce((SELECT max(o.to_version) FROM payout o
                WHERE o.book = p.book AND o.account_id = p.account_id), 0)
        FROM payout p WHERE p.batch_id = %(batch)s AND p.book = %(book)s AND p.state = 'due'
        ORDER BY p.account_id FOR UPDATE
        """,
        batch=batch_id,
    )
    return [(Payout(*row[:-2]), row[-2], row[-1]) for row in rows]


def states(tx: Tx, batch_id: UUID) -> dict[str, int]:
    """How many payouts of a batch are in each state."""
    rows = tx.tuples(
        """SELECT state, count(*) FROM payout
        WHERE batch_id = %(batch)s AND book = %(book)s GROUP BY state""",
        batch=batch_id,
    )
    return dict(rows)


def move_payouts(tx: Tx, pairs: list[tuple[str, Payout]]) -> int:
    """Write payouts that moved, each only from the state named with it; how many moved."""
    after = [payout for _, payout in pairs]
    return tx.count(
        """
        UPDATE payout p SET state = n.state, at = n.at, from_version = n.from_version,
            to_version = n.to_version, txn_id = n.txn_id, attempt = n.attempt,
            call_id = n.call_id, reason = n.reason, back_txn = n.back_txn,
            settled_at = n.settled_at
        FROM unnest(%(ids)s::uuid[], %(befores)s::text[], %(states)s::text[],
            %(ats)s::timestamptz[], %(froms)s::bigint[], %(tos)s::bigint[], %(txns)s::uuid[],
            %(attempts)s::integer[], %(calls)s::uuid[], %(reasons)s::text[], %(backs)s::uuid[],
            %(settled)s::timestamptz[])
            AS n (id, before, state, at, from_version, to_version, txn_id, attempt, call_id,
                  reason, back_txn, settled_at)
        WHERE p.book = %(book)s AND p.id = n.id AND p.state = n.before
        """,
        ids=[p.id for p in after],
        befores=[before for before, _ in pairs],
        states=[p.state for p in after],
        ats=[p.at for p in after],
        froms=[p.from_version for p in after],
        tos=[p.to_version for p in after],
        txns=[p.txn_id for p in after],
        attempts=[p.attempt for p in after],
        calls=[p.call_id for p in after],
        reasons=[p.reason for p in after],
        backs=[p.back_txn for p in after],
        settled=[p.settled_at for p in after],
    )


def by_txn(tx: Tx, txns: list[UUID]) -> list[Payout]:
    """The payouts that these transactions moved out, locked."""
    return tx.rows(
        Payout,
        f"""SELECT {_PAYOUT} FROM payout WHERE book = %(book)s AND txn_id = ANY(%(txns)s)
        ORDER BY id FOR UPDATE""",
        txns=txns,
    )


def payouts_of(tx: Tx, order_id: UUID) -> list[Payout]:
    """The payouts that paid an order's sellers: those that cover its transfers."""
    columns = ", ".join(f"p.{name}" for name in Payout.__struct_fields__)
    return tx.rows(
        Payout,
        f"""
        SELECT DISTINCT {columns}
        FROM txn t
        JOIN transfer m ON m.book = t.book AND m.id = t.id
        JOIN payout p ON p.book = m.book AND p.account_id = m.to_id
            AND m.to_version > p.from_version AND m.to_version <= p.to_version
        WHERE t.book = %(book)s AND t.reference = %(reference)s AND p.state IN ('sent', 'paid')
        ORDER BY p.id
        """,
        reference=ids.show("ord", order_id),
    )
