"""What news adds to tiles, to the values that were seen, and to firsts and lasts. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from huoshui.core.expr import Expression
from huoshui.core.expr.types import read_value
from huoshui.core.money import Money
from huoshui.core.once import once
from huoshui.facts.activity.kinds import KINDS, SCHEMA, TYPES
from huoshui.facts.activity.model import ABOUT, Kept
from huoshui.judgement.risk.features.model import (
    ANY_KIND,
    DAY,
    HEADED,
    HOT,
    Feature,
    Stream,
)
from huoshui.judgement.risk.features.span import DAY_US, HOUR_US, us


class Plan(msgspec.Struct, frozen=True, dict=True):
    """What is kept of a stream: tiles of these sizes (microseconds), values seen, first and last."""

    stream: Stream
    sizes: tuple[int, ...] = ()
    values: bool = False
    head: bool = False

    @once
    def asked(self) -> tuple[str, int, str, Expression | None]:
        """The column of its entity, its number, what it takes, and its filter: asked for each activity."""
        of = self.stream
        column = "order_" if of.entity == "order" else of.entity
        return column, of.id, of.value, of.filter

    @once
    def parts(self) -> dict[int, Plan]:
        """What it keeps, each alone, by a number of its own: it may be declared when others are kept already."""
        of = self.stream
        found = {_part(of, str(size)): Plan(of, (size,)) for size in self.sizes}
        found |= {_part(of, "values"): Plan(of, values=True)} if self.values else {}
        return found | ({_part(of, "head"): Plan(of, head=True)} if self.head else {})

    def without(self, parts: Collection[int]) -> Plan:
        """The same but for these parts."""
        return joined(of for number, of in self.parts.items() if number not in parts) or Plan(
            self.stream
        )


def joined(some: Iterable[Plan]) -> Plan | None:
    """What plans of one stream keep together."""
    listed = list(some)
    if not listed:
        return None
    sizes = tuple(sorted({size for plan in listed for size in plan.sizes}))
    return Plan(listed[0].stream, sizes, any(p.values for p in listed), any(p.head for p in listed))


def _part(stream: Stream, name: str) -> int:
    digest = hashlib.sha256(f"{stream.id}/{name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


class TileKey(NamedTuple):
    """A tile: of a stream and an entity, its size and start, and the currency of its amounts."""

    stream: int
    ref: str
    size: int
    start: int
    currency: str


class Tile(msgspec.Struct):
    """What a tile adds up: how many, their sum, the least and the most."""

    n: int = 0
    total: int = 0
    least: int | None = None
    most: int | None = None

    def add(self, value: int | None) -> None:
        """One more activity."""
        self.n += 1
        if value is not None:
            self.total += value
            self.least = value if self.least is None else min(self.least, value)
            self.most = value if self.most is None else max(self.most, value)


class Head(msgspec.Struct):
    """The first and the last activity of a stream about an entity, and what the last said."""

    first_at: datetime
    last_at: datetime
    seq: int
    said: str | None


class News(msgspec.Struct):
    """What a batch adds."""

    tiles: dict[TileKey, Tile] = {}
    values: dict[tuple[int, str, str], tuple[datetime, datetime]] = {}
    heads: dict[tuple[int, str], Head] = {}


def sizes_of(feature: Feature) -> tuple[int, ...]:
    """The tiles that a feature is read from, the smallest first."""
    if feature.window is None or feature.aggregate not in _TILED:
        return ()
    hours = (HOUR_US,) if feature.entity in HOT and feature.window > DAY / 24 else ()
    return (*hours, DAY_US) if feature.window > DAY else hours


_SUBJECTS = frozenset(ABOUT)
_TILED = ("sum", "count", "max", "min", "decayed_sum")


def plans(features: Iterable[Feature]) -> dict[str, list[Plan]]:
    """What is kept, by the kind of activity that adds to it."""
    wanted: dict[Stream, Plan] = {}
    for feature in features:
        if feature.aggregate in ("ratio", "graph"):
            continue
        before = wanted.get(feature.stream, Plan(feature.stream))
        wanted[feature.stream] = Plan(
            feature.stream,
            tuple(sorted({*before.sizes, *sizes_of(feature)})),
            before.values or feature.aggregate == "distinct",
            before.head or feature.aggregate in HEADED,
        )
    found: dict[str, list[Plan]] = {}
    for plan in wanted.values():
        if plan.sizes or plan.values or plan.head:
            for kind in KINDS if ANY_KIND in plan.stream.kinds else plan.stream.kinds:
                found.setdefault(kind, []).append(plan)
    return found


def news(by_kind: Mapping[str, Sequence[Plan]], rows: Iterable[Kept]) -> News:
    """What these activities add."""
    found = News()
    for row in rows:
        facts: dict[str, Any] | None = None
        at_us = us(row.occurred_at)
        for plan in by_kind.get(row.kind, ()):
            column, stream, value, where = plan.asked
            ref = getattr(row, column)
            if ref is None:
                continue
            if where is not None:
                facts = facts or facts_of(row)
                if where.answer(facts).value is not True:
                    continue
            for size in plan.sizes:
                _add_tile(found, (stream, ref, size, at_us // size * size), value, row)
            if plan.values and (said := said_of(row, value)) is not None:
                _add_value(found, (stream, ref, said), row.occurred_at)
            if plan.head:
                _add_head(found, (stream, ref), value, row)
    return found


def _add_tile(found: News, key: tuple[int, str, int, int], value: str, row: Kept) -> None:
    money = value == "amount"
    whole = TileKey(*key, (row.currency or "") if money else "")
    tile = found.tiles.get(whole)
    if tile is None:
        tile = found.tiles[whole] = Tile()
    tile.add((row.amount if money else row.attributes.get(value)) if value else None)


def _add_value(found: News, key: tuple[int, str, str], at: datetime) -> None:
    first, last = found.values.get(key, (at, at))
    found.values[key] = (min(first, at), max(last, at))


def _add_head(found: News, key: tuple[int, str], value: str, row: Kept) -> None:
    at = row.occurred_at
    head = found.heads.get(key)
    if head is None:
        head = found.heads[key] = Head(at, at, -1, None)
    head.first_at = min(head.first_at, at)
    if (at, row.seq) > (head.last_at, head.seq):
        head.last_at, head.seq, head.said = at, row.seq, said_of(row, value)


def said_of(row: Kept, name: str) -> str | None:
    """What an activity says of a subject, its amount or an attribute, as text."""
    if name in _SUBJECTS:
        return row.ref(name)
    value = row.amount if name == "amount" else row.attributes.get(name)
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def facts_of(row: Kept) -> dict[str, Any]:
    """An activity as an expression reads it."""
    facts: dict[str, Any] = dict.fromkeys(SCHEMA.by_name)
    facts["kind"] = row.kind
    for about in ABOUT:
        facts[about] = row.ref(about)
    if row.amount is not None and row.currency:
        facts["amount"] = Money(row.amount, row.currency)
    for name, value in row.attributes.items():
        facts[name] = read_value(TYPES[name], value)
    return facts
