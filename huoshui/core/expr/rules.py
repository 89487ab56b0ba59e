"""What each operator and function takes and gives: its arity and its shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from huoshui.core.expr.faults import Word, Words
from huoshui.core.expr.model import Const, Items
from huoshui.core.expr.typed import DIGITS_MOST, FAR, REACH_MOST, Shape, Typed
from huoshui.core.expr.types import (
    AFTER,
    BOOLEAN,
    DATE,
    DAYS,
    DECIMAL,
    INTEGER,
    MONEY,
    MONTHS,
    NULL,
    NUMBERS,
    ORDERED,
    TEXT,
    Type,
    joined,
)
from huoshui.core.money import ROUNDINGS

MONTH_DAYS = 31


class Unmeant(Exception):
    """An argument that an operator does not take; -1 is the place of the operator itself."""

    def __init__(self, at: int, code: str, facts: dict[str, Any]) -> None:
        super().__init__(at, code, facts)


class Bench(NamedTuple):
    """An operator with its typed arguments."""

    op: str
    args: tuple[Typed, ...]

    def shape(self, kind: Type, **known: Any) -> Shape:
        """A shape that is null or refused where an argument is."""
        maybe = known.pop("maybe", any(arg.maybe for arg in self.args))
        fails = known.pop("fails", False) or any(arg.fails for arg in self.args)
        if known.get("whole", 0) > DIGITS_MOST:
            raise Unmeant(-1, "expr_digits_grow", {"most": DIGITS_MOST})
        return Shape(kind, maybe=maybe, fails=fails, **known)

    def most(self, name: str) -> int:
        """The largest of a measure over the arguments."""
        return max(int(getattr(arg.shape, name)) for arg in self.args)

    def wrong(self, at: int, *expected: str) -> NoReturn:
        """Refuse an argument's type."""
        words = Words(tuple(Word(f"expr.type.{_SAID.get(each, each)}") for each in expected))
        found = self.args[at].type.word
        raise Unmeant(at, "expr_type", {"expected": words, "found": found})

    def need(self, at: int, *kinds: str) -> Type:
        """An argument's type, which must be of one of these kinds, or null."""
        kind = self.args[at].type
        if kind.kind not in (*kinds, "null"):
            self.wrong(at, *kinds)
        return kind

    def all_need(self, *kinds: str) -> None:
        """Every argument's type must be of one of these kinds, or null."""
        for at in range(len(self.args)):
            self.need(at, *kinds)

    def together(self, *, first: int = 0, fixed: bool = False) -> Type:
        """The type that holds all arguments from `first` on; `fixed` asks for a known currency."""
        kind = self.args[first].type
        for arg in self.args[first + 1 :]:
            both = joined(kind, arg.type)
            if both is None:
                code = (
                    "expr_currency_mix" if kind.kind == arg.type.kind == "money" else "expr_apart"
                )
                facts = {"first": kind.word, "second": arg.type.word}
                raise Unmeant(self.args.index(arg), code, facts)
            kind = both
        if fixed and kind == MONEY:
            raise Unmeant(-1, "expr_currency_unknown", {"name": self.op})
        return kind

    def text(self, at: int, allowed: Callable[[str], bool], code: str, known: str) -> None:
        """An argument that must be a constant text out of a known set."""
        node = self.args[at].node
        if not isinstance(node, Const) or node.type != "text" or not allowed(node.value):
            raise Unmeant(at, code, {"known": known})


class Rule(NamedTuple):
    """An operator: how many arguments, and its shape over them. Raises Unmeant."""

    arity: tuple[int, int]
    shape: Callable[[Bench], Shape]


# Logic and comparison


def _logic(b: Bench) -> Shape:
    b.all_need("boolean")
    return b.shape(BOOLEAN)


def _equal(b: Bench) -> Shape:
    kind = b.together()
    if kind.item:
        b.wrong(0, *_SCALAR)
    return b.shape(BOOLEAN, fails=kind == MONEY)


