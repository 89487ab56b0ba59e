"""The Olist mapping: the tables of the Brazilian E-Commerce Public Dataset to facts.

Olist's nine tables hold the moments of an order in one row, the buyer under two ids, and no
dates for cancellations, sellers or products. Each fact is known when the marketplace could know
it: a seller, product or buyer at the first order that names it, a tender at its approval, an
undated cancellation some days after the order's last known event. What is odd is counted under
its rule (`anomalies`), rows that cannot be read are faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from huoshui.core.money import Money
from huoshui.facts.commerce.model import (
    AnyFact,
    Buyer,
    Cancellation,
    Delivery,
    Item,
    Order,
    Product,
    Review,
    Seller,
    Shipment,
    Tender,
)
from huoshui.facts.commerce.reading import cells
from huoshui.facts.commerce.reading.anomalies import Anomalies, OrderShape, count_order
from huoshui.facts.commerce.reading.cells import Cell, from_microseconds, microseconds
from huoshui.facts.commerce.reading.faults import Unreadable
from huoshui.facts.commerce.reading.files import Columns, Row, find, header
from huoshui.facts.commerce.reading.source import Source
from huoshui.facts.commerce.reading.staged import Reading
from huoshui.facts.commerce.reading.store import BATCH

CANCELLED = ("canceled", "unavailable")
UNPAID = (*CANCELLED, "created")
STATUSES = (*UNPAID, "approved", "invoiced", "processing", "shipped", "delivered")
METHODS = {
    "credit_card": "card",
    "boleto": "boleto",
    "voucher": "voucher",
    "debit_card": "debit",
}

# Each raw table: the names its file may have, and its columns as the mapping needs them.
NAMES = {
    "orders": ("olist_orders_dataset", "olist_orders"),
    "customers": ("olist_customers_dataset", "olist_customers"),
    "items": ("olist_order_items_dataset", "olist_order_items"),
    "payments": ("olist_order_payments_dataset", "olist_order_payments"),
    "reviews": ("olist_order_reviews_dataset", "olist_order_reviews"),
    "products": ("olist_products_dataset", "olist_products"),
    "sellers": ("olist_sellers_dataset", "olist_sellers"),
    "translations": ("product_category_name_translation",),
}
REQUIRED = ("orders", "items", "payments")
COLUMNS = {
    "orders": (
        "order_id customer_id order_status order_purchase_timestamp order_approved_at "
        "order_delivered_carrier_date order_delivered_customer_date order_estimated_delivery_date"
    ),
    "customers": (
        "customer_id customer_unique_id customer_zip_code_prefix customer_city customer_state"
    ),
    "items": "order_id order_item_id product_id seller_id price freight_value",
    "payments": "order_id payment_sequential payment_type payment_installments payment_value",
    "reviews": (
        "order_id review_id review_score review_comment_title review_comment_message "
        "review_creation_date"
    ),
    "products": "product_id product_category_name product_weight_g",
    "sellers": "seller_id seller_zip_code_prefix seller_city seller_state",
    "translations": "product_category_name product_category_name_english",
}


class OlistOrder(NamedTuple):
    """An order as Olist keeps it; moments in microseconds, None where the cell is empty."""

    key: str
    buyer: str | None
    customer: str
    status: str
    purchased: int
    approved: int | None
    shipped: int | None
    delivered: int | None
    estimated: int | None


def read(reading: Reading) -> None:
    """Read every table that is found, and stage the facts in it."""
    files = _files(reading.source.directories)
    for table in REQUIRED:
        if table not in files:
            name = NAMES[table][0]
            reading.faults.add(name, 0, "", "table_missing", table=name)
    reading.plan(files.values())
    reading.staging.create_olist()
    for table, path in files.items():
        _stage_table(reading, table, path)
    for table in NAMES:
        reading.staging.index_olist(table)
        _settle_repeated(reading, table)
    if reading.faults.total == 0:
        _stage_facts(reading)
        reading.flush()


def _files(directories: Iterable[Path]) -> dict[str, Path]:
    """The file of each table: the first with the columns, or else the first to complain of."""
    files = {}
    for table, names in NAMES.items():
        found = list(find(directories, names))
        needed = set(COLUMNS[table].split())
        good = [path for path in found if needed <= set(header(path))]
        if good or (found and table in REQUIRED):
            files[table] = (good or found)[0]
    return files


# rows → raw tables


def _stage_table(reading: Reading, table: str, path: Path) -> None:
    names = COLUMNS[table].split()
    columns = Columns(frozenset(names), others_pass=True)
    readers = _readers(reading.source)[table]
    pairs = tuple(zip(names, readers, strict=True))
    batch: list[tuple[Any, ...]] = []
    for row in reading.rows(table, path, columns):
        values = _values(reading, path.name, row, pairs)
        if values is None:
            continue
        batch.append((*values, path.name, row[0]))
        if len(batch) >= BATCH:
            reading.staging.add_olist(table, _joined(table, batch))
            batch.clear()
    if batch:
        reading.staging.add_olist(table, _joined(table, batch))


def _values(
    reading: Reading, file: str, row: Row, pairs: tuple[tuple[str, Cell], ...]
) -> list[Any] | None:
    line, texts = row
    try:
        return [read_cell(texts[name]) for name, read_cell in pairs]
    except Unreadable:
        pass  # the slow way finds every fault of the row
    for name, read_cell in pairs:
        try:
            read_cell(texts[name])
        except Unreadable as fault:
            _add_fault(reading, (file, line), name, fault, texts[name])
    return None


def _add_fault(
    reading: Reading, place: tuple[str, int], name: str, fault: Unreadable, text: str
) -> None:
    if text:
        reading.faults.add(*place, name, fault.code, **fault.facts)
    else:
        reading.faults.add(*place, name, "value_missing", column=name)


def _joined(table: str, batch: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """A review's title and message are one comment."""
    if table != "reviews":
        return batch
    return [
        (parent, key, score, "\n".join(filter(None, (title, message))), *rest)
        for parent, key, score, title, message, *rest in batch
    ]


