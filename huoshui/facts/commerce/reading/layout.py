"""Huoshui's own layout: one table a kind of fact, its columns the fields of the fact.

`sellers`, `buyers`, `products`, `orders`, `items` and `tenders` must be there, the others may.
Amounts are decimal major units, in the row's `currency`, else the order's, else the
marketplace's. Times are ISO 8601, local in the marketplace's time zone when they have no offset.
`known_at` may be left out: a fact is then known when it happens, an item with its order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import inspect

from huoshui.core import money
from huoshui.core.money import Money, UnknownCurrency
from huoshui.facts.commerce.model import KINDS, AnyFact, Fact, Item, Order, Return, Tender
from huoshui.facts.commerce.reading import cells
from huoshui.facts.commerce.reading.anomalies import OrderShape, count_order
from huoshui.facts.commerce.reading.cells import Cell, from_microseconds, microseconds
from huoshui.facts.commerce.reading.faults import Unreadable
from huoshui.facts.commerce.reading.files import Columns, find
from huoshui.facts.commerce.reading.source import Source
from huoshui.facts.commerce.reading.staged import PLACE, Reading, decode, encode
from huoshui.facts.commerce.reading.store import BATCH

TABLES = {
    "sellers": "seller",
    "buyers": "buyer",
    "products": "product",
    "orders": "order",
    "items": "item",
    "tenders": "tender",
    "shipments": "shipment",
    "deliveries": "delivery",
    "confirmations": "confirmation",
    "cancellations": "cancellation",
    "returns": "return",
    "reviews": "review",
}
REQUIRED = ("sellers", "buyers", "products", "orders", "items", "tenders")

# Blank cells of these are filled from the order or the marketplace.
_FILLED = {"orders": {"currency"}, "items": {"occurred_at"}}
PRICED = ("items", "tenders", "returns")
_LEAST_MINOR = {"returns": 1}
_ABSENT = object()


class Field(msgspec.Struct, frozen=True):
    """One column of a table: how its cells are read, and what an empty cell means."""

    name: str
    read: Cell | None  # None for amounts, which need the row's currency
    required: bool
    default: Any


def columns(table: str) -> Columns:
    """The columns that the table must and may have."""
    fields = _fields(table, cells.moment(cast(Any, None)))
    extra = {"currency"} if table in PRICED else set()
    return Columns(
        frozenset(field.name for field in fields if field.required),
        frozenset(field.name for field in fields if not field.required) | extra,
    )


def _fields(table: str, moment: Callable[[str], datetime]) -> tuple[Field, ...]:
    """The columns of a table, from the fields of its struct and their bounds."""
    info = inspect.type_info(KINDS[TABLES[table]])
    assert isinstance(info, inspect.StructType)
    filled = _FILLED.get(table, set())
    return tuple(
        Field(
            field.name,
            _cell(field.type, moment),
            field.required and field.name not in filled,
            _ABSENT if field.required else field.default,
        )
        for field in info.fields
    )


def _cell(type_: inspect.Type, moment: Callable[[str], datetime]) -> Cell | None:
    match type_:
        case inspect.StrType(pattern=None, max_length=int(most)):
            return cells.words(most)
        case inspect.StrType(max_length=int(most)):
            return cells.key_up_to(most)
        case inspect.StrType(pattern=str(pattern)):
            return cells.word(pattern.removeprefix("^").removesuffix("$"))
        case inspect.IntType(ge=int(least), le=int(most)):
            return cells.whole(least, most)
        case inspect.DateTimeType() | inspect.UnionType():
            return moment
        case inspect.StructType() if type_.cls is Money:
            return None
    raise TypeError(f"no cell holds a {type_}")


# tables → staged facts


def read(reading: Reading) -> None:
    """Read every table that is found, check what refers to what, and stage the facts."""
    files = _files(reading)
    reading.plan(files.values())
    for table, path in files.items():
        _stage_table(reading, table, path)
        reading.flush()
    reading.staging.index()
    _settle_repeated(reading)
    if set(REQUIRED) <= files.keys():
        _check_references(reading)
    if reading.faults.total == 0:
        _settle_moments(reading)
        _count_anomalies(reading, scans_kept="shipments" in files)


def _files(reading: Reading) -> dict[str, Path]:
    files = {}
    for table in TABLES:
        path = next(find(reading.source.directories, (table,)), None)
        if path is not None:
            files[table] = path
        elif table in REQUIRED:
            reading.faults.add(table, 0, "", "table_missing", table=table)
    return files


def _stage_table(reading: Reading, table: str, path: Path) -> None:
    reader = RowReader(reading.source, table, reading.staging.placed)
    placed: list[tuple[str, int, str, bool]] = []
    for row in reading.rows(table, path, columns(table)):
        fact, faults = reader.fact(row[1])
        for name, fault in faults:
            reading.faults.add(path.name, row[0], name, fault.code, **fault.facts)
        if fact is None:
            continue
        if isinstance(fact, Order):
            within = reading.source.placed_within(fact.occurred_at)
            placed.append((fact.key, microseconds(fact.occurred_at), fact.currency, within))
            if len(placed) >= BATCH:
                reading.staging.place(placed)
                placed.clear()
        _stage(reading, fact, (path.name, row[0]))
    reading.staging.place(placed)


def _stage(reading: Reading, fact: AnyFact, place: tuple[str, int]) -> None:
    if isinstance(fact, Tender) and fact.amount.amount == 0:
        reading.anomalies.add("zero_tender", fact.key)
        return
    known = cast(datetime, fact.known_at)
    parent: str | None = fact.key if isinstance(fact, Order) else getattr(fact, "order", None)
    refs: tuple[str | None, str | None] = (None, None)
    minor = 0
    match fact:
        case Order():
            refs = (fact.buyer, None)
        case Item():
            refs = (fact.product, fact.seller)
            minor = fact.price.amount + fact.freight.amount
        case Return():
            refs = (fact.item, None)
            minor = fact.amount.amount
        case Tender():
            minor = fact.amount.amount
        case _:
            pass
    reading.stage(
        fact,
        microseconds(known),
        occurred=microseconds(fact.occurred_at),
        parent=parent,
        refs=refs,
        minor=minor,
        place=place,
    )


class RowReader:
    """Reads the rows of one table into facts; `placed` tells an order's moment and currency."""

    def __init__(
        self, source: Source, table: str, placed: Callable[[str], tuple[int, str] | None]
    ) -> None:
        moment = cells.moment(source.zone)
        self._struct: type[Fact] = KINDS[TABLES[table]]
        self._fields = _fields(table, moment)
        self._table = table
        self._currency = source.currency
        self._placed = placed
        self._last: tuple[str, tuple[int, str] | None] = ("", None)

    def fact(self, texts: dict[str, str]) -> tuple[AnyFact | None, list[tuple[str, Unreadable]]]:
        """The fact of one row, or what is wrong with its cells as (column, fault)."""
        values: dict[str, Any] = {}
        faults: list[tuple[str, Unreadable]] = []
        currency = ""
        if self._table in PRICED:
            try:
                currency = self._row_currency(texts)
            except Unreadable as fault:
                faults.append(("currency", fault))
        for field in self._fields:
            try:
                value = self._value(field, texts.get(field.name, ""), currency)
            except Unreadable as fault:
                faults.append((field.name, fault))
                continue
            if value is not _ABSENT:
                values[field.name] = value
        if not faults:
            self._fill(values, texts, faults)
        return (None if faults else cast(AnyFact, self._struct(**values))), faults

    def _value(self, field: Field, text: str, currency: str) -> Any:
        if not text:
            if field.required:
                raise Unreadable("value_missing", column=field.name)
            return field.default
        if field.read is not None:
            return field.read(text)
        return (
            cells.amount(text, currency, _LEAST_MINOR.get(self._table, 0)) if currency else _ABSENT
        )

    def _row_currency(self, texts: dict[str, str]) -> str:
        order = self._order(texts.get("order", ""))
        expected = order[1] if order else self._currency
        text = texts.get("currency", "")
        if text and text != expected:
            raise Unreadable("currency_differs", text=text[:40], expected=expected)
        return expected

    def _order(self, key: str) -> tuple[int, str] | None:
        if self._last[0] != key:
            self._last = (key, self._placed(key))
        return self._last[1]

    def _fill(
        self, values: dict[str, Any], texts: dict[str, str], faults: list[tuple[str, Unreadable]]
    ) -> None:
        """What the row leaves to its order or to the marketplace."""
        if self._table == "orders":
            values.setdefault("currency", self._currency)
            try:
                money.digits(values["currency"])
            except UnknownCurrency:
                text = values["currency"]
                faults.append(("currency", Unreadable("currency_unknown", text=text)))
        if "occurred_at" not in values:
            order = self._order(values["order"])
            if order is None:
                unknown = Unreadable("reference_unknown", text=values["order"], kind="order")
                faults.append(("order", unknown))
                return
            values["occurred_at"] = from_microseconds(order[0])
        if values.get("known_at") is None:
            values["known_at"] = values["occurred_at"]


