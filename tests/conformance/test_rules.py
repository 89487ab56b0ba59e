"""The adapter of `rule_eval`: what the notes of the cases say, answer by answer."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from conformance.lines import answered
from conformance.rules import agrees, answer

ANSWERS: list[tuple[str, list[Any], Any]] = [
    (">", [1, 1], False), (">=", [1, 1], True), ("<", [1, 2.5], True), ("<=", ["0.30", "0.3"], True),
    ("=", ["0.3", "0.2 + 0.1"], True), ("=", [0.3, "0.2+0.1"], True), ("=", ["a", "a"], True),
    ("=", ["A", "a"], False), ("=", [False, False], True), ("=", [22.3, 22.3], True),
    ("=", ["2026-01-31", "2026-01-31"], True), ("=", [None, 1], None),
    ("+", [4, None], None), ("+", [2, 1], 3), ("+", [2.0, 1], 3), ("+", ["0.1", "0.2"], 0.3),
    ("-", [11, 2], 9), ("*", [4, 3], 12), ("/", [10, 4], 2.5), ("/", [None, 0], "division_by_zero"),
    ("and", [True, True, False], False), ("and", [True, None], None), ("and", [None, False], False),
    ("or", [False, None, False], None), ("or", [None, True], True), ("or", [False], False),
    ("not", [True], False), ("not", [None], None),
    ("in", ["b", ["a", "b"]], True), ("not_in", ["b", ["a", "b"]], False), ("in", [2, [1, 2]], True),
    ("in", [None, ["a"]], None), ("in", ["a", []], False),
    ("contains_any", ["abc", ["AB", "x"]], True), ("contains_none", ["abc", ["cd"]], True),
    ("contains_any", [None, ["a"]], None),
    ("+", [{"op": "*", "args": [2, 3]}, 1], 7),
    # refusals
    ("/", [1.0, 0.0], "division_by_zero"), ("+", [1], "wrong_arity"), ("+", [], "wrong_arity"),
    ("and", [], "wrong_arity"), ("contains_any", ["abc"], "wrong_arity"),
    ("+", [2, "not a number"], "wrong_type"), ("=", [1, "1"], "wrong_type"),
    (">", ["toto", False], "wrong_type"), ("or", [False, "text", False], "wrong_type"),
    ("and", ["text"], "wrong_type"), ("not", [1], "wrong_type"),
    ("in", [["a"], "a"], "wrong_type"), ("contains_any", ["abc", 1], "wrong_type"),
    ("in", [1, ["a"]], "wrong_type"), ("xor", [True, False], "unknown_operator"),
]  # fmt: skip


def told(given: dict[str, Any]) -> Any:
    found = answered(json.dumps({"id": "x", "kind": "rule_eval", "input": given}), answer)
    return found["error"]["code"] if "error" in found else found["value"]


@pytest.mark.parametrize(("op", "args", "wanted"), ANSWERS)
def test_a_rule_comes_to(op: str, args: list[Any], wanted: Any) -> None:
    found = told({"op": op, "args": args})
    assert found == wanted and isinstance(found, bool) is isinstance(wanted, bool)


@pytest.mark.parametrize(
    ("value", "divider", "wanted"),
    [
        (100, 10, True), (999, 1000, False), (100.1, 10, False), (0, 7, True), (None, 10, None),
        ("hello world", 10, "wrong_type"), (10, 0, "division_by_zero"),
    ],
)  # fmt: skip
def test_a_multiple_is_asked_by_names(value: Any, divider: int, wanted: Any) -> None:
    assert told({"op": "is_multiple_of", "value": value, "divider": divider}) == wanted


def test_an_expectation_may_be_null_near_or_a_refusal() -> None:
    assert agrees({"expected": None}, {"value": None})
    assert not agrees({"expected": None}, {"value": False})
    assert not agrees({"expected": 1}, {"value": True})
    assert agrees({"expected": {"approx": 3.3333333333333335}}, {"value": Decimal(10) / 3})
    assert agrees({"expected": {"error": "wrong_type"}}, {"error": {"code": "wrong_type"}})
    assert not agrees({"expected": 1}, {"error": {"code": "wrong_type"}})
