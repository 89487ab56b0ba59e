"""What lines have earned by a day, in closed form, and how late they are. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from huoshui.lines.lending.column.grid import Grid, grid_of
from huoshui.lines.lending.column.line import Line
from huoshui.lines.lending.schedule.terms import round_ratio


def earned(lines: Iterable[Line], day: int) -> list[int]:
    """All interest that each line has earned up to a day, from that of its last event on."""
    return [earned_by(line, grid_of(line.terms), day) for line in lines]


def earned_by(line: Line, grid: Grid, day: int) -> int:
    """All interest of one line up to a day: a product for each due date that lies between."""
    at, dues, rule = line.at, grid.dues, line.terms.rounding
    due = dues[at]
    top, bottom = line.rest
    top *= line.base
    if day < due:
        top *= max(0, day - line.since)
        bottom *= max(1, due - line.since)
    own, over = line.part
    total = line.before + round_ratio(top * over + own * bottom, bottom * over, rule)
    n, count = at + 1, len(dues)
    if n >= count or day <= due:
        return total
    last = n
    while last < count and dues[last] <= day:
        last += 1
    bases = line.bases or (line.later,) * (last + 1 - n)
    total += _whole(grid, n, last, bases, rule)
    if last < count and grid.starts[last] < day:
        top, bottom = grid.factors[last]
        days, whole = day - grid.starts[last], dues[last] - grid.starts[last]
        total += round_ratio(top * bases[last - n] * days, bottom * whole, rule)
    return total


def _whole(grid: Grid, first: int, last: int, bases: Sequence[int], rule: str) -> int:
    """The interest of whole periods, each rounded by itself."""
    total = 0
    if rule == "half_even":
        for base, (top, half, whole) in zip(bases, grid.halves[first:last], strict=False):
            amount, odd = divmod(base * top + half, whole)
            total += amount - (not odd and amount & 1)
    elif rule == "half_up":
        for base, (top, half, whole) in zip(bases, grid.halves[first:last], strict=False):
            total += (base * top + half) // whole
    else:
        for base, (top, bottom) in zip(bases, grid.factors[first:last], strict=False):
            total += round_ratio(base * top, bottom, rule)
    return total


def days_past_due(line: Line, day: int) -> int:
    """Days since the first instalment that is not met fell due."""
    return max(0, day - line.late_since) if line.late_since else 0
