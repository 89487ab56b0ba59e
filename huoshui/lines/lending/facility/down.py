"""How a drawn amount comes down to a limit that fell back: equal parts, the odd units first. No I/O."""

from __future__ import annotations

from datetime import date

import msgspec

from huoshui.lines.lending.time.calendar import DueRule, due_dates

PARTS_MOST = 120


class Part(msgspec.Struct, frozen=True):
    """What is to be repaid by a day to come down; minor units."""

    due: date
    amount: int


def plan_down(over: int, since: date, parts: int, rule: DueRule | None = None) -> tuple[Part, ...]:
    """Parts that come to `over` just at the last due date; none where nothing is over.

    Parts differ by a unit at most, larger ones first; there are never more than units to repay.
    """
    count = min(over, max(1, min(parts, PARTS_MOST)))
    if over <= 0:
        return ()
    each, odd = divmod(over, count)
    days = due_dates(rule or DueRule(), since, count)
    return tuple(Part(day, each + (n < odd)) for n, day in enumerate(days))
