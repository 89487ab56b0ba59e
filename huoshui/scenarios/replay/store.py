"""The replay's SQL: how far it is, and what it found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from huoshui.core.db import Tx


class ReplayRow(msgspec.Struct, frozen=True):
    """A replay as it stands. `cursor` counts the facts of the timeline that were taken."""

    fingerprint: str
    sections: dict[str, Any]
    total: int
    cursor: int
    orders: int
    state: str
    until_at: datetime
    started_at: datetime
    touched_at: datetime
    anomalies: dict[str, int]
    verification: dict[str, Any]
    report: dict[str, Any]


def replay(tx: Tx) -> ReplayRow | None:
    """The replay of this world, or None."""
    return tx.row(
        ReplayRow,
        """
        SELECT fingerprint, sections, total, cursor, orders, state, until_at, started_at,
               touched_at, anomalies, verification, report
        FROM replay WHERE book = %(book)s
        """,
    )


def begin(
    tx: Tx,
    *,
    fingerprint: str,
    sections: dict[str, Any],
    total: int,
    until_at: datetime,
    real_now: datetime,
) -> None:
    """Note that a replay starts."""
    tx.run(
        """
        INSERT INTO replay (book, fingerprint, sections, total, until_at, started_at, touched_at)
        VALUES (%(book)s, %(fingerprint)s, %(sections)s::jsonb, %(total)s, %(until)s,
                %(real)s, %(real)s)
        """,
        fingerprint=fingerprint,
        sections=_json(sections),
        total=total,
        until=until_at,
        real=real_now,
    )


def step(
    tx: Tx, *, cursor: int, orders: int, anomalies: dict[str, int], real_now: datetime
) -> None:
    """Move the cursor, in the commit of the facts that it counts."""
    tx.run(
        """
        UPDATE replay SET cursor = %(cursor)s, orders = orders + %(orders)s,
            anomalies = %(anomalies)s::jsonb, touched_at = %(real)s
        WHERE book = %(book)s
        """,
        cursor=cursor,
        orders=orders,
        anomalies=_json(anomalies),
        real=real_now,
    )


def finish(
    tx: Tx, *, state: str, verification: dict[str, Any], report: dict[str, Any], real_now: datetime
) -> None:
    """Keep what the replay found."""
    tx.run(
        """
        UPDATE replay SET state = %(state)s, verification = %(verification)s::jsonb,
            report = %(report)s::jsonb, touched_at = %(real)s
        WHERE book = %(book)s
        """,
        state=state,
        verification=_json(verification),
        report=_json(report),
        real=real_now,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
