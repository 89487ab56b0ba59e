"""Commerce facts' SQL. One table a kind; its columns follow from the fact's fields."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts.commerce.model import KINDS, REFERENCES, Fact

TABLES = {kind: f"{kind}_" if kind in ("order", "return") else kind for kind in KINDS}
_HEAD = ("book", "id", "key", "version", "occurred_at", "recorded_at", "digest")
_TIMES = ("key", "occurred_at", "known_at")


class Stored(msgspec.Struct, frozen=True):
    """The current version of a fact, as much as ingestion needs of it."""

    key: str
    id: UUID
    version: int
    digest: bytes
    currency: str = ""  # of an order: what refers to it must be in the same


class Version(msgspec.Struct, frozen=True):
    """A fact ready to be written: its identity, version and content."""

    id: UUID
    version: int
    fact: Fact
    recorded_at: datetime
    digest: bytes


class OrderRow(msgspec.Struct, frozen=True):
    """An order as listed: its dates, as far as they are known, and its sum in minor units."""

    id: UUID
    key: str
    buyer_key: str
    currency: str
    placed_at: datetime
    estimated_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    items: int
    total_minor: int


class ItemRow(msgspec.Struct, frozen=True):
    """A line of an order with its seller's id; price and freight in minor units."""

    order_key: str
    key: str
    product_key: str
    seller_key: str
    seller_id: UUID
    quantity: int
    price_minor: int
    freight_minor: int
    currency: str


class OrderParty(msgspec.Struct, frozen=True):
    """Whose an order is, and when it was promised and reached its buyer."""

    key: str
    id: UUID
    buyer_id: UUID
    estimated_at: datetime | None
    delivered_at: datetime | None


class TenderRow(msgspec.Struct, frozen=True):
    """A tender of an order; amount in minor units."""

    key: str
    method: str
    amount_minor: int
    currency: str
    instalments: int
    occurred_at: datetime


class SellerRow(msgspec.Struct, frozen=True):
    """A seller as listed."""

    id: UUID
    key: str
    name: str
    city: str
    region: str
    joined_at: datetime


class Told(msgspec.Struct, frozen=True):
    """One version of one fact of an order, for its history."""

    kind: str
    key: str
    version: int
    occurred_at: datetime
    recorded_at: datetime
    superseded: bool
    body: dict[str, Any]


def columns(kind: str) -> list[tuple[str, str]]:
    """The (field, column) pairs of a kind's own fields; money is an amount and a currency."""
    pairs = []
    for field in KINDS[kind].__struct_fields__:
        if field in _TIMES:
            continue
        if field in REFERENCES:
            pairs.append((field, f"{field}_key"))
        elif field in ("price", "freight", "amount"):
            pairs.append((field, f"{field}_minor"))
        else:
            pairs.append((field, field))
    return pairs


def _values(kind: str, fact: Fact) -> tuple[list[Any], list[str]]:
    values: list[Any] = []
    names: list[str] = []
    currency = ""
    for field, column in columns(kind):
        value = getattr(fact, field)
        if isinstance(value, Money):
            currency, value = value.currency, value.amount
        values.append(value)
        names.append(column)
    if currency:
        values.append(currency)
        names.append("currency")
    return values, names


# One text whatever the kinds that are asked for, so that the server plans it once.
_CURRENT = " UNION ALL ".join(
    f"""SELECT '{kind}' AS kind, key, id, version, digest,
        {"currency" if kind == "order" else "''"} AS currency FROM {table}
    WHERE book = %(book)s AND key = ANY(%({kind})s) AND superseded_at = 'infinity'"""
    for kind, table in TABLES.items()
)


def current(tx: Tx, wanted: Mapping[str, Collection[str]]) -> dict[str, dict[str, Stored]]:
    """The current versions of these keys of each kind, by kind and key, in one round trip."""
    found: dict[str, dict[str, Stored]] = {kind: {} for kind in wanted}
    keys = {kind: sorted(wanted.get(kind, ())) for kind in TABLES}
    for kind, key, id_, version, digest, currency in tx.tuples(_CURRENT, **keys):
        found[kind][key] = Stored(key, id_, version, digest, currency)
    return found


