"""The SQL of loans."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.loan.model import Accrued, EventRow, Loan, PostedRow
from huoshui.lines.lending.loan.position import Position

_LOAN: LiteralString = """id, party, product, version, currency, facility_id, state, amount, instalments,
    rate_annual, facts, reasons, disclosure, applied_at, offer_ends_at, consent_at, consent,
    drawable_on, start_on, closed_at"""
_EVENT: LiteralString = """loan_id, number, id, key, kind, on_, recorded_on, recorded_at, amount,
    payload, reverses, actor"""
_POSITION: LiteralString = """loan_id, product, currency, events, day, standing, principal, interest,
    fees, penalties, credit, oldest_open_due, next_due, next_amount, starts, dues, principals,
    interests, charges, opens"""


def add(tx: Tx, loan: Loan) -> None:
    """A new application."""
    names = Loan.__struct_fields__
    tx.append("loan", ("book", *names), [(tx.book, *msgspec.structs.astuple(loan))])


def loan(tx: Tx, loan_id: UUID) -> Loan | None:
    """One loan, or None."""
    return tx.row(
        Loan,
        f"SELECT {_LOAN} FROM loan WHERE book = %(book)s AND id = %(id)s",
        id=loan_id,
    )


def lock(tx: Tx, loan_ids: Collection[UUID]) -> dict[UUID, Loan]:
    """Loans, locked in the order of their ids."""
    rows = tx.rows(
        Loan,
        f"""SELECT {_LOAN} FROM loan
        WHERE book = %(book)s AND id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE""",
        ids=sorted(loan_ids),
    )
    return {row.id: row for row in rows}


def some(tx: Tx, loan_ids: Collection[UUID]) -> dict[UUID, Loan]:
    """Loans as they stand, not locked."""
    rows = tx.rows(
        Loan,
        f"SELECT {_LOAN} FROM loan WHERE book = %(book)s AND id = ANY(%(ids)s)",
        ids=sorted(loan_ids),
    )
    return {row.id: row for row in rows}


def repaid_by_sales(tx: Tx, parties: Collection[str]) -> list[Loan]:
    """Running loans of parties that a share of sales repays, the oldest first."""
    return tx.rows(
        Loan,
        f"""SELECT {_LOAN} FROM loan l
        WHERE book = %(book)s AND state = 'running' AND party = ANY(%(parties)s)
          AND EXISTS (SELECT 1 FROM catalog_version v WHERE v.book = l.book
            AND v.product = l.product AND v.number = l.version
            AND jsonb_exists(v.body -> 'tables', 'sales'))
        ORDER BY id""",
        parties=list(parties),
    )


def loans(
    tx: Tx, *, party: str = "", product: str = "", state: str = "", among: list[str] | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Loan]:  # fmt: skip
    """Loans, newest first; of the parties `among` alone where given."""
    return tx.rows(
        Loan,
        f"""
        SELECT {_LOAN} FROM loan
        WHERE book = %(book)s
          AND (%(party)s = '' OR party = %(party)s)
          AND (%(among)s::text[] IS NULL OR party = ANY(%(among)s))
          AND (%(product)s = '' OR product = %(product)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        party=party,
        among=among,
        product=product,
        state=state,
        after=after,
        limit=limit,
    )


def move(tx: Tx, before: Loan, after: Loan) -> int:
    """Write what became of a loan, from the state it is known to be in; how many were moved."""
    return tx.count(
        """
        UPDATE loan SET state = %(state)s, rate_annual = %(rate_annual)s, facts = %(facts)s,
            reasons = %(reasons)s, disclosure = %(disclosure)s, offer_ends_at = %(offer_ends_at)s,
            consent_at = %(consent_at)s, consent = %(consent)s, drawable_on = %(drawable_on)s,
            start_on = %(start_on)s, closed_at = %(closed_at)s
        WHERE book = %(book)s AND id = %(id)s AND state = %(before)s
        """,
        id=before.id,
        before=before.state,
        state=after.state,
        rate_annual=after.rate_annual,
        facts=_json(after.facts),
        reasons=_json(after.reasons),
        disclosure=_json(after.disclosure),
        offer_ends_at=after.offer_ends_at,
        consent_at=after.consent_at,
        consent=after.consent,
        drawable_on=after.drawable_on,
        start_on=after.start_on,
        closed_at=after.closed_at,
    )


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def events(tx: Tx, loan_ids: Collection[UUID]) -> list[EventRow]:
    """All events of loans, each loan's in the order in which they were learnt."""
    return tx.rows(
        EventRow,
        f"""SELECT {_EVENT} FROM loan_event
        WHERE book = %(book)s AND loan_id = ANY(%(ids)s) ORDER BY loan_id, number""",
        ids=sorted(loan_ids),
    )


