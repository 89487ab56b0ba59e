"""The SQL of an expression agrees with its Python on every row, in a real PostgreSQL."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core.db import Database, Tx
from huoshui.core.expr import (
    Answer,
    Column,
    ColumnsMissing,
    Expression,
    ExpressionRefused,
    Fragment,
    Node,
    Type,
    read_schema,
)
from huoshui.core.money import Money
from tests import ground
from tests.core.expr.test_meaning import FACTS, MEANT, PLAIN
from tests.core.expr.trees import COLUMNS, SCHEMA, any_tree, facts

MAPPED = {
    fact.name: Column(
        fact.name[2:], "f", f"{fact.name[2:]}_currency" if str(fact.type) == "money" else ""
    )
    for fact in SCHEMA.facts
}


def source(rows: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """The rows as a FROM item `f`, each value of its column's type."""
    params: dict[str, Any] = {}
    written, names = [], ["row"]
    for number, row in enumerate(rows):
        cells = [str(number)]
        for fact in SCHEMA.facts:
            name, value = fact.name[2:], row[fact.name]
            if str(fact.type) == "money":
                pair = (value.amount, value.currency) if value else (None, None)
                told = [(name, pair[0], "bigint"), (f"{name}_currency", pair[1], "text")]
            elif fact.type.item:
                items = None if value is None else [getattr(v, "amount", v) for v in value]
                told = [(name, items, f"{COLUMNS[str(fact.type.item)]}[]")]
            else:
                told = [(name, getattr(value, "amount", value), COLUMNS[str(fact.type)])]
            for column, cell, kind in told:
                params[f"r{number}_{column}"] = cell
                cells.append(f"%(r{number}_{column})s::{kind}")
                names += [] if number else [column]
        written.append(f"({', '.join(cells)})")
    return f"(VALUES {', '.join(written)}) AS f({', '.join(names)})", params


def answers(tx: Tx, fragment: Fragment, kind: Type, rows: list[dict[str, Any]]) -> list[Answer]:
    """What PostgreSQL answers for each row."""
    behind, params = source(rows)
    query = (
        f"SELECT x.value, x.currency, x.refusal FROM {behind} "
        f"CROSS JOIN {fragment.lateral('x')} ORDER BY f.row"
    )
    found = tx.tuples(query, **params, **fragment.params)
    return [Answer(_value(kind, v, currency), refusal or "") for v, currency, refusal in found]


def _value(kind: Type, value: Any, currency: str | None) -> Any:
    if value is not None and kind.kind == "money":
        return Money(int(value), kind.currency or str(currency))
    return value


def agreed(tx: Tx, drawn: Node, rows: list[dict[str, Any]]) -> None:
    """Both answer alike, row by row."""
    try:
        expression = Expression(drawn, SCHEMA)
    except ExpressionRefused:
        return
    fragment = expression.sql(MAPPED)
    wanted = [expression.answer(row) for row in rows]
    assert answers(tx, fragment, expression.type, rows) == wanted, (expression.text, fragment.value)
    if expression.type.kind == "boolean":
        behind, params = source(rows)
        held = tx.tuples(
            f"SELECT f.row FROM {behind} WHERE {fragment.scalar} ORDER BY 1",
            **params,
            **fragment.params,
        )
        assert [n for (n,) in held] == [n for n, answer in enumerate(wanted) if answer.holds]


@given(
    st.lists(facts(), min_size=3, max_size=3),
    st.lists(any_tree(), min_size=4, max_size=4),
)
@settings(max_examples=ground.examples(40))
def test_sql_and_python_agree(sandbox: Database, rows, drawn) -> None:
    with sandbox.begin() as tx:
        for each in drawn:
            agreed(tx, each, rows)


