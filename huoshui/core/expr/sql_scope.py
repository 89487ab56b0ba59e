"""Where SQL is put together: parameters, and parts that have a name."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from huoshui.core.expr.types import Type

NO_REFUSAL = "NULL::text"
_ATOM = re.compile(r'[\w".]+(::[\w\[\]]+( COLLATE "C")?)?|%\(\w+\)s(::[\w\[\]]+( COLLATE "C")?)?')
_TYPES = {
    "boolean": "boolean", "integer": "numeric", "decimal": "numeric", "money": "numeric",
    "days": "numeric", "months": "numeric", "text": "text", "date": "date", "instant": "timestamptz",
}  # fmt: skip


def sql_type(kind: Type) -> str:
    """The SQL type of a value, as it stands behind `::`; texts compare by their bytes."""
    name = _TYPES[(kind.item or kind).kind] + ("[]" if kind.item else "")
    return f'{name} COLLATE "C"' if name.startswith("text") else name


class Sql(NamedTuple):
    """A value's SQL, of an amount without a declared currency that too, and what names a refusal."""

    value: str
    currency: str = ""
    refusal: str = ""  # a name, or nothing where there can be none


class Scope:
    """The named parts of one row's reckoning, each a lateral subquery, and the parameters."""

    def __init__(self, prefix: str, parent: Scope | None = None) -> None:
        self.prefix = prefix
        self.top: Scope = parent or self
        self.params: dict[str, Any] = parent.params if parent else {}
        self.parts: list[str] = []
        self.count = 0

    def inner(self) -> Scope:
        """A scope for each element of a list; parameters and names are shared."""
        return Scope(self.prefix, self.top)

    @property
    def source(self) -> str:
        """The parts as they stand behind FROM."""
        return " CROSS JOIN LATERAL ".join(self.parts)

    @property
    def joined(self) -> str:
        """The parts as they stand behind another FROM item."""
        return "".join(f" CROSS JOIN LATERAL {part}" for part in self.parts)

    def fresh(self, letter: str) -> str:
        """A name that no other part has."""
        self.top.count += 1
        return f"{letter}{self.top.count}"

    def param(self, value: Any) -> str:
        """A place for a value, which stays outside of the text."""
        name = f"{self.prefix}{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"

    def shared(self, value: str) -> str:
        """A place for a text that may have one already."""
        for name, known in self.params.items():
            if known is value:
                return f"%({name})s::text"
        return f"{self.param(value)}::text"

    def named(self, values: list[str], behind: str = "") -> list[str]:
        """Names for values; OFFSET 0 keeps the planner from writing them out at every use."""
        part, names = self.fresh("s"), [self.fresh("c") for _ in values]
        columns = ", ".join(f"{v} AS {name}" for v, name in zip(values, names, strict=True))
        self.parts.append(f"(SELECT {columns}{behind} OFFSET 0) AS {part}")
        return [f"{part}.{name}" for name in names]

    def once(self, value: str) -> str:
        """A form of the value that may be written several times."""
        return value if _ATOM.fullmatch(value) else self.named([value])[0]

    def first_refusal(self, args: list[Sql]) -> str:
        """The first refusal among the arguments, in their order."""
        told = list(dict.fromkeys(arg.refusal for arg in args if arg.refusal))
        if len(told) < 2:
            return told[0] if told else ""
        return self.named([f"COALESCE({', '.join(told)})"])[0]
