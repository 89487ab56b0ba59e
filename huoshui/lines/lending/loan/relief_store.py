"""The SQL of requests about loans."""

from __future__ import annotations

from uuid import UUID

from huoshui.core.db import Tx
from huoshui.lines.lending.loan.relief import Request

_NAMES = Request.__struct_fields__
_COLUMNS = ", ".join(_NAMES)


def add(tx: Tx, new: Request) -> None:
    """Write a new request."""
    tx.append("loan_request", ("book", *_NAMES), [(tx.book, *(getattr(new, n) for n in _NAMES))])


def request(tx: Tx, id_: UUID, *, lock: bool = False) -> Request | None:
    """One request, or None."""
    ending = "FOR NO KEY UPDATE" if lock else ""
    return tx.row(
        Request,
        f"SELECT {_COLUMNS} FROM loan_request WHERE book = %(book)s AND id = %(id)s {ending}",
        id=id_,
    )


def requests(
    tx: Tx, *, loan_id: UUID | None = None, state: str = "", among: list[str] | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Request]:  # fmt: skip
    """Requests, newest first; of a loan, in a state, of the parties `among` alone where given."""
    names = ", ".join(f"r.{name}" for name in _NAMES)
    return tx.rows(
        Request,
        f"""
        SELECT {names} FROM loan_request r JOIN loan l ON l.book = r.book AND l.id = r.loan_id
        WHERE r.book = %(book)s
          AND (%(loan_id)s::uuid IS NULL OR r.loan_id = %(loan_id)s)
          AND (%(state)s = '' OR r.state = %(state)s)
          AND (%(among)s::text[] IS NULL OR l.party = ANY(%(among)s))
          AND (%(after)s::uuid IS NULL OR r.id < %(after)s)
        ORDER BY r.id DESC LIMIT %(limit)s
        """,
        loan_id=loan_id,
        state=state,
        among=among,
        after=after,
        limit=limit,
    )


def decide(tx: Tx, after: Request) -> None:
    """Write how a request was decided."""
    tx.run(
        """UPDATE loan_request SET state = %(state)s, decided_at = %(decided_at)s,
            decided_by = %(decided_by)s, answer = %(answer)s, event_id = %(event_id)s
        WHERE book = %(book)s AND id = %(id)s""",
        id=after.id,
        state=after.state,
        decided_at=after.decided_at,
        decided_by=after.decided_by,
        answer=after.answer,
        event_id=after.event_id,
    )
