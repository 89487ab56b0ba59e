"""An expression that has been read and checked: what it says, what it reads, what it comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from huoshui.core import i18n
from huoshui.core.errors import FieldError, Problem
from huoshui.core.expr import python, reasons, sql
from huoshui.core.expr.check import check
from huoshui.core.expr.model import (
    LANGUAGE,
    Each,
    ExpressionRefused,
    ExpressionUnreadable,
    Name,
    Node,
    canonical,
    digest,
)
from huoshui.core.expr.parser import Parsed, parse
from huoshui.core.expr.reasons import Reason
from huoshui.core.expr.schema import Schema
from huoshui.core.expr.sql import Column, Fragment
from huoshui.core.expr.text import text
from huoshui.core.expr.typed import Typed
from huoshui.core.expr.types import Type, show_value
from huoshui.core.expr.values import Refused
from huoshui.core.once import once

UNREADABLE = "facts_unreadable"
REFUSALS = ("division_by_zero", "currency_mix", "date_out_of_range", UNREADABLE)


class ExpressionWithoutValue(Problem):
    """These facts make the evaluation a refusal; `refusal` is its code."""

    code = "expression_without_value"
    status = 422

    def detail(self, lang: str) -> str:
        """Why there is none, and how to mend it, in the reader's language."""
        reason = i18n.text(f"expr.refusal.{self.facts['refusal']}", lang)
        return i18n.text(f"problem.{self.code}.detail", lang, **(self.facts | {"reason": reason}))


class Answer(NamedTuple):
    """A value, which may be null, or the code of the refusal."""

    value: Any
    refusal: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is true: neither false nor null nor refused."""
        return self.value is True

    def demand(self) -> Any:
        """The value. Raises ExpressionWithoutValue."""
        if self.refusal:
            reason = i18n.text(f"expr.refusal.{self.refusal}", "en")
            raise ExpressionWithoutValue(refusal=self.refusal, reason=reason)
        return self.value


class Explained(msgspec.Struct, frozen=True):
    """A value with its reasons, and what would make a condition true.

    `needed` is empty where it is true, and None where no facts can make it so or none were asked.
    """

    answer: Answer
    reasons: tuple[Reason, ...] = ()
    needed: tuple[Reason, ...] | None = None


class Expression:
    """A checked expression over a schema. Make it once, ask it often; it never changes.

    `source` is a text or a tree; `wants` the type that the value must have.
    Raises ExpressionUnreadable, ExpressionRefused.
    """

    def __init__(
        self, source: str | Parsed | Node, schema: Schema, wants: Type | None = None
    ) -> None:
        parsed = parse(source) if isinstance(source, str) else source
        self.schema = schema
        self.typed = check(parsed, schema, wants)
        self.tree: Node = self.typed.node
        self.type: Type = wants or self.typed.type
        self._run = python.compiled(self.typed)
        self._exact = self.type.kind == "decimal"

    @once
    def text(self) -> str:
        """The canonical text."""
        return text(self.tree)

    @once
    def names(self) -> tuple[str, ...]:
        """The declared names that it reads, in order."""
        bound = {each.node.var for each in self.typed.walk() if isinstance(each.node, Each)}
        read = {each.node.name for each in self.typed.walk() if isinstance(each.node, Name)}
        return tuple(sorted(read - bound))

    @once
    def digest(self) -> str:
        """SHA-256 of the tree and of the types of what it reads, in hex: seals a version."""
        types = {name: str(self.schema.by_name[name].type) for name in self.names}
        sealed = msgspec.json.encode([LANGUAGE, digest(self.tree), types], order="sorted")
        return hashlib.sha256(sealed).hexdigest()

    @once
    def canonical(self) -> bytes:
        """The tree as canonical JSON, to be stored; `from_json` reads it."""
        return canonical(self.tree)

    def sql(self, columns: Mapping[str, Column], prefix: str = "e") -> Fragment:
        """The same as SQL over columns. Raises ColumnsMissing."""
        return sql.compiled(self.typed, columns, prefix)

    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values from outside as facts. Raises FactsUnreadable."""
        return self.schema.read(values)

    def answer(self, facts: Mapping[str, Any]) -> Answer:
        """The value over facts that the schema has read. Nothing is raised, whatever they are."""
        try:
            value = self._run(facts)
        except Refused as refused:
            return Answer(None, refused.code)
        except (TypeError, AttributeError, LookupError, ArithmeticError, ValueError):
            return Answer(None, UNREADABLE)
        if self._exact and isinstance(value, int):
            value = Decimal(value)
        return Answer(value)

    def explain(self, facts: Mapping[str, Any]) -> Explained:
        """The answer, why it is so, and the smallest change that would make a condition true."""
        answer = self.answer(facts)
        values: list[Any] = [reasons.MISSING] * (len(self._tracing[1]) + 1)
        if answer.refusal:
            return Explained(answer)
        self._tracing[0](facts, values)
        trace = reasons.Trace(values, facts, self.schema)
        found = [reasons.reason(leaf, trace) for leaf in _once(reasons.deciding(self.typed, trace))]
        if self.type.kind != "boolean":
            return Explained(answer, tuple(found))
        ways = reasons.needed(self.typed, trace)
        return Explained(
            answer,
            tuple(found),
            None if ways is None else tuple(reasons.reason(leaf, trace) for leaf in _once(ways)),
        )

    @once
    def _tracing(self) -> tuple[python.Traced, tuple[Typed, ...]]:
        return python.traced(self.typed), tuple(self.typed.walk())

    def value(self, facts: Mapping[str, Any]) -> Any:
        """The value over facts that the schema has read. Raises ExpressionWithoutValue."""
        return self.answer(facts).demand()

    def shown(self, value: Any) -> Any:
        """A value of this expression as plain JSON."""
        return show_value(self.type, value)


def expression_of(
    pointer: str, source: str, wants: Type, schema: Schema, faults: list[FieldError]
) -> Expression | None:
    """The expression in a field of a file; None where it has faults, which are added at its field."""
    try:
        return Expression(source, schema, wants)
    except (ExpressionUnreadable, ExpressionRefused) as refused:
        for fault in refused.errors:
            place = f"{pointer}: {fault.pointer}" if fault.pointer else pointer
            faults.append(msgspec.structs.replace(fault, pointer=place))
        return None


def _once(leaves: list[Typed]) -> list[Typed]:
    """The same condition written twice is one reason."""
    found: dict[bytes, Typed] = {}
    for leaf in leaves:
        found.setdefault(canonical(leaf.node), leaf)
    return list(found.values())
