"""The SQL of decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.judgement.risk.decision.model import Decision

_FIELDS = ", ".join(Decision.__struct_fields__)


def add(tx: Tx, row: Decision) -> None:
    """Keep a decision for good."""
    names = Decision.__struct_fields__
    tx.append("decision", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def decision(tx: Tx, id_: UUID) -> Decision | None:
    """One decision."""
    return tx.row(
        Decision,
        f"SELECT {_FIELDS} FROM decision WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def sealed(tx: Tx, shown: str) -> str:
    """The hash in the event that told of a decision: a leaf of the tamper log. Nothing where none did."""
    return str(
        tx.value(
            """SELECT data ->> 'sha256' FROM event
            WHERE book = %(book)s AND object = %(object)s AND type = 'decision.made'""",
            object=shown,
        )
        or ""
    )


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions are looked for; empty is any."""

    kind: str = ""
    outcome: str = ""
    policy: str = ""
    party: str = ""
    reference: str = ""
    reason: str = ""
    rule: str = ""
    since: datetime | None = None
    until: datetime | None = None


_WHERE = """
    book = %(book)s
    AND (%(kind)s = '' OR kind = %(kind)s)
    AND (%(outcome)s = '' OR outcome = %(outcome)s)
    AND (%(policy)s = '' OR policy = %(policy)s)
    AND (%(party)s = '' OR party = %(party)s)
    AND (%(reference)s = '' OR reference = %(reference)s)
    AND (%(reason)s = '' OR %(reason)s = ANY(reasons))
    AND (%(rule)s = '' OR %(rule)s = ANY(fired))
    AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
"""


def decisions(tx: Tx, by: Search, after: UUID | None = None, limit: int = 50) -> list[Decision]:
    """Decisions, newest first."""
    params: dict[str, Any] = msgspec.structs.asdict(by)
    return tx.rows(
        Decision,
        f"""SELECT {_FIELDS} FROM decision
        WHERE {_WHERE} AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        after=after,
        limit=limit,
        **params,
    )


def totals(tx: Tx, by: Search) -> dict[str, int]:
    """How many there are of each outcome."""
    params: dict[str, Any] = msgspec.structs.asdict(by)
    rows = tx.tuples(f"SELECT outcome, count(*) FROM decision WHERE {_WHERE} GROUP BY 1", **params)
    return dict(rows)


def foreign(tx: Tx, snapshot: str) -> bool:
    """Whether a snapshot is of another server: its transactions have not begun here."""
    return bool(
        tx.value(
            """SELECT pg_snapshot_xmax(%(snapshot)s::pg_snapshot)
                > pg_snapshot_xmax(pg_current_snapshot())""",
            snapshot=snapshot,
        )
    )
