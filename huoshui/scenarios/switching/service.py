"""Switching products on and off."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.catalog import service as catalog
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.lines.lending.facility import service as facilities
from huoshui.lines.lending.facility.service import Asked, Opening
from huoshui.lines.lending.product import LENDING, LoanTables, read_tables
from huoshui.scenarios.products import LINES, OTHERS, SOURCES, checked
from huoshui.scenarios.switching import store
from huoshui.scenarios.switching.model import NotSwitchedOn, Settings, Switched

UNLIMITED = 10**15  # minor units: of a programme that names no limit of its own


class CannotSwitch(Problem):
    """The product cannot be live as it is; the problem says why."""

    code = "cannot_switch_on"
    status = 409


def switch_on(tx: Tx, content: bytes, settings: Settings) -> Switched:
    """Publish what a file says, offer it, and let it be live with these settings from now on.

    What is live already goes on under the new version and settings. Raises BadProduct and
    CannotSwitch for a loan that may not be drawn on the day of its consent.
    """
    access.this_book(tx)  # a book that is not there is told as such
    row = catalog.publish(tx, content, LINES, OTHERS, SOURCES)
    own = checked(catalog.product_of(row))
    store.lock(tx, row.product)
    programme = None
    if row.line == LENDING.name:
        _need_use(row.product, read_tables(own.product.tables))
        programme = _programme(tx, row.product, own.product.currency, settings)
    catalog.offer(tx, row.product, row.number)
    store.end(tx, row.product)
    made = Switched(
        product=row.product, number=store.count(tx, row.product) + 1, version=row.number,
        line=row.line, settings=settings, programme_id=programme, on_at=tx.now, on_by=tx.actor,
    )  # fmt: skip
    store.add(tx, made)
    tx.emit("product.switched_on", row.product, version=row.number)
    return made


def _need_use(product: str, tables: LoanTables) -> None:
    """That somebody here can offer it: the checkout, or to sellers by their sales. Raises CannotSwitch."""
    if tables.offer.cooling_off_days:
        raise CannotSwitch(product=product, reason="cooling_off_days")
    if tables.terms.kind == "revolving":
        raise CannotSwitch(product=product, reason="terms.kind")


def _programme(tx: Tx, product: str, currency: str, settings: Settings) -> UUID:
    """The facility over all borrowers of a product: that of the last time, with the limit of now."""
    limit = UNLIMITED if settings.limit_all is None else settings.limit_all
    before = next((each for each in store.past(tx) if each.product == product), None)
    if before is None or before.programme_id is None:
        opening = Opening(level="group", currency=currency, amount=limit, name=product)
        return facilities.open_facility(tx, opening).id
    cause = "switched_on"
    facilities.change_limit(tx, before.programme_id, Asked(kind="base", cause=cause, amount=limit))
    return before.programme_id


def switch_off(tx: Tx, product: str) -> Switched:
    """Offer a product no more to new orders; what stands lives on. Raises NotSwitchedOn."""
    store.lock(tx, product)
    before = live_one(tx, product)
    store.end(tx, product)
    if catalog.offered_number(tx, product) is not None:
        catalog.withdraw(tx, product)
    tx.emit("product.switched_off", product)
    return msgspec.structs.replace(before, off_at=tx.now, off_by=tx.actor)


def live(tx: Tx, line: str = "") -> list[Switched]:
    """The products that are live, of one line where it is named."""
    return [each for each in store.live(tx) if line in ("", each.line)]


def live_one(tx: Tx, product: str) -> Switched:
    """One product that is live. Raises NotSwitchedOn."""
    for each in store.live(tx):
        if each.product == product:
            return each
    raise NotSwitchedOn(kind="product", id=product[:60])
