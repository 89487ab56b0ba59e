"""What interest is earned by a day, and the accruals that closings of days post. No I/O."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.schedule import change

_DAY = timedelta(days=1)


class Accrual(msgspec.Struct, frozen=True):
    """Interest earned on a day, or up to it, in minor units; below 0 it is taken back.

    `after` is how many events were told when it was posted.
    """

    on: date
    amount: int
    kind: str = "accrual"
    fees: int = 0
    penalties: int = 0
    after: int = 0


def earned(state: State, day: date) -> int:
    """All interest earned up to a day: of past instalments what is due, of the current its part."""
    if state.reshaped or state.charged_off or state.written_off:
        return sum(row.interest for row in state.rows if row.due <= day)
    then = change.till(state.plan, day)
    total = carried = 0
    for period in then.periods:
        if period.start < day:
            total += period.interest - carried
            carried = period.unplaced
    return total


def summaries(state: State, until: date, told: set[date]) -> list[Accrual]:
    """One summary for each instalment that fell due up to a day and was not told yet."""
    found = [
        Accrual(
            row.due, row.interest + row.fee + row.penalty, "accrual_activity", row.fee, row.penalty
        )
        for row in state.regular()
        if row.due <= until and row.due not in told
    ]
    told.update(each.on for each in found)
    return [each for each in found if each.amount]


def accruals(state: State, since: date | None, until: date, posted: int) -> list[Accrual]:
    """Accruals of each day after `since` up to `until`; all in one where none was posted before."""
    if since is None:
        amount = earned(state, until) - posted
        return [Accrual(until, amount)] if amount else []
    found: list[Accrual] = []
    day = since + _DAY
    while day <= until:
        amount = earned(state, day) - posted
        if amount:
            found.append(Accrual(day, amount))
            posted += amount
        day += _DAY
    return found
