"""The SQL of each operator and function over the SQL of its arguments."""

from __future__ import annotations

from collections.abc import Callable

from huoshui.core.expr.sql_scope import NO_REFUSAL, Scope, Sql
from huoshui.core.expr.typed import REACH_MOST, Typed
from huoshui.core.expr.types import AFTER, MONEY
from huoshui.core.expr.values import CAPITALS, SMALL

AGGREGATES = {
    "any": "CASE WHEN bool_or(t) THEN true WHEN bool_or(t IS NULL) THEN NULL ELSE false END",
    "all": "CASE WHEN bool_or(NOT t) THEN false WHEN bool_or(t IS NULL) THEN NULL ELSE true END",
    "count": "(count(*) FILTER (WHERE t))::numeric",
}


def unless_null(typed: Typed, value: str, otherwise: str) -> str:
    """An expression that is null where a value is."""
    return (
        f"(CASE WHEN {value} IS NULL THEN NULL ELSE {otherwise} END)" if typed.maybe else otherwise
    )


Write = Callable[[Scope, Typed, list[Sql]], Sql]


def _logic(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    """In order: what decides hides the refusals behind it."""
    op = getattr(typed.node, "op", "")
    if not any(arg.refusal for arg in args):
        return Sql("(" + f" {op.upper()} ".join(arg.value for arg in args) + ")")
    arms, values = [], []
    for at, arg in enumerate(args):
        behind = any(later.refusal for later in args[at + 1 :])
        value = scope.once(arg.value) if behind else arg.value
        values.append(value)
        if arg.refusal:
            arms.append(f"WHEN {arg.refusal} IS NOT NULL THEN {arg.refusal}")
        if behind:
            arms.append(f"WHEN {value if op == 'or' else f'NOT {value}'} THEN NULL")
    [refusal] = scope.named([f"CASE {' '.join(arms)} END"])
    return Sql("(" + f" {op.upper()} ".join(values) + ")", refusal=refusal)


def _if(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    asked, then, otherwise = args
    condition = scope.once(asked.value)

    def chosen(first: str, second: str) -> str:
        return f"(CASE WHEN {condition} THEN {first} WHEN NOT {condition} THEN {second} END)"

    refusal = ""
    if any(arg.refusal for arg in args):
        taken = chosen(then.refusal or NO_REFUSAL, otherwise.refusal or NO_REFUSAL)
        [refusal] = scope.named([f"COALESCE({asked.refusal or NO_REFUSAL}, {taken})"])
    currency = ""
    if typed.type == MONEY:
        currency = chosen(
            *(_currency(scope, a, s) for a, s in zip(typed.args[1:], args[1:], strict=True))
        )
    return Sql(chosen(then.value, otherwise.value), currency, refusal)


def _coalesce(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    values = [scope.once(arg.value) for arg in args]
    arms = []
    for arg, value in zip(args, values, strict=True):
        if arg.refusal:
            arms.append(f"WHEN {arg.refusal} IS NOT NULL THEN {arg.refusal}")
        arms.append(f"WHEN {value} IS NOT NULL THEN NULL")
    refusal, currency = "", ""
    if any(arg.refusal for arg in args):
        [refusal] = scope.named([f"CASE {' '.join(arms)} END"])
    if typed.type == MONEY:
        told = [_currency(scope, a, s) for a, s in zip(typed.args, args, strict=True)]
        pairs = " ".join(
            f"WHEN {v} IS NOT NULL THEN {c}" for v, c in zip(values, told, strict=True)
        )
        currency = f"CASE {pairs} END"
    return Sql(f"COALESCE({', '.join(values)})", currency, refusal)


def _currency(scope: Scope, typed: Typed, sql: Sql) -> str:
    """The currency of an amount: a column's, or the declared one."""
    if typed.type.currency:
        return f"{scope.param(typed.type.currency)}::text"
    return sql.currency or "NULL::text"


def _form(form: str, *, once: bool = False) -> Write:
    """A form with places for the arguments, null where one is; `once` if it names them twice."""

    def write(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
        values = [scope.once(arg.value) if once else arg.value for arg in args]
        return Sql(form.format(*values), refusal=scope.first_refusal(args))

    return write


def _strict_null(form: Callable[[list[str]], str]) -> Write:
    """A form that by itself would pass a null by."""

    def write(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
        values, asked = [], []
        for sql, arg in zip(args, typed.args, strict=True):
            value = scope.once(sql.value) if arg.maybe else sql.value
            values.append(value)
            if arg.maybe:
                asked.append(f"{value} IS NULL")
        body = form(values)
        if asked:
            body = f"CASE WHEN {' OR '.join(asked)} THEN NULL ELSE {body} END"
        return Sql(f"({body})", refusal=scope.first_refusal(args))

    return write


def _compare(symbol: str) -> Write:
    def write(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
        if MONEY in (arg.type for arg in typed.args):
            return _mixable(scope, typed, args, lambda a, b: f"{a} {symbol} {b}")
        first, second = (arg.value for arg in args)
        return Sql(f"({first} {symbol} {second})", refusal=scope.first_refusal(args))

    return write


def _mixable(
    scope: Scope, typed: Typed, args: list[Sql], form: Callable[[str, str], str], *,
    zero: bool = False, amount: bool = False,
) -> Sql:  # fmt: skip
    """Two amounts, one of which has a currency of its own; of two currencies it is refused."""
    a, b = (scope.once(arg.value) for arg in args)
    first, second = (
        scope.once(_currency(scope, t, s)) for t, s in zip(typed.args, args, strict=True)
    )
    there = f"{a} IS NOT NULL AND {b} IS NOT NULL"
    own = f"CASE WHEN {there} AND {first} <> {second} THEN 'currency_mix'"
    if zero:
        own += f" WHEN {there} AND {b} = 0 THEN 'division_by_zero'"
    [refusal] = scope.named([f"{own} END"])
    value = f"(CASE WHEN {first} = {second} THEN {form(a, b)} END)"
    whole = scope.first_refusal([*args, Sql("", refusal=refusal)])
    return Sql(value, f"COALESCE({first}, {second})" if amount else "", whole)


def _sum(symbol: str) -> Write:
    def write(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
        left, right = (arg.type for arg in typed.args)
        if left.kind in ("date", "instant") and right.kind != left.kind:
            return _moved(scope, typed, args, symbol)
        if typed.type == MONEY:
            return _mixable(scope, typed, args, lambda a, b: f"{a} {symbol} {b}", amount=True)
        first, second = (arg.value for arg in args)
        cast = "::numeric" if left.kind == "date" else ""
        return Sql(f"({first} {symbol} {second}){cast}", refusal=scope.first_refusal(args))

    return write


_FIRST, _LAST = "DATE '0001-01-01'", "DATE '9999-12-31'"
_STEPS = {
    ("date", "days"): "({0} + ({1})::int)",
    ("date", "months"): "({0} + make_interval(months => ({1})::int))::date",
    ("instant", "days"): "({0} + make_interval(hours => (24 * {1})::int))",
}
# Where the step leads, reckoned without taking it: days after 0001-01-01, or months after year 0.
_LANDS = {
    ("date", "days"): (f"({{0}} - {_FIRST}) + {{1}}", 0, 3_652_058),
    ("date", "months"): (
        "extract(year FROM {0}) * 12 + extract(month FROM {0}) - 1 + {1}", 12, 119_999,
    ),
    ("instant", "days"): (f"(({{0}} AT TIME ZONE 'UTC')::date - {_FIRST}) + {{1}}", 0, 3_652_058),
}  # fmt: skip


def _moved(scope: Scope, typed: Typed, args: list[Sql], symbol: str) -> Sql:
    """A date or an instant so many days or months off."""
    kind = typed.args[1].type.kind
    key = (typed.args[0].type.kind, "months" if kind == "months" else "days")
    before = scope.first_refusal(args)
    off = f"(-{args[1].value})" if symbol == "-" else args[1].value
    if typed.shape.reach <= REACH_MOST:
        return Sql(_STEPS[key].format(args[0].value, off), refusal=before)
    day, off = scope.once(args[0].value), scope.once(off)
    form, low, high = _LANDS[key]
    [lands] = scope.named([f"{form.format(day, off)} BETWEEN {low} AND {high}"])
    guarded = f"(CASE WHEN {lands} THEN {off} END)"
    [refusal] = scope.named([f"CASE WHEN NOT {lands} THEN 'date_out_of_range' END"])
    whole = scope.first_refusal([*args, Sql("", refusal=refusal)])
    return Sql(_STEPS[key].format(day, guarded), refusal=whole)


def _times(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    product = f"({args[0].value} * {args[1].value})"
    if typed.type.kind == "decimal" and sum(arg.shape.scale for arg in typed.args) > AFTER:
        product = f"round{product[:-1]}, 18)"
    currency = next((arg.currency for arg in args if arg.currency), "")
    return Sql(product, currency, scope.first_refusal(args))


def _quotient(a: str, b: str) -> str:
    """Rounded half away from zero to 18 places; `div` is exact, `/` is not."""
    e18 = "1" + "0" * 18
    above = f"2 * {e18} * abs({a}) + abs({b})"
    whole = f"div({above}, NULLIF(2 * abs({b}), 0))"
    return f"(sign({a}) * sign({b}) * {whole} * 0.{'0' * 17}1)"


def _multiple(a: str, b: str) -> str:
    return f"(mod({a}, NULLIF({b}, 0)) = 0)"


def _ratio(form: Callable[[str, str], str]) -> Write:
    def write(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
        if MONEY in (arg.type for arg in typed.args):
            return _mixable(scope, typed, args, form, zero=True)
        a, b = (scope.once(arg.value) for arg in args)
        found = list(args)
        if not typed.args[1].constant:
            own = f"CASE WHEN {a} IS NOT NULL AND {b} = 0 THEN 'division_by_zero' END"
            found.append(Sql("", refusal=scope.named([own])[0]))
        return Sql(form(a, b), refusal=scope.first_refusal(found))

    return write


def _rounded(scope: Scope, value: str, places: int, rule: str) -> str:
    up, down = f"1{'0' * places}", f"0.{'0' * (places - 1)}1" if places else "1"
    if rule == "half_up":
        return f"round({value}, {places})"
    if rule == "down":
        return f"trunc({value}, {places})"
    value = scope.once(value)
    if rule == "up":
        return f"(sign({value}) * ceil(abs({value}) * {up}) * {down})"
    [whole] = scope.named([f"trunc({value} * {up})"])
    rest = f"abs({value} * {up} - {whole})"
    more = f"{rest} > 0.5 OR ({rest} = 0.5 AND mod({whole}, 2) <> 0)"
    return f"(({whole} + CASE WHEN {more} THEN sign({value}) ELSE 0 END) * {down})"


def _round(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    value, places, rule = args[0].value, typed.args[1].value, typed.args[2].value
    return Sql(_rounded(scope, value, places, rule), refusal=scope.first_refusal(args))


def _share(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    exact = f"({args[0].value} * {args[1].value})"
    value = _rounded(scope, exact, 0, typed.args[2].value)
    return Sql(value, args[0].currency, scope.first_refusal(args))


def _same(form: str) -> Write:
    """A form that keeps the currency."""

    def write(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
        return Sql(form.format(args[0].value), args[0].currency, args[0].refusal)

    return write


def _code(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    code = _currency(scope, typed.args[0], args[0])
    value = f"CASE WHEN {args[0].value} IS NOT NULL THEN {code} END"
    return Sql(f'({value}) COLLATE "C"', refusal=args[0].refusal)


def _fold(scope: Scope, value: str) -> str:
    """As values.folded: a table of letters, and the short way where there is nothing but ASCII."""
    capitals, small = scope.shared(CAPITALS), scope.shared(SMALL)
    return (
        f"(CASE WHEN octet_length({value}) = char_length({value}) THEN lower({value}) "
        f"ELSE translate({value}, {capitals}, {small}) END)"
    )


def _lower(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    return Sql(_fold(scope, scope.once(args[0].value)), refusal=args[0].refusal)


def _contains(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    whole = scope.once(_fold(scope, scope.once(args[0].value)))
    listed, row = scope.once(args[1].value), scope.fresh("u")
    part = _fold(scope, f'({row}.x COLLATE "C")')
    body = f"SELECT strpos({whole}, {part}) > 0 AS t FROM unnest({listed}) AS {row}(x)"
    value = f"(SELECT {AGGREGATES['any']} FROM ({body}) AS {row}q)"
    if getattr(typed.node, "op", "") == "contains_none":
        value = f"(NOT {value})"
    return Sql(unless_null(typed.args[1], listed, value), refusal=scope.first_refusal(args))


def _flags(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
    listed, row = scope.once(args[0].value), scope.fresh("u")
    aggregate = AGGREGATES[getattr(typed.node, "op", "")]
    value = f"(SELECT {aggregate} FROM unnest({listed}) AS {row}(t))"
    return Sql(unless_null(typed.args[0], listed, value), refusal=args[0].refusal)


def _local(form: str) -> Write:
    def write(scope: Scope, typed: Typed, args: list[Sql]) -> Sql:
        local = f"({args[0].value} AT TIME ZONE {args[1].value})"
        if typed.args[0].shape.reach < REACH_MOST:
            return Sql(form.format(local), refusal=args[0].refusal)
        local = scope.once(local)
        there = f"{local} >= {_FIRST} AND {local} < {_LAST} + 1"
        own = scope.named([f"CASE WHEN NOT ({there}) THEN 'date_out_of_range' END"])[0]
        refusal = scope.first_refusal([args[0], Sql("", refusal=own)])
        return Sql(f"(CASE WHEN {there} THEN {form.format(local)} END)", refusal=refusal)

    return write


_AGE = (
    "(extract(year FROM {1}) - extract(year FROM {0}) - CASE WHEN (extract(month FROM {1}), "
    "extract(day FROM {1})) < (extract(month FROM {0}), extract(day FROM {0})) THEN 1 ELSE 0 END)"
)

OPERATORS: dict[str, Write] = {
    "and": _logic,
    "or": _logic,
    "not": _form("(NOT {0})"),
    "if": _if,
    "coalesce": _coalesce,
    "==": _compare("="),
    "!=": _compare("<>"),
    **{symbol: _compare(symbol) for symbol in ("<", "<=", ">", ">=")},
    "is_null": _form("({0} IS NULL)"),
    "is_not_null": _form("({0} IS NOT NULL)"),
    "in": _form("({0} = ANY({1}))"),
    "not_in": _form("(NOT {0} = ANY({1}))"),
    "between": _strict_null(lambda v: f"({v[0]}) BETWEEN ({v[1]}) AND ({v[2]})"),
    "min": _strict_null(lambda v: f"LEAST({', '.join(v)})"),
    "max": _strict_null(lambda v: f"GREATEST({', '.join(v)})"),
    "+": _sum("+"),
    "-": _sum("-"),
    "*": _times,
    "/": _ratio(_quotient),
    "is_multiple_of": _ratio(_multiple),
    "neg": _same("(-{0})"),
    "abs": _same("abs({0})"),
    "round": _round,
    "share": _share,
    "currency": _code,
    "lower": _lower,
    "length": _form("char_length({0})::numeric"),
    "starts_with": _form("starts_with({0}, {1})"),
    "contains_any": _contains,
    "contains_none": _contains,
    "count": _form("cardinality({0})::numeric"),
    "any": _flags,
    "all": _flags,
    "days": _form("{0}"),
    "months": _form("{0}"),
    "days_between": _form("({1} - {0})::numeric"),
    "age": _form(_AGE, once=True),
    "year": _form("extract(year FROM {0})"),
    "month": _form("extract(month FROM {0})"),
    "day": _form("extract(day FROM {0})"),
    "weekday": _form("extract(isodow FROM {0})"),
    "date": _local("{0}::date"),
    "hour": _local("extract(hour FROM {0})"),
    "seconds_between": _form("floor(extract(epoch FROM ({1} - {0})))"),
}