def append(tx: Tx, kind: str, versions: Sequence[Version]) -> None:
    """Write new versions and close the ones that they correct."""
    corrected = [v for v in versions if v.version > 1]
    for version in corrected:
        query = f"""
            UPDATE {TABLES[kind]} SET superseded_at = %(at)s
            WHERE book = %(book)s AND key = %(key)s AND version = %(before)s"""
        tx.run(
            query,
            key=version.fact.key,
            before=version.version - 1,
            at=version.recorded_at,
        )
    names = _values(kind, versions[0].fact)[1]
    following = {
        (v.fact.key, v.version - 1): v.recorded_at for v in corrected
    }  # a batch may hold a fact and its correction
    tx.append(
        TABLES[kind],
        (*_HEAD, "superseded_at", *names),
        (
            (tx.book, v.id, v.fact.key, v.version, v.fact.occurred_at, v.recorded_at, v.digest,
             following.get((v.fact.key, v.version), "infinity"), *_values(kind, v.fact)[0])
            for v in versions
        ),
    )  # fmt: skip


_ORDER = """
    SELECT o.id, o.key, o.buyer_key, o.currency, o.occurred_at AS placed_at, o.estimated_at,
        (SELECT min(s.occurred_at) FROM shipment s WHERE s.book = o.book
            AND s.order_key = o.key AND s.superseded_at = 'infinity') AS shipped_at,
        (SELECT max(d.occurred_at) FROM delivery d WHERE d.book = o.book
            AND d.order_key = o.key AND d.superseded_at = 'infinity') AS delivered_at,
        (SELECT min(c.occurred_at) FROM cancellation c WHERE c.book = o.book
            AND c.order_key = o.key AND c.superseded_at = 'infinity') AS cancelled_at,
        (SELECT count(*) FROM item i WHERE i.book = o.book
            AND i.order_key = o.key AND i.superseded_at = 'infinity') AS items,
        (SELECT coalesce(sum(i.price_minor + i.freight_minor), 0)::bigint FROM item i
            WHERE i.book = o.book AND i.order_key = o.key
            AND i.superseded_at = 'infinity') AS total_minor
    FROM order_ o
    WHERE o.book = %(book)s AND o.superseded_at = 'infinity'
"""


