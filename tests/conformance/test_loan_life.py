"""The adapter of loans' lives: what never was cannot be undone, and says so."""

from __future__ import annotations

import json
from typing import Any

from conformance.kinds import kind_of
from conformance.lines import answers

CASE: dict[str, Any] = {
    "id": "x",
    "terms": {"start": "2026-01-15", "instalments": 3, "rate_annual": "12", "principal": "1000"},
    "steps": [
        {"op": "set_business_date", "date": "2026-01-15"},
        {"op": "disburse", "date": "2026-01-15", "amount": "1000"},
        {"op": "undo_charge_off"},
    ],
}


def test_undoing_a_charge_off_that_never_was_is_refused_and_the_next_answered() -> None:
    undone = [{"op": "reverse_payment", "date": "2026-01-20"}]
    other = {**CASE, "steps": [*CASE["steps"][:2], *undone]}
    with kind_of("life").answerer(stored=False) as answer:
        told = [json.loads(line) for line in answers([json.dumps(CASE), json.dumps(other)], answer)]
    assert [each["error"]["code"] for each in told] == ["unknown_loan_event"] * 2
