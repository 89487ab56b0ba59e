"""What decisions ask of features, as a port; and how it is where no feature is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from huoshui.core.db import Tx
from huoshui.core.expr import Schema


class Vector(msgspec.Struct, frozen=True):
    """The values of features, the version of each, and what could be seen."""

    values: Mapping[str, Any]
    versions: Mapping[str, Any]
    seen: str


class Features(Protocol):
    """Features as decisions see them."""

    @property
    def schema(self) -> Schema:
        """Every feature with its type."""

    @property
    def coded(self) -> Mapping[str, str]:
        """The reason that each feature may be given as; those that must not be told are not here."""

    def ask(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], currency: str
    ) -> Callable[[], Vector]:
        """Their values now, in one way to the server and back; amounts are of that currency."""

    def then(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], currency: str,
        at: datetime, seen: str,
    ) -> Vector:  # fmt: skip
        """Their values as a reading with this `seen` had them."""


class NoFeatures:
    """No feature at all: policies that read only what requests tell."""

    schema = Schema(())
    coded: Mapping[str, str] = {}

    def ask(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], currency: str
    ) -> Callable[[], Vector]:
        """Nothing."""
        del tx, names, subjects, currency
        return lambda: Vector({}, {}, "")

    def then(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], currency: str,
        at: datetime, seen: str,
    ) -> Vector:  # fmt: skip
        """Nothing."""
        del tx, names, subjects, currency, at
        return Vector({}, {}, seen)
