"""Schedules: the instalments of a loan, from its terms and what is drawn."""

from huoshui.lines.lending.schedule.make import Drawdown, Pause, RateChange, schedule
from huoshui.lines.lending.schedule.rows import Row
from huoshui.lines.lending.schedule.terms import BadLoanTerms, Basis, DownPayment, Terms

__all__ = [
    "BadLoanTerms",
    "Basis",
    "DownPayment",
    "Drawdown",
    "Pause",
    "RateChange",
    "Row",
    "Terms",
    "schedule",
]
