"""Schedules: `terms`, `events` → `{"schedule": [rows]}`, and sums."""

from __future__ import annotations

from typing import Any

from conformance import loan_words as words
from huoshui.lines.lending.schedule import Drawdown, Row, schedule
from huoshui.lines.lending.schedule.advance import project
from huoshui.lines.lending.schedule.rows import totals

Words = dict[str, Any]


def answer(case: Words) -> Words:
    """The rows of the schedule, its instalment and its sums."""
    told = case["terms"]
    if told.get("kind") == "sales_percentage_advance":
        return _advance(told)
    digits = int(told.get("digits", 2))
    shown = told.get("rows_rounded_to", digits)
    terms = words.terms(told)
    events = words.changes(case.get("events") or [], digits)
    if "principal" in told:
        events = [Drawdown(terms.start, words.minor(told["principal"])), *events]
    rows = schedule(terms, events)
    sums = totals(rows)
    return {
        "schedule": [_row(row, digits, shown) for row in rows],
        "instalment": words.major(sums.instalment, digits, shown),
        "total_interest": words.major(sums.interest, digits, shown),
        "total": words.major(sums.total, digits, shown),
    }


def _row(row: Row, digits: int, shown: int) -> Words:
    amounts = {
        "principal": row.principal,
        "interest": row.interest,
        "fees": row.fees,
        "penalties": row.penalties,
        "total": row.total,
        "total_instalment": row.total,
        "balance_after": row.balance,
    }
    told = {name: words.major(amount, digits, shown) for name, amount in amounts.items()}
    return {"n": row.n, "due": row.due.isoformat(), **told}


def _advance(told: Words) -> Words:
    found = project(words.advance(told))
    rows = [
        {
            "n": day.n,
            "due": day.due.isoformat(),
            "payment": words.major(day.payment),
            "discount_factor": f"{day.discount:.8f}",
            "income": words.major(day.income),
            "balance_after": words.major(day.balance),
        }
        for day in found.days
    ]
    return {"schedule": rows, "daily_effective_rate": f"{found.daily_rate:.10f}"}


def agrees(case: Words, found: Words) -> bool:
    """Whether each row that the case lists is there as it says."""
    wanted = case["expect"]
    rows = {row["n"]: row for row in found.get("schedule", [])}
    listed = all(
        rows.get(row["n"], {}).get(name) == value
        for row in wanted["schedule"]
        for name, value in row.items()
    )
    rest = all(found.get(name) == value for name, value in wanted.items() if name != "schedule")
    return listed and rest