# what is checked and settled once all facts are staged


def _settle_repeated(reading: Reading) -> None:
    """A row told twice alike counts once; two rows that differ under one key are a fault."""
    kinds = tuple(KINDS)
    surplus: list[int] = []
    repeated = reading.staging.repeated_facts()
    for (kind, key), group in groupby(repeated, lambda row: (row[0], row[1])):
        first, *again = group
        *_, first_line, first_body = first
        for _, _, row_id, file, line, body in again:
            surplus.append(row_id)
            if body == first_body:
                reading.anomalies.add("row_repeated", key, part=kinds[kind])
            else:
                reading.faults.add(file, line, "key", "key_repeated", key=key, first=first_line)
    reading.staging.drop("fact", surplus)


# Which column of the staging file holds which reference of which kind.
_REFERENCES = (
    ("order", "ref1", "buyer"),
    ("item", "ref1", "product"),
    ("item", "ref2", "seller"),
    ("return", "ref1", "item"),
    *((kind, "parent", "order") for kind in KINDS if PLACE[kind] > PLACE["order"]),
)


def _check_references(reading: Reading) -> None:
    staging, faults = reading.staging, reading.faults
    for kind, column, target in _REFERENCES:
        for file, line, key in staging.unknown(PLACE[kind], column, PLACE[target]):
            faults.add(file, line, target, "reference_unknown", text=key, kind=target)
    for file, line, item, order, own in staging.strayed_returns(PLACE["return"], PLACE["item"]):
        faults.add(file, line, "item", "item_of_other_order", item=item, order=order, own=own)


