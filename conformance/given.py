"""The given cases of a folder: what is asked, what is expected, and whether an answer agrees."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from conformance.kinds import KINDS, Answer, Case, Kind
from conformance.lines import answers


class Outcome(NamedTuple):
    """A given case with its answer."""

    kind: str
    case: Case
    expected: Answer
    found: Answer
    equal: bool


def folder() -> Path:
    """Where the given cases lie: `cases` of HUOSHUI_SHARED, or of `shared` beside the project."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("HUOSHUI_SHARED", beside)) / "cases"


def outcomes(cases: Path, *, stored: bool) -> Iterator[Outcome]:
    """Every given case of every kind that has one, answered; with `stored`, through PostgreSQL."""
    for name, kind in KINDS.items():
        if stored and kind.function("Stored") is None:
            continue
        file = cases / kind.file
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        told = [json.loads(line) for line in lines if line.strip()]
        asked = [case for case in told if case.get(kind.field, "") == kind.value]
        if asked:
            with kind.answerer(stored=stored) as answer:
                for case in asked:
                    yield _outcome(name, kind, case, answer)


def question(case: Case) -> Case:
    """A case less its answer and source, as an adapter gets it; its `input` is left whole."""
    asked = {k: _unanswered(v) for k, v in _unanswered(case).items() if k != "source"}
    return asked | {"input": case["input"]} if "input" in case else asked


def _unanswered(value: Any) -> Any:
    if isinstance(value, list):
        return [_unanswered(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {k: _unanswered(v) for k, v in value.items() if not k.startswith("expect")}


def expected(case: Case) -> Answer:
    """The answer that a case gives: `expect`, `expected`, `expect_…`, or beside each command."""
    given = case.get("expected", case.get("expect"))
    if given is not None:
        return given if isinstance(given, dict) else {"value": given}
    wanted = {k.removeprefix("expect_"): v for k, v in case.items() if k.startswith("expect_")}
    if "batches" in case:
        codes = [[item["expect"] for item in b if "expect" in item] for b in case["batches"]]
        wanted["results"] = codes
    return wanted


def equal(wanted: Any, found: Any) -> bool:
    """Whether what is expected was found: all that it names; of a refusal its code."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_same(name, value, found) for name, value in wanted.items())
    return bool(wanted == found)


def _same(name: str, value: Any, found: Answer) -> bool:
    if name != "error":
        return name in found and equal(value, found[name])
    refusal = found.get("error", {})
    return bool(refusal.get("code") == (value["code"] if isinstance(value, dict) else value))


def _outcome(name: str, kind: Kind, case: Case, answer: Callable[[Case], Answer]) -> Outcome:
    found: Answer = json.loads(next(answers([json.dumps(question(case))], answer)))
    wanted = (kind.function("expected") or expected)(case)
    agrees = kind.function("agrees")
    same = bool(agrees(case, found)) if agrees else equal(wanted, found)
    return Outcome(name, case, wanted, found, same)
