"""The SQL of what is kept of contracts."""

from __future__ import annotations

from uuid import UUID

from huoshui.core.db import Tx
from huoshui.lines.lending.loan.paper import Kept, Parties


def keep(tx: Tx, loan_id: UUID, kept_: Kept) -> None:
    """Keep what a contract said when it was consented to."""
    of = kept_.parties
    names = (
        "book",
        "loan_id",
        "lender",
        "borrower",
        "borrower_name",
        "digest",
        "at",
        "facts",
        "drawing",
    )
    row = (
        tx.book,
        loan_id,
        of.lender,
        of.borrower,
        of.borrower_name,
        kept_.digest,
        kept_.at,
        kept_.facts,
        kept_.drawing,
    )
    tx.append("loan_paper", names, [row])


def kept(tx: Tx, loan_id: UUID) -> Kept | None:
    """What was kept of a loan's contract, or None before the consent."""
    rows = tx.tuples(
        """SELECT lender, borrower, borrower_name, digest, at, facts, drawing FROM loan_paper
        WHERE book = %(book)s AND loan_id = %(loan_id)s""",
        loan_id=loan_id,
    )
    found = [Kept(Parties(*row[:3]), *row[3:]) for row in rows]
    return found[0] if found else None
