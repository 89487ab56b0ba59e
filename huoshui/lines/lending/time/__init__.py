"""Days: how many of a year lie between two dates, and on which dates instalments fall due."""

from huoshui.lines.lending.time.calendar import DueRule, due_dates
from huoshui.lines.lending.time.daycount import CONVENTIONS, days_between, year_fraction

__all__ = ["CONVENTIONS", "DueRule", "days_between", "due_dates", "year_fraction"]
