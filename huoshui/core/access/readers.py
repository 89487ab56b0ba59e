"""Readers: a transaction that takes on a database role and sees what row-level security lets it.

For whoever is to write SQL themselves: a partner, a regulator, the marketplace's analysts. The role
has SELECT on some columns of some tables and nothing else; which rows is decided by policies from
the organisation's grants (migration 0012). The transaction may not go back to our own role: give
such a reader no connection of ours to write SQL on, only the answers of one.
"""

from __future__ import annotations

from typing import Literal, LiteralString
from uuid import UUID

from huoshui.core.db import Tx
from huoshui.core.errors import Problem

Reader = Literal["partner", "regulator", "analyst"]
_ROLES: dict[Reader, LiteralString] = {
    "partner": "SET LOCAL ROLE huoshui_reader_partner",
    "regulator": "SET LOCAL ROLE huoshui_reader_regulator",
    "analyst": "SET LOCAL ROLE huoshui_reader_analyst",
}


class NoReaderRole(Problem):
    """The database has no such role; the operator makes it."""

    code = "no_reader_role"
    status = 503


def read_as(tx: Tx, reader: Reader, organisation_id: UUID | None = None) -> None:
    """Let the rest of this transaction read as such a reader, and write nothing.

    A partner or a regulator sees what its organisation was granted; an analyst the whole book.
    Raises NoReaderRole where the role was never made.
    """
    name = f"huoshui_reader_{reader}"
    if not tx.value("SELECT count(*) FROM pg_roles WHERE rolname = %(name)s", name=name):
        raise NoReaderRole(role=name)
    tx.tuples(
        """SELECT set_config('huoshui.book', %(number)s, true),
            set_config('huoshui.organisation', %(owner)s, true)""",
        number=str(tx.book),
        owner=str(organisation_id or ""),
    )
    tx.run("SET TRANSACTION READ ONLY")
    tx.run(_ROLES[reader])
