"""A feature as it is declared, and what it comes to: one declaration, from which all that reads it follows.

No I/O. A windowed feature counts what happened in (now - window, now]; the others look back without end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

import msgspec

from huoshui.core.errors import NotFound, Problem
from huoshui.core.expr import BOOLEAN, Expression
from huoshui.core.once import once
from huoshui.facts.activity.kinds import SCHEMA

Aggregate = Literal[
    "sum", "count", "distinct", "max", "min", "last", "decayed_sum", "days_since", "days_since_first", "ratio", "graph",
]  # fmt: skip
Sensitivity = Literal["ordinary", "personal", "secret", "protected"]
Value = int | Decimal | str | bool | None
WINDOWED = frozenset({"sum", "count", "distinct", "max", "min", "decayed_sum"})
HEADED = frozenset({"last", "days_since", "days_since_first"})
ANY_KIND = "*"
DISTINCT_MOST = 1_000  # where counting ends: what is more is told as this
RATIO_PLACES = Decimal("0.000001")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOW_MOST = 366 * DAY
# Entities of which one may have very much in a day: their tiles are of hours too.
HOT = frozenset({"merchant", "device", "ip"})


class UnknownFeature(NotFound):
    """No such feature in the catalogue."""

    code = "unknown_feature"


class BadFeature(Problem):
    """A feature that cannot be declared so; the problem names what is wrong with it."""

    code = "bad_feature"
    status = 422


class Feature(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One feature: of which entity, over which activities, how they become one value.

    `value` names what is aggregated: `amount`, an attribute, or for `distinct` a subject too. `where` is an
    expression over an activity. A `ratio` is of two other features, `parts`.
    """

    name: str
    entity: str
    aggregate: Aggregate
    kinds: tuple[str, ...] = ()
    where: str = ""
    value: str = ""
    window: timedelta | None = None
    half_life_days: int = 0
    parts: tuple[str, ...] = ()
    owner: str
    sensitivity: Sensitivity
    reason: str
    en: str
    zh: str

    @once
    def filter(self) -> Expression | None:
        """The condition on an activity, or None. Raises ExpressionUnreadable, ExpressionRefused."""
        return Expression(self.where, SCHEMA, BOOLEAN) if self.where else None

    @once
    def version(self) -> str:
        """What names this declaration: another window or filter is another version."""
        said = [
            self.entity, self.aggregate, list(self.kinds), self.filter.text if self.filter else "",
            self.value, str(self.window), self.half_life_days, list(self.parts),
        ]  # fmt: skip
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:12]

    @property
    def stream(self) -> Stream:
        """The activities that it counts, and what of them."""
        return Stream(self.entity, self.kinds, self.where, self.value)

    @property
    def is_money(self) -> bool:
        """Whether it is an amount, in minor units of the currency that is asked for."""
        return self.value == "amount" and self.aggregate != "count"

    def words(self, lang: str) -> str:
        """What it says, in the reader's language."""
        return self.zh if lang == "zh" else self.en


class Stream(msgspec.Struct, frozen=True, dict=True):
    """Activities of some kinds about an entity that pass a filter, and what is taken of each."""

    entity: str
    kinds: tuple[str, ...]
    where: str
    value: str

    @once
    def id(self) -> int:
        """A number of 31 bits that follows from what it is: tiles are kept under it."""
        said = msgspec.json.encode([self.entity, self.kinds, self.where, self.value])
        return int.from_bytes(hashlib.sha256(said).digest()[:4], "big") >> 1

    @once
    def filter(self) -> Expression | None:
        """The condition on an activity, or None."""
        return Expression(self.where, SCHEMA, BOOLEAN) if self.where else None


class FeatureSet(msgspec.Struct, frozen=True, dict=True):
    """Features that are read together, in their order; parts of ratios are read along."""

    features: tuple[Feature, ...]
    along: tuple[Feature, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in the set's order."""
        return tuple(f.name for f in self.features)

    @property
    def read(self) -> tuple[Feature, ...]:
        """All that the database is asked for."""
        return tuple(
            f for f in (*self.features, *self.along) if f.aggregate not in ("ratio", "graph")
        )

    @property
    def graph(self) -> tuple[Feature, ...]:
        """Features of who is near: measures of `judgement.risk.graph`."""
        return tuple(f for f in self.features if f.aggregate == "graph")

    @once
    def versions(self) -> dict[str, str]:
        """Each feature's version."""
        return {f.name: f.version for f in self.features}

    @once
    def digest(self) -> str:
        """SHA-256 of the set: its features and their versions."""
        return hashlib.sha256(msgspec.json.encode(list(self.versions.items()))).hexdigest()


class Vector(msgspec.Struct, frozen=True):
    """Values of a set at a moment: exact, amounts in minor units, what nobody did 0 or None.

    `seen` says what could be seen: the snapshot of the database, the reader's own transaction, and the
    number of the last activity; `read_as_of` with it answers the same for ever.
    """

    values: dict[str, Value]
    versions: dict[str, str]
    seen: str
    as_of: datetime


def finished(chosen: FeatureSet, raw: Mapping[str, Value]) -> dict[str, Value]:
    """The set's values in its order, ratios worked out."""
    return {
        f.name: _ratio(raw, f.parts) if f.aggregate == "ratio" else raw.get(f.name)
        for f in chosen.features
    }


def _ratio(raw: Mapping[str, Value], parts: Sequence[str]) -> Decimal | None:
    above, below = (raw.get(name) for name in parts)
    if above is None or not below:
        return None
    return (Decimal(above) / Decimal(below)).quantize(RATIO_PLACES, ROUND_HALF_UP)


def read_value_of(feature: Feature, told: Any) -> Value:
    """A value as the database wrote it: whole numbers, or the text of an attribute."""
    if told is None:
        return 0 if feature.aggregate in ("sum", "count", "distinct", "decayed_sum") else None
    if feature.aggregate == "decayed_sum":
        return round_scaled(int(told))
    if feature.aggregate == "last" and feature.value != "amount":
        return _attribute(feature.value, told)
    return int(told)


WEIGHT_ONE = 10**9


def round_scaled(scaled: int) -> int:
    """A sum of weighted amounts in minor units, halves away from zero."""
    whole, rest = divmod(abs(scaled), WEIGHT_ONE)
    whole += rest * 2 >= WEIGHT_ONE
    return whole if scaled >= 0 else -whole


def weights(half_life_days: int, days: int) -> list[int]:
    """What is left after 0, 1, …, `days` days, in billionths: halved every half-life."""
    root = Decimal(1) / Decimal(half_life_days)
    return [int((Decimal(WEIGHT_ONE) * Decimal("0.5") ** (root * d)).to_integral_value()) for d in range(days + 1)]  # fmt: skip


def _attribute(name: str, told: str) -> Value:
    kind = SCHEMA.by_name[name].type.kind
    if kind == "boolean":
        return told == "true"
    if kind == "integer":
        return int(told)
    return Decimal(told) if kind == "decimal" else told
