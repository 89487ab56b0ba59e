"""Lines in, lines out: each case answered alone, so that a bad one does not stop the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from conformance.kinds import Answer, Case
from huoshui.core.errors import Problem


def answers(lines: Iterable[str], answer: Callable[[Case], Answer]) -> Iterator[str]:
    """The answer to each line that is not empty, as a line."""
    for line in lines:
        if line.strip():
            yield json.dumps(answered(line, answer), ensure_ascii=False, default=str)


def answered(line: str, answer: Callable[[Case], Answer]) -> Answer:
    """The answer to one line, or `{"error": {"code", "detail"}}`."""
    try:
        case = read(line)
        return answer(case)
    except Problem as problem:
        return {"error": {"code": problem.code, "detail": problem.detail("en")}}
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as bad:
        return {"error": {"code": "malformed", "detail": f"{type(bad).__name__}: {bad}"[:500]}}


def read(line: str) -> Case:
    """A case; numbers with a point become Decimal, so that nothing is lost of them."""
    case = json.loads(line, parse_float=Decimal)
    if not isinstance(case, dict):
        raise TypeError("a case is a JSON object")
    return case
