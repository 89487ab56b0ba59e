"""The ledger's SQL: load and lock, flush, and the reads of accounts, journal and trial balance."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from huoshui.core import ids as id_texts
from huoshui.core.db import Tx
from huoshui.ledger.chart import AccountKind
from huoshui.ledger.model import Account, Leg, Transaction
from huoshui.ledger.sheet import Sheet, fingerprint

_ACCOUNT = """
    id, path, currency, kind, class AS class_, normal, floor, ceiling,
    held_out, out_, held_in, in_, version, opened_at"""


class Opening(msgspec.Struct, frozen=True):
    """An account to open: its path and currency and what the chart says of it."""

    path: str
    currency: str
    kind: AccountKind


class Line(msgspec.Struct, frozen=True):
    """A transfer as one account sees it: signed amount, balance once it stood, the other side.

    Amount and balance are minor units of in - out.
    """

    id: UUID
    txn_id: UUID
    version: int
    amount: int
    balance: int
    other: str
    template: str
    reference: str
    effective_at: datetime
    recorded_at: datetime


class Entry(msgspec.Struct, frozen=True):
    """A transaction as posted, without its legs."""

    id: UUID
    template: str
    reference: str
    currency: str
    effective_at: datetime
    recorded_at: datetime
    reverses: UUID | None
    reversed_by: UUID | None
    actor: str


class EntryLeg(msgspec.Struct, frozen=True):
    """A leg as posted: minor units moved and both balances (in - out) once it stood."""

    txn_id: UUID
    leg: int
    source: str
    target: str
    amount: int
    from_after: int
    to_after: int


class Total(msgspec.Struct, frozen=True):
    """A line of the trial balance: a kind of account in one currency, minor units."""

    class_: str
    kind: str
    currency: str
    accounts: int
    debit: int
    credit: int


class Flow(msgspec.Struct, frozen=True):
    """What the transactions of one template moved from one kind of account to another in a day."""

    day: date
    template: str
    source: str
    target: str
    currency: str
    amount: int


def absent(tx: Tx, wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Which of the (path, currency) pairs are not open yet."""
    rows = tx.tuples(
        """
        SELECT w.path, w.currency
        FROM unnest(%(paths)s::text[], %(currencies)s::text[]) AS w (path, currency)
        WHERE NOT EXISTS (
            SELECT FROM account a
            WHERE a.book = %(book)s AND a.path = w.path AND a.currency = w.currency)
        """,
        paths=[path for path, _ in wanted],
        currencies=[currency for _, currency in wanted],
    )
    return [(path, currency) for path, currency in rows]


def open_accounts(tx: Tx, openings: list[Opening]) -> None:
    """Open accounts in the order of their paths; those that another writer opened stay."""
    openings = sorted(openings, key=lambda o: (o.path, o.currency))
    tx.run(
        """
        INSERT INTO account (book, id, path, currency, kind, class, floor, ceiling, opened_at)
        SELECT %(book)s, o.*, %(at)s FROM unnest(
            %(ids)s::uuid[], %(paths)s::text[], %(currencies)s::text[], %(kinds)s::text[],
            %(classes)s::text[], %(floors)s::bigint[], %(ceilings)s::bigint[]) AS o
        ON CONFLICT DO NOTHING
        """,
        ids=[tx.id("acc", f"{o.path}/{o.currency}") for o in openings],
        paths=[o.path for o in openings],
        currencies=[o.currency for o in openings],
        kinds=[o.kind.name for o in openings],
        classes=[o.kind.class_ for o in openings],
        floors=[o.kind.floor for o in openings],
        ceilings=[o.kind.ceiling for o in openings],
        at=tx.now,
    )


def lock(tx: Tx, wanted: list[tuple[str, str]]) -> list[Account]:
    """The accounts, locked in the order of their ids so that writers never deadlock."""
    return tx.rows(
        Account,
        f"""
        SELECT {_ACCOUNT} FROM account
        WHERE book = %(book)s AND (path, currency) IN (
            SELECT * FROM unnest(%(paths)s::text[], %(currencies)s::bpchar[]))
        ORDER BY id FOR UPDATE
        """,
        paths=[path for path, _ in wanted],
        currencies=[currency for _, currency in wanted],
    )


def standing(tx: Tx, ids: list[UUID]) -> dict[UUID, bytes]:
    """The fingerprints of those transactions that are posted already."""
    rows = tx.tuples(
        "SELECT id, digest FROM txn WHERE book = %(book)s AND id = ANY(%(ids)s)", ids=ids
    )
    return {id_: bytes(digest) for id_, digest in rows}