def _readers(source: Source) -> dict[str, tuple[Cell, ...]]:
    """How each table's cells are read, in the order of COLUMNS."""
    moment, moment_or_none, minor = _moments_and_minor(source)
    key, name, weight = cells.key_up_to(60), cells.words(200), cells.whole(0, 10_000_000)

    def status(text: str) -> str:
        if text not in STATUSES:
            raise Unreadable("status_unknown", text=text[:40], known=", ".join(STATUSES))
        return text

    return {
        "orders": (key, key, status, moment, *(moment_or_none,) * 4),
        "customers": (key, key, name, name, name),
        "items": (key, cells.whole(1, 100_000), key, key, minor, minor),
        "payments": (
            key,
            cells.whole(1, 100_000),
            cells.word(r"[a-z][a-z0-9_]{1,31}"),
            cells.whole(0, 60),
            minor,
        ),
        "reviews": (key, key, cells.whole(1, 5), name, cells.words(3_700), moment),
        "products": (key, name, lambda text: weight(text or "0")),
        "sellers": (key, name, name, name),
        "translations": (name, name),
    }


def _moments_and_minor(source: Source) -> tuple[Cell, Cell, Cell]:
    read_moment, currency = cells.moment(source.zone), source.currency

    def moment(text: str) -> int:
        return microseconds(read_moment(text))

    def moment_or_none(text: str) -> int | None:
        return microseconds(read_moment(text)) if text else None

    def minor(text: str) -> int:
        return cells.amount(text, currency).amount

    return moment, moment_or_none, minor


def _settle_repeated(reading: Reading, table: str) -> None:
    """A row told twice alike counts once; two rows that differ under one key are a fault."""
    surplus: list[int] = []
    for key, group in groupby(reading.staging.repeated_olist(table), lambda row: row[0]):
        (_, _, *first), *others = group
        for _, row_id, *again in others:
            surplus.append(row_id)
            if again[:-2] == first[:-2]:
                reading.anomalies.add("row_repeated", str(key), part=table)
            else:
                *_, file, line = again
                column = COLUMNS[table].split()[0]
                reading.faults.add(file, line, column, "key_repeated", key=key, first=first[-1])
    reading.staging.drop(table, surplus)


# raw tables → facts


