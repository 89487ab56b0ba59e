"""Due dates: from a start and a step, moved by named rules. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec

from huoshui.core.errors import Problem
from huoshui.facts.bankdays import BankDays
from huoshui.lines.lending.time.months import add_months, is_month_end, month_end

Unit = Literal["days", "weeks", "months", "years"]
MonthEnd = Literal["clamp", "roll", "stay", "skip"]
Place = Literal["as_start", "month_end", "first_of_next_month"]
Adjust = Literal["none", "following", "modified_following", "preceding", "modified_preceding"]
_SKIPPED_MOST = 12


class NoSuchDueDate(Problem):
    """No month of the term has the day on which instalments should fall due."""

    code = "no_such_due_date"
    status = 422


class DueRule(msgspec.Struct, frozen=True):
    """On which days instalments fall due.

    `month_end`: what becomes of a day that a month does not have. `clamp` is its last day, counted
    from the start each time; `roll` is the first of the next month; `stay` keeps to a month's end
    where the start is one; `skip` leaves the month out. `place` moves each due date to the end of its
    month or the first of the next. `adjust` moves what falls on a day that banks rest.
    """

    every: int = 1
    unit: Unit = "months"
    month_end: MonthEnd = "clamp"
    place: Place = "as_start"
    adjust: Adjust = "none"
    bank_days: BankDays | None = None


def due_dates(
    rule: DueRule, start: date, count: int, *, from_start: bool = False
) -> tuple[date, ...]:
    """The due dates of `count` instalments that follow a start. Raises NoSuchDueDate.

    With `from_start` the start is itself the first due date.
    """
    found = _steps(rule, start)
    days = [start] if from_start else []
    days += [next(found) for _ in range(count - len(days))]
    return tuple(_adjusted(rule, _placed(rule, day)) for day in days)


def _steps(rule: DueRule, start: date) -> Iterator[date]:
    k = skipped = 0
    while True:
        k += 1
        day = step(rule, start, k)
        if day is None:
            skipped += 1
            if skipped > _SKIPPED_MOST:
                raise NoSuchDueDate(start=start.isoformat())
            continue
        skipped = 0
        yield day


def step(rule: DueRule, start: date, k: int) -> date | None:
    """The start moved by k steps; None where the month has no such day and the rule skips it."""
    if rule.unit in {"days", "weeks"}:
        return start + timedelta(days=k * rule.every * (7 if rule.unit == "weeks" else 1))
    months = k * rule.every * (12 if rule.unit == "years" else 1)
    day = add_months(start, months)
    if rule.month_end == "stay" and is_month_end(start):
        return month_end(day)
    if day.day == start.day or rule.month_end in {"clamp", "stay"}:
        return day
    return day + timedelta(days=1) if rule.month_end == "roll" else None


def _placed(rule: DueRule, day: date) -> date:
    if rule.place == "month_end":
        return month_end(day)
    if rule.place == "first_of_next_month":
        return month_end(day) + timedelta(days=1)
    return day


def _adjusted(rule: DueRule, day: date) -> date:
    if rule.adjust == "none" or rule.bank_days is None or rule.bank_days.is_open(day):
        return day
    forward = rule.adjust.endswith("following")
    moved = rule.bank_days.next_open(day) if forward else rule.bank_days.last_open(day)
    if rule.adjust.startswith("modified") and moved.month != day.month:
        return rule.bank_days.last_open(day) if forward else rule.bank_days.next_open(day)
    return moved
