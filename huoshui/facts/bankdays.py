"""Days on which banks work: weekends, public holidays and make-up workdays. No I/O.

China's calendar is published a year at a time: a day of a year that is not known yet is a problem,
not a guess, unless holidays of that year are named.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import chinese_calendar
import msgspec

from huoshui.core.errors import Problem

_SATURDAY = 6
_CLOSED_MOST = 60  # days in a row; no country rests as long


class CalendarUnknown(Problem):
    """The public holidays of that year are not known here yet; the problem says what to do."""

    code = "calendar_unknown"
    status = 409


class NeverOpen(Problem):
    """By the calendar no day is open for two months."""

    code = "never_open"
    status = 422


class BankDays(msgspec.Struct, frozen=True):
    """A calendar by name (`every_day`, `weekdays`, `CN`) with holidays and workdays of its own."""

    calendar: Literal["every_day", "weekdays", "CN"] = "weekdays"
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    def is_open(self, day: date) -> bool:
        """Whether banks work on a day. Raises CalendarUnknown."""
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        if self.calendar == "every_day":
            return True
        weekday = day.isoweekday() < _SATURDAY
        return weekday if self.calendar == "weekdays" else self._china(day, weekday=weekday)

    def _china(self, day: date, *, weekday: bool) -> bool:
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError as error:
            if any(known.year == day.year for known in self.holidays):
                return weekday
            raise CalendarUnknown(country="CN", year=day.year) from error

    def next_open(self, day: date) -> date:
        """The day itself where it is open, or the first open one after it. Raises NeverOpen."""
        return self._open(day, 1)

    def last_open(self, day: date) -> date:
        """The day itself where it is open, or the last open one before it. Raises NeverOpen."""
        return self._open(day, -1)

    def _open(self, day: date, way: int) -> date:
        for days in range(_CLOSED_MOST):
            if self.is_open(day + timedelta(days=way * days)):
                return day + timedelta(days=way * days)
        raise NeverOpen(day=day.isoformat())