def events_page(tx: Tx, loan_id: UUID, after: int, limit: int) -> list[EventRow]:
    """Events of a loan behind a number, in the order in which they were learnt."""
    return tx.rows(
        EventRow,
        f"""SELECT {_EVENT} FROM loan_event
        WHERE book = %(book)s AND loan_id = %(id)s AND number > %(after)s
        ORDER BY number LIMIT %(limit)s""",
        id=loan_id,
        after=after,
        limit=limit,
    )


def add_events(tx: Tx, rows: Iterable[EventRow]) -> None:
    """Append events."""
    names = EventRow.__struct_fields__
    tx.append(
        "loan_event", ("book", *names), ((tx.book, *msgspec.structs.astuple(r)) for r in rows)
    )


def accrued(tx: Tx, loan_ids: Collection[UUID]) -> dict[UUID, Accrued]:
    """What of loans' accruals stands on the ledger; locked, so that nobody else posts for them."""
    rows = tx.rows(
        Accrued,
        """SELECT loan_id, through, interest, charges, penalty FROM loan_accrued
        WHERE book = %(book)s AND loan_id = ANY(%(ids)s) ORDER BY loan_id FOR NO KEY UPDATE""",
        ids=sorted(loan_ids),
    )
    return {row.loan_id: row for row in rows}


def keep_accrued(tx: Tx, rows: Collection[Accrued]) -> None:
    """Write what of loans' accruals stands on the ledger now."""
    tx.run(
        """
        INSERT INTO loan_accrued (book, loan_id, through, interest, charges, penalty)
        SELECT %(book)s, * FROM unnest(%(ids)s::uuid[], %(through)s::date[],
            %(interest)s::bigint[], %(charges)s::bigint[], %(penalty)s::bigint[])
        ON CONFLICT (book, loan_id) DO UPDATE SET through = excluded.through,
            interest = excluded.interest, charges = excluded.charges, penalty = excluded.penalty
        """,
        ids=[row.loan_id for row in rows],
        through=[row.through for row in rows],
        interest=[row.interest for row in rows],
        charges=[row.charges for row in rows],
        penalty=[row.penalty for row in rows],
    )


def add_postings(tx: Tx, rows: Iterable[PostedRow]) -> None:
    """Keep which entries were posted for a loan, and why."""
    names = PostedRow.__struct_fields__
    tx.append(
        "loan_posting", ("book", *names), ((tx.book, *msgspec.structs.astuple(r)) for r in rows)
    )


def postings(tx: Tx, loan_id: UUID) -> list[PostedRow]:
    """Entries that were posted for a loan, in the order of posting."""
    return tx.rows(
        PostedRow,
        """SELECT loan_id, txn_id, cause, of, on_, template, amounts, posted_at FROM loan_posting
        WHERE book = %(book)s AND loan_id = %(id)s ORDER BY posted_at, on_, txn_id""",
        id=loan_id,
    )


def keep_position(tx: Tx, found: Position) -> None:
    """Write a loan's projection anew."""
    drop_positions(tx, [found.loan_id])
    names = Position.__struct_fields__
    marks = ", ".join(f"%({name})s" for name in names)
    tx.run(
        f"INSERT INTO loan_position (book, {', '.join(names)}) VALUES (%(book)s, {marks})",
        **msgspec.structs.asdict(found),
    )


def drop_positions(tx: Tx, loan_ids: Collection[UUID]) -> None:
    """Let projections go: they are rebuilt from events."""
    tx.run(
        "DELETE FROM loan_position WHERE book = %(book)s AND loan_id = ANY(%(ids)s)",
        ids=sorted(loan_ids),
    )


def positions(tx: Tx, loan_ids: Collection[UUID]) -> dict[UUID, Position]:
    """Projections of loans, as they were written last."""
    rows = tx.rows(
        Position,
        f"""SELECT {_POSITION} FROM loan_position
        WHERE book = %(book)s AND loan_id = ANY(%(ids)s)""",
        ids=sorted(loan_ids),
    )
    return {row.loan_id: row for row in rows}


def running(tx: Tx, until: date, limit: int) -> list[UUID]:
    """Running loans whose days are not on the ledger up to a day, the longest behind first."""
    rows = tx.tuples(
        """SELECT a.loan_id FROM loan_accrued a
        JOIN loan l ON l.book = a.book AND l.id = a.loan_id AND l.state = 'running'
        WHERE a.book = %(book)s AND a.through < %(until)s ORDER BY a.through, a.loan_id
        LIMIT %(limit)s""",
        until=until,
        limit=limit,
    )
    return [loan_id for (loan_id,) in rows]
