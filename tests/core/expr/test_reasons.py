"""Reasons: what decided, what would have to change, in both languages; the smallest sets of them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from huoshui.core.expr import Answer, Call, Expression, ExpressionRefused, Name, Node, read_schema
from tests.core.expr.test_meaning import FACTS, PLAIN
from tests.core.expr.trees import SCHEMA, any_tree, facts


def why(written: str, lang: str = "en") -> list[str]:
    return [each.said(lang) for each in Expression(written, PLAIN).explain(FACTS).reasons]


@pytest.mark.parametrize(
    ("written", "en", "zh"),
    [
        ("flow >= 50000 CNY", "monthly flow CNY 48,000 is below the required CNY 50,000 (by CNY 2,000)",
         "月流水 48,000 元 低于要求的 50,000 元，相差 2,000 元"),
        ("50000 CNY <= flow", "monthly flow CNY 48,000 is below the required CNY 50,000 (by CNY 2,000)",
         "月流水 48,000 元 低于要求的 50,000 元，相差 2,000 元"),
        ("flow < 480.01 CNY * 100", "monthly flow CNY 48,000 is below 480.01 CNY * 100 (CNY 48,001)",
         "月流水 48,000 元 低于 480.01 CNY * 100（48,001 元）"),
        ("flow / 96000 CNY > 0.6",
         "monthly flow / 96000 CNY (0.5) is not above the bound of 0.6 (by 0.1)",
         "月流水 / 96000 CNY（0.5） 未超过界限 0.6，相差 0.1"),
        ("n in [4, 5]", "n 3 is none of 4, 5", "数 3 不属于：4、5"),
        ("debt > 5 CNY", "“debt > 5 CNY” cannot be told, for lack of: debt",
         "“负债 > 5 CNY”无法判断，缺少：负债"),
        ("debt is not null", "debt is not known", "负债缺失"),
        ("any(t > 8 for t in temps)", "of 3 in temps, 1 meet “t > 8”",
         "温度 的 3 个元素中，1 个满足“t > 8”"),
        ("between(n, 5, 9)", "n 3 is not between 5 and 9 (by 2)", "数 3 不在 5 与 9 之间，相差 2"),
        ("today < 2026-01-01",
         "today 2026-01-31 is not below the bound of 2026-01-01 (by 30 days)",
         "今天 2026-01-31 达到或超过界限 2026-01-01，相差 30 天"),
        ('contains_any(city, ["évry"])', "city “ÉVRY 北京” contains one of “évry”",
         "城市 “ÉVRY 北京” 含有其中之一：“évry”"),
    ],
)  # fmt: skip
def test_a_condition_is_told_in_both_languages(written: str, en: str, zh: str) -> None:
    assert (why(written), why(written, "zh")) == ([en], [zh])


def test_what_decided_is_told_and_nothing_else() -> None:
    both = "flow >= 50000 CNY and n > 2 and (rate < 0.5 or n == 4)"
    assert why(both) == why("flow >= 50000 CNY")
    assert why("n > 2 and rate < 0.5 or flow > 1 CNY") == why("flow > 1 CNY")
    assert len(why("n > 2 and rate < 0.5")) == 2
    assert why("1 if n > 5 else 2") == why("n > 5")
    assert why("n > 2 and n > 2") == why("n > 2")
    assert why("true") == []


def test_what_would_make_it_true_comes_with_its_distance() -> None:
    found = Expression("flow >= 50000 CNY and n > 5 and yes", PLAIN).explain(FACTS)
    assert found.needed is not None
    flow, count = found.needed
    assert (flow.facts, flow.distance) == (("flow",), {"amount": 200_000, "currency": "CNY"})
    assert (count.left, count.right, count.distance) == (3, 5, "2")
    either = Expression("(n > 9 and rate > 1 and not yes) or flow >= 50000 CNY", PLAIN)
    assert [each.facts for each in either.explain(FACTS).needed or ()] == [("flow",)]
    assert Expression("n > 9 and false", PLAIN).explain(FACTS).needed is None
    assert Expression("n > 1", PLAIN).explain(FACTS).needed == ()
    refused = Expression("n / (n - 3) > 1", PLAIN).explain(FACTS)
    assert (refused.answer, refused.reasons) == (Answer(None, "division_by_zero"), ())
    guarded = Expression("n > 3 and 1 / (n - 3) > 0", PLAIN).explain(FACTS)
    assert guarded.answer == Answer(False) and len(guarded.reasons) == 1
    msgspec.json.encode(found.reasons)


@given(any_tree(), facts())
@settings(max_examples=100)
def test_whatever_the_facts_an_answer_is_explained(drawn, read) -> None:
    try:
        expression = Expression(drawn, SCHEMA)
    except ExpressionRefused:
        return
    found = expression.explain(read)
    assert found.answer == expression.answer(read)
    for each in (*found.reasons, *(found.needed or ())):
        assert each.en and each.zh
    msgspec.json.encode(found.reasons)


# Over flags, each of which stands once, the smallest sets can be found by trying all.

FLAGS = [f"f{n}" for n in range(7)]
FLAG_SCHEMA = read_schema(
    {name: {"type": "boolean", "en": name, "zh": "旗", "always": True} for name in FLAGS}
)


@st.composite
def flagged(draw: Any) -> Node:
    """A tree of and, or and not over different flags."""
    left = [Name(name) for name in FLAGS]

    def made(depth: int) -> Node:
        op = (
            draw(st.sampled_from(["and", "or", "not", "leaf"]))
            if depth and len(left) > 2
            else "leaf"
        )
        if op == "leaf":
            return left.pop()
        if op == "not":
            return Call("not", (made(depth - 1),))
        args: list[Node] = []
        while left and len(args) < draw(st.integers(2, 3)):
            args.append(made(depth - 1))
        return Call(op, tuple(args)) if len(args) > 1 else args[0]

    return made(3)


@given(flagged(), st.lists(st.booleans(), min_size=7, max_size=7))
@settings(max_examples=150)
def test_the_sets_are_the_smallest(drawn, values) -> None:
    expression = Expression(drawn, FLAG_SCHEMA)
    read = dict(zip(FLAGS, values, strict=True))
    value = expression.answer(read).value
    used = expression.names
    others = [dict(zip(used, bits, strict=True)) for bits in _bits(len(used))]

    def decides(fixed: tuple[str, ...]) -> bool:
        kept = {name: read[name] for name in fixed}
        return all(expression.answer(read | other | kept).value is value for other in others)

    found = expression.explain(read)
    told = tuple(name for each in found.reasons for name in each.facts)
    assert decides(told)
    assert len(told) == next(n for n in range(8) if any(map(decides, combinations(used, n))))
    if value is False:
        assume(found.needed is not None)
        assert found.needed is not None
        changes = [name for each in found.needed for name in each.facts]
        assert expression.answer(read | {name: not read[name] for name in changes}).holds
        least = next(
            n for n in range(8) for names in combinations(used, n)
            if expression.answer(read | {name: not read[name] for name in names}).holds
        )  # fmt: skip
        assert len(changes) == least


def _bits(count: int) -> list[tuple[bool, ...]]:
    return [tuple(bool(n >> at & 1) for at in range(count)) for n in range(2**count)]
