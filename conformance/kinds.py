"""The kinds of cases, each with its adapter. A new kind is one line of the table.

An adapter is a module with `answer(case) -> dict`. It may have

- `Stored`, a class with a context manager `open()` that gives an object with `answer(case) -> dict`:
  the same through PostgreSQL (`--store`);
- `expected(case) -> dict`, where a case does not keep its answer under `expect…` or `expected`;
- `agrees(case, answer) -> bool`, where more than one answer is right.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

Case = dict[str, Any]
Answer = dict[str, Any]


class Unanswered(Exception):
    """A kind that is not known, or has no form through PostgreSQL."""


class Kind(NamedTuple):
    """A kind of cases: its adapter, and where given cases lie.

    Where a file has cases of many kinds, a field of theirs and its value tell which are meant.
    """

    adapter: str
    file: str
    field: str = ""
    value: str = ""

    def function(self, name: str) -> Callable[..., Any] | None:
        """A function or class of the adapter, where it has it."""
        found: Callable[..., Any] | None = getattr(
            importlib.import_module(self.adapter), name, None
        )
        return found

    @contextmanager
    def answerer(self, *, stored: bool) -> Iterator[Callable[[Case], Answer]]:
        """What answers cases, for as long as the context lasts. Raises Unanswered."""
        if not stored:
            answer = self.function("answer")
            assert answer is not None, f"{self.adapter} has no answer"
            yield answer
            return
        store: Any = self.function("Stored")
        if store is None:
            raise Unanswered(f"{self.adapter} has no form through PostgreSQL")
        with store.open() as opened:
            yield opened.answer


KINDS: dict[str, Kind] = {
    "ledger": Kind("conformance.ledger", "ledger.jsonl", "area", "ledger"),
    "split": Kind("conformance.split", "ledger.jsonl", "area", "split"),
    "schedule": Kind("conformance.loan_schedule", "lending_schedules.jsonl"),
    "life": Kind("conformance.loan_life", "lending_lifecycle.jsonl"),
    "apr": Kind("conformance.apr", "lending_apr.jsonl"),
    "daycount": Kind("conformance.daycount", "lending_daycount.jsonl"),
    "rule_eval": Kind("conformance.rules", "risk.jsonl", "kind", "rule_eval"),
    **{
        name: Kind("conformance.risk_measures", "risk.jsonl", "kind", name)
        for name in ("scorecard", "psi", "ks_auc", "woe")
    },
    "rfc9162_root": Kind("conformance.merkle", "evidence.jsonl", "kind", "rfc9162_root"),
    "rfc9162_inclusion_proof": Kind(
        "conformance.merkle", "evidence.jsonl", "kind", "rfc9162_inclusion_proof"
    ),
    "rfc9162_consistency_proof": Kind(
        "conformance.merkle", "evidence.jsonl", "kind", "rfc9162_consistency_proof"
    ),
    "verify_inclusion": Kind("conformance.merkle", "evidence.jsonl", "kind", "verify_inclusion"),
    "verify_consistency": Kind(
        "conformance.merkle", "evidence.jsonl", "kind", "verify_consistency"
    ),
}


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises Unanswered."""
    if name not in KINDS:
        raise Unanswered(f"no kind “{name}”; known are: {', '.join(KINDS)}")
    return KINDS[name]
