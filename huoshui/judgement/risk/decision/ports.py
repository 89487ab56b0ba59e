"""What decisions ask of features, as a port; and how it is where no feature is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from huoshui.core.db import Tx
from huoshui.core.expr import Schema


class Vector(msgspec.Struct, frozen=True):
    """The values of features, the version of each, and the snapshot that saw them."""

    values: Mapping[str, Any]
    versions: Mapping[str, Any]
    snapshot: str


class Features(Protocol):
    """Features as decisions see them."""

    @property
    def schema(self) -> Schema:
        """Every feature with its type."""

    @property
    def coded(self) -> Mapping[str, str]:
        """The reason that each feature may be given as; those that must not be told are not here."""

    def ask(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], at: datetime
    ) -> Callable[[], Vector]:
        """Their values now, in one way to the server and back."""

    def then(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], at: datetime, snapshot: str
    ) -> Vector:
        """Their values as that snapshot saw them."""


class NoFeatures:
    """No feature at all: policies that read only what requests tell."""

    schema = Schema(())
    coded: Mapping[str, str] = {}

    def ask(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], at: datetime
    ) -> Callable[[], Vector]:
        """Nothing."""
        del tx, names, subjects, at
        return lambda: Vector({}, {}, "")

    def then(
        self, tx: Tx, names: Sequence[str], subjects: Mapping[str, str], at: datetime, snapshot: str
    ) -> Vector:
        """Nothing."""
        del tx, names, subjects, at
        return Vector({}, {}, snapshot)