def test_what_the_meaning_tests_say_is_so_in_sql(sandbox: Database) -> None:
    """Every expression of test_meaning, whose facts are columns here."""
    columns = {fact.name: Column(fact.name.replace(".", "_"), "f") for fact in PLAIN.facts}
    columns["paid"] = Column("paid", "f", "paid_currency")
    cells, params = [], {}
    for fact in PLAIN.facts:
        name, value, kind = (
            fact.name.replace(".", "_"),
            FACTS[fact.name],
            COLUMNS.get(str(fact.type)),
        )
        if name == "paid":
            params["paid_currency"], kind = value.currency, "bigint"
            cells.append("%(paid_currency)s::text AS paid_currency")
        params[name] = list(value) if fact.type.item else getattr(value, "amount", value)
        cells.append(f"%({name})s::{kind or 'numeric[]'} AS {name}")
    with sandbox.begin() as tx:
        for written, _ in MEANT:
            expression = Expression(written, PLAIN)
            fragment = expression.sql(columns)
            query = (
                f"SELECT x.value, x.currency, x.refusal FROM (SELECT {', '.join(cells)}) AS f "
                f"CROSS JOIN {fragment.lateral('x')}"
            )
            [(value, currency, refusal)] = tx.tuples(query, **params, **fragment.params)
            found = Answer(_value(expression.type, value, currency), refusal or "")
            assert found == expression.answer(FACTS), written


HOSTILE = [
    "'); DROP TABLE book; --",
    '"',
    "\\",
    "%s",
    "%(e0)s",
    "$1",
    "{0}",
    "😀" * 20,
    "\x01\x7f",
    "::text",
]


def test_no_text_becomes_sql(sandbox: Database) -> None:
    schema = read_schema({"t": {"type": "text", "en": "t", "zh": "文"}})
    written = set()
    with sandbox.begin() as tx:
        for text in HOSTILE:
            literal = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
            expression = Expression(f"t == {literal} and contains_any(t, [{literal}])", schema)
            fragment = expression.sql({"t": Column("t", "f")})
            written.add(fragment.scalar)
            query = f"SELECT {fragment.scalar} FROM (SELECT %(given)s::text AS t) AS f"
            assert tx.tuples(query, given=text, **fragment.params) == [(True,)]
    assert len(written) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {}, {"t": Column("")}, {"t": Column('t"; DROP TABLE book; --')}, {"t": Column("t", "f.g")},
        {"t": Column("t" * 64)}, {"t": Column("t", "f", "t")} | {"t": Column("é")},
    ],
)  # fmt: skip
def test_a_column_is_called_by_a_plain_name(columns: dict[str, Column]) -> None:
    expression = Expression(
        "t is null", read_schema({"t": {"type": "text", "en": "t", "zh": "文"}})
    )
    with pytest.raises(ColumnsMissing):
        expression.sql(columns)
    with pytest.raises(ColumnsMissing):
        expression.sql({"t": Column("t")}, prefix="e) --")


def test_what_cannot_be_refused_is_plain_sql() -> None:
    schema = read_schema(
        {
            "flow": {"type": "money CNY", "en": "f", "zh": "流"},
            "day": {"type": "date", "en": "d", "zh": "日"},
            "city": {"type": "text", "en": "c", "zh": "城"},
        }
    )
    columns = {name: Column(name) for name in ("flow", "day", "city")}
    written = (
        'flow >= 5 CNY and day + 30 days > 2026-01-31 and city in ["a", "b"] and flow / 2 CNY > 1'
    )
    fragment = Expression(written, schema).sql(columns)
    assert fragment.refusal == "NULL::text" and fragment.source == ""
    assert '("flow"::numeric >= %(e0)s::numeric)' in fragment.scalar
    assert fragment.params["e0"] == Decimal(500)


def test_no_part_is_written_twice() -> None:
    """Nested divisions and choices grow with their depth, not with its power."""
    schema = read_schema({"n": {"type": "integer", "en": "n", "zh": "数"}})
    sizes = []
    for depth in (8, 16):
        written = "n"
        for _ in range(depth):
            written = f'round(n / {written}, 2, "half_even")'
        sizes.append(len(Expression(f"{written} > 1", schema).sql({"n": Column("n")}).scalar))
    assert sizes[1] < 2.5 * sizes[0]
