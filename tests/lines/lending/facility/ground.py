"""A borrower with facilities: a group's, its own, and one of a scene."""

from __future__ import annotations

import sys
from datetime import timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.facts.commerce import model
from huoshui.facts.commerce import service as commerce
from huoshui.lines.lending.facility import port, service
from huoshui.lines.lending.facility.model import Facility
from huoshui.lines.lending.facility.service import Opening
from huoshui.lines.lending.facility.way import Stand, stands

ANNA = "byr_anna"


class Family(msgspec.Struct, frozen=True):
    """The facilities of a way up."""

    group: Facility
    borrower: Facility
    scene: Facility
    phones: Facility

    @property
    def ids(self) -> list[UUID]:
        """Of all of them."""
        return [self.group.id, self.borrower.id, self.scene.id, self.phones.id]


def party(tx: Tx, name: str) -> str:
    """A buyer that the book knows."""
    commerce.ingest(tx, [model.Buyer(key=name, occurred_at=tx.now)])
    return ids.show("byr", commerce.buyer(tx, name))


def family(tx: Tx, group: int, borrower: int, scene: int, phones: int = 0) -> Family:
    """Open the facilities of a buyer with these limits, in minor units of CNY."""
    buyer = party(tx, "anna")

    def made(level: str, amount: int, parent: Facility | None, name: str = "") -> Facility:
        return service.open_facility(
            tx,
            Opening(
                level=level, currency="CNY", amount=amount, name=f"{level} {name}",  # type: ignore[arg-type]
                party="" if level == "group" else buyer, scene=name if level == "scene" else "",
                parent=parent.id if parent else None,
            ),
        )  # fmt: skip

    above = made("group", group, None)
    own = made("borrower", borrower, above)
    return Family(
        above, own, made("scene", scene, own, "shop"), made("scene", phones, own, "phones")
    )


def seen(tx: Tx, facility: Facility) -> Stand:
    """How a facility stands, asked anew."""
    return stands(tx, [service.find(tx, facility.id)])[0]


def race(url: str, book: int, facility: UUID, times: int, amount: int) -> dict[str, int]:
    """One process of a race: drawdowns one after the other; how each went."""
    database, codes = Database(url, pool_size=2).open(), dict[str, int]()
    for _ in range(times):
        try:
            database.run(lambda tx: _draw(tx, facility, amount), book=book)
            code = "drawn"
        except Problem as problem:
            code = problem.code
        codes[code] = codes.get(code, 0) + 1
    database.close()
    return codes


def _draw(tx: Tx, facility: UUID, amount: int) -> None:
    made = port.reserve(tx, facility, amount, tx.now + timedelta(minutes=5)).reservation
    assert made is not None
    port.draw(tx, made.id)


if __name__ == "__main__":
    url, book, facility, times, amount = sys.argv[1:]
    told = race(url, int(book), UUID(facility), int(times), int(amount))
    sys.stdout.write(msgspec.json.encode(told).decode())
