"""SQL of one feature over raw activities: which it counts, and what they come to.

The same conditions stand in the online read (at the edges of tiles), in the batch over a history, and in
the lineage of a value: they are written here once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import ascii_lowercase
from typing import Any

import msgspec

from huoshui.core import columns
from huoshui.core.expr import Column
from huoshui.facts.activity.kinds import SCHEMA, TYPES
from huoshui.facts.activity.model import ABOUT
from huoshui.judgement.risk.features.model import ANY_KIND, DISTINCT_MOST, Feature

_SQL_TYPES = {"integer": "numeric", "decimal": "numeric", "boolean": "boolean", "text": "text"}
SUBJECT = {name: "order_" if name == "order" else name for name in ABOUT}
_COLUMNS = {
    **{name: Column(column, "r") for name, column in SUBJECT.items()},
    **{name: Column(name, "r") for name in TYPES},
    "kind": Column("kind", "r"),
    "amount": Column("amount", "r", "currency"),
}


class Cells(msgspec.Struct):
    """Conditions and their parameters for some features, as they are written into one statement."""

    params: dict[str, Any] = {}
    tests: dict[str, str] = {}
    weights: dict[int, int] = {}  # where a half-life begins in the array of weights

    def counts(self, feature: Feature) -> str:
        """Whether an activity `r` is one that the feature counts, whenever it was."""
        known = self.tests.get(feature.name)
        if known is None:
            known = self.tests[feature.name] = " AND ".join(self._tests(feature)) or "true"
        return known

    def _tests(self, feature: Feature) -> Iterable[str]:
        if ANY_KIND not in feature.kinds:
            yield f"r.kind = ANY({self._param(columns.texts(feature.kinds))}::text[])"
        if feature.filter is not None:
            fragment = feature.filter.sql(_COLUMNS, self._prefix())
            self.params |= fragment.params
            yield f"{fragment.scalar} IS TRUE"
        if feature.is_money and feature.aggregate != "last":
            yield "r.currency = %(currency)s"

    def _prefix(self) -> str:
        n, name = len(self.params), ""
        while n or not name:
            n, at = divmod(n, 26)
            name += ascii_lowercase[at]
        return f"f{name}"

    def _param(self, value: Any) -> str:
        name = f"k{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"

    def value(self, feature: Feature, when: str, today: str) -> str:
        """What the activities within `when` come to, as text; `today` is the day of the reading."""
        test = f"FILTER (WHERE {self.counts(feature)} AND {when})"
        of = of_sql(feature.value)
        match feature.aggregate:
            case "count":
                return f"(count(*) {test})::text"
            case "sum":
                return f"(sum({of}) {test})::text"
            case "max" | "min":
                return f"({feature.aggregate}({of}) {test})::text"
            case "distinct":
                return f"LEAST(count(DISTINCT {of}) {test}, {DISTINCT_MOST})::text"
            case "decayed_sum":
                days = f"{today} - (r.occurred_at AT TIME ZONE 'UTC')::date"
                begins = self.weights.setdefault(
                    feature.half_life_days, len(self.weights) * 400 + 1
                )
                return f"(sum({of}::numeric * (%(weights)s::bigint[])[{begins} + {days}]) {test})::text"
            case "last":
                latest = "ORDER BY r.occurred_at DESC, r.seq DESC"
                return f"((array_agg(({of})::text {latest}) {test})[1])"
            case "days_since_first":
                return f"({_US.format(f'min(r.occurred_at) {test}')})"
            case _:
                return f"({_US.format(f'max(r.occurred_at) {test}')})"


_US = "(extract(epoch FROM {}) * 1000000)::bigint::text"


def of_sql(value: str) -> str:
    """The column of a value."""
    if value in SUBJECT:
        return f'r."{SUBJECT[value]}"'
    return f'r."{value or "kind"}"'


def raw(names: Iterable[str]) -> str:
    """The columns of an activity that conditions read, its attributes among them, each with its type."""
    read = ["kind", "occurred_at", "seq", "id", "amount", "currency", *SUBJECT.values()]
    cast = [
        f"(a.attributes ->> '{name}')::{_SQL_TYPES[TYPES[name].kind]} AS \"{name}\""
        for name in sorted(set(names))
    ]
    return ", ".join([*(f"a.{column}" for column in read), *cast])


def attributes_of(features: Iterable[Feature]) -> set[str]:
    """The attributes that features read, in filters and as values."""
    read = {n for f in features if f.filter for n in f.filter.names} | {f.value for f in features}
    return {name for name in read if name in TYPES and name in SCHEMA.by_name}


def placed(text: str) -> tuple[str, tuple[str, ...]]:
    """A statement with named places as one with `$1`, `$2`, …, and the names in their order."""
    names: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}"

    return _PLACE.sub(place, text).replace("%%", "%"), tuple(names)


_PLACE = re.compile(r"%\((\w+)\)s")
