"""The text form: canonical, read back to the same tree, and bounded whatever comes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core.errors import FieldError, Problem
from huoshui.core.expr import (
    Expression,
    ExpressionRefused,
    ExpressionUnreadable,
    canonical,
    digest,
    from_json,
    parse,
    text,
)
from huoshui.core.expr.model import walk
from tests.core.expr.trees import SCHEMA, any_tree


@given(any_tree())
@settings(max_examples=300)
def test_the_text_of_a_tree_is_read_back_to_the_tree(drawn) -> None:
    parsed = parse(text(drawn))
    assert parsed.tree == drawn
    assert text(parsed.tree) == text(drawn)
    assert from_json(canonical(drawn)) == drawn
    assert len(parsed.spans) == sum(1 for _ in walk(drawn))


@pytest.mark.parametrize(
    ("written", "canonical_text"),
    [
        ("flow>=50_000 CNY", "flow >= 50000 CNY"),
        ("a = 'it\\'s'  # a note", 'a == "it\'s"'),
        ("d + 1 year\n - 2 years", "d + 12 months - 24 months"),
        ("x not in ['a'] and not(y)", 'x not in ["a"] and not y'),
        ("1.50 - -2", "1.5 - -2"),
        ("2026-01-31T08:00+08:00", "2026-01-31T00:00:00Z"),
        ("(a if b else c) if d else (e if f else g)", "(a if b else c) if d else e if f else g"),
        ("12.340 KWD", "12.34 KWD"),
        ("((a or b)) and c", "(a or b) and c"),
    ],
)
def test_there_is_one_way_to_write_it(written: str, canonical_text: str) -> None:
    assert text(parse(written).tree) == canonical_text


@pytest.mark.parametrize(
    ("written", "place", "code"),
    [
        ("a <", "line 1, column 4", "expr_expected_value"),
        ("a < b < c", "line 1, column 7", "expr_chained"),
        ("a and\n  && b", "line 2, column 3", "expr_symbol"),
        ("a == 'open", "line 1, column 6", "expr_text_open"),
        ("007", "line 1, column 1", "expr_symbol"),
        ("5 XQQ", "line 1, column 3", "expr_currency"),
        ("5.001 CNY", "line 1, column 7", "expr_amount_too_fine"),
        ("1.5 days", "line 1, column 1", "expr_broken_duration"),
        ("2026-02-30", "line 1, column 1", "expr_no_day"),
        (f"{'9' * 21}", "line 1, column 1", "expr_digits"),
        ('"\\u0000"', "line 1, column 1", "expr_literal"),
        ("a b", "line 1, column 3", "expr_expected"),
        ("__import__('os')", "line 1, column 1", "expr_symbol"),
        ("a.__class__", "line 1, column 2", "expr_symbol"),
        ("lambda: 1", "line 1, column 7", "expr_symbol"),
        ("", "line 1, column 1", "expr_expected_value"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(written: str, place: str, code: str) -> None:
    with pytest.raises(ExpressionUnreadable) as refused:
        parse(written)
    [fault] = refused.value.errors
    assert (fault.pointer, fault.code) == (place, code)
    assert fault.detail("zh") != fault.detail("en")


@pytest.mark.parametrize(
    "hostile",
    [
        "(" * 5_000, "not " * 4_000 + "a", "-" * 9_000 + "1", "[" * 3_000, "a if b else " * 1_500 + "c",
        "a + " * 4_900 + "a", "1" * 20_000, "x(" * 4_000, "a and " * 3_000 + "a", '"' + "\\" * 19_000,
        "9" * 19 + "." + "9" * 18 + " * 9" * 60, " " * 19_999 + "&", "a" * 25_000, "#" * 19_000,
    ],
)  # fmt: skip
def test_a_hostile_text_is_answered_within_a_moment(hostile: str) -> None:
    start = time.process_time()
    with pytest.raises(Problem):
        Expression(hostile, SCHEMA)
    assert time.process_time() - start < 2


def faults(read: Callable[[], object]) -> tuple[FieldError, ...]:
    """What is wrong with an expression; none is refused without a fault."""
    try:
        read()
    except (ExpressionUnreadable, ExpressionRefused) as refused:
        return refused.errors or (FieldError("", "expr_json", {"reason": "-"}),)
    return ()


WORDS = (
    "and or not in is null true false if else for any all count ( ) [ ] , + - * / < <= == != = "
    'f.integer_a f.text_a x 1 0.5 "a" days CNY 2026-01-31 2026-01-31T00:00Z min round \n # é \ud800'
).split(" ")


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)))
@settings(max_examples=600)
def test_no_text_gets_more_than_a_refusal(any_text: str) -> None:
    for fault in faults(lambda: Expression(any_text, SCHEMA)):
        assert fault.detail("en") and fault.detail("zh")


@given(st.one_of(st.binary(max_size=80), st.text(max_size=80)))
def test_no_json_gets_more_than_a_refusal(content) -> None:
    for fault in faults(lambda: from_json(content)):
        assert fault.detail("en") and fault.detail("zh")


def test_a_tree_as_deep_as_a_well_is_refused() -> None:
    deep = (
        '{"node":"call","op":"not","args":[' * 5_000 + '{"node":"name","name":"a"}' + "]}" * 5_000
    )
    for content in (deep, deep[:1_000], "[" * 100_000):
        with pytest.raises(Problem):
            from_json(content)


def test_the_hash_of_a_tree_stays() -> None:
    """What seals rule versions: a change here breaks what was sealed."""
    tree = parse('flow >= 50000 CNY and city in ["北京", "a"] or any(t > 8.5 for t in temps)').tree
    assert canonical(tree).startswith(b'{"args":[{"args":[{"args":[{"name":"flow","node":"name"}')
    assert digest(tree) == "9bc9674e91a1f9103fe9ec7061d4fd2d9d255ccf9cabf7513f49f0f0c012cd59"