def _stage_facts(reading: Reading) -> None:
    _keep_window(reading)
    _stage_parties(reading)
    for review, orders in reading.staging.olist_shared_reviews():
        for _ in range(orders - 1):
            reading.anomalies.add("review_shared", review)
    parts = {
        table: _Parts(reading.staging.olist_parts(table), reading.anomalies, NAMES[table][-1])
        for table in ("items", "payments", "reviews")
    }
    for row in map(OlistOrder._make, reading.staging.olist_orders()):
        items, payments, reviews = (part.of(row.key) for part in parts.values())
        for fact, known, minor in order_facts(
            row, items, payments, reviews, reading.source, reading.anomalies
        ):
            reading.stage(fact, known, parent=row.key, minor=minor)
    for part in parts.values():
        part.finish()


def _keep_window(reading: Reading) -> None:
    source = reading.source
    if source.since is None and source.until is None:
        return
    bounds = [-(2**62), 2**62]
    for place, day in enumerate((source.since, source.until)):
        if day is not None:
            bounds[place] = microseconds(datetime.combine(day, time(), source.zone))
    reading.staging.keep_olist_window(*bounds)


def _stage_parties(reading: Reading) -> None:
    """Sellers, buyers and products, each at the first order that names it."""
    staging, stage = reading.staging, reading.stage
    for key, moment, known, postcode, city, region in staging.olist_sellers():
        if not known:
            reading.anomalies.add("seller_unknown", key)
        at = from_microseconds(moment)
        place = {"city": city, "region": region, "postcode": postcode}
        stage(Seller(key=key, occurred_at=at, known_at=at, **place), moment)
    for key, moment, postcode, city, region in staging.olist_buyers():
        at = from_microseconds(moment)
        place = {"city": city, "region": region, "postcode": postcode}
        stage(Buyer(key=key, occurred_at=at, known_at=at, **place), moment)
    for key, moment, known, category, weight in staging.olist_products():
        if not known:
            reading.anomalies.add("product_unknown", key)
        at = from_microseconds(moment)
        stage(
            Product(key=key, occurred_at=at, known_at=at, category=category, weight_g=weight),
            moment,
        )


class _Parts:
    """Rows of one table in the order of their orders, handed out order by order.

    Rows whose order is not in the history are counted and left out.
    """

    def __init__(self, rows: Iterator[tuple[Any, ...]], anomalies: Anomalies, name: str) -> None:
        self._groups = groupby(rows, lambda row: row[0])
        self._anomalies = anomalies
        self._name = name
        self._next: tuple[str, list[tuple[Any, ...]]] | None = None
        self._step()

    def _step(self) -> None:
        group = next(self._groups, None)
        self._next = None if group is None else (group[0], list(group[1]))

    def of(self, order: str) -> list[tuple[Any, ...]]:
        """The rows of this order; orders must be asked for in the order of their keys."""
        while self._next is not None and self._next[0] < order:
            self._drop(self._next)
        if self._next is None or self._next[0] != order:
            return []
        rows = self._next[1]
        self._step()
        return rows

    def finish(self) -> None:
        """Count what no order has asked for."""
        while self._next is not None:
            self._drop(self._next)

    def _drop(self, group: tuple[str, list[tuple[Any, ...]]]) -> None:
        for _ in group[1]:
            self._anomalies.add("order_unknown", group[0], part=self._name)
        self._step()


Staged = tuple[AnyFact, int, int]  # the fact, when it is known, its amount in minor units


def order_facts(
    row: OlistOrder,
    items: list[tuple[Any, ...]],
    payments: list[tuple[Any, ...]],
    reviews: list[tuple[Any, ...]],
    source: Source,
    anomalies: Anomalies,
) -> Iterator[Staged]:
    """The facts of one order, and its oddities counted. Moments stay as they were told; nothing
    is known before the purchase."""
    shape = OrderShape(
        key=row.key,
        currency=source.currency,
        purchased=row.purchased,
        status=row.status,
        approved=_approved(row, anomalies),
        shipped=row.shipped,
        delivered=_delivered(row, anomalies),
        cancelled=row.status in CANCELLED,
    )
    purchase = from_microseconds(row.purchased)
    if row.buyer is None:
        anomalies.add("customer_unknown", row.key)
    estimate = None if row.estimated is None else from_microseconds(row.estimated)
    order = Order(
        key=row.key,
        occurred_at=purchase,
        known_at=purchase,
        buyer=row.buyer or row.customer,
        currency=source.currency,
        estimated_at=estimate,
    )
    yield order, row.purchased, 0
    yield from _items(items, shape, purchase)
    yield from _tenders(payments, shape, anomalies)
    yield from _journey(row, shape, source, anomalies)
    yield from _reviews(reviews, shape, anomalies)
    count_order(anomalies, shape)


