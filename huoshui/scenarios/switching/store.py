"""The SQL of products that are live."""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

import msgspec

from huoshui.core.db import Tx
from huoshui.scenarios.switching.model import Settings, Switched

_ROW: LiteralString = """product, number, version, line, settings, programme_id, on_at, on_by,
    off_at, off_by"""


def lock(tx: Tx, product: str) -> None:
    """Let nobody else switch a product, or open facilities of it, until the end of this transaction."""
    tx.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(format('switched/%%s/%%s', %(book)s::int, %(p)s::text), 0))",
        p=product,
    )


def add(tx: Tx, row: Switched) -> None:
    """A product is live from now on."""
    tx.run(
        f"""INSERT INTO switched (book, {_ROW})
        VALUES (%(book)s, %(product)s, %(number)s, %(version)s, %(line)s, %(settings)s::jsonb,
            %(programme_id)s, %(on_at)s, %(on_by)s, %(off_at)s, %(off_by)s)""",
        **(msgspec.structs.asdict(row) | {"settings": msgspec.json.encode(row.settings).decode()}),
    )


def end(tx: Tx, product: str) -> int:
    """A product is live no more; how many were."""
    return tx.count(
        """UPDATE switched SET off_at = %(now)s, off_by = %(actor)s
        WHERE book = %(book)s AND product = %(product)s AND off_at IS NULL""",
        product=product,
        now=tx.now,
        actor=tx.actor,
    )


def count(tx: Tx, product: str) -> int:
    """How many times a product has been live."""
    found: int = tx.value(
        "SELECT count(*) FROM switched WHERE book = %(book)s AND product = %(product)s",
        product=product,
    )
    return found


def live(tx: Tx) -> list[Switched]:
    """The products that are live, by name."""
    return _read(
        tx.tuples(
            f"""SELECT {_ROW} FROM switched WHERE book = %(book)s AND off_at IS NULL
            ORDER BY product"""
        )
    )


def past(tx: Tx) -> list[Switched]:
    """Every time that a product was live, the latest first."""
    return _read(
        tx.tuples(
            f"""SELECT {_ROW} FROM switched WHERE book = %(book)s
            ORDER BY on_at DESC, product, number DESC LIMIT 200"""
        )
    )


def at(tx: Tx, product: str, moment: datetime) -> Switched | None:
    """A product as it was live at a moment, or None."""
    found = _read(
        tx.tuples(
            f"""SELECT {_ROW} FROM switched
            WHERE book = %(book)s AND product = %(product)s AND on_at <= %(moment)s
              AND (off_at IS NULL OR off_at >= %(moment)s)
            ORDER BY number DESC LIMIT 1""",
            product=product,
            moment=moment,
        )
    )
    return found[0] if found else None


def _read(rows: list[tuple[Any, ...]]) -> list[Switched]:
    names = Switched.__struct_fields__
    return [
        Switched(
            **(dict(zip(names, row, strict=True)) | {"settings": msgspec.convert(row[4], Settings)})
        )
        for row in rows
    ]
