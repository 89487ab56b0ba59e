"""SQL of accounts changed by hand, and of units."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.ledger.model import CLOSE_FROM, CLOSE_TO


def lock(tx: Tx, id_: UUID) -> bool:
    """Lock an account; whether there is one."""
    found = tx.value(
        "SELECT true FROM account WHERE book = %(book)s AND id = %(id)s FOR UPDATE", id=id_
    )
    return found is True


def closing_hold(tx: Tx, id_: UUID) -> UUID | None:
    """An open hold that keeps an account closed, or None."""
    found: UUID | None = tx.value(
        """
        SELECT id FROM hold WHERE book = %(book)s AND state = 'open'
          AND (from_id = %(id)s AND flags & %(closes_from)s <> 0
               OR to_id = %(id)s AND flags & %(closes_to)s <> 0)
        LIMIT 1
        """,
        id=id_,
        closes_from=CLOSE_FROM,
        closes_to=CLOSE_TO,
    )
    return found


def set_closed(tx: Tx, id_: UUID, closed: bool) -> None:
    """Close or reopen."""
    tx.run(
        "UPDATE account SET closed = %(closed)s WHERE book = %(book)s AND id = %(id)s",
        id=id_,
        closed=closed,
    )


def set_bounds(tx: Tx, id_: UUID, floor: int | None, ceiling: int | None) -> None:
    """Other bounds."""
    tx.run(
        """UPDATE account SET floor = %(floor)s, ceiling = %(ceiling)s
        WHERE book = %(book)s AND id = %(id)s""",
        id=id_,
        floor=floor,
        ceiling=ceiling,
    )


class Unit(msgspec.Struct, frozen=True):
    """A unit of account beside ISO 4217: points, miles. `digits` as a currency has them."""

    code: str
    digits: int
    name_en: str
    name_zh: str


def units(tx: Tx) -> list[Unit]:
    """The units of the book."""
    return tx.rows(
        Unit,
        """SELECT code, digits, name_en, name_zh FROM unit WHERE book = %(book)s ORDER BY code""",
    )


def digits_elsewhere(tx: Tx, code: str) -> int | None:
    """The digits of a unit in any book of this world, or None where no book has it."""
    found: int | None = tx.value("SELECT digits FROM unit WHERE code = %(code)s LIMIT 1", code=code)
    return found


def keep_unit(tx: Tx, unit: Unit) -> None:
    """Declare a unit, or name it anew."""
    tx.run(
        """
        INSERT INTO unit (book, code, digits, name_en, name_zh, declared_at)
        VALUES (%(book)s, %(code)s, %(digits)s, %(name_en)s, %(name_zh)s, %(at)s)
        ON CONFLICT (book, code) DO UPDATE
        SET name_en = EXCLUDED.name_en, name_zh = EXCLUDED.name_zh
        """,
        code=unit.code,
        digits=unit.digits,
        name_en=unit.name_en,
        name_zh=unit.name_zh,
        at=tx.now,
    )
