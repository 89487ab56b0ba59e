"""Ingestion: facts in, each with its own result; and what is known of orders and sellers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import crypto, ids, money
from huoshui.core.access import WHOLE, Bound
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, NotFound, Problem
from huoshui.core.money import Money
from huoshui.facts.commerce import store
from huoshui.facts.commerce.model import KINDS, REFERENCES, Fact, Order
from huoshui.facts.commerce.store import ItemRow, OrderRow, SellerRow, Stored, TenderRow, Told

FACTS_MAX = 2000
FIRST_YEAR, LAST_YEAR = 1970, 2199
PREFIX = {
    "seller": "slr", "buyer": "byr", "product": "prd", "order": "ord", "item": "itm",
    "tender": "tnd", "shipment": "shp", "delivery": "dlv", "confirmation": "cnf",
    "cancellation": "ccl", "return": "rtn", "review": "rvw",
}  # fmt: skip
KIND_OF: dict[type[Fact], str] = {struct: kind for kind, struct in KINDS.items()}

Outcome = Literal["created", "exists", "corrected", "refused"]


class TooManyFacts(Problem):
    """More facts in one call than the limit."""

    code = "too_many_facts"
    status = 413


class FactRefused(Problem):
    """A fact that cannot be taken; the errors name its field and the mend."""

    code = "fact_refused"
    status = 422


class UnknownBuyer(NotFound):
    """No such buyer in this book."""

    code = "unknown_buyer"


class UnknownOrder(NotFound):
    """No such order in this book."""

    code = "unknown_order"


class UnknownSeller(NotFound):
    """No such seller in this book."""

    code = "unknown_seller"


class Ingested(msgspec.Struct, frozen=True):
    """What became of one fact. `id` is None only where it was refused."""

    outcome: Outcome
    kind: str
    fact: Fact
    id: UUID | None = None
    version: int = 0
    recorded_at: datetime | None = None
    error: FieldError | None = None

    @property
    def news(self) -> bool:
        """Whether this told us something that we did not know."""
        return self.outcome in ("created", "corrected")


class _Known:
    """What stands of each kind, and what this batch adds: later facts see earlier ones."""

    def __init__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        wanted: dict[str, set[str]] = {}
        for fact in facts:
            wanted.setdefault(KIND_OF[type(fact)], set()).add(fact.key)
            for field in REFERENCES:
                key = getattr(fact, field, None)
                if key:
                    wanted.setdefault(field, set()).add(key)
        self.stored = store.current(tx, wanted)
        self.fresh: dict[str, list[store.Version]] = {}

    def missing(self, fact: Fact) -> FieldError | None:
        """The first reference of a fact that names nothing."""
        for field in REFERENCES:
            key = getattr(fact, field, None)
            if key and key not in self.stored[field]:
                return FieldError(f"/{field}", "unknown_reference", {"kind": field, "key": key})
        return None

    def add(self, kind: str, version: store.Version) -> None:
        self.fresh.setdefault(kind, []).append(version)
        self.stored[kind][version.fact.key] = Stored(
            version.fact.key,
            version.id,
            version.version,
            version.digest,
            version.fact.currency if isinstance(version.fact, Order) else "",
        )

    def order_currency(self, fact: Fact) -> str:
        """The currency of the order that a fact belongs to, or an empty text."""
        order = self.stored.get("order", {}).get(getattr(fact, "order", ""))
        return order.currency if order else ""


def ingest(tx: Tx, facts: Sequence[Fact]) -> list[Ingested]:
    """Take facts in their order; each gets its own result, a refused one leaves no trace.

    In a simulated world a fact's `known_at` is when it is recorded; it may not lie after the
    world's time. Elsewhere it is refused: there, what is recorded now was known now.
    Raises TooManyFacts.
    """
    if len(facts) > FACTS_MAX:
        raise TooManyFacts(count=len(facts), limit=FACTS_MAX)
    known = _Known(tx, facts)
    results = [_take(tx, known, fact) for fact in facts]
    for kind, versions in known.fresh.items():
        store.append(tx, kind, versions)
    return results


def _take(tx: Tx, known: _Known, fact: Fact) -> Ingested:
    kind = KIND_OF[type(fact)]
    error = _fault(tx, fact) or known.missing(fact) or _bad_money(fact, known)
    if error:
        return Ingested("refused", kind, fact, error=error)
    digest = _digest(fact)
    before = known.stored[kind].get(fact.key)
    if before and crypto.same(bytes(before.digest), digest):
        return Ingested("exists", kind, fact, before.id, before.version)
    at = fact.known_at or tx.now
    id_ = before.id if before else tx.id(PREFIX[kind], fact.key, at)
    version = store.Version(id_, before.version + 1 if before else 1, fact, at, digest)
    known.add(kind, version)
    outcome: Outcome = "corrected" if before else "created"
    return Ingested(outcome, kind, fact, id_, version.version, at)


def _digest(fact: Fact) -> bytes:
    # known_at says when we heard, not what: the same news twice is the same fact.
    return crypto.sha256(msgspec.json.encode(msgspec.structs.replace(fact, known_at=None)))


def _fault(tx: Tx, fact: Fact) -> FieldError | None:
    error = _bad_time("occurred_at", fact.occurred_at)
    if isinstance(fact, Order) and fact.estimated_at:
        error = error or _bad_time("estimated_at", fact.estimated_at)
    if error:
        return error
    if fact.known_at is not None:
        if not tx.simulated:
            return FieldError("/known_at", "known_at_real", {})
        if fact.known_at.tzinfo is None or fact.known_at > tx.now:
            return FieldError("/known_at", "known_at_future", {"now": tx.now.isoformat()})
    elif fact.occurred_at > tx.now:
        return FieldError("/occurred_at", "future", {"now": tx.now.isoformat()})
    return None


def _bad_time(field: str, at: datetime) -> FieldError | None:
    if at.tzinfo is None:
        return FieldError(f"/{field}", "time_zone", {"value": at.isoformat()})
    # Years that PostgreSQL and Python both have, whatever the zone.
    if not FIRST_YEAR < at.year < LAST_YEAR:
        return FieldError(f"/{field}", "time_out_of_range", {"text": at.isoformat()})
    return None


def _bad_money(fact: Fact, known: _Known) -> FieldError | None:
    currencies = {known.order_currency(fact)} - {""}
    for field in ("price", "freight", "amount"):
        value = getattr(fact, field, None)
        if isinstance(value, Money):
            low = 0 if field in ("price", "freight") else 1
            if not low <= value.amount <= money.AMOUNT_MAX:
                return FieldError(f"/{field}/amount", "amount_bounds", {"low": low})
            currencies.add(value.currency)
    if isinstance(fact, Order):
        currencies.add(fact.currency)
    if len(currencies) > 1:
        return FieldError("/currency", "currency_mix", {"found": ", ".join(sorted(currencies))})
    try:
        for currency in currencies:
            money.digits(currency)
    except money.UnknownCurrency:
        return FieldError("/currency", "currency", {"currency": currencies.pop()})
    return None


def orders(
    tx: Tx,
    *,
    buyer: str = "",
    seller: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: UUID | None = None,
    limit: int = 50,
    bound: Bound = WHOLE,
) -> list[OrderRow]:
    """Orders, newest first; of those that the caller may see."""
    buyers, sellers = [buyer] if buyer else None, [seller] if seller else None
    if not bound.whole:
        if bound.buyers:
            buyers = _both(buyers, store.keys_of(tx, "buyer", sorted(bound.buyers)))
        else:
            sellers = _both(sellers, store.keys_of(tx, "seller", sorted(bound.sellers)))
    return store.orders(
        tx, buyers=buyers, sellers=sellers, since=since, until=until, after=after, limit=limit
    )


def _both(asked: list[str] | None, own: list[str]) -> list[str]:
    return own if asked is None else [key for key in asked if key in own]


def parties_of(tx: Tx, order: OrderRow) -> tuple[set[UUID], set[UUID]]:
    """The sellers and the buyers whom an order concerns."""
    sellers = {item.seller_id for item in store.items(tx, [order.key])}
    buyer = store.party_of(tx, "buyer", order.buyer_key)
    return sellers, {buyer} if buyer else set()


def of_sellers(tx: Tx, rows: list[OrderRow], sellers: Collection[UUID]) -> list[OrderRow]:
    """Orders as these sellers see them: their own lines and the sum of those."""
    own: dict[str, list[ItemRow]] = {}
    for item in store.items(tx, [row.key for row in rows]):
        if item.seller_id in sellers:
            own.setdefault(item.order_key, []).append(item)
    return [
        msgspec.structs.replace(
            row,
            items=len(own.get(row.key, [])),
            total_minor=sum(i.price_minor + i.freight_minor for i in own.get(row.key, [])),
        )
        for row in rows
    ]


def order(tx: Tx, ref: str) -> OrderRow:
    """One order by its id (`ord_…`) or the marketplace's own key. Raises UnknownOrder."""
    try:
        found = store.order(tx, id_=ids.read("ord", ref))
    except ids.BadId:
        found = store.order(tx, key=ref)
    if found is None:
        raise UnknownOrder(order=ref[:128])
    return found


