"""SQL of the background reconciliation: its runs, and the accounts in pieces."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Tx


class RunRow(msgspec.Struct, frozen=True):
    """A row of `reconciliation`."""

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    accounts: int
    transfers: int
    faults: Any


def start(tx: Tx, id_: UUID) -> None:
    """A run begins."""
    tx.append("reconciliation", ("book", "id", "started_at"), [(tx.book, id_, tx.now)])


def accounts(tx: Tx, after: UUID | None, limit: int) -> list[tuple[UUID, int]]:
    """The next accounts in the order of their ids, with how many transfers touched each."""
    return tx.tuples(
        """SELECT id, version FROM account
        WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
        ORDER BY id LIMIT %(limit)s""",
        after=after,
        limit=limit,
    )


def add(tx: Tx, id_: UUID, accounts: int, sides: int, faults: bytes) -> None:
    """A piece is done; `faults` is a JSON list. `sides` are two a transfer over all accounts."""
    tx.run(
        """
        UPDATE reconciliation SET accounts = accounts + %(accounts)s,
            transfers = transfers + %(sides)s,
            faults = CASE WHEN jsonb_array_length(faults) < 100
                     THEN faults || %(faults)s::jsonb ELSE faults END
        WHERE book = %(book)s AND id = %(id)s
        """,
        id=id_,
        accounts=accounts,
        sides=sides,
        faults=faults.decode(),
    )


def end(tx: Tx, id_: UUID) -> RunRow | None:
    """A run is over; what it came to. Until then `transfers` counted both sides of each."""
    return tx.row(
        RunRow,
        """
        UPDATE reconciliation SET ended_at = %(at)s, transfers = transfers / 2
        WHERE book = %(book)s AND id = %(id)s
        RETURNING id, started_at, ended_at, accounts, transfers, faults
        """,
        id=id_,
        at=tx.now,
    )


def runs(tx: Tx, before: UUID | None, limit: int) -> list[RunRow]:
    """Runs, newest first."""
    return tx.rows(
        RunRow,
        """
        SELECT id, started_at, ended_at, accounts, transfers, faults FROM reconciliation
        WHERE book = %(book)s AND (%(before)s::uuid IS NULL OR id < %(before)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        before=before,
        limit=limit,
    )
