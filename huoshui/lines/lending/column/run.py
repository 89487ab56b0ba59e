"""What lines have earned by a day, in closed form, and how late they are. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from huoshui.lines.lending.column.grid import Grid
from huoshui.lines.lending.column.line import Line
from huoshui.lines.lending.schedule.terms import round_ratio


def earned(lines: Iterable[Line], day: int) -> list[int]:
    """All interest that each line has earned up to a day, from that of its last event on."""
    return [earned_by(line, (day,))[0] for line in lines]


def earned_by(line: Line, days: Sequence[int]) -> list[int]:
    """All interest of one line up to each of some days in order: a product for each due date between."""
    grid = line.grid
    starts, dues, rule, count = grid.starts, grid.dues, grid.rounding, len(grid.dues)
    first, due = line.at + 1, dues[line.at]
    found, at, whole = [], first, 0
    for day in days:
        if day <= due or first >= count:
            found.append(line.before + _begun(line, day, due, rule))
            continue
        if at == first and not whole:
            whole = line.before + _begun(line, due, due, rule)
        last = at
        while last < count and dues[last] <= day:
            last += 1
        if last > at:
            bases = line.bases[at - first :] if line.bases else (line.later,) * (last - at)
            whole += _whole(grid, at, last, bases, rule)
            at = last
        part = 0
        if last < count and starts[last] < day:
            top, bottom = grid.factors[last]
            base = line.bases[last - first] if line.bases else line.later
            over = bottom * (dues[last] - starts[last])
            part = round_ratio(top * base * (day - starts[last]), over, rule)
        found.append(whole + part)
    return found


def _begun(line: Line, day: int, due: int, rule: str) -> int:
    """The interest of the period that had begun, up to a day of it."""
    top, bottom = line.rest
    top *= line.base
    if day < due:
        top *= max(0, day - line.since)
        bottom *= max(1, due - line.since)
    own, over = line.part
    return round_ratio(top * over + own * bottom, bottom * over, rule)


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