def _ordered(b: Bench) -> Shape:
    b.all_need(*ORDERED)
    return b.shape(BOOLEAN, fails=b.together() == MONEY)


def _between(b: Bench) -> Shape:
    b.all_need(*ORDERED)
    b.together(fixed=True)
    return b.shape(BOOLEAN)


def _contained(b: Bench) -> Shape:
    listed = b.need(1, "list")
    if b.args[0].type.item:
        b.wrong(0, *_SCALAR)
    item = listed.item or NULL
    both = joined(b.args[0].type, item)
    if both is None:
        facts = {"first": b.args[0].type.word, "second": item.word}
        raise Unmeant(1, "expr_apart", facts)
    if both == MONEY or b.args[0].type == MONEY:
        raise Unmeant(0, "expr_currency_unknown", {"name": b.op})
    return b.shape(BOOLEAN, maybe=b.args[0].maybe or _holes(b.args[1]))


def _holes(listed: Typed) -> bool:
    """Whether a list or an element of it may be null."""
    written = isinstance(listed.node, Items)
    return any(arg.maybe for arg in listed.args) if written else True


def _null(b: Bench) -> Shape:
    return b.shape(BOOLEAN, maybe=False)


# Choices


def _if(b: Bench) -> Shape:
    b.need(0, "boolean")
    return b.shape(b.together(first=1), **_largest(b))


def _coalesce(b: Bench) -> Shape:
    return b.shape(b.together(), maybe=all(arg.maybe for arg in b.args), **_largest(b))


def _extreme(b: Bench) -> Shape:
    b.all_need(*ORDERED)
    return b.shape(b.together(fixed=True), **_largest(b))


def _largest(b: Bench) -> dict[str, int]:
    return {name: b.most(name) for name in ("whole", "scale", "reach")}


# Arithmetic


def _plus(b: Bench) -> Shape:
    left, right = b.need(0, *_ADDED), b.need(1, *_ADDED)
    if left.kind in ("date", "instant") and right.kind not in ("date", "instant"):
        return _moved(b, left, right)
    if left.kind in ("date", "instant") or right.kind in ("date", "instant"):
        b.wrong(1 if left.kind in ("date", "instant") else 0, "days", "months")
    return _sum(b)


def _minus(b: Bench) -> Shape:
    left, right = b.need(0, *_ADDED), b.need(1, *_ADDED)
    if left.kind == right.kind == "date":
        return b.shape(DAYS, whole=8, reach=2 * FAR)
    if left.kind in ("date", "instant"):
        if right.kind == "instant":
            raise Unmeant(-1, "expr_instants", {})
        return _moved(b, left, right)
    if right.kind in ("date", "instant"):
        b.wrong(1, "days", "months")
    return _sum(b)


def _sum(b: Bench) -> Shape:
    kind = b.together()
    if kind == NULL:
        kind = INTEGER
    reach = min(sum(arg.shape.reach for arg in b.args), FAR)
    return b.shape(
        kind, fails=kind == MONEY, whole=b.most("whole") + 1, scale=b.most("scale"), reach=reach
    )


def _moved(b: Bench, left: Type, right: Type) -> Shape:
    """A date or an instant so many days or months off."""
    steps = ("days", "months") if left.kind == "date" else ("days",)
    b.need(1, *steps)
    days = b.args[1].shape.reach * (MONTH_DAYS if right.kind == "months" else 1)
    reach = b.args[0].shape.reach + days
    # What may leave the years 1 to 9999 is looked at when it is reckoned.
    return b.shape(left, fails=reach > REACH_MOST, reach=min(reach, REACH_MOST + 1))


