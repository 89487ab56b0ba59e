"""What expressions come to: nulls, exactness, money, time, text; and what the check refuses, where."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from huoshui.core.expr import (
    BOOLEAN,
    Answer,
    Call,
    Const,
    Expression,
    ExpressionRefused,
    ExpressionWithoutValue,
    FactsUnreadable,
    Name,
    Schema,
    canonical,
    from_json,
    parse,
    read_examples,
    read_schema,
)
from huoshui.core.expr.expression import REFUSALS
from huoshui.core.expr.values import CAPITALS, SMALL
from tests.core.expr.trees import SCHEMA, any_tree, facts

DECLARED: dict[str, Any] = {
    "flow": {"type": "money CNY", "en": "monthly flow", "zh": "月流水",
             "value": {"amount": 4_800_000, "currency": "CNY"}},
    "debt": {"type": "money CNY", "en": "debt", "zh": "负债"},
    "paid": {"type": "money", "en": "paid", "zh": "已付", "value": {"amount": 5, "currency": "USD"}},
    "n": {"type": "integer", "en": "n", "zh": "数", "value": 3},
    "rate": {"type": "decimal", "en": "rate", "zh": "费率", "value": "0.3"},
    "day": {"of_birth": {"type": "date", "en": "born", "zh": "生日", "value": "2000-02-29"}},
    "today": {"type": "date", "en": "today", "zh": "今天", "value": "2026-01-31", "always": True},
    "at": {"type": "instant", "en": "at", "zh": "时刻", "value": "2026-01-31T20:00:00Z"},
    "city": {"type": "text", "en": "city", "zh": "城市", "value": "ÉVRY 北京"},
    "temps": {"type": "list of decimal", "en": "temps", "zh": "温度", "value": ["1", "9", None]},
    "yes": {"type": "boolean", "en": "yes", "zh": "是", "value": True, "always": True},
    "none": {"type": "boolean", "en": "none", "zh": "无"},
}  # fmt: skip
PLAIN = read_schema(DECLARED)
FACTS = PLAIN.read(read_examples(DECLARED))


def value(written: str) -> Any:
    """What a text comes to over the facts above; of a refusal its code."""
    expression = Expression(written, PLAIN)
    answer = expression.answer(FACTS)
    return answer.refusal or expression.shown(answer.value)


TRUTH = {
    "and": {"true": "true false null", "false": "false false false", "null": "null false null"},
    "or": {"true": "true true true", "false": "true false null", "null": "true null null"},
}


@pytest.mark.parametrize("op", TRUTH)
def test_the_truth_table(op: str) -> None:
    """The same as docs/*/expressions.md shows; columns are true, false, null."""
    for left, row in TRUTH[op].items():
        for right, wanted in zip(("true", "false", "null"), row.split(), strict=True):
            found = value(f"{left} {op} {right}")
            assert found is {"true": True, "false": False, "null": None}[wanted], (left, right)
    assert [value(f"not {each}") for each in ("true", "false", "null")] == [False, True, None]


MEANT: list[tuple[str, Any]] = [
        # exact, never a float
        ("0.3 == 0.2 + 0.1", True),
        ("10 / 3", "3.333333333333333333"),
        ("-10 / 6", "-1.666666666666666667"),
        ("99999999999999999999.999999999999999999 + 0.000000000000000001", "100000000000000000000"),
        ("0.000000000000000001 * 0.5", "0.000000000000000001"),
        ("n / (n - 3)", "division_by_zero"),
        ("n != 3 and 1 / (n - 3) > 0", False),
        ("1 / (n - 3) > 0 and n != 3", "division_by_zero"),
        ("1 if n > 2 else 1 / 0.5", "1"),
        ("is_multiple_of(flow, 1000 CNY)", True),
        ("is_multiple_of(0.3, 0.1)", True),
        ('round(2.5, 0, "half_even")', 2),
        ('round(2.5, 0, "half_up")', 3),
        ('round(-2.51, 1, "down")', "-2.5"),
        ('round(-2.51, 1, "up")', "-2.6"),
        ("abs(-rate)", "0.3"),
        ("min(n, rate, 0.1)", "0.1"),
        ("max(n, null)", None),
        # money
        ("flow < 50_000 CNY", True),
        ("50000 CNY - flow", {"amount": 200_000, "currency": "CNY"}),
        ('share(flow, 0.0065, "half_even")', {"amount": 31_200, "currency": "CNY"}),
        ("flow / 96000 CNY", "0.5"),
        ("flow * n", {"amount": 14_400_000, "currency": "CNY"}),
        ("paid > 5 CNY", "currency_mix"),
        ("paid + 1 USD", {"amount": 105, "currency": "USD"}),
        ("currency(paid)", "USD"),
        ("between(flow, 1 CNY, 48000 CNY)", True),
        ("flow in [48000 CNY, 1 CNY]", True),
        # nulls
        ("4 + null", None),
        ('share(null, null, "up")', None),
        ("null in [null]", None),
        ("is_multiple_of(null, null)", None),
        ("null / null", None),
        ("between(null, null, null)", None),
        ("today + null", None),
        ("null - null", None),
        ("count(null)", None),
        ("any(x is null for x in [null])", True),
        ("min(null, null)", None),
        ("(null if null else null) is null", True),
        ("debt > 1 CNY", None),
        ("debt is null and debt is not null", False),
        ("coalesce(debt, 1 CNY)", {"amount": 100, "currency": "CNY"}),
        ("1 if none else 2", None),
        ("n in [1, null]", None),
        ("n in [3, null]", True),
        ("null in []", False),
        ("n not in []", True),
        # time
        ("today + 1 month", "2026-02-28"),
        ("2024-01-31 + 1 month", "2024-02-29"),
        ("day.of_birth + 12 months", "2001-02-28"),
        ("age(day.of_birth, today)", 25),
        ("age(day.of_birth, 2027-02-28)", 26),
        ("age(day.of_birth, 2027-03-01)", 27),
        ("days_between(2026-01-01, today)", 30),
        ("today - 2026-01-01 >= 30 days", True),
        ("today + days(n * 1000000)", "date_out_of_range"),
        ('date(at, "Asia/Shanghai")', "2026-02-01"),
        ('hour(at, "Asia/Shanghai")', 4),
        ("at + 1 day", "2026-02-01T20:00:00Z"),
        ("seconds_between(2026-01-31T19:30Z, at)", 1800),
        ("weekday(today)", 6),
        ("year(today) * 100 + month(today) + day(today)", 202_632),
        # text and lists
        ('contains_any(city, ["évry", "x"])', True),
        ('contains_none(city, ["x", null])', None),
        ('lower("ABC ÄÖ ЖЯ Ａ ΑΣ")', "abc äö жя ａ ας".replace("ς", "σ")),
        ('starts_with(city, "É") and length(city) == 7', True),
        ("any(t > 8 for t in temps)", True),
        ("all(t > 0 for t in temps)", None),
        ("all(t > 1 for t in temps)", False),
        ("count(t > 0 for t in temps) == 2 and count(temps) == 3", True),
        ("any([none, yes]) and not all([yes, not yes])", True),
        ("any(1 / (t - 9) > 5 for t in temps)", "division_by_zero"),
    ]  # fmt: skip


@pytest.mark.parametrize(("written", "wanted"), MEANT)
def test_an_expression_comes_to(written: str, wanted: Any) -> None:
    found = value(written)
    assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize(
    ("written", "column", "code"),
    [
        ("nope > 3", 1, "expr_name"),
        ("n and yes", 1, "expr_type"),
        ("yes and (n > 1 or city)", 19, "expr_type"),
        ("flow > 5 USD", 8, "expr_currency_mix"),
        ("n == city", 6, "expr_apart"),
        ('city < "a"', 1, "expr_type"),
        ("flow * rate", 1, "expr_share"),
        ("n / 0", 5, "expr_zero"),
        ("n / 0.0", 5, "expr_zero"),
        ("min(n)", 1, "expr_arity"),
        ("nosuch(n)", 1, "expr_function"),
        ('round(rate, n, "half_up")', 13, "expr_places"),
        ('round(rate, 2, "bankers")', 16, "expr_rounding"),
        ('hour(at, "Mars/Base")', 10, "expr_zone"),
        ('hour(at, "../../etc/passwd")', 10, "expr_zone"),
        ("at - at", 1, "expr_instants"),
        ("at + 1 month", 6, "expr_type"),
        ("today + n", 9, "expr_type"),
        ('[1, "a"] == 1', 1, "expr_items"),
        ("paid in [5 USD]", 1, "expr_currency_unknown"),
        ("any(any(u for u in temps) for t in temps)", 5, "expr_nested"),
        ("any(n > 1 for n in temps)", 1, "expr_variable"),
        ("any(t for t in temps)", 5, "expr_type"),
        (" * ".join(["n"] * 12), 1, "expr_digits_grow"),
    ],
)  # fmt: skip
def test_a_fault_is_told_before_anything_is_evaluated(written: str, column: int, code: str) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        Expression(written, PLAIN)
    first = refused.value.errors[0]
    assert (first.pointer, first.code) == (f"line 1, column {column}", code)
    assert first.detail("zh") != first.detail("en")


def test_every_fault_is_told_once() -> None:
    with pytest.raises(ExpressionRefused) as refused:
        Expression("nope + 1 > 2 and city or\n n", PLAIN)
    assert [fault.pointer for fault in refused.value.errors] == [
        "line 1, column 1", "line 1, column 18", "line 2, column 2",
    ]  # fmt: skip
    detail = refused.value.errors[1].detail
    assert (detail("en"), detail("zh")) == (
        "Expected true or false, found a text.", "此处应为布尔值，实为文本。",
    )  # fmt: skip


def test_the_value_must_have_the_type_that_is_wanted() -> None:
    assert Expression("1 + 1", PLAIN, wants=SCHEMA.by_name["f.decimal_a"].type).value(
        {}
    ) == Decimal(2)
    with pytest.raises(ExpressionRefused):
        Expression("1 + 1", PLAIN, wants=BOOLEAN)


@pytest.mark.parametrize(
    "node",
    [
        Const("integer", "05"), Const("integer", "x"), Const("money", "5", "XXQ"), Const("what", "5"),
        Const("date", "2026-02-30"), Const("boolean", "yes"), Const("decimal", "1.0"),
        Const("text", "\0"), Const("null", ""), Call("+", (Const("integer", "1"),)), Call("and", ()),
        Name("__class__"), Const("integer", "9" * 500),
    ],
)  # fmt: skip
def test_a_tree_that_no_text_gives_is_refused(node: Any) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        Expression(from_json(canonical(node)), PLAIN)
    assert refused.value.errors[0].detail("zh")


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("flow", {"amount": 1, "currency": "USD"}), ("flow", 5), ("flow", {"amount": "1.5"}),
        ("n", True), ("n", 10**18), ("n", "1e5"), ("n", Decimal("1e99999")), ("n", Decimal("NaN")),
        ("rate", 0.3), ("rate", "1e3"), ("rate", Decimal("0.1234567890123456789")), ("rate", "９"),
        ("today", None), ("today", "2026-1-1"), ("today", date(1, 1, 1)), ("at", "2026-01-31T08:00:00"),
        ("city", "\0"), ("city", "a" * 10_001), ("temps", [0] * 1_001), ("temps", "1"), ("yes", 1),
        ("paid", {"amount": 1, "currency": "zzz"}),
    ],
)  # fmt: skip
def test_a_fact_is_of_its_type_or_refused(name: str, bad: Any) -> None:
    with pytest.raises(FactsUnreadable) as refused:
        PLAIN.read(read_examples(DECLARED) | {name: bad})
    assert [fault.pointer for fault in refused.value.errors] == [name]
    assert refused.value.errors[0].detail("zh")


def test_facts_that_no_schema_read_are_a_refusal() -> None:
    for unread in ({}, {"n": "3"}, {"n": object()}):
        answer = Expression("n > 2", PLAIN).answer(unread)
        assert answer == Answer(None, "facts_unreadable")
        with pytest.raises(ExpressionWithoutValue) as refused:
            answer.demand()
        assert "facts_unreadable" in refused.value.detail("zh")


@given(any_tree(), facts())
@settings(max_examples=100)
def test_whatever_the_facts_there_is_a_value_or_a_refusal(drawn, read) -> None:
    try:
        expression = Expression(drawn, SCHEMA)
    except ExpressionRefused:
        return
    answer = expression.answer(read)
    assert answer.refusal in ("", *REFUSALS[:-1])
    assert answer.value is not None or expression.typed.maybe or answer.refusal
    assert not answer.refusal or expression.typed.fails
    expression.shown(answer.value)
    assert Expression(expression.text, SCHEMA).digest == expression.digest


def test_a_seal_covers_the_types_of_what_is_read() -> None:
    other = Schema((*(f for f in PLAIN.facts if f.name != "n"), read_schema(
        {"n": {"type": "decimal", "en": "n", "zh": "数"}}).facts[0]))  # fmt: skip
    here, there = (Expression("n > 1", schema) for schema in (PLAIN, other))
    assert here.tree == there.tree and here.digest != there.digest
    assert here.digest == Expression("n>1 # the same", PLAIN).digest
    assert Expression("any(t > n for t in temps)", PLAIN).names == ("n", "temps")


def test_a_long_rule_is_one_function() -> None:
    written = " or ".join(f"(n == {i} and not none)" for i in range(-300, 4))
    assert Expression(parse(written), PLAIN).answer(FACTS) == Answer(None)
    deep = "n" + " + 1" * 50
    nested = f"{'(not ' * 50}yes{')' * 50}"
    assert Expression(f"{deep} == 53 and {nested}", PLAIN).answer(FACTS) == Answer(True)


def test_small_letters_are_a_fixed_table() -> None:
    assert len(CAPITALS) == len(SMALL) == len(set(CAPITALS))
    assert CAPITALS.lower() == SMALL


@pytest.mark.parametrize(
    "text",
    ["f['flow']", "__import__('os').abort()", "\\'); exit(9) #", '"""', "{0}", "k1", "\n\nraise"],
)
def test_no_constant_becomes_code(text: str) -> None:
    literal = json.dumps(text)
    assert value(f"lower({literal}) == {json.dumps(text.lower())}") is True
    assert value(f"{literal} in [city, {literal}]") is True
