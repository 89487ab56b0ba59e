"""Why an expression came to its value, and what it would take to be true, in both languages.

The reasons are a smallest set of conditions that by themselves decide the value: of an `and` that is
false one false operand, of one that is true all. What is needed is a smallest set of conditions that
would have to change, each with its distance from the bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from huoshui.core import i18n
from huoshui.core.expr.model import Call, Each, Name
from huoshui.core.expr.saying import Told, describe, list_told, value_told
from huoshui.core.expr.schema import Schema
from huoshui.core.expr.text import text
from huoshui.core.expr.typed import Typed
from huoshui.core.expr.types import DAYS, DECIMAL, Type, show_value
from huoshui.core.expr.values import EXACT
from huoshui.core.money import Money

MISSING = object()  # in a trace: not looked at, or refused
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_RELATIONS = {
    ("<", True): "below", ("<", False): "at_least", ("<=", True): "at_most", ("<=", False): "above",
    (">", True): "above", (">", False): "at_most", (">=", True): "at_least", (">=", False): "below",
    ("==", True): "equal", ("==", False): "unequal", ("!=", True): "unequal", ("!=", False): "equal",
}  # fmt: skip


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One condition: its place in the tree, its canonical text, whether it holds, and a sentence.

    `code` names the sentence; `left`, `right` are plain JSON values; `distance` is how far the right
    side lies above the left one: of amounts and numbers the difference, of dates the days.
    """

    node: int
    text: str
    code: str
    holds: bool | None
    en: str
    zh: str
    facts: tuple[str, ...] = ()
    left: Any = None
    right: Any = None
    distance: Any = None

    def said(self, lang: str) -> str:
        """The sentence in the reader's language."""
        return self.zh if lang == "zh" else self.en


class Trace(NamedTuple):
    """An evaluation: each node's value by its number, and the facts."""

    values: list[Any]
    facts: Mapping[str, Any]
    schema: Schema

    def of(self, typed: Typed) -> Any:
        """A node's value; MISSING where it was not looked at."""
        return (
            typed.value if typed.constant else None if typed.is_null else self.values[typed.number]
        )


def deciding(typed: Typed, trace: Trace) -> list[Typed]:
    """The smallest set of conditions that made the value what it is."""
    op, value = getattr(typed.node, "op", ""), trace.of(typed)
    if op in ("and", "or") and value is not MISSING:
        decisive = op == "or"
        chosen = [arg for arg in typed.args if trace.of(arg) is value]
        if value is decisive:
            return min((deciding(arg, trace) for arg in chosen), key=len)
        return [leaf for arg in chosen for leaf in deciding(arg, trace)]
    if op == "if":
        condition = deciding(typed.args[0], trace)
        taken = trace.of(typed.args[0])
        return (
            condition
            if taken is None
            else condition + deciding(typed.args[1 if taken else 2], trace)
        )
    if op == "not":
        return deciding(typed.args[0], trace)
    if op == "coalesce":
        return next(
            (deciding(a, trace) for a in typed.args if trace.of(a) not in (None, MISSING)), []
        )
    if typed.type.kind != "boolean" and not isinstance(typed.node, Each):
        return [leaf for arg in typed.args for leaf in deciding(arg, trace)]
    return [] if typed.constant or typed.is_null else [typed]


def needed(typed: Typed, trace: Trace, want: bool = True) -> list[Typed] | None:
    """The smallest set of conditions that would have to change for the value to be `want`.

    None where no facts can make it so.
    """
    if trace.of(typed) is want:
        return []
    op = getattr(typed.node, "op", "")
    if op == "not":
        return needed(typed.args[0], trace, not want)
    if op == "if" and trace.of(typed.args[0]) in (True, False):
        return needed(typed.args[1 if trace.of(typed.args[0]) else 2], trace, want)
    if op in ("and", "or"):
        ways = [needed(arg, trace, want) for arg in typed.args]
        if (op == "and") is want:
            return None if None in ways else [leaf for way in ways for leaf in way or ()]
        return min((way for way in ways if way is not None), key=len, default=None)
    return None if typed.constant or typed.is_null else [typed]


def reason(typed: Typed, trace: Trace) -> Reason:
    """A condition as it stands, told in both languages."""
    names = tuple(sorted({n.node.name for n in typed.walk() if isinstance(n.node, Name)}))
    names = tuple(name for name in names if name in trace.schema.by_name)
    holds = trace.of(typed)
    holds = None if holds is MISSING else holds
    code, told = _told(typed, trace, holds, names)
    sentences = {lang: _sentence(code, told, lang) for lang in i18n.LANGUAGES}
    plain = {name: told[name].plain for name in ("left", "right", "distance") if name in told}
    return Reason(
        typed.number,
        text(typed.node),
        code,
        holds,
        sentences["en"],
        sentences["zh"],
        names,
        **plain,
    )


