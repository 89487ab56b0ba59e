"""What an expression may read: declared names with types, units and descriptions in two languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from huoshui.core.errors import FieldError, Problem
from huoshui.core.expr.faults import Fault, Word
from huoshui.core.expr.lexer import WORDS
from huoshui.core.expr.types import Type, read_type, read_value
from huoshui.core.once import once

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


class BadDeclaration(Problem):
    """A name that cannot be declared so."""

    code = "expression_declaration_refused"
    status = 422


class FactsUnreadable(Problem):
    """Facts that are not of their declared types; each error names one."""

    code = "expression_facts_unreadable"
    status = 422


class Fact(msgspec.Struct, frozen=True):
    """A declared name. One that is `always` there is never null: facts without it are refused.

    `unit` is shown after the value, e.g. `%`; it may differ by language.
    """

    name: str
    type: Type
    en: str
    zh: str
    always: bool = False
    unit_en: str = ""
    unit_zh: str = ""

    @property
    def how(self) -> Word:
        """How a value is written."""
        return Word(f"expr.how.{(self.type.item or self.type).kind}")

    def said(self, lang: str) -> str:
        """What the name stands for, in the reader's language."""
        return (self.zh if lang == "zh" else self.en) or self.name


class Schema(msgspec.Struct, frozen=True, dict=True):
    """The facts that an expression may read. Names are unique."""

    facts: tuple[Fact, ...]

    def __post_init__(self) -> None:
        """Refuse names that no expression could read. Raises BadDeclaration."""
        seen: set[str] = set()
        for fact in self.facts:
            words = fact.name.split(".")
            if not _NAME.fullmatch(fact.name) or fact.name in seen or WORDS & set(words):
                raise BadDeclaration(name=fact.name[:60])
            seen.add(fact.name)

    @once
    def by_name(self) -> dict[str, Fact]:
        """The facts by their names."""
        return {fact.name: fact for fact in self.facts}

    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values from outside as an expression reads them; what is missing is null.

        Names that are not declared are passed by. Raises FactsUnreadable.
        """
        read: dict[str, Any] = {}
        faults: list[FieldError] = []
        for name, fact in self.by_name.items():
            try:
                value = read[name] = read_value(fact.type, values.get(name))
            except ValueError:
                faults.append(Fault(name, "expr_fact", {"type": fact.type.word, "how": fact.how}))
                continue
            if fact.always and value is None:
                faults.append(Fault(name, "expr_fact_missing", {"type": fact.type.word}))
        if faults:
            raise FactsUnreadable(count=len(faults), errors=tuple(faults))
        return read


def read_schema(declared: Mapping[str, Any]) -> Schema:
    """A schema of nested tables: each that has a text `type` declares the name of its path.

    Raises BadDeclaration, BadType, UnknownCurrency.
    """
    return Schema(tuple(fact for fact, _ in _declared("", declared)))


def read_examples(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The `value` of each table that has one."""
    found = _declared("", declared)
    return {fact.name: table["value"] for fact, table in found if "value" in table}


def _declared(path: str, table: Mapping[str, Any]) -> list[tuple[Fact, Mapping[str, Any]]]:
    found = []
    for key, below in table.items():
        name = f"{path}{key}"
        if not isinstance(below, Mapping):
            raise BadDeclaration(name=name[:60])
        if not isinstance(below.get("type"), str):
            found += _declared(f"{name}.", below)
            continue
        told = {k: v for k, v in below.items() if k not in ("type", "value")}
        try:
            rest = msgspec.convert({"name": name, "type": {"kind": ""}} | told, Fact)
        except msgspec.ValidationError as bad:
            raise BadDeclaration(name=name[:60]) from bad
        fact = msgspec.structs.replace(rest, type=read_type(below["type"]))
        found.append((fact, below))
    return found
