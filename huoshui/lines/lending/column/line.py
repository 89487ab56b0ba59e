"""A loan between two events as one line: what it has earned, what earns now, since when. No I/O.

A line is a view of a state and holds until the loan's next event. What a line cannot say (dates that
were moved, a pause or a rate that lies ahead, what was charged back) is left to the fold of the loan
itself: `line_of` then gives None.
"""

from __future__ import annotations

from datetime import date
from math import gcd

import msgspec

from huoshui.lines.lending.column import account
from huoshui.lines.lending.column.grid import Grid, grid_of
from huoshui.lines.lending.life.account import earned as of_account
from huoshui.lines.lending.life.effective import by_events
from huoshui.lines.lending.life.rules import Rules
from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.schedule.factor import NOTHING, Ratio
from huoshui.lines.lending.schedule.plan import Period, Plan


class Line(msgspec.Struct, frozen=True):
    """What a loan earns until its next event. Days are ordinals, amounts minor units.

    `before` was earned by the periods before the one at `at`. In that one `part` was earned up to
    `since`; from there `base` earns `rest` up to its due date. Each later period earns its factor of the
    grid on `later`, or on its own amount of `bases` where these are given. `late_since`
    is the due date of the first instalment that is not met; 0 where all are.
    """

    grid: Grid
    at: int
    since: int
    before: int
    part: Ratio
    base: int
    rest: Ratio
    later: int
    bases: tuple[int, ...]
    late_since: int


def line_of(state: State, day: date) -> Line | None:
    """The line of a loan whose events all count from a day or before; None where none can say it."""
    if state.account is not None:
        return _account_line(state, day)
    lost = state.charged_off or state.written_off or state.reshaped
    if lost or not state.drawn or state.plan.periods[0].start > day:
        return None
    earns = state.recalculates and state.rules.earn_on_overdue
    plan = state.plan.copy()
    at = next((n for n, each in enumerate(plan.periods) if day <= each.due), len(plan.periods) - 1)
    if earns:
        change.overdue(plan, plan.periods[at].due, whole_period=_earns_whole(state.rules))
    else:
        plan.derive()
    current = plan.periods[at]
    terms = msgspec.structs.replace(state.terms, rate_annual=plan.rate_on(current.due))
    grid = grid_of(terms)
    if not _sayable(plan, grid, at, day):
        return None
    own, open_ = _parts(current, day)
    if open_ is None:
        return None
    since, base, rest = open_
    by_event = sum(each.earned for each in state.movements)  # while it was an advance
    return Line(
        grid=grid,
        at=at,
        since=since,
        before=state.earned_before + by_event + _earned(plan.periods[:at]),
        part=own,
        base=base,
        rest=rest,
        later=_owed(plan) if earns else 0,
        bases=() if earns else tuple(each.slices[0].base for each in plan.periods[at + 1 :]),
        late_since=next((r.due.toordinal() for r in state.rows if r.outstanding > 0), 0),
    )


def _account_line(state: State, day: date) -> Line | None:
    """Of an account: what bears interest now does so in each cycle; a fixed fee is earned by events."""
    found = account.begun(state, day)
    if found is None:
        return None
    late = next((r.due.toordinal() for r in state.rows if r.outstanding > 0), 0)
    if by_events(state.terms):
        return Line(
            found.grid,
            found.at,
            found.since,
            of_account(state, day),
            NOTHING,
            0,
            NOTHING,
            0,
            (),
            late,
        )
    return Line(
        found.grid, found.at, found.since, found.before, found.part, found.base, found.rest,
        found.base, (), late,
    )  # fmt: skip


def _earns_whole(rules: Rules) -> bool:
    """Whether what is overdue earns to the end of its period, when nothing settles the loan."""
    return rules.preclose == "rest" and rules.rest == "period"


def _owed(plan: Plan) -> int:
    """What earns while nobody pays: all that is not repaid, or all that was drawn where it is flat."""
    if plan.terms.method == "flat":
        return plan.drawn
    return max(0, plan.drawn - plan.paid_principal)


def _earned(periods: list[Period]) -> int:
    total = carried = 0
    for period in periods:
        total += period.interest - carried
        carried = period.unplaced
    return total


def _sayable(plan: Plan, grid: Grid, at: int, day: date) -> bool:
    """Whether what lies ahead is the plain grid."""
    if any(since > day for since, _ in plan.rates) or len(plan.periods) != len(grid.dues):
        return False
    for n, period in enumerate(plan.periods[at:], at):
        if (period.start.toordinal(), period.due.toordinal()) != (grid.starts[n], grid.dues[n]):
            return False
        if n > at and (len(period.slices) != 1 or period.slices[0].paused):
            return False
        if period.fixed or period.charged_back or period.moved_down or period.holder:
            return False
    return True


def _parts(period: Period, day: date) -> tuple[Ratio, tuple[int, int, Ratio] | None]:
    """What the period has earned before its last slice, and that slice: since, base, ratio."""
    slices = [part for part in period.slices if part.start < part.due]
    if not slices:
        return NOTHING, (period.due.toordinal(), 0, NOTHING)
    last = slices[-1]
    if last.start > day or last.due != period.due or (last.paused and last.start < last.due):
        return NOTHING, None
    top, bottom = 0, 1
    for part in slices[:-1]:
        piece, over = period.earned_in(part)
        top, bottom = top * over + piece * bottom, bottom * over
        shared = gcd(top, bottom)
        top, bottom = top // shared, bottom // shared
    return (top, bottom), (last.start.toordinal(), last.base, last.till_due)
