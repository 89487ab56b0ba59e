"""The catalogue of features as decisions see it: read by one statement, and again as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from huoshui.core.db import Tx
from huoshui.core.expr import DECIMAL, INTEGER, TEXT, Fact, Schema, Type
from huoshui.facts.activity.kinds import SCHEMA
from huoshui.facts.activity.model import Subjects
from huoshui.judgement.risk.features import service
from huoshui.judgement.risk.features.catalogue import catalogue, feature_set
from huoshui.judgement.risk.features.model import Feature

_TOLD = ("ordinary", "personal")  # what is secret or protected is never given as a reason


class Vector(msgspec.Struct, frozen=True):
    """The values of features, the version of each, and what could be seen."""

    values: Mapping[str, Any]
    versions: Mapping[str, Any]
    seen: str


@cache
def schema() -> Schema:
    """Every feature with its type."""
    return Schema(tuple(Fact(f.name, _type(f), f.en, f.zh) for f in catalogue().values()))


@cache
def coded() -> Mapping[str, str]:
    """The reason that each feature may be given as; those that must not be told are not here."""
    return {f.name: f.reason for f in catalogue().values() if f.sensitivity in _TOLD}


def now(tx: Tx, names: Sequence[str], subjects: Mapping[str, str], currency: str) -> Vector:
    """Their values now; amounts are of that currency."""
    if not names:
        return Vector({}, {}, "")
    chosen = feature_set(tuple(names))
    found = service.read(tx, chosen, Subjects(**subjects), currency=currency)
    return Vector(found.values, {chosen.digest: len(names)}, found.seen)


def then(
    tx: Tx,
    names: Sequence[str],
    subjects: Mapping[str, str],
    currency: str,
    at: datetime,
    seen: str,
) -> Vector:
    """Their values as a reading with this `seen` had them."""
    if not names:
        return Vector({}, {}, seen)
    chosen = feature_set(tuple(names))
    found = service.read_as_of(tx, chosen, Subjects(**subjects), seen, at, currency=currency)
    return Vector(found.values, {chosen.digest: len(names)}, seen)


def _type(feature: Feature) -> Type:
    if feature.aggregate == "ratio":
        return DECIMAL
    if feature.aggregate == "last" and feature.value != "amount":
        known = SCHEMA.by_name.get(feature.value)
        return known.type if known else TEXT
    if (feature.aggregate, feature.value) == ("graph", "ring"):
        return TEXT
    return INTEGER
