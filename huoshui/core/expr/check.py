"""The check before anything is read: names, types, arity, sizes. Every fault says where it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from huoshui.core.errors import FieldError, Problem
from huoshui.core.expr.faults import Fault, Word, place
from huoshui.core.expr.model import (
    Call,
    Const,
    Each,
    ExpressionRefused,
    ExpressionUnreadable,
    Items,
    Name,
    Node,
    bounded,
    walk,
)
from huoshui.core.expr.parser import Parsed, parse
from huoshui.core.expr.rules import RULES, UNWRITTEN, Bench, Unmeant
from huoshui.core.expr.schema import Schema
from huoshui.core.expr.text import constant_text, text
from huoshui.core.expr.typed import FAR, Shape, Typed
from huoshui.core.expr.types import (
    AFTER,
    BEFORE,
    BOOLEAN,
    FIRST,
    INTEGER,
    LAST,
    MONEY,
    NULL,
    UNKNOWN,
    WHOLE,
    Type,
    joined,
    list_of,
)
from huoshui.core.money import Money, UnknownCurrency

FAULTS_MOST = 20


def check(source: Parsed | Node, schema: Schema, wants: Type | None = None) -> Typed:
    """The typed tree. With `wants`, of that type. Raises ExpressionRefused."""
    parsed = source if isinstance(source, Parsed) else _placed(source)
    checker = _Checker(parsed, schema)
    typed = checker.typed(parsed.tree)
    if wants and not checker.faults:
        fits = joined(wants, typed.type) == wants
        if not fits:
            checker.fault(0, "expr_type", expected=wants.word, found=typed.type.word)
    if checker.faults:
        faults = tuple(checker.faults[:FAULTS_MOST])
        raise ExpressionRefused(count=len(checker.faults), errors=faults)
    return typed


def _placed(tree: Node) -> Parsed:
    """A tree that has no text of its own, with the places of its canonical one."""
    bounded(tree)
    try:
        written = text(tree)
        parsed = parse(written)
    except (Problem, ArithmeticError, ValueError):
        return Parsed(tree, "", ())
    return parsed if parsed.tree == tree else Parsed(tree, written, ())


class _Checker:
    def __init__(self, parsed: Parsed, schema: Schema) -> None:
        self.parsed = parsed
        self.schema = schema
        self.faults: list[FieldError] = []
        self.number = -1
        self.bound: dict[str, Shape] = {}  # the variable of an `any`, `all` or `count`

    def fault(self, number: int, code: str, **facts: Any) -> None:
        """A fault at the n-th node."""
        spans = self.parsed.spans
        where = place(self.parsed.text, spans[number].start) if number < len(spans) else "-"
        self.faults.append(Fault(where, code, facts))

    def typed(self, node: Node) -> Typed:
        """A node with its type; of what is faulty the type is unknown, so that one fault is told once."""
        self.number += 1
        number = self.number
        if isinstance(node, Const):
            return self.const(number, node)
        if isinstance(node, Name):
            return Typed(number, node, self.name(number, node.name))
        if isinstance(node, Items):
            return self.items(number, node)
        if isinstance(node, Each):
            return self.each(number, node)
        return self.call(number, node)

    def const(self, number: int, node: Const) -> Typed:
        try:
            value, shape = _constant(node)
        except (ValueError, ArithmeticError, LookupError, ExpressionUnreadable, UnknownCurrency):
            value, shape = None, Shape(UNKNOWN)
        if shape.type == UNKNOWN:
            self.fault(number, "expr_constant", value=node.value[:40])
        return Typed(number, node, shape, value=value)

    def name(self, number: int, name: str) -> Shape:
        if name in self.bound:
            return self.bound[name]
        fact = self.schema.by_name.get(name)
        if fact is None:
            known = ", ".join(list(self.schema.by_name)[:12]) or "-"
            self.fault(number, "expr_name", name=name[:60], known=known)
            return Shape(UNKNOWN)
        return _fact_shape(fact.type, maybe=not fact.always)

    def items(self, number: int, node: Items) -> Typed:
        args = tuple(self.typed(each) for each in node.items)
        item: Type | None = NULL
        for arg in args:
            item = joined(item, arg.type) if item else None
        if item is None or item.item or item == MONEY:
            self.fault(number, "expr_items")
            return Typed(number, node, Shape(UNKNOWN), args)
        shape = Shape(
            list_of(item),
            fails=any(arg.fails for arg in args),
            whole=max((arg.shape.whole for arg in args), default=0),
            scale=max((arg.shape.scale for arg in args), default=0),
            reach=max((arg.shape.reach for arg in args), default=0),
        )
        constant = all(arg.constant for arg in args)
        return Typed(number, node, shape, args, tuple(a.value for a in args) if constant else None)

    def each(self, number: int, node: Each) -> Typed:
        """The list stands behind the test in the text, and is typed before it."""
        if node.op not in ("any", "all", "count") or self.bound:
            self.fault(number, "expr_nested" if self.bound else "expr_function", name=node.op[:40])
            return Typed(number, node, Shape(UNKNOWN))
        if node.var in self.schema.by_name or not node.var.isidentifier():
            self.fault(number, "expr_variable", name=node.var[:40])
        size = _size(node.test)
        self.number += size
        of = self.typed(node.of)
        after, self.number = self.number, number
        item = of.type.item or UNKNOWN
        if not of.type.item and of.type not in (UNKNOWN, NULL):
            self.fault(
                of.number, "expr_type", expected=Word("expr.type.any_list"), found=of.type.word
            )
        self.bound = {node.var: _fact_shape(item, maybe=True)}
        test = self.typed(node.test)
        self.bound, self.number = {}, after
        if test.type not in (BOOLEAN, UNKNOWN, NULL):
            self.fault(test.number, "expr_type", expected=BOOLEAN.word, found=test.type.word)
        count = node.op == "count"
        shape = Shape(
            INTEGER if count else BOOLEAN,
            maybe=of.maybe or of.is_null or (test.maybe and not count),
            fails=of.fails or test.fails,
            whole=4,
        )
        return Typed(number, node, shape, (test, of))

    def call(self, number: int, node: Call) -> Typed:
        args = tuple(self.typed(each) for each in node.args)
        rule = RULES.get(node.op)
        if rule is None:
            known = ", ".join(sorted(RULES.keys() - UNWRITTEN))
            self.fault(number, "expr_function", name=node.op[:40], known=known)
            return Typed(number, node, Shape(UNKNOWN), args)
        least, most = rule.arity
        if not least <= len(args) <= most:
            wanted = str(least) if least == most else f"{least}…{most if most < FAR else ''}"
            self.fault(number, "expr_arity", name=node.op, expected=wanted, found=len(args))
            return Typed(number, node, Shape(UNKNOWN), args)
        # What is faulty itself goes with everything, like null.
        taken = tuple(_as_null(arg) if arg.type == UNKNOWN else arg for arg in args)
        try:
            shape = rule.shape(Bench(node.op, taken))
        except Unmeant as unmeant:
            at, code, facts = unmeant.args
            if at < 0 or taken[at] is args[at]:
                self.fault(args[at].number if at >= 0 else number, code, **facts)
            shape = Shape(UNKNOWN)
        return Typed(number, node, shape, args)


def _as_null(arg: Typed) -> Typed:
    return msgspec.structs.replace(arg, shape=Shape(NULL, maybe=True))


def _size(node: Node) -> int:
    return sum(1 for _ in walk(node))


def _fact_shape(kind: Type, *, maybe: bool) -> Shape:
    scalar = kind.item or kind
    whole = {"integer": WHOLE, "money": WHOLE, "decimal": BEFORE}.get(scalar.kind, 0)
    scale = AFTER if scalar.kind == "decimal" else 0
    reach = FAR if scalar.kind in ("days", "months") else 0
    return Shape(kind, maybe=maybe, whole=whole, scale=scale, reach=reach)


def _constant(node: Const) -> tuple[Any, Shape]:
    """The value of a constant, and its shape; unknown where it is not in its canonical form."""
    if node.type == "null":
        return None, Shape(NULL, maybe=True) if node.value == "null" else Shape(UNKNOWN)
    value = _VALUES[node.type](node)
    parsed = parse(constant_text(node)).tree
    if parsed != node:
        return None, Shape(UNKNOWN)
    if isinstance(value, datetime):
        return value, Shape(Type("instant"), reach=_beyond(value.date()))
    if isinstance(value, date):
        return value, Shape(Type("date"), reach=_beyond(value))
    whole, _, fraction = node.value.lstrip("-").partition(".")
    reach = abs(value) if node.type in ("days", "months") else 0
    return value, Shape(
        Type(node.type, node.currency), whole=len(whole), scale=len(fraction), reach=reach
    )


def _beyond(day: date) -> int:
    return max(0, (FIRST - day).days, (day - LAST).days)


_VALUES: dict[str, Callable[[Const], Any]] = {
    "boolean": lambda node: node.value == "true",
    "integer": lambda node: int(node.value),
    "decimal": lambda node: Decimal(node.value),
    "money": lambda node: Money(int(node.value), node.currency),
    "text": lambda node: node.value,
    "date": lambda node: date.fromisoformat(node.value),
    "instant": lambda node: datetime.fromisoformat(node.value),
    "days": lambda node: int(node.value),
    "months": lambda node: int(node.value),
}
