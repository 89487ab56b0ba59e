"""The conformance command: lines in, lines out, in order, whatever the lines are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import given
from conformance.kinds import KINDS, Answer, Case
from conformance.lines import answered
from conformance.split import Stored, answer
from tests.ground import Ground

ROOT = Path(__file__).parents[2]


def run(*arguments: str, lines: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        input=lines,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def told(case: dict[str, Any], by: Callable[[Case], Answer] = answer) -> Any:
    """What the adapter answers; of a refusal its code."""
    found = answered(json.dumps({"id": "x", "area": "split", "input": case}), by)
    return found["error"]["code"] if "error" in found else found


def test_the_kinds_are_listed() -> None:
    listed = run("--list")
    assert listed.returncode == 0
    assert listed.stdout.split() == list(KINDS)
    unknown = run("nothing")
    assert unknown.returncode == 2
    assert "split" in unknown.stderr


def test_a_thousand_lines_some_broken_are_answered_in_order_within_seconds() -> None:
    halves = [{"to": "a", "share": "1/2"}, {"to": "b", "share": "1/2"}]
    lines: list[str] = []
    expected: list[dict[str, Any]] = []
    for i in range(1000):
        lines.append(json.dumps({"id": f"c{i}", "input": {"amount": i, "parts": halves}}))
        expected.append({"amounts": [(i + 1) // 2, i // 2]})
    for at, broken in ((3, "{"), (500, "[1]"), (700, "\ud7ff"), (999, '{"input": 3}')):
        lines[at] = broken
        expected[at] = {"error": "malformed"}
    lines[8] = json.dumps({"input": {"amount": 1, "parts": [*halves, *halves]}})
    expected[8] = {"error": "shares_exceed_100_percent"}
    start = time.monotonic()
    answers = run("split", lines="\n\n".join(lines) + "\n")
    assert time.monotonic() - start < 10
    assert answers.returncode == 0, answers.stderr
    found = [json.loads(line) for line in answers.stdout.splitlines()]
    for line in found:
        if "error" in line:
            assert line["error"]["detail"]
            line["error"] = line["error"]["code"]
    assert found == expected


CASES: list[tuple[dict[str, Any], Any]] = [
    # in the words of the given cases
    ({"amount": 1, "parts": [{"to": "a", "share": "1/2"}, {"to": "b", "share": "1/2"}]},
     {"amounts": [1, 0]}),
    ({"amount": 15, "parts": [{"to": "b", "share": "80/100"}, {"to": "c", "share": "15/100"},
                              {"to": "d", "share": "remaining"}]}, {"amounts": [13, 2, 0]}),
    # in other words for the same
    ({"amount": 15, "parts": [{"to": "b", "percent": 80}, {"to": "c", "portion": 0.15},
                              {"to": "d", "remaining": True}]}, {"amounts": [13, 2, 0]}),
    ({"amount": 10001, "rule": "largest_remainder",
      "parts": [{"share": "33.33%"}, {"share": "33.33%"}, {"share": "33.34%"}]},
     {"amounts": [3333, 3333, 3335]}),
    ({"amount": 5, "rule": {"odd": "owner", "owner": "b"},
      "parts": [{"to": "a", "share": "1/2"}, {"to": "b", "share": "1/2"}]},
     {"amounts": [2, 3]}),
    ({"amount": 9999, "rule": "remaining",
      "parts": [{"share": "33%"}, {"share": "33%"}, {"share": "left"}]},
     {"amounts": [3299, 3299, 3401]}),
    ({"amount": 1000, "parts": [{"to": "f", "fixed": 100}, {"to": "a", "share": "1/2"},
                                {"to": "b", "share": "1/2"}]}, {"amounts": [100, 450, 450]}),
    ({"amount": 60, "parts": [{"to": "a", "max": 10}, {"to": "b", "rest": True}]},
     {"amounts": [10, 50]}),
    ({"totals": [7, 8], "parts": [{"share": "1/2"}, {"share": "1/2"}]},
     {"amounts": [[4, 3], [4, 4]]}),
    # with sources
    ({"amount": 15, "sources": [{"from": "a", "has": 3}, {"from": "p", "has": 12}],
      "parts": [{"to": "s"}]}, {"postings": [["a", "s", 3], ["p", "s", 12]]}),
    ({"amount": 15, "sources": ["a", "world"], "balances": {"a": 1}, "to": "b"},
     {"postings": [["a", "b", 1], ["world", "b", 14]]}),
    ({"amount": "all", "sources": [{"from": "u", "balance": 17}], "parts": [{"to": "p"}]},
     {"postings": [["u", "p", 17]]}),
    ({"amount": 100, "sources": [{"from": "a", "share": "60%", "has": 100},
                                 {"from": "b", "share": "35.5%", "has": 100},
                                 {"from": "c", "share": "4.5%", "has": 100}]},
     {"postings": [["a", 61], ["b", 35], ["c", 4]]}),
    ({"amount": 99, "balances": {"a": 99, "b": 3}, "to": "w",
      "sources": [{"share": "15%", "from": ["b", "a"]}, {"share": "30%", "from": "a"},
                  {"remaining": True, "from": "a"}]},
     {"postings": [["b", "w", 3], ["a", "w", 96]]}),
    ({"amount": 1000, "sources": [{"from": "f", "has": 90, "overdraft": "unbounded"}],
      "parts": [{"to": "w"}]}, {"postings": [["f", "w", 1000]]}),
    ({"amount": 100, "sources": [{"from": "f", "has": 90, "overdraft": {"up_to": 10}}],
      "parts": [{"to": "w"}]}, {"postings": [["f", "w", 100]]}),
    ({"amount": 30, "sources": [{"from": "a", "has": 20, "save": 10}, {"from": "world"}],
      "parts": [{"to": "b"}]}, {"postings": [["a", "b", 10], ["world", "b", 20]]}),
    ({"amount": 100, "sources": [{"from": "a", "has": 1}, {"from": "world"}],
      "parts": [{"share": "50%", "kept": True}, {"share": "25%", "to": "x"},
                {"share": "25%", "to": "y"}]},
     {"postings": [["a", "x", 1], ["world", "x", 24], ["world", "y", 25]]}),
    ({"amount": None, "sources": [{"from": "f", "has": 2000}],
      "parts": [{"to": "b", "max": 1000}, {"remaining": "kept"}]},
     {"postings": [["f", "b", 1000]]}),
    ({"balances": {"a": 50}, "sends": [
        {"amount": 50, "sources": ["world"], "parts": [{"to": "a"}]},
        {"amount": 100, "sources": ["a"], "parts": [{"to": "b"}]}]},
     {"postings": [["world", "a", 50], ["a", "b", 100]]}),
    ({"amount": 15, "sources": {"a": 3, "p": 12}, "to": "s"},
     {"postings": [["a", "s", 3], ["p", "s", 12]]}),
    ({"amount": 15, "accounts": [{"name": "a", "funded": 20}], "from": "a", "to": "s"},
     {"postings": [["a", "s", 15]]}),
    ({"amount": 15, "from": {"from": "a", "has": "unbounded"}, "to": "s"},
     {"postings": [["a", "s", 15]]}),
    ({"amount": 5, "odd_to": "last", "parts": [{"to": "a", "share": "50 %"},
                                               {"to": "b", "share": "50 %"}]},
     {"amounts": [2, 3]}),
    ({"amount": 1000, "shares_of": "rest",
      "parts": [{"fixed": 100}, {"share": "50%"}, {"share": "rest"}]},
     {"amounts": [100, 450, 450]}),
    ({"amount": 100, "from": "world",
      "to": [{"share": "20%", "to": "a"}, {"kept": "20%"},
             {"share": "60%", "to": [{"max": 10, "to": "b"}, {"remaining": True, "to": "c"}]}]},
     {"postings": [["world", "a", 20], ["world", "b", 10], ["world", "c", 50]]}),
    # refused
    ({"amount": 100, "sources": [{"from": "f", "has": 89, "overdraft": 10}],
      "parts": [{"to": "w"}]}, "insufficient_funds"),
    ({"balances": {"a": 60}, "sends": [
        {"amount": 50, "sources": ["a"], "parts": [{"to": "z"}]},
        {"amount": 50, "sources": ["a"], "parts": [{"to": "z"}]}]}, "insufficient_funds"),
    ({"amount": 10, "parts": [{"share": "remaining"}, {"share": "2/25"}, {"rest": True}]},
     "two_remainders"),
    ({"amount": 10, "parts": [{"share": "60%"}, {"share": "60%"}]},
     "shares_exceed_100_percent"),
    ({"amount": 10, "parts": [{"share": "101/100"}]}, "shares_exceed_100_percent"),
    ({"amount": 100, "parts": [{"fixed": 150}]}, "fixed_exceeds_total"),
    ({"amount": 10, "parts": [{"share": "abc%"}]}, "share_malformed"),
    ({"amount": -1, "parts": [{"remaining": True}]}, "amount_negative"),
    ({"amount": "ten", "parts": [{"remaining": True}]}, "malformed"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "found"), CASES)
def test_a_case_may_say_it_in_its_own_words(case: dict[str, Any], found: Any) -> None:
    assert told(case) == found


def test_through_postgresql_the_answers_are_the_same(market: Ground) -> None:
    stored = Stored(market.database, books=market.number)
    for case, found in CASES:
        assert told(case, stored.answer) == found, case


def test_given_cases_are_counted_and_a_difference_is_told(tmp_path: Path) -> None:
    halves = {"amount": 1, "parts": [{"share": "1/2"}, {"share": "1/2"}]}
    mixed = {
        "id": "S3", "area": "split", "title": "99991 by 1.5/98.5 %; 7 by 50/50 %",
        "input": {"totals": [99991, 7]}, "expect": {"property": "sum(parts)==total"},
    }  # fmt: skip
    cases = [
        {"id": "S1", "area": "split", "source": "x", "input": halves, "expect": {"amounts": [1, 0]}},
        {"id": "S2", "area": "split", "input": {"amount": 1, "parts": [{"fixed": 2}]},
         "expect": {"error": {"code": "fixed_exceeds_total"}}},
        mixed,
    ]  # fmt: skip
    file = tmp_path / "cases" / "ledger.jsonl"
    file.parent.mkdir()
    file.write_text("\n".join(json.dumps(case) for case in cases))
    right = run("--all", HUOSHUI_SHARED=str(tmp_path))
    assert (right.returncode, right.stderr) == (0, "")
    assert [cell.strip() for cell in right.stdout.splitlines()[1].split("|")] == [
        "split", "3", "3", "0",
    ]  # fmt: skip
    cases[0]["expect"] = {"amounts": [0, 1]}
    file.write_text("\n".join(json.dumps(case) for case in cases))
    wrong = run("--all", HUOSHUI_SHARED=str(tmp_path))
    assert wrong.returncode == 1
    assert "S1" in wrong.stdout
    absent = run("--all", HUOSHUI_SHARED=str(tmp_path / "nowhere"))
    assert absent.returncode == 0
    assert "skipped" in absent.stdout


def test_a_case_is_asked_without_its_answer_and_source() -> None:
    case = {
        "id": "L1", "source": "a book", "expect_balances": {"a": [0]},
        "batches": [[{"op": "wait"}, {"op": "transfer", "source": "kept", "expect": "created"}]],
    }  # fmt: skip
    assert given.question(case) == {
        "id": "L1", "batches": [[{"op": "wait"}, {"op": "transfer", "source": "kept"}]],
    }  # fmt: skip
    assert given.expected(case) == {"results": [["created"]], "balances": {"a": [0]}}
    assert given.equal({"balances": {"a": [0]}}, {"balances": {"a": [0], "b": [1]}})
    assert not given.equal({"balances": {"a": [0]}}, {"error": {"code": "malformed"}})
