"""The canonical text of a tree: `parse(text(tree)).tree == tree`."""

from __future__ import annotations

import json
from collections.abc import Callable

from huoshui.core.expr.model import Call, Const, Each, Items, Name, Node
from huoshui.core.expr.types import plain
from huoshui.core.money import major

# How much an operator binds; what stands beside one that binds more goes into brackets.
CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(9)
_BINARY = {
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "in", "not_in"), COMPARISON),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys("*/", PRODUCT),
}
_AFTER = {"is_null": "is null", "is_not_null": "is not null"}
_CLOSE = {"days": ("day", "days"), "months": ("month", "months")}

Named = Callable[[str], str]


def text(node: Node, named: Named = str) -> str:
    """The text of a tree; `named` may put descriptions for names, which a person reads."""
    return _text(node, named)[0]


def _text(node: Node, named: Named) -> tuple[str, int]:
    if isinstance(node, Const):
        return constant_text(node), ATOM
    if isinstance(node, Name):
        return named(node.name), ATOM
    if isinstance(node, Items):
        return f"[{_list(node.items, named)}]", ATOM
    if isinstance(node, Each):
        test, of = _at(node.test, CHOICE, named), _at(node.of, OR, named)
        return f"{node.op}({test} for {named(node.var)} in {of})", ATOM
    return _call(node, named)


def _list(nodes: tuple[Node, ...], named: Named) -> str:
    return ", ".join(_at(each, CHOICE, named) for each in nodes)


def _at(node: Node, level: int, named: Named) -> str:
    """The text of a node where at least this level is needed."""
    found, binds = _text(node, named)
    return found if binds >= level else f"({found})"


def _call(node: Call, named: Named) -> tuple[str, int]:
    op, args = node.op, node.args
    if op in ("and", "or") and len(args) > 1:
        level = AND if op == "and" else OR
        return f" {op} ".join(_at(each, level + 1, named) for each in args), level
    if op in _BINARY and len(args) == 2:
        return _binary(op, args[0], args[1], named)
    if op == "if" and len(args) == 3:
        then, condition = _at(args[1], OR, named), _at(args[0], OR, named)
        return f"{then} if {condition} else {_at(args[2], CHOICE, named)}", CHOICE
    if op == "not" and len(args) == 1:
        return f"not {_at(args[0], NOT, named)}", NOT
    if op in _AFTER and len(args) == 1:
        return f"{_at(args[0], SUM, named)} {_AFTER[op]}", COMPARISON
    if op == "neg" and len(args) == 1:
        return _negative(args[0], named), SIGN
    return f"{op}({_list(args, named)})", ATOM


def _binary(op: str, left: Node, right: Node, named: Named) -> tuple[str, int]:
    level = _BINARY[op]
    first = level + 1 if level == COMPARISON else level
    symbol = op.replace("_", " ")
    return f"{_at(left, first, named)} {symbol} {_at(right, level + 1, named)}", level


def _negative(node: Node, named: Named) -> str:
    # The sign before a number would become the number's own.
    number = isinstance(node, Const) and node.type not in ("text", "date", "instant", "boolean")
    inner = _at(node, SIGN, named)
    return f"-({inner})" if number else f"-{inner}"


def constant_text(node: Const) -> str:
    """A constant as it is written."""
    if node.type == "money":
        return f"{plain(major(int(node.value), node.currency))} {node.currency}"
    if node.type in _CLOSE:
        one, many = _CLOSE[node.type]
        return f"{node.value} {one if node.value in ('1', '-1') else many}"
    if node.type == "decimal" and "." not in node.value:
        return f"{node.value}.0"
    if node.type == "text":
        return json.dumps(node.value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return node.value
