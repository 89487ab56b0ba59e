"""The SQL of partners' names."""

from __future__ import annotations

import msgspec

from huoshui.core.db import Tx
from huoshui.facts.partners.model import PartnerName

_ROW = ", ".join(PartnerName.__struct_fields__)


def lock(tx: Tx, party: str) -> None:
    """Wait for whoever names the same partner."""
    tx.run(
        "SELECT pg_advisory_xact_lock(%(book)s, hashtext(%(name)s))", name=f"partner_name/{party}"
    )


def add(tx: Tx, row: PartnerName) -> None:
    """A new name."""
    names = PartnerName.__struct_fields__
    tx.append("partner_name", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def current(tx: Tx, parties: list[str] | None) -> list[PartnerName]:
    """The newest name of each of some partners, or of all, by their words."""
    return tx.rows(
        PartnerName,
        f"""SELECT DISTINCT ON (party) {_ROW} FROM partner_name
        WHERE book = %(book)s AND (%(parties)s::text[] IS NULL OR party = ANY(%(parties)s))
        ORDER BY party, number DESC""",
        parties=parties,
    )
