"""Schedules: the instalments of a loan, from its terms and what is drawn."""

from huoshui.lines.lending.schedule.asking import (
    BadLoanTerms,
    Minimum,
    Revolving,
    SalesShare,
    share_of,
)
from huoshui.lines.lending.schedule.make import Drawdown, Pause, RateChange, schedule
from huoshui.lines.lending.schedule.rows import Row
from huoshui.lines.lending.schedule.terms import Basis, DownPayment, Terms

__all__ = [
    "BadLoanTerms",
    "Basis",
    "DownPayment",
    "Drawdown",
    "Minimum",
    "Pause",
    "RateChange",
    "Revolving",
    "Row",
    "SalesShare",
    "Terms",
    "schedule",
    "share_of",
]
