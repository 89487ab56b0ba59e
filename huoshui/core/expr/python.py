"""A typed tree becomes one Python function of facts.

The source is written from the tree alone: names are looked up as keys, constants are handed in, so
nothing of a text becomes code. What cannot be null is not asked whether it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from huoshui.core.expr import values
from huoshui.core.expr.model import Call, Each, Items, Name
from huoshui.core.expr.typed import Typed
from huoshui.core.expr.types import AFTER, MONEY
from huoshui.core.money import Money

NESTED_MOST = 12  # nodes in one another before a function of its own is made
CHUNK = 10  # operands of one `and` or `or` in one Python expression

Facts = Mapping[str, Any]
Evaluate = Callable[[Facts], Any]
Traced = Callable[[Facts, list[Any]], Any]

_GIVEN = {
    "cut": values.cut, "divide": values.divide, "is_multiple": values.is_multiple,
    "rounded": values.rounded, "share": values.share, "mixed": values.mixed, "moved": values.moved,
    "months_on": values.months_on, "age": values.age, "local": values.local,
    "seconds_between": values.seconds_between, "folded": values.folded,
    "contains_any": values.contains_any, "contained": values.contained, "any_of": values.any_of,
    "all_of": values.all_of, "negated": values.negated, "everything": values.everything,
    "Money": Money, "add": values.EXACT.add, "subtract": values.EXACT.subtract,
    "multiply": values.EXACT.multiply, "opposite": values.EXACT.minus,
    "size": values.EXACT.abs, "amount": attrgetter("amount"),
}  # fmt: skip


def compiled(typed: Typed) -> Evaluate:
    """The function from facts, as the schema read them, to the value. It raises only Refused."""
    made: Evaluate = _Writer(traced=False).function(typed)
    return made


def traced(typed: Typed) -> Traced:
    """The same, and each node's value is put into a list at the node's number.

    Operands of `and` and `or` are all looked at; of an `if` only the branch that was taken.
    """
    made: Traced = _Writer(traced=True).function(typed)
    return made


class _Writer:
    """Writes expressions; `t1` and so on are local to the function that they stand in."""

    def __init__(self, *, traced: bool) -> None:
        self.traced = traced
        self.given: dict[str, Any] = dict(_GIVEN)
        self.lines: list[str] = []
        self.count = 0
        self.level = 0

    def function(self, typed: Typed) -> Any:
        """The whole, compiled."""
        body = self.write(typed)
        self.lines.append(f"def evaluate({self.parameters}):\n    return {body}\n")
        exec(compile("\n".join(self.lines), "<expression>", "exec"), self.given)  # noqa: S102
        return self.given["evaluate"]

    @property
    def parameters(self) -> str:
        return "f, t, x=None" if self.traced else "f, x=None"

    @property
    def passed(self) -> str:
        return "f, t, x" if self.traced else "f, x"

    def fresh(self, letter: str) -> str:
        """A name that no other has."""
        self.count += 1
        return f"{letter}{self.count}"

    def keep(self, value: Any) -> str:
        """A value handed in under a name of its own."""
        name = self.fresh("k")
        self.given[name] = value
        return name

    def write(self, typed: Typed) -> str:
        """The expression of a node; deep ones become functions of their own."""
        if typed.constant or typed.is_null:
            return self.constant(typed)
        level, self.level = self.level, self.level + 1
        if level >= NESTED_MOST:
            self.level = 0
        body = self.node(typed)
        if self.traced:
            body = f"note(t, {typed.number}, {body})"
            self.given["note"] = _note
        if level >= NESTED_MOST:
            name = self.fresh("s")
            self.lines.append(f"def {name}({self.parameters}):\n    return {body}\n")
            body = f"{name}({self.passed})"
        self.level = level
        return body

    def constant(self, typed: Typed) -> str:
        value = typed.value
        if value is None or isinstance(value, bool) or (isinstance(value, int) and value >= 0):
            return repr(value)
        return self.keep(value)

    def node(self, typed: Typed) -> str:
        node = typed.node
        if isinstance(node, Name):
            return self.name(typed, node.name)
        if isinstance(node, Items):
            return f"({''.join(self.write(arg) + ', ' for arg in typed.args)})"
        if isinstance(node, Each):
            return self.each(typed, node.op)
        assert isinstance(node, Call)
        special = _SPECIAL.get(node.op)
        return special(self, typed) if special else self.strict(typed, node.op)

    def name(self, typed: Typed, name: str) -> str:
        return "x" if name == self.variable else f"f[{name!r}]"

    variable = ""

    def each(self, typed: Typed, op: str) -> str:
        test, of = typed.args
        items = self.fresh("t")
        listed = self.write(of)
        body, level = self.fresh("s"), self.level
        assert isinstance(typed.node, Each)
        self.level, self.variable = 0, typed.node.var
        written = self.write(test)
        self.level, self.variable = level, ""
        self.lines.append(f"def {body}({self.parameters}):\n    return {written}\n")
        passed = self.passed.replace("x", "y")
        flags = f"[{body}({passed}) for y in {items}]"
        if self.traced:
            flags = f"note(t, {test.number}, {flags})"
        end = f"sum(y is True for y in {flags})" if op == "count" else f"{op}_of({flags})"
        return f"(None if ({items} := {listed}) is None else {end})"

    def strict(self, typed: Typed, op: str) -> str:
        """An operator that is null where an argument is, and looks at all of them first."""
        written = [self.write(arg) for arg in typed.args]
        first = any(arg.fails for arg in typed.args[1:])
        tests, names = [], []
        for arg, body in zip(typed.args, written, strict=True):
            if arg.constant or not (arg.maybe or arg.fails or first):
                names.append(body)
                continue
            name = self.fresh("t")
            tests.append(f"({name} := {body}) is None")
            names.append(name)
        end = _STRICT[op](self, typed, names)
        if not tests:
            return f"({end})"
        # `|` looks at both sides, `or` only where nothing behind it can refuse.
        asked = " | ".join(f"({test})" for test in tests) if first else " or ".join(tests)
        return f"(None if {asked} else {end})"

    # What does not look at all its arguments, or takes null for an answer

    def logic(self, typed: Typed) -> str:
        decisive = typed.node.op == "or"  # type: ignore[union-attr]
        if self.traced:
            operands = "".join(f"lambda: {self.write(arg)}, " for arg in typed.args)
            return f"everything(({operands}), {decisive})"
        return self.chunked(list(typed.args), decisive)

    def chunked(self, args: list[Typed], decisive: bool) -> str:
        """Many operands in groups, the groups like operands; order and outcome stay the same."""
        written = [(self.write(arg), arg.maybe) for arg in args]
        while len(written) > 1:
            groups = [written[at : at + CHUNK] for at in range(0, len(written), CHUNK)]
            written = [(self.group(group, decisive), any(m for _, m in group)) for group in groups]
        return written[0][0]

    def group(self, operands: list[tuple[str, bool]], decisive: bool) -> str:
        if len(operands) == 1:
            return operands[0][0]
        if not any(maybe for _, maybe in operands):
            joint = " or " if decisive else " and "
            return f"({joint.join(body for body, _ in operands)})"
        steps, names = [], []
        for body, maybe in operands:
            if not maybe:
                steps.append(f"{decisive} if {'' if decisive else 'not '}{body} else ")
                continue
            name = self.fresh("t")
            names.append(name)
            steps.append(f"{decisive} if ({name} := {body}) is {decisive} else ")
        unknown = " or ".join(f"{name} is None" for name in names)
        return f"({''.join(steps)}None if {unknown} else {not decisive})"

    def choice(self, typed: Typed) -> str:
        condition, then, otherwise = (self.write(arg) for arg in typed.args)
        if not typed.args[0].maybe:
            return f"({then} if {condition} else {otherwise})"
        name = self.fresh("t")
        return f"({then} if ({name} := {condition}) else None if {name} is None else {otherwise})"

    def coalesce(self, typed: Typed) -> str:
        steps = []
        for arg in typed.args[:-1]:
            name, body = self.fresh("t"), self.write(arg)
            steps.append(f"{name} if ({name} := {body}) is not None else ")
        return f"({''.join(steps)}{self.write(typed.args[-1])})"

    def null(self, typed: Typed) -> str:
        asked = "is" if typed.node.op == "is_null" else "is not"  # type: ignore[union-attr]
        # Python warns of a literal that is asked whether it is None; a name is none.
        return f"(({self.fresh('t')} := {self.write(typed.args[0])}) {asked} None)"

    def contained(self, typed: Typed) -> str:
        value, listed = typed.args
        negative = typed.node.op == "not_in"  # type: ignore[union-attr]
        if listed.constant and listed.value:
            body = self.write(value)
            name = self.fresh("t")
            held = f"{'not ' if negative else ''}in {self.keep(frozenset(listed.value))}"
            if not value.maybe:
                return f"({body} {held})"
            return f"(None if ({name} := {body}) is None else {name} {held})"
        found = f"contained({self.write(value)}, {self.write(listed)})"
        return f"negated({found})" if negative else found

    def contains(self, typed: Typed) -> str:
        found = f"contains_any({self.write(typed.args[0])}, {self.write(typed.args[1])})"
        return f"negated({found})" if typed.node.op == "contains_none" else found  # type: ignore[union-attr]


def _note(trace: list[Any], number: int, value: Any) -> Any:
    trace[number] = value
    return value


_SPECIAL: dict[str, Callable[[_Writer, Typed], str]] = {
    "and": _Writer.logic,
    "or": _Writer.logic,
    "if": _Writer.choice,
    "coalesce": _Writer.coalesce,
    "is_null": _Writer.null,
    "is_not_null": _Writer.null,
    "in": _Writer.contained,
    "not_in": _Writer.contained,
    "contains_any": _Writer.contains,
    "contains_none": _Writer.contains,
}

# Operators over arguments that are there


def _amount(typed: Typed, name: str) -> str:
    return repr(typed.value.amount) if typed.constant else f"{name}.amount"


def _compare(symbol: str) -> Callable[[_Writer, Typed, list[str]], str]:
    def end(_: _Writer, typed: Typed, names: list[str]) -> str:
        first, second = typed.args
        if "money" not in (first.type.kind, second.type.kind):
            return f"{names[0]} {symbol} {names[1]}"
        return _one_currency(typed, names, f"{_amount(first, names[0])} {symbol} "
                             f"{_amount(second, names[1])}")  # fmt: skip

    return end


def _one_currency(typed: Typed, names: list[str], body: str) -> str:
    """Amounts whose currencies are known need not be looked at again."""
    if MONEY not in (typed.args[0].type, typed.args[1].type):
        return body
    return f"({body} if not mixed({names[0]}, {names[1]}) else None)"


def _sum(symbol: str, exact: str) -> Callable[[_Writer, Typed, list[str]], str]:
    def end(_: _Writer, typed: Typed, names: list[str]) -> str:
        left, right = (arg.type.kind for arg in typed.args)
        first, second = names
        if left == "date" and right == "date":
            return f"({first} - {second}).days"
        if left in ("date", "instant"):
            off = second if symbol == "+" else f"-{second}"
            return f"{'months_on' if right == 'months' else 'moved'}({first}, {off})"
        if "money" in (left, right):
            amount = f"{_amount(typed.args[0], first)} {symbol} {_amount(typed.args[1], second)}"
            currency = _currency(typed, names)
            return _one_currency(typed, names, f"Money({amount}, {currency})")
        if "decimal" in (left, right):
            return f"{exact}({first}, {second})"
        return f"{first} {symbol} {second}"

    return end


def _currency(typed: Typed, names: list[str]) -> str:
    if typed.type.currency:
        return repr(typed.type.currency)
    at = next(at for at, arg in enumerate(typed.args) if arg.type.kind == "money")
    return f"{names[at]}.currency"


def _times(_: _Writer, typed: Typed, names: list[str]) -> str:
    for at, arg in enumerate(typed.args):
        if arg.type.kind == "money":
            amount = f"{_amount(arg, names[at])} * {names[1 - at]}"
            return f"Money({amount}, {_currency(typed, names)})"
    if typed.type.kind != "decimal":
        return f"{names[0]} * {names[1]}"
    product = f"multiply({names[0]}, {names[1]})"
    fine = sum(arg.shape.scale for arg in typed.args) > AFTER
    return f"cut({product})" if fine else product


def _ratio(function: str) -> Callable[[_Writer, Typed, list[str]], str]:
    def end(_: _Writer, typed: Typed, names: list[str]) -> str:
        if "money" not in (arg.type.kind for arg in typed.args):
            return f"{function}({names[0]}, {names[1]})"
        amounts = [_amount(arg, name) for arg, name in zip(typed.args, names, strict=True)]
        return _one_currency(typed, names, f"{function}({amounts[0]}, {amounts[1]})")

    return end


def _sign(plain: str, exact: str) -> Callable[[_Writer, Typed, list[str]], str]:
    def end(_: _Writer, typed: Typed, names: list[str]) -> str:
        kind = typed.type.kind
        if kind == "money":
            return f"Money({plain}({names[0]}.amount), {_currency(typed, names)})"
        return f"{exact if kind == 'decimal' else plain}({names[0]})"

    return end


def _extreme(function: str) -> Callable[[_Writer, Typed, list[str]], str]:
    def end(writer: _Writer, typed: Typed, names: list[str]) -> str:
        joined = ", ".join(names)
        if typed.type.kind == "money":
            return f"{function}({joined}, key=amount)"
        return f"{function}({joined})"

    return end


def _between(writer: _Writer, typed: Typed, names: list[str]) -> str:
    if any(arg.type.kind == "money" for arg in typed.args):
        names = [_amount(arg, name) for arg, name in zip(typed.args, names, strict=True)]
    return f"{names[1]} <= {names[0]} <= {names[2]}"


def _calls(form: str) -> Callable[[_Writer, Typed, list[str]], str]:
    """A form with places for the arguments."""
    return lambda _, __, names: form.format(*names)


_STRICT: dict[str, Callable[[_Writer, Typed, list[str]], str]] = {
    **{symbol: _compare(symbol) for symbol in ("==", "!=", "<", "<=", ">", ">=")},
    "not": _calls("not {0}"),
    "+": _sum("+", "add"),
    "-": _sum("-", "subtract"),
    "*": _times,
    "/": _ratio("divide"),
    "is_multiple_of": _ratio("is_multiple"),
    "neg": _sign("-", "opposite"),
    "abs": _sign("abs", "size"),
    "min": _extreme("min"),
    "max": _extreme("max"),
    "between": _between,
    "round": _calls("rounded({0}, {1}, {2})"),
    "share": _calls("share({0}, {1}, {2})"),
    "currency": _calls("{0}.currency"),
    "lower": _calls("folded({0})"),
    "length": _calls("len({0})"),
    "starts_with": _calls("{0}.startswith({1})"),
    "count": _calls("len({0})"),
    "any": _calls("any_of({0})"),
    "all": _calls("all_of({0})"),
    "days": _calls("{0}"),
    "months": _calls("{0}"),
    "days_between": _calls("({1} - {0}).days"),
    "age": _calls("age({0}, {1})"),
    "year": _calls("{0}.year"),
    "month": _calls("{0}.month"),
    "day": _calls("{0}.day"),
    "weekday": _calls("{0}.isoweekday()"),
    "date": _calls("local({0}, {1}).date()"),
    "hour": _calls("local({0}, {1}).hour"),
    "seconds_between": _calls("seconds_between({0}, {1})"),
}
