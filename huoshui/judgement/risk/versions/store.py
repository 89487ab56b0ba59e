"""The SQL of versions."""

from __future__ import annotations

from typing import LiteralString

import msgspec

from huoshui.core.db import Tx
from huoshui.judgement.risk.versions.model import Version

_FIELDS = ", ".join(Version.__struct_fields__)
IN_FORCE: LiteralString = """
    SELECT number FROM risk_version
    WHERE book = %(book)s AND kind = %(kind)s AND name = %(name)s AND state = 'published'
    ORDER BY number DESC LIMIT 1
"""


def lock(tx: Tx, kind: str, name: str) -> None:
    """One writer of a name at a time, so that its numbers have no gaps."""
    tx.run("SELECT pg_advisory_xact_lock(%(book)s, hashtext(%(name)s))", name=f"risk/{kind}/{name}")


def add(tx: Tx, row: Version) -> None:
    """Keep a version for good."""
    names = Version.__struct_fields__
    tx.append("risk_version", ("book", *names), [(tx.book, *msgspec.structs.astuple(row))])


def version(tx: Tx, kind: str, name: str, number: int) -> Version | None:
    """One version."""
    return tx.row(
        Version,
        f"""SELECT {_FIELDS} FROM risk_version
        WHERE book = %(book)s AND kind = %(kind)s AND name = %(name)s AND number = %(number)s""",
        kind=kind,
        name=name,
        number=number,
    )


def latest(tx: Tx, kind: str, name: str) -> Version | None:
    """The version of a name that was proposed last."""
    return tx.row(
        Version,
        f"""SELECT {_FIELDS} FROM risk_version
        WHERE book = %(book)s AND kind = %(kind)s AND name = %(name)s
        ORDER BY number DESC LIMIT 1""",
        kind=kind,
        name=name,
    )


def in_force(tx: Tx, kind: str, name: str) -> int | None:
    """The number of the version of a name that is in force."""
    number: int | None = tx.value(IN_FORCE, kind=kind, name=name)
    return number


def numbers_in_force(tx: Tx, kind: str) -> list[tuple[str, int]]:
    """The names with a version in force, and its number."""
    rows = tx.tuples(
        """SELECT name, max(number) FROM risk_version
        WHERE book = %(book)s AND kind = %(kind)s AND state = 'published' GROUP BY name ORDER BY 1""",
        kind=kind,
    )
    return [(name, number) for name, number in rows]


def same(tx: Tx, kind: str, name: str, digest: str) -> Version | None:
    """The last version of a name that says just this, and may still come into force or is."""
    return tx.row(
        Version,
        f"""SELECT {_FIELDS} FROM risk_version
        WHERE book = %(book)s AND kind = %(kind)s AND name = %(name)s AND digest = %(digest)s
          AND state IN ('proposed', 'published')
        ORDER BY number DESC LIMIT 1""",
        kind=kind,
        name=name,
        digest=digest,
    )


def move(tx: Tx, before: Version, after: Version) -> bool:
    """Write what was decided about a version, unless another was first."""
    return bool(
        tx.count(
            """UPDATE risk_version
            SET state = %(state)s, decided_at = %(at)s, decided_by = %(by)s, reason = %(reason)s
            WHERE book = %(book)s AND kind = %(kind)s AND name = %(name)s AND number = %(number)s
              AND state = %(before)s""",
            kind=after.kind,
            name=after.name,
            number=after.number,
            state=after.state,
            at=after.decided_at,
            by=after.decided_by,
            reason=after.reason,
            before=before.state,
        )
    )


def versions(
    tx: Tx, kind: str, *, name: str = "", after: str = "", limit: int = 50
) -> list[Version]:
    """Versions of a kind by name, the newest of each first; `after` is `name@number`."""
    last, _, number = after.partition("@")
    return tx.rows(
        Version,
        f"""SELECT {_FIELDS} FROM risk_version
        WHERE book = %(book)s AND kind = %(kind)s AND (%(name)s = '' OR name = %(name)s)
          AND (%(last)s = '' OR name > %(last)s OR (name = %(last)s AND number < %(number)s))
        ORDER BY name, number DESC LIMIT %(limit)s""",
        kind=kind,
        name=name,
        last=last,
        number=int(number or 0),
        limit=limit,
    )
