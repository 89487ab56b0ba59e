"""A typed tree becomes one SQL expression that agrees with the Python function on every row.

Constants are parameters and columns come from a declared map, so that no text becomes SQL. Nothing
raises in the database: what may be refused is guarded, and its code is a column beside the value. What
cannot be refused is plain SQL, which an index may serve; else its parts are named, one lateral subquery
each, so that no part is reckoned twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from huoshui.core.errors import Problem
from huoshui.core.expr.model import Call, Each, Items, Name
from huoshui.core.expr.sql_forms import AGGREGATES, OPERATORS, unless_null
from huoshui.core.expr.sql_scope import NO_REFUSAL, Scope, Sql, sql_type
from huoshui.core.expr.typed import Typed
from huoshui.core.expr.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    INSTANT,
    INTEGER,
    MONEY,
    NULL,
    TEXT,
    Type,
    list_of,
)
from huoshui.core.money import Money

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_PREFIX = re.compile(r"[a-z]{1,8}")


class ColumnsMissing(Problem):
    """A name that the expression reads has no column, or one that cannot be called so."""

    code = "expression_columns_missing"
    status = 422


class Column(msgspec.Struct, frozen=True):
    """Where a name's values lie: a column, and the alias of its table.

    Amounts are columns of minor units; the currency stands in `currency`, where none is declared.
    """

    name: str
    table: str = ""
    currency: str = ""

    def sql(self, name: str) -> str:
        """A column of this table as a quoted identifier. Raises ColumnsMissing."""
        parts = [part for part in (self.table, name) if part]
        if not name or not all(_IDENTIFIER.fullmatch(part) for part in parts):
            raise ColumnsMissing(name=name[:60] or self.name[:60])
        return ".".join(f'"{part}"' for part in parts)


class Fragment(msgspec.Struct, frozen=True):
    """SQL with its parameters, in psycopg's named form. Of an amount the value is its minor units."""

    value: str  # a scalar expression; null where it is refused
    refusal: str  # a scalar expression: the code of the refusal, or null
    currency: str  # a scalar expression: of an amount, else null
    source: str  # what stands behind FROM for them, or nothing
    params: dict[str, Any]

    @property
    def scalar(self) -> str:
        """The value as one expression over the columns: for WHERE and SELECT; refused is null."""
        return f"(SELECT {self.value} FROM {self.source})" if self.source else f"({self.value})"

    def lateral(self, alias: str) -> str:
        """A FROM item with the columns `value`, `currency` and `refusal` for each row."""
        behind = f" FROM {self.source}" if self.source else ""
        columns = f"{self.value} AS value, {self.currency} AS currency, {self.refusal} AS refusal"
        return f'LATERAL (SELECT {columns}{behind}) AS "{alias}"'