def _sentence(code: str, told: Mapping[str, Told], lang: str) -> str:
    said = i18n.text(f"expr.reason.{code}", lang, **{n: t.said(lang) for n, t in told.items()})
    gap = told.get("distance")
    if gap is None or not gap.en:
        return said
    return said + i18n.text("expr.reason.by", lang, distance=gap.said(lang))


_Parts = tuple[str, dict[str, Told]]


def _told(typed: Typed, trace: Trace, holds: bool | None, names: tuple[str, ...]) -> _Parts:
    """The sentence's code, and what fills it."""
    node = typed.node
    if holds is None:
        unknown = [name for name in names if trace.facts.get(name) is None]
        whole = describe(typed.node, trace.schema)
        return "unknown", {
            "left": whole,
            "right": list_told([trace.schema.by_name[n] for n in unknown]),
        }
    if isinstance(node, Each):
        return _each(typed, trace, node)
    if isinstance(node, Call):
        if (node.op, holds) in _RELATIONS:
            return _comparison(typed, trace, holds, node.op)
        if node.op in _SAID:
            return _said(typed, trace, holds, node.op)
    return ("true" if holds else "false"), {"left": describe(typed.node, trace.schema)}


def _comparison(typed: Typed, trace: Trace, holds: bool, op: str) -> _Parts:
    left, right = typed.args
    if left.constant and not right.constant:
        left, right, op = right, left, _FLIPPED[op]
    code = _RELATIONS[op, holds]
    required = right.constant and not holds and code in ("below", "above", "at_least", "at_most")
    told = {"left": _side(left, trace), "right": _side(right, trace)}
    gap = _distance(left, trace.of(left), trace.of(right))
    if gap is not None and code not in ("equal", "unequal"):
        told["distance"] = _gap(*gap, told=not holds)
    return (f"{code}_required" if required else code), told


def _distance(left: Typed, first: Any, second: Any) -> tuple[Type, Any] | None:
    if left.type.kind in ("integer", "decimal", "days", "months", "money"):
        if isinstance(first, Money):
            kind = Type("money", first.currency)
            return kind, Money(second.amount - first.amount, first.currency)
        if left.type.kind in ("days", "months"):
            return left.type, second - first
        return DECIMAL, EXACT.subtract(Decimal(second), Decimal(first))
    return (DAYS, (second - first).days) if left.type.kind == "date" else None


def _gap(kind: Type, value: Any, *, told: bool) -> Told:
    """A distance with its sign, and said without it; where it need not be said, silent."""
    plain = show_value(kind, value)
    if not told or not _number(value):
        return Told(plain, "", "")
    return value_told(kind, _size(value))._replace(plain=plain)


def _size(value: Any) -> Any:
    return Money(abs(value.amount), value.currency) if isinstance(value, Money) else abs(value)


def _side(typed: Typed, trace: Trace) -> Told:
    """One side of a condition: its description and its value."""
    value = trace.of(typed)
    fact = trace.schema.by_name.get(getattr(typed.node, "name", ""))
    told = value_told(typed.type, None if value is MISSING else value, fact)
    if typed.constant:
        return told
    name = describe(typed.node, trace.schema)
    if fact:
        return told._replace(en=f"{name.en} {told.en}", zh=f"{name.zh} {told.zh}")
    return told._replace(en=f"{name.en} ({told.en})", zh=f"{name.zh}（{told.zh}）")


_SAID = {
    "in": ("one_of", "none_of"), "not_in": ("none_of", "one_of"),
    "contains_any": ("contains", "contains_not"), "contains_none": ("contains_not", "contains"),
    "is_null": ("absent", "present"), "is_not_null": ("present", "absent"),
    "between": ("between", "outside"), "is_multiple_of": ("multiple", "no_multiple"),
    "starts_with": ("starts", "starts_not"),
}  # fmt: skip


def _said(typed: Typed, trace: Trace, holds: bool, op: str) -> _Parts:
    code = _SAID[op][0 if holds else 1]
    if code in ("absent", "present"):
        return code, {"left": describe(typed.args[0].node, trace.schema)}
    told = {"left": _side(typed.args[0], trace), "right": _side(typed.args[1], trace)}
    if op != "between":
        return code, told
    value, low, high = (trace.of(arg) for arg in typed.args)
    told["high"] = _side(typed.args[2], trace)
    near = low if _number(value) < _number(low) else high
    gap = None if holds else _distance(typed.args[0], value, near)
    if gap is not None:
        told["distance"] = _gap(*gap, told=True)
    return code, told


def _number(value: Any) -> Any:
    return value.amount if isinstance(value, Money) else value


def _each(typed: Typed, trace: Trace, node: Each) -> _Parts:
    flags = trace.values[typed.args[0].number]
    flags = flags if isinstance(flags, list) else []
    test = describe(node.test, trace.schema)
    count = Told(sum(f is True for f in flags), str(sum(f is True for f in flags)), "")
    total = Told(len(flags), str(len(flags)), "")
    return "elements", {
        "count": count._replace(zh=count.en),
        "total": total._replace(zh=total.en),
        "left": describe(node.of, trace.schema),
        "test": test,
    }