def orders(
    tx: Tx,
    *,
    buyers: list[str] | None = None,
    sellers: list[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[OrderRow]:
    """Orders, newest first, older than the cursor; of these buyers, with items of these sellers."""
    own = None if sellers is None else _of_sellers(tx, sellers, buyers, since, until, after, limit)
    return tx.rows(
        OrderRow,
        _ORDER
        + """
          AND (%(buyers)s::text[] IS NULL OR o.buyer_key = ANY(%(buyers)s))
          AND (%(own)s::uuid[] IS NULL OR o.id = ANY(%(own)s))
          AND (%(since)s::timestamptz IS NULL OR o.occurred_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR o.occurred_at < %(until)s)
          AND (%(after)s::uuid IS NULL OR o.id < %(after)s)
        ORDER BY o.id DESC LIMIT %(limit)s
        """,
        buyers=buyers,
        own=own,
        since=since,
        until=until,
        after=after,
        limit=limit,
    )


def _of_sellers(
    tx: Tx,
    sellers: list[str],
    buyers: list[str] | None,
    since: datetime | None,
    until: datetime | None,
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    """The newest orders that hold items of these sellers, found from the items."""
    rows = tx.tuples(
        """
        SELECT o.id FROM (
            SELECT DISTINCT order_key FROM item
            WHERE book = %(book)s AND seller_key = ANY(%(sellers)s)
              AND superseded_at = 'infinity') i
        JOIN order_ o ON o.book = %(book)s AND o.key = i.order_key
            AND o.superseded_at = 'infinity'
        WHERE (%(buyers)s::text[] IS NULL OR o.buyer_key = ANY(%(buyers)s))
          AND (%(since)s::timestamptz IS NULL OR o.occurred_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR o.occurred_at < %(until)s)
          AND (%(after)s::uuid IS NULL OR o.id < %(after)s)
        ORDER BY o.id DESC LIMIT %(limit)s
        """,
        sellers=sellers,
        buyers=buyers,
        since=since,
        until=until,
        after=after,
        limit=limit,
    )
    return [order_id for (order_id,) in rows]


def keys_of(tx: Tx, kind: str, party_ids: list[UUID]) -> list[str]:
    """The marketplace's keys of these sellers or buyers."""
    query = f"""SELECT key FROM {TABLES[kind]}
        WHERE book = %(book)s AND id = ANY(%(ids)s) AND superseded_at = 'infinity'"""
    return [key for (key,) in tx.tuples(query, ids=party_ids)]


def party_of(tx: Tx, kind: str, key: str) -> UUID | None:
    """The id of the seller or buyer of that key, or None."""
    query = f"""SELECT id FROM {TABLES[kind]}
        WHERE book = %(book)s AND key = %(key)s AND superseded_at = 'infinity'"""
    found: UUID | None = tx.value(query, key=key)
    return found


def parties_of(tx: Tx, kind: str, keys: list[str]) -> dict[str, UUID]:
    """The ids of parties of a kind by their keys."""
    rows = tx.tuples(
        f"""SELECT key, id FROM {TABLES[kind]}
        WHERE book = %(book)s AND key = ANY(%(keys)s) AND superseded_at = 'infinity'""",
        keys=keys,
    )
    return dict(rows)


def last_shipments(tx: Tx, order_keys: list[str]) -> dict[str, str]:
    """The key of the shipment that was told last of each order."""
    rows = tx.tuples(
        """SELECT DISTINCT ON (order_key) order_key, key FROM shipment
        WHERE book = %(book)s AND order_key = ANY(%(keys)s) AND superseded_at = 'infinity'
        ORDER BY order_key, recorded_at DESC, key DESC""",
        keys=order_keys,
    )
    return dict(rows)


def orders_by_id(tx: Tx, order_ids: list[UUID]) -> list[OrderRow]:
    """These orders, newest first."""
    query = _ORDER + " AND o.id = ANY(%(ids)s) ORDER BY o.id DESC"
    return tx.rows(OrderRow, query, ids=order_ids)


def order(tx: Tx, *, id_: UUID | None = None, key: str = "") -> OrderRow | None:
    """One order by id or key, or None."""
    return tx.row(
        OrderRow,
        _ORDER + " AND (o.id = %(id)s OR o.key = %(key)s) LIMIT 1"
        if id_ is None
        else _ORDER + " AND o.id = %(id)s",
        id=id_,
        key=key,
    )


def items(tx: Tx, order_keys: list[str]) -> list[ItemRow]:
    """The current lines of orders, in the order of their keys, with their sellers' ids."""
    return ask_items(tx, order_keys)()


def ask_items(tx: Tx, order_keys: list[str]) -> Callable[[], list[ItemRow]]:
    """The same, asked together with what follows."""
    if not order_keys:
        return list
    rows = tx.ask(
        """
        SELECT i.order_key, i.key, i.product_key, i.seller_key, s.id AS seller_id, i.quantity,
               i.price_minor, i.freight_minor, i.currency
        FROM item i
        JOIN seller s ON s.book = i.book AND s.key = i.seller_key AND s.superseded_at = 'infinity'
        WHERE i.book = %(book)s AND i.order_key = ANY(%(keys)s) AND i.superseded_at = 'infinity'
        ORDER BY i.order_key, i.key
        """,
        keys=order_keys,
    )
    return lambda: [ItemRow(*row) for row in rows()]


def ask_parties_of_orders(tx: Tx, order_keys: list[str]) -> Callable[[], list[OrderParty]]:
    """Whose these orders are, and what their dates are; asked together with what follows."""
    if not order_keys:
        return list
    rows = tx.ask(
        """
        SELECT o.key, o.id, b.id AS buyer_id, o.estimated_at,
            (SELECT min(d.occurred_at) FROM delivery d WHERE d.book = o.book
                AND d.order_key = o.key AND d.superseded_at = 'infinity') AS delivered_at
        FROM order_ o
        JOIN buyer b ON b.book = o.book AND b.key = o.buyer_key AND b.superseded_at = 'infinity'
        WHERE o.book = %(book)s AND o.key = ANY(%(keys)s) AND o.superseded_at = 'infinity'
        """,
        keys=order_keys,
    )
    return lambda: [OrderParty(*row) for row in rows()]


def tenders(tx: Tx, order_key: str) -> list[TenderRow]:
    """The current tenders of an order."""
    return tx.rows(
        TenderRow,
        """
        SELECT key, method, amount_minor, currency, instalments, occurred_at FROM tender
        WHERE book = %(book)s AND order_key = %(key)s AND superseded_at = 'infinity'
        ORDER BY key
        """,
        key=order_key,
    )


def order_ids(tx: Tx, order_keys: list[str]) -> dict[str, UUID]:
    """The ids of orders by their keys."""
    return ask_order_ids(tx, order_keys)()


def ask_order_ids(tx: Tx, order_keys: list[str]) -> Callable[[], dict[str, UUID]]:
    """The same, asked together with what follows."""
    rows = tx.ask(
        """SELECT key, id FROM order_
        WHERE book = %(book)s AND key = ANY(%(keys)s) AND superseded_at = 'infinity'""",
        keys=order_keys,
    )
    return lambda: {key: id_ for key, id_ in rows()}


def sellers_of(tx: Tx, item_keys: list[str]) -> dict[str, UUID]:
    """The sellers' ids of lines by the lines' keys."""
    rows = tx.tuples(
        """SELECT i.key, s.id FROM item i
        JOIN seller s ON s.book = i.book AND s.key = i.seller_key AND s.superseded_at = 'infinity'
        WHERE i.book = %(book)s AND i.key = ANY(%(keys)s) AND i.superseded_at = 'infinity'""",
        keys=item_keys,
    )
    return {key: id_ for key, id_ in rows}


def undelivered(tx: Tx, order_keys: list[str]) -> list[tuple[str, UUID]]:
    """Of these orders the (key, id) of those neither delivered nor cancelled."""
    return [
        (key, id_)
        for key, id_ in tx.tuples(
            """
            SELECT o.key, o.id FROM order_ o
            WHERE o.book = %(book)s AND o.key = ANY(%(keys)s) AND o.superseded_at = 'infinity'
              AND NOT EXISTS (SELECT FROM delivery d WHERE d.book = o.book
                    AND d.order_key = o.key AND d.superseded_at = 'infinity')
              AND NOT EXISTS (SELECT FROM cancellation c WHERE c.book = o.book
                    AND c.order_key = o.key AND c.superseded_at = 'infinity')
            ORDER BY o.key
            """,
            keys=order_keys,
        )
    ]


def ask_delivered(tx: Tx, order_keys: list[str]) -> Callable[[], dict[str, datetime]]:
    """When the delivery of each of these orders became known, of those delivered."""
    if not order_keys:
        return dict
    rows = tx.ask(
        """
        SELECT order_key, min(recorded_at) FROM delivery
        WHERE book = %(book)s AND order_key = ANY(%(keys)s)
        GROUP BY order_key
        """,
        keys=order_keys,
    )
    return lambda: {key: known_at for key, known_at in rows()}


def sellers(
    tx: Tx,
    *,
    key: str = "",
    among: list[UUID] | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[SellerRow]:
    """Sellers, newest first; among these, where they are named."""
    return tx.rows(
        SellerRow,
        """
        SELECT id, key, name, city, region, occurred_at AS joined_at FROM seller
        WHERE book = %(book)s AND superseded_at = 'infinity'
          AND (%(key)s = '' OR key = %(key)s)
          AND (%(among)s::uuid[] IS NULL OR id = ANY(%(among)s))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        key=key,
        among=among,
        after=after,
        limit=limit,
    )


def seller(tx: Tx, *, id_: UUID | None = None, key: str = "") -> SellerRow | None:
    """One seller by id or key, or None."""
    found = "id = %(id)s" if id_ else "key = %(key)s"
    query = f"""
        SELECT id, key, name, city, region, occurred_at AS joined_at FROM seller
        WHERE book = %(book)s AND superseded_at = 'infinity' AND {found}"""
    return tx.row(SellerRow, query, id=id_, key=key)


def history(tx: Tx, order_key: str, as_of: datetime | None = None) -> list[Told]:
    """Every version of every fact of an order that was recorded by `as_of`, in time order."""
    found: list[Told] = []
    for kind, table in TABLES.items():
        if kind in ("seller", "buyer", "product"):
            continue
        column = "key" if kind == "order" else "order_key"
        query = f"""
            SELECT %(kind)s AS kind, f.key, f.version, f.occurred_at, f.recorded_at,
                   f.superseded_at <> 'infinity' AS superseded,
                   to_jsonb(f) - ARRAY['book', 'id', 'key', 'version', 'occurred_at',
                       'recorded_at', 'superseded_at', 'digest', 'order_key'] AS body
            FROM {table} f
            WHERE f.book = %(book)s AND f.{column} = %(key)s
              AND f.recorded_at <= coalesce(%(as_of)s, 'infinity'::timestamptz)"""
        found += tx.rows(Told, query, kind=kind, key=order_key, as_of=as_of)
    return sorted(found, key=lambda t: (t.recorded_at, t.occurred_at, t.kind, t.key, t.version))