def _approved(row: OlistOrder, anomalies: Anomalies) -> int | None:
    if row.approved is None and row.status not in UNPAID:
        anomalies.add("approval_missing", row.key)
        return row.purchased
    return row.approved


def _delivered(row: OlistOrder, anomalies: Anomalies) -> int | None:
    if row.delivered is None and row.status == "delivered":
        anomalies.add("delivery_missing", row.key)
        return max(_last_event(row), row.estimated or 0)
    return row.delivered


def _last_event(row: OlistOrder) -> int:
    return max(row.purchased, row.approved or 0, row.shipped or 0, row.delivered or 0)


def _items(items: list[tuple[Any, ...]], shape: OrderShape, at: datetime) -> Iterator[Staged]:
    currency = shape.currency
    for order, number, product, seller, price, freight, *_ in items:
        shape.items += 1
        shape.due += price + freight
        item = Item(
            key=f"{order}/{number}",
            occurred_at=at,
            known_at=at,
            order=order,
            product=product,
            seller=seller,
            price=Money(price, currency),
            freight=Money(freight, currency),
        )
        yield item, shape.purchased, price + freight


def _tenders(
    payments: list[tuple[Any, ...]], shape: OrderShape, anomalies: Anomalies
) -> Iterator[Staged]:
    for order, number, method, instalments, value, *_ in payments:
        key = f"{order}/{number}"
        if value == 0:
            anomalies.add("zero_tender", key)
            continue
        shape.tenders += 1
        shape.paid += value
        if instalments == 0:
            anomalies.add("instalments_missing", key)
        if method not in METHODS:
            anomalies.add("method_unknown", key, part=method)
        if shape.approved is None:
            continue
        known = max(shape.approved, shape.purchased)
        at, known_at = _moments(shape.approved, known)
        tender = Tender(
            key=key,
            occurred_at=at,
            known_at=known_at,
            order=order,
            method=METHODS.get(method, "other"),
            amount=Money(value, shape.currency),
            instalments=instalments or 1,
        )
        yield tender, known, value


def _journey(
    row: OlistOrder, shape: OrderShape, source: Source, anomalies: Anomalies
) -> Iterator[Staged]:
    """The shipment, the delivery and the cancellation, as far as the order has come."""
    if shape.shipped is not None:
        yield _event(Shipment, row, shape.shipped)
    if shape.delivered is not None:
        yield _event(Delivery, row, shape.delivered)
    if shape.cancelled:
        anomalies.add("cancelled_undated", row.key, part=row.status)
        at = from_microseconds(_last_event(row)) + source.cancellation_delay
        fact = Cancellation(
            key=row.key, occurred_at=at, known_at=at, order=row.key, reason=row.status
        )
        yield fact, microseconds(at), 0


def _event(kind: Callable[..., Shipment | Delivery], row: OlistOrder, occurred: int) -> Staged:
    known = max(occurred, row.purchased)
    at, known_at = _moments(occurred, known)
    return kind(key=row.key, occurred_at=at, known_at=known_at, order=row.key), known, 0


def _moments(occurred: int, known: int) -> tuple[datetime, datetime]:
    at = from_microseconds(occurred)
    return at, at if known == occurred else from_microseconds(known)


def _reviews(
    reviews: list[tuple[Any, ...]], shape: OrderShape, anomalies: Anomalies
) -> Iterator[Staged]:
    for order, key, score, comment, created, *_ in reviews:
        shape.reviewed.append(created)
        known = max(created, shape.purchased)
        at, known_at = _moments(created, known)
        review = Review(
            key=f"{key}/{order}",
            occurred_at=at,
            known_at=known_at,
            order=order,
            score=score,
            comment=comment,
        )
        yield review, known, 0
