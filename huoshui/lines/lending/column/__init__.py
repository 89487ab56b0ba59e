"""Many loans at once: schedules and days in whole numbers, equal to the loan by loan way to the unit.

Loans of the same terms share a grid of exact rate factors, so that a loan costs a few products of
whole numbers. A loan between two events is one line: what it has earned before, what earns now and
from when. Its interest on any later day is one formula, however far the day lies.
"""

from huoshui.lines.lending.column.grid import Grid, grid_from, grid_of
from huoshui.lines.lending.column.line import Line, line_of
from huoshui.lines.lending.column.run import days_past_due, earned, earned_by
from huoshui.lines.lending.column.schedules import Column, schedules

__all__ = [
    "Column",
    "Grid",
    "Line",
    "days_past_due",
    "earned",
    "earned_by",
    "grid_from",
    "grid_of",
    "line_of",
    "schedules",
]
