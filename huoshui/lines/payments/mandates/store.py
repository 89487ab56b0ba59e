"""The SQL of mandates and of what devices asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.lines.payments.mandates.model import Mandate

_MANDATE = """id, payer, merchant, device, scene, currency, single_max, daily_max, total_max, state,
    created_at, consent_at, consent, ends_at, revoked_at, revoked_by, spent, day, day_spent,
    secret, proved"""
_DEBIT = """id, digest, device_id, counter, event, mandate_id, payer, merchant, scene, amount,
    currency, at, received_at, state, reason, payment_id, text, receipt"""


class DebitRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a device asked for and what became of it; `at` is the device's time."""

    id: UUID
    digest: str
    device_id: UUID
    counter: int
    event: str
    mandate_id: UUID
    payer: str
    merchant: str
    scene: str
    amount: int
    currency: str
    at: datetime
    received_at: datetime
    state: str
    reason: str = ""
    payment_id: UUID | None = None
    text: str
    receipt: str = ""


def add(tx: Tx, mandate: Mandate) -> None:
    """A new mandate."""
    names = Mandate.__struct_fields__
    tx.append("mandate", ("book", *names), [(tx.book, *msgspec.structs.astuple(mandate))])


def lock(tx: Tx, mandate_ids: Collection[UUID]) -> dict[UUID, Mandate]:
    """Mandates, locked in the order of their ids."""
    rows = tx.rows(
        Mandate,
        f"""SELECT {_MANDATE} FROM mandate
        WHERE book = %(book)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE""",
        ids=columns.uuids(sorted(mandate_ids)),
    )
    return {row.id: row for row in rows}


def mandate(tx: Tx, mandate_id: UUID) -> Mandate | None:
    """One mandate, or None."""
    return tx.row(
        Mandate,
        f"SELECT {_MANDATE} FROM mandate WHERE book = %(book)s AND id = %(id)s",
        id=mandate_id,
    )


def mandates(
    tx: Tx, *, payer: str = "", merchant: str = "", state: str = "", among: list[str] | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Mandate]:  # fmt: skip
    """Mandates, newest first; of the parties `among` alone where given."""
    return tx.rows(
        Mandate,
        f"""
        SELECT {_MANDATE} FROM mandate
        WHERE book = %(book)s
          AND (%(payer)s = '' OR payer = %(payer)s)
          AND (%(merchant)s = '' OR merchant = %(merchant)s)
          AND (%(among)s::text[] IS NULL OR payer = ANY(%(among)s) OR merchant = ANY(%(among)s))
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        payer=payer,
        merchant=merchant,
        among=among,
        state=state,
        after=after,
        limit=limit,
    )


def move(tx: Tx, before: Mandate, after: Mandate) -> int:
    """Write a mandate's state, from the one it is known to be in; how many were moved."""
    return tx.count(
        """
        UPDATE mandate SET state = %(state)s, consent_at = %(consent_at)s, consent = %(consent)s,
            proved = %(proved)s, revoked_at = %(revoked_at)s, revoked_by = %(revoked_by)s
        WHERE book = %(book)s AND id = %(id)s AND state = %(before)s
        """,
        id=before.id,
        before=before.state,
        state=after.state,
        consent_at=after.consent_at,
        consent=after.consent,
        proved=after.proved,
        revoked_at=after.revoked_at,
        revoked_by=after.revoked_by,
    )


def keep_secret(tx: Tx, mandate_id: UUID, digest: bytes) -> None:
    """Let another secret open a mandate's page; the one before opens it no more."""
    tx.run(
        "UPDATE mandate SET secret = %(digest)s WHERE book = %(book)s AND id = %(id)s",
        id=mandate_id,
        digest=digest,
    )


def spend(tx: Tx, mandates: Collection[Mandate]) -> None:
    """Write what was taken under mandates."""
    tx.run(
        """
        UPDATE mandate m SET spent = n.spent, day = n.day, day_spent = n.day_spent
        FROM unnest(%(ids)s::uuid[], %(spent)s::bigint[], %(days)s::date[], %(day_spent)s::bigint[])
            AS n (id, spent, day, day_spent)
        WHERE m.book = %(book)s AND m.id = n.id
        """,
        ids=[m.id for m in mandates],
        spent=[m.spent for m in mandates],
        days=[m.day for m in mandates],
        day_spent=[m.day_spent for m in mandates],
    )


def add_debits(tx: Tx, rows: Collection[DebitRow]) -> None:
    """What devices asked for."""
    names = DebitRow.__struct_fields__
    tx.append(
        "device_event", ("book", *names), ((tx.book, *msgspec.structs.astuple(r)) for r in rows)
    )


def settle_debit(tx: Tx, row: DebitRow) -> int:
    """What became of a debit that was asked of the payer; how many were still asked."""
    return tx.count(
        """
        UPDATE device_event SET state = %(state)s, reason = %(reason)s,
            payment_id = %(payment)s, receipt = %(receipt)s
        WHERE book = %(book)s AND id = %(id)s AND state = 'asked'
        """,
        id=row.id,
        state=row.state,
        reason=row.reason,
        payment=row.payment_id,
        receipt=row.receipt,
    )


def debit(tx: Tx, debit_id: UUID) -> DebitRow | None:
    """One debit, or None."""
    return tx.row(
        DebitRow,
        f"SELECT {_DEBIT} FROM device_event WHERE book = %(book)s AND id = %(id)s",
        id=debit_id,
    )


def seen(tx: Tx, asked: Collection[tuple[UUID, int, str]]) -> list[DebitRow]:
    """What devices asked for under these (device, counter, event): by either of the two."""
    listed = list(asked)
    return tx.rows(
        DebitRow,
        f"""
        SELECT {_DEBIT} FROM device_event
        WHERE book = %(book)s AND id IN (
            SELECT e.id FROM unnest(%(devices)s::uuid[], %(counters)s::bigint[]) AS n (device, counter)
            JOIN device_event e ON e.book = %(book)s AND e.device_id = n.device
                AND e.counter = n.counter
            UNION
            SELECT e.id FROM unnest(%(devices)s::uuid[], %(events)s::text[]) AS n (device, event)
            JOIN device_event e ON e.book = %(book)s AND e.device_id = n.device
                AND e.event = n.event)
        """,
        devices=[device for device, _, _ in listed],
        counters=[counter for _, counter, _ in listed],
        events=[event for _, _, event in listed],
    )


def debits(tx: Tx, *, after: UUID | None = None, limit: int = 50, **of: Any) -> list[DebitRow]:
    """Debits, newest first; of a `mandate`, a `device`, in a `state`, of the parties `among`."""
    wanted = {"mandate": None, "device": None, "state": "", "among": None} | of
    return tx.rows(
        DebitRow,
        f"""
        SELECT {_DEBIT} FROM device_event
        WHERE book = %(book)s
          AND (%(mandate)s::uuid IS NULL OR mandate_id = %(mandate)s)
          AND (%(device)s::uuid IS NULL OR device_id = %(device)s)
          AND (%(among)s::text[] IS NULL OR payer = ANY(%(among)s) OR merchant = ANY(%(among)s))
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        after=after,
        limit=limit,
        **wanted,
    )
