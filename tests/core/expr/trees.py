"""Random well-typed trees over a fixed schema, and random facts for it, extremes among them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from huoshui.core.expr import Call, Const, Each, Items, Name, Node, Schema, read_schema
from huoshui.core.expr.types import plain
from huoshui.core.money import ROUNDINGS, Money

KINDS = ("boolean", "integer", "decimal", "money CNY", "text", "date", "instant", "days", "months")
COLUMNS = {
    "boolean": "boolean", "integer": "bigint", "decimal": "numeric", "money CNY": "bigint",
    "text": "text", "date": "date", "instant": "timestamptz", "days": "integer", "months": "integer",
}  # fmt: skip
LISTED = ("integer", "decimal", "text", "date", "boolean", "money CNY")


def _declared() -> Schema:
    table: dict[str, Any] = {}
    for kind in KINDS:
        name = kind.split(" ", maxsplit=1)[0]
        for letter in "ab":
            told = {"type": kind, "en": f"{name} {letter}", "zh": f"{name} 甲"}
            table[f"{name}_{letter}"] = told | {"always": letter == "b"}
    for kind in LISTED:
        table[f"{kind.split(' ')[0]}_list"] = {"type": f"list of {kind}", "en": "l", "zh": "列"}
    for letter in "ab":
        table[f"any_money_{letter}"] = {"type": "money", "en": "m", "zh": "额"}
    return read_schema({"f": table})


SCHEMA = _declared()

integers = st.one_of(
    st.integers(-1, 1),
    st.integers(-12, 12),
    st.sampled_from([10**18 - 1, 1 - 10**18, 0]),
    st.integers(-(10**9), 10**9),
)
decimals = st.one_of(
    st.decimals("-9", "9", places=2, allow_nan=False),
    st.decimals(-(10**20) + 1, 10**20 - 1, places=18, allow_nan=False, allow_infinity=False),
    st.sampled_from(
        [Decimal(0), Decimal("1e-18"), Decimal("0.5"), Decimal("-2.5"), Decimal("0.1")]
    ),
)
texts = st.one_of(
    st.sampled_from(
        ["", "a", "A", "Äpfel", "北京", "İi", "ß", "Σς", "o'x\\", '"; DROP', "%s", "😀"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
dates = st.one_of(
    st.dates(date(1900, 1, 1), date(2999, 12, 31)),
    st.sampled_from([date(2024, 2, 29), date(2023, 1, 31), date(2999, 12, 31), date(1900, 1, 1)]),
)
instants = st.datetimes(datetime(1970, 1, 3), datetime(2037, 12, 1), timezones=st.just(UTC))
steps = st.one_of(st.integers(-400, 400), st.sampled_from([10**17, -(10**9), 120_000, 0]))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(), "integer": integers, "decimal": decimals,
    "money CNY": st.builds(Money, integers, st.just("CNY")), "text": texts, "date": dates,
    "instant": instants, "days": st.integers(-(10**6), 10**6), "months": st.integers(-2000, 2000),
    "money": st.builds(Money, integers, st.sampled_from(["CNY", "CNY", "USD", "JPY"])),
}  # fmt: skip


@st.composite
def facts(draw: Any) -> dict[str, Any]:
    """Facts of the schema, as it reads them; nulls where they may be."""
    found: dict[str, Any] = {}
    for fact in SCHEMA.facts:
        if fact.type.item:
            values = st.lists(st.one_of(st.none(), VALUES[str(fact.type.item)]), max_size=4).map(
                tuple
            )
        else:
            values = VALUES[str(fact.type)]
        found[fact.name] = draw(values) if fact.always or draw(st.integers(0, 4)) else None
    return found


# Trees. Depth shrinks towards leaves; each kind knows what gives it.


def constant(kind: str) -> st.SearchStrategy[Node]:
    """Constants in their canonical form."""
    return VALUES[kind].map(lambda value: const(kind.split(" ", maxsplit=1)[0], value))


def const(kind: str, value: Any) -> Const:
    """The constant of a value."""
    if kind == "money":
        return Const("money", str(value.amount), value.currency)
    if kind in ("integer", "decimal", "days", "months"):
        return Const(kind, plain(value))
    if kind == "boolean":
        return Const(kind, str(value).lower())
    if kind == "instant":
        return Const(kind, value.isoformat().replace("+00:00", "Z"))
    return Const(kind, str(value))


@cache
def leaf(kind: str, variable: str = "") -> st.SearchStrategy[Node]:
    """A fact, a constant or null, or the variable of a list."""
    stem = kind.split(" ", maxsplit=1)[0]
    names = [Name(f"f.{stem}_a"), Name(f"f.{stem}_b")]
    if variable == kind:
        names = [Name("x")]
    named, null = st.sampled_from(names), st.just(Const("null", "null"))
    return _one([named, named, named, named, constant(kind), constant(kind), constant(kind), null])


def call(op: str, *args: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """A call over drawn arguments."""
    return st.tuples(*args).map(lambda found: Call(op, found))


@cache
def listed(kind: str, depth: int) -> st.SearchStrategy[Node]:
    """A list of a kind: a fact, or written out."""
    written = st.lists(tree(kind, depth - 1), max_size=3).map(lambda found: Items(tuple(found)))
    return st.one_of(st.just(Name(f"f.{kind.split(' ')[0]}_list")), written)


def text(*words: str) -> st.SearchStrategy[Node]:
    """One of these texts."""
    return st.sampled_from([Const("text", word) for word in words])


rules = text(*ROUNDINGS)
ZONES = text("Asia/Shanghai", "America/New_York", "UTC")


@cache
def tree(kind: str, depth: int = 3, variable: str = "") -> st.SearchStrategy[Node]:
    """A tree whose value is of a kind."""
    if depth <= 0:
        return leaf(kind, variable)
    below: Callable[[str], st.SearchStrategy[Node]] = lambda k: st.deferred(  # noqa: E731
        lambda: tree(k, depth - 1, variable)
    )
    same = [
        call("if", below("boolean"), below(kind), below(kind)),
        call("coalesce", below(kind), below(kind)),
    ]
    if kind not in ("boolean", "text"):
        same += [call(op, below(kind), below(kind)) for op in ("min", "max")]
    own = _GIVES[kind](below, depth, variable)
    groups = [st.one_of(*own)] * 4 if kind != "boolean" else own
    return _one([*groups, st.one_of(*same), *([leaf(kind, variable)] * (depth < 3))])


def _one(strategies: list[st.SearchStrategy[Node]]) -> st.SearchStrategy[Node]:
    """One of these, each as likely, however many ways it has itself."""
    return st.sampled_from(range(len(strategies))).flatmap(strategies.__getitem__)


def any_tree(depth: int = 3) -> st.SearchStrategy[Node]:
    """A tree of any kind, of truth more often than of others."""
    return st.sampled_from([*KINDS, "boolean", "boolean", "boolean"]).flatmap(
        lambda kind: tree(kind, depth)
    )


Below = Callable[[str], st.SearchStrategy[Node]]


def _booleans(below: Below, depth: int, variable: str) -> list[st.SearchStrategy[Node]]:
    logic = [call(op, below("boolean"), below("boolean"), below("boolean")) for op in ("and", "or")]
    logic += [call("not", below("boolean")), call("or", below("boolean"), below("boolean"))]
    ops = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    compared: list[st.SearchStrategy[Node]] = [
        st.builds(lambda op, a, b: Call(op, (a, b)), ops, below(kind), below(kind))
        for kind in KINDS if kind not in ("boolean", "text")
    ]  # fmt: skip
    money = _one(
        [st.sampled_from([Name("f.any_money_a"), Name("f.any_money_b")]), below("money CNY")]
    )
    # What may be refused, more often than chance would have it.
    compared += [st.builds(lambda op, a, b: Call(op, (a, b)), ops, money, money)] * 2
    ratio = call("/", below("integer"), below("integer"))
    compared += [st.builds(lambda op, a, b: Call(op, (a, b)), ops, ratio, below("decimal"))] * 2
    compared.append(call("==", below("text"), below("text")))
    within = [
        call("between", below(kind), below(kind), below(kind))
        for kind in KINDS if kind not in ("boolean", "text")
    ]  # fmt: skip
    within += [call(op, below(k), listed(k, depth)) for k in LISTED for op in ("in", "not_in")]
    texts_ = [
        call(op, below("text"), listed("text", depth)) for op in ("contains_any", "contains_none")
    ]
    texts_.append(call("starts_with", below("text"), below("text")))
    other = [call(op, below(kind)) for kind in KINDS for op in ("is_null", "is_not_null")]
    other += [call(op, listed("boolean", depth)) for op in ("any", "all")]
    other += [
        call("is_multiple_of", below(k), below(k)) for k in ("integer", "decimal", "money CNY")
    ]
    lists = [] if variable else [st.one_of(_each("any", depth), _each("all", depth))]
    joint = [st.one_of(*group) for group in (logic, compared, within, texts_, other)]
    return [*joint, st.one_of(*logic), st.one_of(*compared), *lists]


def _each(op: str, depth: int) -> st.SearchStrategy[Node]:
    def over(kind: str) -> st.SearchStrategy[Node]:
        test = tree("boolean", depth - 1, kind)
        return st.builds(lambda t, of: Each(op, t, "x", of), test, listed(kind, 1))

    return st.sampled_from([k for k in LISTED if k != "boolean"]).flatmap(over)


def _integers(below: Below, depth: int, variable: str) -> list[st.SearchStrategy[Node]]:
    found = [call(op, below("integer"), below("integer")) for op in "+-*"]
    found += [call(op, below("integer")) for op in ("neg", "abs")]
    zero = st.just(Const("integer", "0"))
    found.append(call("round", below("decimal"), zero, rules))
    found += [call(op, below("date"), below("date")) for op in ("days_between", "age")]
    found += [call(op, below("date")) for op in ("year", "month", "day", "weekday")]
    found += [call("hour", below("instant"), ZONES), call("length", below("text"))]
    found += [call("seconds_between", below("instant"), below("instant"))]
    found += [call("count", listed("text", depth))]
    return found + ([] if variable else [_each("count", depth)])


def _decimals(below: Below, depth: int, variable: str) -> list[st.SearchStrategy[Node]]:
    either = st.one_of(below("decimal"), below("integer"))
    found = [call(op, below("decimal"), either) for op in "+-*"]
    found += [call("/", either, either)] * 4 + [call("/", below("money CNY"), below("money CNY"))]
    found += [call(op, below("decimal")) for op in ("neg", "abs")]
    places = st.integers(1, 18).map(lambda n: Const("integer", str(n)))
    return [*found, call("round", below("decimal"), places, rules)]


def _money(below: Below, depth: int, variable: str) -> list[st.SearchStrategy[Node]]:
    found = [call(op, below("money CNY"), below("money CNY")) for op in "+-"]
    found += [call("*", below("money CNY"), below("integer")), call("neg", below("money CNY"))]
    return [*found, call("share", below("money CNY"), below("decimal"), rules)]


def _dates(below: Below, depth: int, variable: str) -> list[st.SearchStrategy[Node]]:
    found = [call(op, below("date"), below(k)) for op in "+-" for k in ("days", "months")]
    return [*found, call("date", below("instant"), ZONES)]


def _durations(kind: str) -> Callable[[Below, int, str], list[st.SearchStrategy[Node]]]:
    def gives(below: Below, depth: int, variable: str) -> list[st.SearchStrategy[Node]]:
        found = [call(op, below(kind), below(kind)) for op in "+-"]
        found += [call("*", below(kind), below("integer")), call(kind, below("integer"))]
        return found + ([call("-", below("date"), below("date"))] if kind == "days" else [])

    return gives


_GIVES: dict[str, Callable[[Below, int, str], list[st.SearchStrategy[Node]]]] = {
    "boolean": _booleans,
    "integer": _integers,
    "decimal": _decimals,
    "money CNY": _money,
    "text": lambda below, *_: [call("lower", below("text")), call("currency", below("money CNY"))],
    "date": _dates,
    "instant": lambda below, *_: [call(op, below("instant"), below("days")) for op in "+-"],
    "days": _durations("days"),
    "months": _durations("months"),
}