def flush(tx: Tx, sheet: Sheet) -> None:
    """Write what a sheet decided: one update of the counters, two appends."""
    if not sheet.results:
        return
    rows = sheet.touched
    tx.run(
        """
        UPDATE account a SET out_ = n.out_, in_ = n.in_, version = n.version
        FROM unnest(%(ids)s::uuid[], %(outs)s::bigint[], %(ins)s::bigint[], %(versions)s::bigint[])
            AS n (id, out_, in_, version)
        WHERE a.book = %(book)s AND a.id = n.id
        """,
        ids=[row.id for row in rows],
        outs=[row.out_ for row in rows],
        ins=[row.in_ for row in rows],
        versions=[row.version for row in rows],
    )
    _append(tx, sheet)
    sheet.results.clear()


def _append(tx: Tx, sheet: Sheet) -> None:
    tx.append(
        "txn",
        ("book", "id", "template", "reference", "currency", "effective_at", "recorded_at",
         "reverses", "actor", "digest"),
        (
            (tx.book, t.id, t.template, t.reference, t.currency, t.effective_at,
             t.recorded_at or tx.now, t.reverses, tx.actor, fingerprint(t))
            for t in (result.transaction for result in sheet.results)
        ),
    )  # fmt: skip
    ids = {key: row.id for key, row in sheet.rows.items()}
    tx.append(
        "transfer",
        ("book", "id", "txn_id", "leg", "from_id", "to_id", "amount", "from_after", "to_after",
         "from_version", "to_version", "effective_at", "recorded_at"),
        (
            (tx.book, m.id, t.id, m.leg, ids[m.source, t.currency], ids[m.target, t.currency],
             m.amount, m.from_after, m.to_after, m.from_version, m.to_version, t.effective_at,
             t.recorded_at or tx.now)
            for t, moved in ((result.transaction, result.moved) for result in sheet.results)
            for m in moved
        ),
    )  # fmt: skip


def transaction(tx: Tx, id_: UUID) -> Transaction | None:
    """A posted transaction with its legs, or None."""
    entry = next(iter(entries(tx, ids=[id_])), None)
    if entry is None:
        return None
    legs = entry_legs(tx, [id_])
    return Transaction(
        id=entry.id,
        template=entry.template,
        reference=entry.reference,
        currency=entry.currency,
        legs=tuple(Leg(leg.source, leg.target, leg.amount) for leg in legs),
        effective_at=entry.effective_at,
        recorded_at=entry.recorded_at,
        reverses=entry.reverses,
    )


def reversal_of(tx: Tx, id_: UUID) -> UUID | None:
    """The transaction that reversed this one, or None."""
    reversal: UUID | None = tx.value(
        "SELECT id FROM txn WHERE book = %(book)s AND reverses = %(id)s", id=id_
    )
    return reversal


