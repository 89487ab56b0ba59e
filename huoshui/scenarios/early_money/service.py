"""What a seller could have now, and taking it; see the package."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from uuid import UUID

import msgspec

from huoshui.catalog import Said
from huoshui.catalog import service as catalog
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.facts.commerce import service as commerce
from huoshui.lines.lending.factoring import FACTORING, service
from huoshui.lines.lending.factoring.model import Assignment, NotFactorable
from huoshui.lines.lending.factoring.service import Claim
from huoshui.lines.lending.factoring.terms import Deal, read_factoring
from huoshui.scenarios import factoring_flow
from huoshui.scenarios.early_money import store

LOOKS_BACK = timedelta(days=180)


class AdvanceChanged(Problem):
    """The order can be advanced by other figures than those that were agreed to, or no more."""

    code = "advance_changed"
    status = 409


class Product(msgspec.Struct, frozen=True):
    """A product that advances orders: the seller answers for the buyer by its `recourse`."""

    name: str
    title: Said
    about: Said
    recourse: str
    currency: str


class Advance(msgspec.Struct, frozen=True):
    """What an order would bring now, and what it would bring by waiting; amounts in minor units.

    `mark` names these figures: who agrees sends it back.
    """

    order: str
    currency: str
    face: int
    due_on: date
    deal: Deal
    disclosures: tuple[Said, ...]
    mark: str


def products(tx: Tx) -> list[Product]:
    """The products on offer that advance an order at once; those paid in stages are for other claims."""
    found = []
    for row in catalog.products(tx, limit=200):
        if row.line != FACTORING.name or row.offered is None:
            continue
        said = catalog.product_of(catalog.version(tx, row.product, row.offered))
        table = read_factoring(said.tables).factoring
        if not table.stages:
            found.append(Product(row.product, said.name, said.about, table.recourse, said.currency))
    return found


def advances(tx: Tx, seller_id: UUID, product: str, limit: int = 50) -> list[Advance]:
    """What a seller's shipped orders would bring now; those that do not fit the product are left out."""
    shown = ids.show("slr", seller_id)
    key = commerce.seller(tx, shown).key
    found = []
    for order in store.shipped(tx, key, seller_id, tx.now - LOOKS_BACK, limit):
        try:
            found.append(_advance(tx, factoring_flow.claim_of(tx, order, shown), product))
        except Problem:  # not this order by this product: no reason to show nothing at all
            continue
    return found


def find(tx: Tx, seller_id: UUID, order: str, product: str) -> Advance:
    """What one order would bring now. Raises UnknownOrder, NotFactorable, NotOffered and more."""
    return _advance(tx, factoring_flow.claim_of(tx, order, ids.show("slr", seller_id)), product)


def _advance(tx: Tx, claim: Claim, product: str) -> Advance:
    made = service.quote_claim(tx, claim.face, claim.due_on, product)
    deal = made.quote.deal
    told = (claim.document, made.product, made.version, claim.face, claim.due_on, deal)
    mark = hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]
    return Advance(
        claim.document, claim.face.currency, claim.face.amount, claim.due_on, deal,
        made.quote.disclosures, mark,
    )  # fmt: skip


def take(tx: Tx, seller_id: UUID, order: str, product: str, mark: str) -> Assignment:
    """The seller agrees to what it was shown: the claim is sold, its advance is on the way.

    Raises AdvanceChanged, DebtorLimit, AlreadyAssigned and what `find` does.
    """
    if find(tx, seller_id, order, product).mark != mark:
        raise AdvanceChanged(order=order)
    claim = factoring_flow.register_order(tx, order, ids.show("slr", seller_id))
    return agree(tx, seller_id, service.offer(tx, claim.id, product).id)


def agree(tx: Tx, seller_id: UUID, id_: UUID) -> Assignment:
    """The seller agrees to an offer that stands: it is paid at once. Raises NotFactorable, IllegalMove,
    DebtorLimit."""
    if service.assignment(tx, id_).seller_id != seller_id:
        raise NotFactorable(reason="seller")
    service.assign(tx, id_)
    return factoring_flow.advance(tx, id_)
