"""A form of an object's page as somebody filled it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

import msgspec

V = TypeVar("V", bound=str)


class Said(msgspec.Struct, Generic[V], frozen=True):
    """The form's verb, its fields, and why it was refused, or nothing."""

    MOST: ClassVar[int] = 200  # letters that are read of a field

    verb: V
    fields: Mapping[str, str]
    problem: str = ""

    def of(self, name: str) -> str:
        """A field's value, trimmed, or an empty text."""
        return self.fields.get(name, "").strip()[: self.MOST]