def _times(b: Bench) -> Shape:
    left, right = b.need(0, *_SCALED), b.need(1, *_SCALED)
    whole = sum(arg.shape.whole for arg in b.args)
    measured = [at for at, kind in enumerate((left, right)) if kind.kind not in (*NUMBERS, "null")]
    if not measured:
        scale = min(sum(arg.shape.scale for arg in b.args), AFTER)
        kind = joined(joined(left, right) or DECIMAL, INTEGER) or DECIMAL
        return b.shape(kind, whole=whole + 1, scale=scale)
    if len(measured) == 2:
        b.wrong(1, "integer")
    at = measured[0]
    if b.args[1 - at].type == DECIMAL and b.args[at].type.kind == "money":
        raise Unmeant(-1, "expr_share", {})
    b.need(1 - at, "integer")
    count = b.args[1 - at]
    times = abs(count.value) if count.constant else FAR
    return b.shape(b.args[at].type, whole=whole, reach=min(b.args[at].shape.reach * times, FAR))


def _divided(b: Bench) -> Shape:
    left, right = b.need(0, *NUMBERS, "money"), b.need(1, *NUMBERS, "money")
    if "null" not in (left.kind, right.kind) and (left.kind == "money") != (right.kind == "money"):
        raise (
            Unmeant(-1, "expr_share", {})
            if left.kind == "money"
            else Unmeant(0, "expr_type", {"expected": MONEY.word, "found": left.word})
        )
    mixed = b.together() == MONEY
    whole = b.args[0].shape.whole + b.args[1].shape.scale + 1
    return b.shape(DECIMAL, fails=mixed or _may_be_zero(b, 1), whole=whole, scale=AFTER)


def _may_be_zero(b: Bench, at: int) -> bool:
    """Whether a divisor may be zero. Raises Unmeant where it is."""
    divisor = b.args[at]
    if divisor.is_null:
        return False
    if not divisor.constant:
        return True
    if getattr(divisor.value, "amount", divisor.value) == 0:
        raise Unmeant(at, "expr_zero", {})
    return False


def _same(b: Bench) -> Shape:
    kind = b.need(0, *_SCALED)
    return b.shape(INTEGER if kind == NULL else kind, **_largest(b))


def _round(b: Bench) -> Shape:
    b.need(0, *NUMBERS)
    places = b.args[1]
    if not places.constant or places.type != INTEGER or not 0 <= places.value <= AFTER:
        raise Unmeant(1, "expr_places", {"most": AFTER})
    _rounding(b, 2)
    kind = DECIMAL if places.value else INTEGER
    return b.shape(kind, whole=b.args[0].shape.whole + 1, scale=places.value)


def _share(b: Bench) -> Shape:
    kind = b.need(0, "money")
    b.need(1, *NUMBERS)
    _rounding(b, 2)
    whole = b.args[0].shape.whole + b.args[1].shape.whole + 1
    return b.shape(MONEY if kind == NULL else kind, whole=whole)


def _rounding(b: Bench, at: int) -> None:
    known = ", ".join(f'"{name}"' for name in ROUNDINGS)
    b.text(at, lambda name: name in ROUNDINGS, "expr_rounding", known)


def _multiple(b: Bench) -> Shape:
    b.all_need(*NUMBERS, "money")
    b.together(fixed=True)
    return b.shape(BOOLEAN, fails=_may_be_zero(b, 1))


# Text, lists, time


def _contains(b: Bench) -> Shape:
    b.need(0, "text")
    listed = b.need(1, "list")
    if listed.item not in (None, TEXT, NULL):
        b.wrong(1, "text_list")
    return b.shape(BOOLEAN, maybe=b.args[0].maybe or _holes(b.args[1]))


def _counted(b: Bench) -> Shape:
    b.need(0, "list")
    return b.shape(INTEGER, whole=4)


def _flags(b: Bench) -> Shape:
    listed = b.need(0, "list")
    if listed.item not in (None, BOOLEAN, NULL):
        b.wrong(0, "boolean_list")
    return b.shape(BOOLEAN, maybe=_holes(b.args[0]))


