"""The SQL of proposals of parameters."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.day.proposal import Proposal

_NAMES = ", ".join(Proposal.__struct_fields__)


def add(tx: Tx, row: Proposal) -> None:
    """A new proposal."""
    names = Proposal.__struct_fields__
    tx.append("loss_proposal", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def proposal(tx: Tx, id_: UUID, *, lock: bool = False) -> Proposal | None:
    """One proposal, or None."""
    ending = "FOR NO KEY UPDATE" if lock else ""
    return tx.row(
        Proposal,
        f"SELECT {_NAMES} FROM loss_proposal WHERE book = %(book)s AND id = %(id)s {ending}",
        id=id_,
    )


def proposals(
    tx: Tx, *, state: str = "", after: UUID | None = None, limit: int = 50
) -> list[Proposal]:
    """Proposals, newest first; in a state."""
    return tx.rows(
        Proposal,
        f"""SELECT {_NAMES} FROM loss_proposal WHERE book = %(book)s
          AND (%(state)s = '' OR state = %(state)s) AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        state=state,
        after=after,
        limit=limit,
    )


def decide(tx: Tx, row: Proposal) -> None:
    """Write how it was decided."""
    tx.run(
        """UPDATE loss_proposal SET state = %(state)s, decided_at = %(at)s, decided_by = %(by)s,
            note = %(note)s WHERE book = %(book)s AND id = %(id)s""",
        id=row.id,
        state=row.state,
        at=row.decided_at,
        by=row.decided_by,
        note=row.note,
    )
