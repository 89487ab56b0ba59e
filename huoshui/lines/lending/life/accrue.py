"""What interest is earned by a day, and the accruals that closings of days post. No I/O."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from huoshui.lines.lending.life import account, penal
from huoshui.lines.lending.life.effective import by_events
from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.schedule import change

_DAY = timedelta(days=1)


class Accrual(msgspec.Struct, frozen=True):
    """What was earned on a day, or up to it, in minor units; below 0 it is taken back.

    `amount` is all of it, charges among it; `after` how many events were told when it was posted.
    """

    on: date
    amount: int
    kind: str = "accrual"
    fees: int = 0
    penalties: int = 0
    after: int = 0

    @property
    def interest(self) -> int:
        """What of it is interest."""
        return self.amount - self.fees - self.penalties


Parts = tuple[int, int, int]  # interest, fees, penalties


def rest(on: date, owed: Parts, posted: Parts) -> list[Accrual]:
    """What makes that what was posted is what is owed: earned and taken back apart."""
    parts = [mine - theirs for mine, theirs in zip(owed, posted, strict=True)]
    more = [max(0, part) for part in parts]
    less = [min(0, part) for part in parts]
    return [
        Accrual(on, sum(told), fees=told[1], penalties=told[2])
        for told in (more, less)
        if any(told)
    ]


def charges(state: State, day: date) -> tuple[int, int]:
    """Fees that fell due up to a day and were not waived, and penalties likewise, or earned by the day."""
    fees, penalties = 0, penal.accrued(state, day)
    for each in state.charges:
        if each.due <= day:
            left = each.amount - each.waived
            if each.kind == "penalty":
                penalties += left
            else:
                fees += left
    return fees, penalties


def by_day(state: State, day: date) -> Parts:
    """All that was earned up to a day."""
    return (earned(state, day), *charges(state, day))


def earned(state: State, day: date) -> int:
    """All interest that days earned up to one: of past instalments what is due, of the current its part."""
    if state.account is not None:
        return 0 if by_events(state.terms) else account.earned(state, day)
    if state.reshaped or state.charged_off or state.written_off:
        return sum(row.interest for row in state.rows if row.due <= day)
    then = change.till(state.plan, day)
    total, carried = state.earned_before, 0
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


def accruals(state: State, since: date | None, until: date, posted: Parts) -> list[Accrual]:
    """Accruals of each day after `since` up to `until`; all in one where none was posted before."""
    if since is None:
        return rest(until, by_day(state, until), posted)
    found: list[Accrual] = []
    day = since + _DAY
    while day <= until:
        owed = by_day(state, day)
        found += rest(day, owed, posted)
        posted = owed
        day += _DAY
    return found