def _settle_moments(reading: Reading) -> None:
    """Nothing is known before the order it belongs to, and an order's parties not after it."""
    staging, source = reading.staging, reading.source
    if source.since is not None or source.until is not None:
        staging.keep_window(PLACE["order"])
    staging.find_lifts(PLACE["order"], PLACE["item"])
    kinds = tuple(KINDS)
    batch: list[tuple[int, bytes, int]] = []
    for row_id, known, code, kind, key, body in staging.lifts():
        if code:
            reading.anomalies.add(code, key, part=kinds[kind])
        fact = msgspec.structs.replace(decode(body), known_at=from_microseconds(known))
        batch.append((known, encode(fact), row_id))
        if len(batch) >= BATCH:
            staging.lift(batch)
            batch.clear()
    staging.lift(batch)


def _count_anomalies(reading: Reading, scans_kept: bool) -> None:
    for key, rows in groupby(reading.staging.histories(), lambda row: row[0]):
        shape = _shape(key, rows)
        shape.scans_kept = scans_kept
        count_order(reading.anomalies, shape)


def _shape(key: str, rows: Iterator[tuple[str, int, int, int, str]]) -> OrderShape:
    """The order's history in figures; rows come by kind, the order itself first."""
    _, _, purchased, _, currency = next(rows)
    shape = OrderShape(key=key, currency=currency, purchased=purchased)
    for _, kind, occurred, minor, _ in rows:
        _MARKS[kind](shape, occurred, minor)
    return shape


def _mark_item(shape: OrderShape, _: int, minor: int) -> None:
    shape.items += 1
    shape.due += minor


def _mark_tender(shape: OrderShape, occurred: int, minor: int) -> None:
    shape.tenders += 1
    shape.paid += minor
    shape.approved = occurred if shape.approved is None else min(shape.approved, occurred)


def _mark_shipment(shape: OrderShape, occurred: int, _: int) -> None:
    shape.shipped = occurred if shape.shipped is None else min(shape.shipped, occurred)


def _mark_delivery(shape: OrderShape, occurred: int, _: int) -> None:
    shape.delivered = occurred if shape.delivered is None else min(shape.delivered, occurred)


def _mark_cancellation(shape: OrderShape, _: int, __: int) -> None:
    shape.cancelled = True


def _mark_return(shape: OrderShape, _: int, minor: int) -> None:
    shape.returned += minor


def _mark_review(shape: OrderShape, occurred: int, _: int) -> None:
    shape.reviewed = [*shape.reviewed, occurred]


_MARKS = {
    PLACE["item"]: _mark_item,
    PLACE["tender"]: _mark_tender,
    PLACE["shipment"]: _mark_shipment,
    PLACE["delivery"]: _mark_delivery,
    PLACE["confirmation"]: _mark_delivery,
    PLACE["cancellation"]: _mark_cancellation,
    PLACE["return"]: _mark_return,
    PLACE["review"]: _mark_review,
}
