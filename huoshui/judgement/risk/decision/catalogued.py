"""The catalogue of features as decisions see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from huoshui.core.db import Tx
from huoshui.core.expr import DECIMAL, INTEGER, TEXT, Fact, Schema, Type
from huoshui.core.once import once
from huoshui.facts.activity.kinds import SCHEMA
from huoshui.facts.activity.model import Subjects
from huoshui.judgement.risk.decision.ports import Vector
from huoshui.judgement.risk.features import service
from huoshui.judgement.risk.features.catalogue import catalogue, feature_set
from huoshui.judgement.risk.features.model import Feature

_TOLD = ("ordinary", "personal")  # what is secret or protected is never given as a reason


class Catalogued:
    """Every feature of the catalogue, read by one statement, and again as it was."""

    @once
    def schema(self) -> Schema:
        """Every feature with its type."""
        return Schema(tuple(Fact(f.name, _type(f), f.en, f.zh) for f in catalogue().values()))

    @once
    def coded(self) -> Mapping[str, str]:
        """The reason that each feature may be given as."""
        return {f.name: f.reason for f in catalogue().values() if f.sensitivity in _TOLD}

    def ask(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], currency: str
    ) -> Callable[[], Vector]:
        """Their values now."""
        if not names:
            return lambda: Vector({}, {}, "")

        def answer() -> Vector:
            chosen = feature_set(tuple(names))
            found = service.read(tx, chosen, Subjects(**subjects), currency=currency)
            return Vector(found.values, {chosen.digest: len(names)}, found.seen)

        return answer

    def then(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], currency: str,
        at: datetime, seen: str,
    ) -> Vector:  # fmt: skip
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
