"""Rules: `{"op": …, "args": […]}` (or `value` and `divider`) → the value, or a refusal.

A case becomes a tree of the expression language, which checks and evaluates it. Texts are numbers
where their operator takes numbers; `"0.2 + 0.1"` is arithmetic. A refusal has the code of its first
fault, in the words of the cases' notes.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from huoshui.core.expr import (
    Call,
    Const,
    Expression,
    ExpressionRefused,
    ExpressionUnreadable,
    ExpressionWithoutValue,
    Items,
    Node,
    Schema,
    parse,
)
from huoshui.core.expr.types import plain

Words = dict[str, Any]
_OPS = {"=": "==", "≠": "!=", "not in": "not_in", "≥": ">=", "≤": "<="}
_CODES = {
    "expr_arity": "wrong_arity", "expr_type": "wrong_type", "expr_apart": "wrong_type",
    "expr_items": "wrong_type", "expr_zero": "division_by_zero", "expr_function": "unknown_operator",
    "expr_constant": "number_out_of_bounds",
}  # fmt: skip
_NUMBERS = (">", ">=", "<", "<=", "+", "-", "*", "/", "is_multiple_of")
_NUMBER = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?\s*")
_ARITHMETIC = re.compile(r"[0-9\s.()+*/-]*[0-9][\s)]*[-+*/][0-9\s.()+*/-]*")


def answer(case: Words) -> Words:
    """The value of a case's expression. Problems are its refusals."""
    try:
        found = Expression(tree(case["input"]), Schema(())).value({})
    except ExpressionRefused as refused:
        fault = refused.errors[0]
        return {
            "error": {"code": _CODES.get(fault.code, refused.code), "detail": fault.detail("en")}
        }
    except ExpressionWithoutValue as refused:
        return {"error": {"code": refused.facts["refusal"], "detail": refused.detail("en")}}
    return {"value": _json(found)}


def _json(value: Any) -> Any:
    """A JSON number for a decimal: whole ones stay whole."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def expected(case: Words) -> Words:
    """What a case gives: a value, which may be null, a number nearly met, or a refusal."""
    wanted = case.get("expected", case.get("expect"))
    return wanted if isinstance(wanted, dict) else {"value": wanted}


def agrees(case: Words, found: Words) -> bool:
    """Equal as numbers or as they are; near where the case says so; of refusals any."""
    wanted = expected(case)
    if "error" in wanted or "error" in found:
        return "error" in wanted and "error" in found
    value = found["value"]
    if "approx" in wanted:
        return abs(Decimal(str(value)) - Decimal(str(wanted["approx"]))) < Decimal("1e-9")
    told = wanted["value"]
    if isinstance(value, bool) or isinstance(told, bool) or None in (value, told):
        return value is told
    return Decimal(str(value)) == Decimal(str(told)) if _is_number(told) else bool(value == told)


def tree(given: Words) -> Node:
    """The tree of a case's words."""
    op = str(_OPS.get(given["op"], given["op"]))
    args = given.get("args", [])
    if "value" in given or "divider" in given:
        args = [given[name] for name in ("value", "divider") if name in given]
    numeric = op in _NUMBERS or _are_decimals(args)
    nodes = tuple(_node(arg, numeric) for arg in args)
    if op in ("and", "or") and len(nodes) == 1:
        return Call(
            "not", (Call("not", nodes),)
        )  # one operand is itself, and must be true or false
    return Call(op, nodes)


def _are_decimals(args: list[Any]) -> bool:
    """Whether the texts among plain arguments are numbers: one is arithmetic, or all are numbers."""
    texts = [arg for arg in args if isinstance(arg, str)]
    if any(_ARITHMETIC.fullmatch(text) for text in texts):
        return all(_is_number(arg) or _ARITHMETIC.fullmatch(str(arg)) for arg in args)
    whole = any(isinstance(arg, int) for arg in args)
    return bool(texts) and not whole and all(_is_number(arg) for arg in args)


def _is_number(arg: Any) -> bool:
    if isinstance(arg, str):
        return bool(_NUMBER.fullmatch(arg))
    return isinstance(arg, int | Decimal | float) and not isinstance(arg, bool)


def _node(arg: Any, numeric: bool) -> Node:
    """A constant, a list, or an expression within."""
    if isinstance(arg, dict):
        return tree(arg)
    if isinstance(arg, list):
        return Items(tuple(_node(each, False) for each in arg))
    if arg is None:
        return Const("null", "null")
    if isinstance(arg, bool):
        return Const("boolean", str(arg).lower())
    if isinstance(arg, int | Decimal):
        return _number(arg)
    if numeric and isinstance(arg, str):
        try:
            if _NUMBER.fullmatch(arg) or _ARITHMETIC.fullmatch(arg):
                return parse(arg).tree
        except ExpressionUnreadable:
            return Const("text", arg)
    return Const("text", arg)


def _number(value: int | Decimal) -> Node:
    kind = "decimal" if isinstance(value, Decimal) else "integer"
    return Const(kind, plain(value))
