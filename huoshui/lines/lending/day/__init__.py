"""The end of day: what running loans have earned goes to the ledger, part by part, once each.

A part is one transaction: its loans' lines are read as columns, worked out in closed form up to the
day, posted as sums by product, day of effect and kind, and marked as done. Late fees are charged,
buckets and stages are told, and what is expected to be lost is held, as a difference to the day before.
Killed and run again, what was done stands and the rest follows.
"""

from huoshui.lines.lending.day.service import Closed, DayNotOver, close_day, close_part

__all__ = ["Closed", "DayNotOver", "close_day", "close_part"]