def orders_by_id(tx: Tx, order_ids: list[UUID]) -> list[OrderRow]:
    """These orders, newest first."""
    return store.orders_by_id(tx, order_ids)


def items(tx: Tx, order_key: str) -> list[ItemRow]:
    """The current lines of an order."""
    return store.items(tx, [order_key])


def tenders(tx: Tx, order_key: str) -> list[TenderRow]:
    """The current tenders of an order."""
    return store.tenders(tx, order_key)


def history(tx: Tx, order_key: str, as_of: datetime | None = None) -> list[Told]:
    """What was known of an order by `as_of`: every version of every fact."""
    return store.history(tx, order_key, as_of)


def sellers(
    tx: Tx,
    *,
    key: str = "",
    after: UUID | None = None,
    limit: int = 50,
    bound: Bound = WHOLE,
) -> list[SellerRow]:
    """Sellers, newest first; of those that the caller may see."""
    return store.sellers(tx, key=key, among=bound.seller_ids, after=after, limit=limit)


def seller(tx: Tx, ref: str) -> SellerRow:
    """One seller by its id (`slr_…`) or the marketplace's own key. Raises UnknownSeller."""
    try:
        found = store.seller(tx, id_=ids.read("slr", ref))
    except ids.BadId:
        found = store.seller(tx, key=ref)
    if found is None:
        raise UnknownSeller(seller=ref[:128])
    return found


def buyer(tx: Tx, ref: str) -> UUID:
    """A buyer's id, by that (`byr_…`) or by the marketplace's own key. Raises UnknownBuyer."""
    found = None
    try:
        id_ = ids.read("byr", ref)
        found = id_ if store.keys_of(tx, "buyer", [id_]) else None
    except ids.BadId:
        found = store.party_of(tx, "buyer", ref)
    if found is None:
        raise UnknownBuyer(buyer=ref[:128])
    return found


def demand_party(tx: Tx, ref: str) -> None:
    """See that a seller or buyer is known by its public id. Raises BadId, UnknownSeller, UnknownBuyer."""
    if ref.startswith("slr_"):
        seller(tx, ids.show("slr", ids.read("slr", ref)))
    else:
        buyer(tx, ids.show("byr", ids.read("byr", ref)))


def name_of(tx: Tx, ref: str) -> str:
    """What a party is called: a seller's name, or the marketplace's own key. Raises as `demand_party`."""
    if ref.startswith("slr_"):
        found = seller(tx, ids.show("slr", ids.read("slr", ref)))
        return found.name or found.key
    return "".join(store.keys_of(tx, "buyer", [ids.read("byr", ref)]))
