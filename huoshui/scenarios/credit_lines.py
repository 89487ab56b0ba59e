"""Credit lines of products: opened as their files say, lifted by the season and by verified milestones."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from huoshui.catalog import Product
from huoshui.catalog import service as catalog
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.facts.milestones import service as milestones
from huoshui.facts.milestones.model import Verified
from huoshui.lines.lending.facility import service as facilities
from huoshui.lines.lending.facility import store as facility_store
from huoshui.lines.lending.facility.model import Facility
from huoshui.lines.lending.facility.service import Asked, Opening, Turned
from huoshui.lines.lending.product import LENDING, read_tables
from huoshui.lines.lending.product.limit import LimitTable, MilestoneTable, ppm

_PRODUCTS_MOST = 1_000


class NoLine(Problem):
    """The product gives no credit line: its file has no table `limit`."""

    code = "product_without_line"
    status = 409


class LineStands(Problem):
    """The party has a line of this product already; the problem names it."""

    code = "credit_line_stands"
    status = 409


class Presented(msgspec.Struct, frozen=True):
    """A milestone that was believed, and the limits that it moved; `again`: it was known already."""

    milestone: Verified
    turned: tuple[Turned, ...]
    again: bool


def open_line(tx: Tx, product: str, party: str, parent: UUID | None = None) -> Facility:
    """Open a party's line of a product on offer: its base, and the seasons of the coming years.

    Raises NotOffered, NoLine, LineStands, UnknownSeller, UnknownBuyer, and what the facility refuses.
    """
    offered = catalog.product_of(catalog.offered(tx, product))
    limit = _limit(offered)
    if limit is None:
        raise NoLine(product=product)
    before = line_of(tx, product, party)
    if before is not None:
        raise LineStands(product=product, facility=before.shown)
    made = facilities.open_facility(
        tx,
        Opening(
            level="scene", currency=offered.currency, amount=limit.base, name=offered.name.en,
            party=party, scene=product, parent=parent,
        ),
    )  # fmt: skip
    for season, first, last in limit.ahead(access.today(tx)):
        facilities.change_limit(
            tx, made.id,
            Asked(kind="uplift", cause=season.en, since=first, until=last, share_ppm=ppm(season.share)),
        )  # fmt: skip
    return made


def line_of(tx: Tx, product: str, party: str) -> Facility | None:
    """A party's open line of a product, or None."""
    found = facility_store.facilities(tx, party=party, level="scene", state="open", limit=200)
    return next((each for each in found if each.scene == product), None)


def present(tx: Tx, text: str) -> Presented:
    """Verify a signed milestone; what it lifts is lifted in the same transaction, once.

    Raises BadMilestone.
    """
    milestone, again = milestones.accept(tx, text)
    if again:
        return Presented(milestone, (), again=True)
    turned = [
        _lifted(tx, line, rule, milestone)
        for product in _offered(tx)
        for rule in _rules(product, milestone.kind)
        if (line := line_of(tx, product.product, milestone.subject))
    ]
    return Presented(milestone, tuple(turned), again=False)


def _lifted(tx: Tx, line: Facility, rule: MilestoneTable, milestone: Verified) -> Turned:
    today = access.today(tx)
    asked = Asked(
        kind="achievement", cause=rule.en, since=today, until=today + timedelta(days=rule.days - 1),
        share_ppm=ppm(rule.share), evidence=milestone.shown,
    )  # fmt: skip
    return facilities.change_limit(tx, line.id, asked)


def _offered(tx: Tx) -> list[Product]:
    rows = catalog.products(tx, limit=_PRODUCTS_MOST)
    return [
        catalog.product_of(catalog.version(tx, row.product, row.offered))
        for row in rows
        if row.line == LENDING.name and row.offered is not None
    ]


def _rules(product: Product, kind: str) -> list[MilestoneTable]:
    limit = _limit(product)
    return [each for each in limit.milestones if each.fact == kind] if limit else []


def _limit(product: Product) -> LimitTable | None:
    return read_tables(product.tables).limit if product.line == LENDING.name else None
