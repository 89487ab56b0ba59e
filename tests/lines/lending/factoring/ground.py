"""What tests of factoring share: a shipped order in a world with the golden products on offer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from huoshui.catalog import service as catalog
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.expr import Schema
from huoshui.facts.commerce import model
from huoshui.lines.lending import factoring
from huoshui.lines.lending.factoring import FACTORING, Assignment, service
from huoshui.scenarios import factoring_flow
from tests import ground
from tests.ground import START, Ground

GOLDEN = Path(factoring.__file__).parent / "golden"
WITH, WITHOUT, JOINT = "factoring-with-recourse", "factoring-without-recourse", "joint-factoring"


def publish(tx: Tx) -> None:
    """Publish the golden products and offer them."""
    for file in sorted(GOLDEN.glob("*.toml")):
        row = catalog.publish(tx, file.read_bytes(), {"factoring": FACTORING}, Schema(()), ())
        catalog.offer(tx, row.product, row.number)


def shipment(order: str = "o1", at: datetime = START) -> model.Shipment:
    """The carrier has the parcel."""
    return model.Shipment(key=f"{order}-s", occurred_at=at, order=order, carrier="carrier")


def shipped(
    market: Ground,
    key: str = "o1",
    *,
    price: int = 100_000,
    freight: int = 1_000,
    at: datetime = START,
    moved: bool = True,
) -> None:
    """An order that is paid for and on its way; the clock `moved` to it where it can be."""
    items = (("s1", price, freight),)
    facts = [*ground.placed(key, items=items, at=at), ground.tender(key, price + freight, at=at)]
    market.take(*facts, shipment(key, at), at=at if moved else None)


def bought(tx: Tx, key: str = "o1", product: str = WITH) -> Assignment:
    """The order's claim, bought."""
    claim = factoring_flow.register_order(tx, key, "s1")
    made = service.offer(tx, claim.id, product)
    service.assign(tx, made.id)
    return factoring_flow.advance(tx, made.id)


def standing(market: Ground, of: Assignment) -> Assignment:
    """An assignment as it stands now."""
    with market.database.begin(book=market.number) as tx:
        return service.assignment(tx, of.id)


def earnings(of: Assignment) -> str:
    """The settlement account of the seller."""
    return f"merchant:{ids.show('slr', of.seller_id)}:settlement"
