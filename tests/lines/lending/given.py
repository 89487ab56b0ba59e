"""The given cases of the lending kinds; none where the folder is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance import given
from conformance.kinds import KINDS


def cases(kind: str) -> list[Any]:
    """Parameters of a test: one given case each, or one that is skipped and says why."""
    file = given.folder() / KINDS[kind].file
    if not file.exists():
        reason = f"no worked cases at {file} (HUOSHUI_SHARED names the folder)"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [pytest.param(case, id=case["id"]) for case in told]


def outcome(kind: str, case: Any) -> tuple[Any, Any, bool]:
    """What is expected, what is found, whether they agree."""
    adapter = KINDS[kind]
    found = adapter.function("answer")(given.question(case))  # type: ignore[misc]
    wanted = (adapter.function("expected") or given.expected)(case)
    agrees = adapter.function("agrees")
    same = agrees(case, found) if agrees else given.equal(wanted, found)
    return wanted, found, bool(same)