def _takes(gives: Type, whole: int = 0, *kinds: str) -> Callable[[Bench], Shape]:
    """A function whose arguments are of these kinds, one by one."""

    def shape(b: Bench) -> Shape:
        for at, kind in enumerate(kinds):
            b.need(at, kind)
        return b.shape(gives, whole=whole)

    return shape


def _duration(gives: Type) -> Callable[[Bench], Shape]:
    def shape(b: Bench) -> Shape:
        b.need(0, "integer")
        count = b.args[0]
        reach = min(abs(count.value), FAR) if count.constant else FAR
        return b.shape(gives, whole=count.shape.whole, reach=reach)

    return shape


def _local(gives: Type) -> Callable[[Bench], Shape]:
    """A clock's reading of an instant in a named time zone."""

    def shape(b: Bench) -> Shape:
        b.need(0, "instant")
        b.text(1, _is_zone, "expr_zone", '"Asia/Shanghai"')
        reach = b.args[0].shape.reach + 1
        fails = reach > REACH_MOST
        return b.shape(gives, fails=fails, whole=2, reach=reach if gives == DATE else 0)

    return shape


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return "/" in name or name == "UTC"


_SAID = {"list": "any_list"}
_SCALAR = (*ORDERED, "boolean", "text")
_ADDED = ORDERED
_SCALED = (*NUMBERS, "money", "days", "months")
_MANY = (2, FAR)

UNWRITTEN = frozenset(
    "and or not == != < <= > >= in not_in is_null is_not_null + - * / neg if".split()
)  # these have a form of their own in a text

RULES: dict[str, Rule] = {
    "and": Rule(_MANY, _logic),
    "or": Rule(_MANY, _logic),
    "not": Rule((1, 1), _logic),
    **dict.fromkeys(("==", "!="), Rule((2, 2), _equal)),
    **dict.fromkeys(("<", "<=", ">", ">="), Rule((2, 2), _ordered)),
    **dict.fromkeys(("in", "not_in"), Rule((2, 2), _contained)),
    **dict.fromkeys(("is_null", "is_not_null"), Rule((1, 1), _null)),
    "+": Rule((2, 2), _plus),
    "-": Rule((2, 2), _minus),
    "*": Rule((2, 2), _times),
    "/": Rule((2, 2), _divided),
    "neg": Rule((1, 1), _same),
    "if": Rule((3, 3), _if),
    "between": Rule((3, 3), _between),
    "coalesce": Rule(_MANY, _coalesce),
    "min": Rule(_MANY, _extreme),
    "max": Rule(_MANY, _extreme),
    "abs": Rule((1, 1), _same),
    "round": Rule((3, 3), _round),
    "share": Rule((3, 3), _share),
    "is_multiple_of": Rule((2, 2), _multiple),
    "currency": Rule((1, 1), _takes(TEXT, 0, "money")),
    "lower": Rule((1, 1), _takes(TEXT, 0, "text")),
    "length": Rule((1, 1), _takes(INTEGER, 5, "text")),
    "starts_with": Rule((2, 2), _takes(BOOLEAN, 0, "text", "text")),
    **dict.fromkeys(("contains_any", "contains_none"), Rule((2, 2), _contains)),
    "count": Rule((1, 1), _counted),
    **dict.fromkeys(("any", "all"), Rule((1, 1), _flags)),
    "days": Rule((1, 1), _duration(DAYS)),
    "months": Rule((1, 1), _duration(MONTHS)),
    "days_between": Rule((2, 2), _takes(INTEGER, 8, "date", "date")),
    "age": Rule((2, 2), _takes(INTEGER, 5, "date", "date")),
    **dict.fromkeys(("year", "month", "day", "weekday"), Rule((1, 1), _takes(INTEGER, 4, "date"))),
    "date": Rule((2, 2), _local(DATE)),
    "hour": Rule((2, 2), _local(INTEGER)),
    "seconds_between": Rule((2, 2), _takes(INTEGER, 13, "instant", "instant")),
}