def entries(
    tx: Tx,
    *,
    ids: list[UUID] | None = None,
    reference: str = "",
    account: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Transactions, newest first: by id, reference, account or effective time, keyset paged."""
    return tx.rows(
        Entry,
        """
        SELECT t.id, t.template, t.reference, t.currency, t.effective_at, t.recorded_at,
               t.reverses, t.actor,
               (SELECT r.id FROM txn r WHERE r.book = t.book AND r.reverses = t.id) AS reversed_by
        FROM txn t
        WHERE t.book = %(book)s
          AND (%(ids)s::uuid[] IS NULL OR t.id = ANY(%(ids)s))
          AND (%(reference)s = '' OR t.reference = %(reference)s)
          AND (%(account)s::uuid IS NULL OR EXISTS (
                SELECT FROM transfer m WHERE m.book = t.book AND m.txn_id = t.id
                AND %(account)s IN (m.from_id, m.to_id)))
          AND (%(since)s::timestamptz IS NULL OR t.effective_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR t.effective_at < %(until)s)
          AND (%(after)s::uuid IS NULL OR t.id < %(after)s)
        ORDER BY t.id DESC LIMIT %(limit)s
        """,
        ids=ids,
        reference=reference,
        account=account,
        since=since,
        until=until,
        after=after,
        limit=limit,
    )


def entry_legs(tx: Tx, ids: list[UUID]) -> list[EntryLeg]:
    """The legs of transactions, in the order in which they were posted."""
    return tx.rows(
        EntryLeg,
        """
        SELECT m.txn_id, m.leg, s.path AS source, d.path AS target, m.amount,
               m.from_after, m.to_after
        FROM transfer m
        JOIN account s ON s.book = m.book AND s.id = m.from_id
        JOIN account d ON d.book = m.book AND d.id = m.to_id
        WHERE m.book = %(book)s AND m.txn_id = ANY(%(ids)s)
        ORDER BY m.txn_id, m.leg
        """,
        ids=ids,
    )


def accounts(
    tx: Tx,
    *,
    prefix: str = "",
    kind: str = "",
    after: str = "",
    after_currency: str = "",
    limit: int = 50,
) -> list[Account]:
    """Accounts by path and currency, those that start with `prefix`, after the cursor.

    Without `after_currency` the cursor stands behind every currency of its path.
    """
    return tx.rows(
        Account,
        f"""
        SELECT {_ACCOUNT} FROM account
        WHERE book = %(book)s AND starts_with(path, %(prefix)s)
          AND (%(kind)s = '' OR kind = %(kind)s)
          AND (path > %(after)s OR %(currency)s <> '' AND path = %(after)s
               AND currency > %(currency)s)
        ORDER BY path, currency LIMIT %(limit)s
        """,
        prefix=prefix,
        kind=kind,
        after=after,
        currency=after_currency,
        limit=limit,
    )


def account(tx: Tx, id_: UUID) -> Account | None:
    """One account by id, or None."""
    return tx.row(
        Account,
        f"SELECT {_ACCOUNT} FROM account WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def account_at(tx: Tx, path: str, currency: str) -> Account | None:
    """One account by path and currency, or None."""
    return tx.row(
        Account,
        f"""SELECT {_ACCOUNT} FROM account
        WHERE book = %(book)s AND path = %(path)s AND currency = %(currency)s""",
        path=path,
        currency=currency,
    )


def lines(tx: Tx, id_: UUID, *, before: int | None = None, limit: int = 50) -> list[Line]:
    """An account's transfers, newest first, older than version `before`."""
    return tx.rows(
        Line,
        """
        WITH own AS (
            (SELECT id, txn_id, from_version AS version, -amount AS amount, from_after AS balance,
                    to_id AS other_id, effective_at, recorded_at
             FROM transfer
             WHERE book = %(book)s AND from_id = %(id)s AND from_version < %(before)s
             ORDER BY from_version DESC LIMIT %(limit)s)
            UNION ALL
            (SELECT id, txn_id, to_version, amount, to_after, from_id, effective_at, recorded_at
             FROM transfer
             WHERE book = %(book)s AND to_id = %(id)s AND to_version < %(before)s
             ORDER BY to_version DESC LIMIT %(limit)s)
            ORDER BY version DESC LIMIT %(limit)s)
        SELECT own.id, own.txn_id, own.version, own.amount, own.balance, other.path AS other,
               t.template, t.reference, own.effective_at, own.recorded_at
        FROM own
        JOIN account other ON other.book = %(book)s AND other.id = own.other_id
        JOIN txn t ON t.book = %(book)s AND t.id = own.txn_id
        ORDER BY own.version DESC
        """,
        id=id_,
        before=2**62 if before is None else before,
        limit=limit,
    )


def totals(tx: Tx) -> list[Total]:
    """The trial balance by kind of account: from the stored counters, never from history."""
    return tx.rows(
        Total,
        """
        SELECT class AS class_, kind, currency, count(*) AS accounts,
               sum(greatest(out_ - in_, 0))::bigint AS debit,
               sum(greatest(in_ - out_, 0))::bigint AS credit
        FROM account WHERE book = %(book)s
        GROUP BY class, kind, currency
        ORDER BY currency, array_position(
            ARRAY['asset', 'liability', 'equity', 'income', 'expense'], class), kind
        """,
    )


def flow(tx: Tx, since: datetime, zone: str) -> list[Flow]:
    """What was moved on each local day by template and kinds of account.

    Ids carry the time, so that the primary key alone finds the days asked for.
    """
    return tx.rows(
        Flow,
        """
        SELECT (t.effective_at AT TIME ZONE %(zone)s)::date AS day, t.template,
               s.kind AS source, d.kind AS target, t.currency, sum(m.amount)::bigint AS amount
        FROM txn t
        JOIN transfer m ON m.book = t.book AND m.txn_id = t.id
        JOIN account s ON s.book = t.book AND s.id = m.from_id
        JOIN account d ON d.book = t.book AND d.id = m.to_id
        WHERE t.book = %(book)s AND t.id >= %(first)s
        GROUP BY 1, 2, 3, 4, 5
        ORDER BY 1, 2, 3, 4, 5
        """,
        first=id_texts.uuid7(since, bytes(10)),
        zone=zone,
    )