def compiled(typed: Typed, columns: Mapping[str, Column], prefix: str = "e") -> Fragment:
    """The SQL of a tree over these columns. `prefix` keeps the parameters of two fragments apart.

    Raises ColumnsMissing.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ColumnsMissing(name=prefix[:60])
    scope = Scope(prefix)
    found = _Writer(columns).write(scope, typed, typed.type)
    value = found.value
    if found.refusal:
        value = f"CASE WHEN {found.refusal} IS NULL THEN {value} END"
    return Fragment(
        value,
        found.refusal or NO_REFUSAL,
        found.currency or "NULL::text",
        scope.source,
        scope.params,
    )


class _Writer:
    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns
        self.bound: dict[str, Sql] = {}

    def write(self, scope: Scope, typed: Typed, wanted: Type) -> Sql:
        """The SQL of a node; a bare null gets the type that is wanted of it."""
        node = typed.node
        if typed.is_null:
            kind = TEXT if wanted.kind in ("null", "unknown") else wanted
            return Sql(f"NULL::{sql_type(kind)}", "NULL::text" if kind == MONEY else "")
        if typed.constant and not typed.type.item:
            return _constant(scope, typed)
        if isinstance(node, Name):
            return self.bound.get(node.name) or self.column(node.name, typed.type)
        if isinstance(node, Items):
            return self.items(scope, typed, wanted)
        if isinstance(node, Each):
            return self.each(scope, typed, node)
        assert isinstance(node, Call)
        args = [self.write(scope, arg, _wanted(typed, at)) for at, arg in enumerate(typed.args)]
        return OPERATORS[node.op](scope, typed, args)

    def column(self, name: str, kind: Type) -> Sql:
        column = self.columns.get(name)
        if column is None:
            raise ColumnsMissing(name=name)
        currency = f"{column.sql(column.currency)}::text" if kind == MONEY else ""
        return Sql(f"{column.sql(column.name)}::{sql_type(kind)}", currency)

    def items(self, scope: Scope, typed: Typed, wanted: Type) -> Sql:
        item = typed.type.item
        if item in (None, NULL):
            item = wanted.item if wanted.item not in (None, NULL) else TEXT
        assert item is not None
        kind = sql_type(list_of(item))
        if typed.constant:
            values = [_parameter(value) for value in typed.value]
            return Sql(f"{scope.param(values)}::{kind}")
        args = [self.write(scope, arg, item) for arg in typed.args]
        inner = ", ".join(arg.value for arg in args)
        return Sql(f"ARRAY[{inner}]::{kind}", refusal=scope.first_refusal(args))

    def each(self, scope: Scope, typed: Typed, node: Each) -> Sql:
        """A test over the elements of a list, in their order."""
        test, of = typed.args
        found = self.write(scope, of, list_of(TEXT))
        listed = scope.once(found.value)
        inner, row = scope.inner(), scope.fresh("u")
        item = of.type.item if of.type.item not in (None, NULL) else TEXT
        assert item is not None
        self.bound = {node.var: Sql(f"{row}.x::{sql_type(item)}")}
        tested = self.write(inner, test, BOOLEAN)
        self.bound = {}
        refusal = tested.refusal or NO_REFUSAL
        body = (
            f"SELECT {tested.value} AS t, {refusal} AS r, {row}.i AS i "
            f"FROM unnest({listed}) WITH ORDINALITY AS {row}(x, i){inner.joined}"
        )
        value = unless_null(of, listed, AGGREGATES[node.op])
        if not tested.refusal:
            return Sql(f"(SELECT {value} FROM ({body}) AS {row}q)", refusal=found.refusal)
        first = "(array_agg(r ORDER BY i) FILTER (WHERE r IS NOT NULL))[1]"
        v, r = scope.named([value, first], f" FROM ({body}) AS {row}q")
        return Sql(v, refusal=scope.first_refusal([found, Sql("", refusal=r)]))


def _constant(scope: Scope, typed: Typed) -> Sql:
    if isinstance(typed.value, bool):
        return Sql(str(typed.value).lower())
    return Sql(f"{scope.param(_parameter(typed.value))}::{sql_type(typed.type)}")


def _parameter(value: Any) -> Any:
    """A constant as the driver takes it: numbers of one list are of one kind."""
    value = value.amount if isinstance(value, Money) else value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


_HINTS = {
    "hour": INSTANT, "date": INSTANT, "seconds_between": INSTANT, "age": DATE, "year": DATE,
    "month": DATE, "day": DATE, "weekday": DATE, "days_between": DATE, "length": TEXT, "lower": TEXT,
    "starts_with": TEXT, "share": MONEY, "currency": MONEY, "round": INTEGER, "days": INTEGER,
    "months": INTEGER, "count": list_of(TEXT), "any": list_of(BOOLEAN), "all": list_of(BOOLEAN),
    "and": BOOLEAN, "or": BOOLEAN, "not": BOOLEAN,
}  # fmt: skip


def _wanted(typed: Typed, at: int) -> Type:
    """The type that a bare null has as this argument."""
    op, kinds = getattr(typed.node, "op", ""), [arg.type for arg in typed.args]
    if op in ("in", "not_in", "contains_any", "contains_none"):
        item = TEXT if op.startswith("contains") else kinds[1].item or NULL
        scalar = item if item != NULL else kinds[0] if kinds[0] != NULL else TEXT
        return list_of(scalar) if at == 1 else scalar
    if op in _HINTS:
        return DECIMAL if op == "share" and at == 1 else _HINTS[op]
    if op == "if":
        return BOOLEAN if at == 0 else typed.type
    if op in ("+", "-") and kinds[0].kind in ("date", "instant") and kinds[1] == NULL:
        return INTEGER
    known = [kind for kind in kinds if kind != NULL]
    alone = INTEGER if op == "is_multiple_of" else TEXT
    return known[0] if known else typed.type if typed.type != BOOLEAN else alone
