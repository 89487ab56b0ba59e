"""The SQL of disbursements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.scenarios.disbursing.model import Disbursement

_ROW: LiteralString = """id, loan_id, event_id, product, party, currency, amount, way, state, made_at,
    made_by, txn_id, back_txn, call_id, undone_id, reason, ended_at"""


def add(tx: Tx, made: Disbursement) -> None:
    """A new disbursement."""
    names = Disbursement.__struct_fields__
    tx.append("disbursement", ("book", *names), [(tx.book, *msgspec.structs.astuple(made))])


def find(tx: Tx, id_: UUID) -> Disbursement | None:
    """One disbursement, or None."""
    return tx.row(
        Disbursement,
        f"SELECT {_ROW} FROM disbursement WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def lock(tx: Tx, id_: UUID) -> Disbursement | None:
    """One disbursement, locked, or None."""
    return tx.row(
        Disbursement,
        f"""SELECT {_ROW} FROM disbursement WHERE book = %(book)s AND id = %(id)s
        FOR NO KEY UPDATE""",
        id=id_,
    )


def of_event(tx: Tx, event_id: UUID) -> Disbursement | None:
    """What pays an event of a loan, or None."""
    return tx.row(
        Disbursement,
        f"SELECT {_ROW} FROM disbursement WHERE book = %(book)s AND event_id = %(id)s",
        id=event_id,
    )


def of_txns(tx: Tx, txns: Sequence[UUID]) -> list[Disbursement]:
    """What these transactions paid out."""
    return tx.rows(
        Disbursement,
        f"""SELECT {_ROW} FROM disbursement
        WHERE book = %(book)s AND txn_id = ANY(%(txns)s) ORDER BY id""",
        txns=columns.uuids(list(txns)),
    )


def page(
    tx: Tx, *, loan_id: UUID | None = None, state: str = "", among: list[str] | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Disbursement]:  # fmt: skip
    """Disbursements, newest first; of a loan, in a state, of the parties `among` where given."""
    return tx.rows(
        Disbursement,
        f"""SELECT {_ROW} FROM disbursement
        WHERE book = %(book)s
          AND (%(loan)s::uuid IS NULL OR loan_id = %(loan)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(among)s::text[] IS NULL OR party = ANY(%(among)s))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        loan=loan_id,
        state=state,
        among=among,
        after=after,
        limit=limit,
    )


def move(tx: Tx, before: Disbursement, after: Disbursement) -> int:
    """Write what became of one, from the state it is known to be in; how many were moved."""
    return tx.count(
        """UPDATE disbursement SET state = %(state)s, back_txn = %(back)s, undone_id = %(undone)s,
            reason = %(reason)s, ended_at = %(ended)s
        WHERE book = %(book)s AND id = %(id)s AND state = %(before)s""",
        id=before.id,
        before=before.state,
        state=after.state,
        back=after.back_txn,
        undone=after.undone_id,
        reason=after.reason,
        ended=after.ended_at,
    )


def held_back(tx: Tx, loan_id: UUID) -> int:
    """What of all drawdowns of a loan its borrower does not get: its part of a premium; minor units."""
    found: int = tx.value(
        """SELECT coalesce(sum(amount), 0)::bigint FROM loan_part
        WHERE book = %(book)s AND loan_id = %(id)s AND kind = 'premium_borrower'""",
        id=loan_id,
    )
    return found


def event_amount(tx: Tx, of: Disbursement) -> int:
    """What the event of a disbursement drew, or refunded, minor units."""
    found: int = tx.value(
        "SELECT amount FROM loan_event WHERE book = %(book)s AND loan_id = %(loan)s AND id = %(id)s",
        loan=of.loan_id,
        id=of.event_id,
    )
    return found


def balance(tx: Tx, path: str, currency: str) -> int:
    """What an account has that is not held, minor units; 0 where there is none."""
    found: int | None = tx.value(
        """SELECT in_ - out_ - held_out FROM account
        WHERE book = %(book)s AND path = %(path)s AND currency = %(currency)s""",
        path=path,
        currency=currency,
    )
    return found or 0
