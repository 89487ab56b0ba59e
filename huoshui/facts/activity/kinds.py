"""Kinds of activities, read once from `kinds.toml`: what each is about, and its typed attributes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core.expr import Schema, Type, read_schema, read_type
from huoshui.core.expr.types import read_value, show_value
from huoshui.facts.activity.model import ABOUT

TEXT_MAX = 200
_FILE = Path(__file__).with_name("kinds.toml")


class Field(msgspec.Struct, frozen=True):
    """A typed attribute; `one_of` lists the words that a text may be."""

    name: str
    type: Type
    en: str
    zh: str
    needed: bool = False
    one_of: tuple[str, ...] = ()

    def read(self, value: Any) -> Any:
        """The value as JSON keeps it: decimals, days and instants as texts. Raises ValueError,
        also for a binary fraction, which is never exact."""
        found = read_value(self.type, value)
        if found is not None and self.one_of and found not in self.one_of:
            raise ValueError(found)
        if isinstance(found, str) and len(found) > TEXT_MAX:
            raise ValueError("too long")
        return show_value(self.type, found)


class Kind(msgspec.Struct, frozen=True):
    """A kind of activity: what it must be about, whether it moves an amount, its attributes.

    `mark` says what it makes of its parties: `bad` until a `good` of them.
    """

    name: str
    en: str
    zh: str
    about: tuple[str, ...]
    amount: str = "no"
    mark: str = ""
    fields: tuple[Field, ...] = ()


def _kind(name: str, table: Mapping[str, Any]) -> Kind:
    fields = tuple(
        Field(
            field, read_type(said["type"]), said["en"], said["zh"], said.get("needed", False),
            tuple(said.get("one_of", ())),
        )
        for field, said in table.get("attributes", {}).items()
    )  # fmt: skip
    return Kind(
        name, table["en"], table["zh"], tuple(table["about"]), table.get("amount", "no"),
        table.get("mark", ""), fields,
    )  # fmt: skip


def _read() -> dict[str, Kind]:
    told = tomllib.loads(_FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    return {name: _kind(name, table) for name, table in told.items()}


KINDS = _read()


def _schema() -> Schema:
    """What an expression over an activity may read: its subjects, amount and all attributes."""
    told: dict[str, Any] = {
        "kind": {"type": "text", "en": "Kind", "zh": "种类"},
        "amount": {"type": "money", "en": "Amount", "zh": "金额"},
    }
    for about in ABOUT:
        told[about] = {"type": "text", "en": about.capitalize(), "zh": about}
    for kind in KINDS.values():
        for field in kind.fields:
            told[field.name] = {"type": str(field.type), "en": field.en, "zh": field.zh}
    return read_schema(told)


SCHEMA = _schema()
TYPES: dict[str, Type] = {field.name: field.type for k in KINDS.values() for field in k.fields}
