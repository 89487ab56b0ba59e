"""Days on which banks work: weekends, public holidays and make-up workdays. No I/O.

China's calendar is published a year at a time: a day of a year that is not known yet is a problem,
not a guess, unless the terms name holidays of that year themselves.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

from huoshui.core.errors import Problem
from huoshui.lines.payments.settlement.terms import SettlementTerms

_SATURDAY = 6
_CLOSED_MOST = 60  # days in a row; no country rests as long


class CalendarUnknown(Problem):
    """The public holidays of that year are not known here yet; the problem says what to do."""

    code = "calendar_unknown"
    status = 409


class NeverOpen(Problem):
    """By the terms no day is open for two months."""

    code = "never_open"
    status = 422


def is_open(terms: SettlementTerms, day: date) -> bool:
    """Whether banks work on a day. Raises CalendarUnknown."""
    if day in terms.workdays:
        return True
    if day in terms.holidays:
        return False
    if terms.calendar == "every_day":
        return True
    weekday = day.isoweekday() < _SATURDAY
    return weekday if terms.calendar == "weekdays" else _china(terms, day, weekday=weekday)


def _china(terms: SettlementTerms, day: date, *, weekday: bool) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError as error:
        if any(known.year == day.year for known in terms.holidays):
            return weekday
        raise CalendarUnknown(country="CN", year=day.year) from error


def next_open(terms: SettlementTerms, day: date) -> date:
    """The day itself where it is open, or the first open one after it."""
    for days in range(_CLOSED_MOST):
        if is_open(terms, day + timedelta(days=days)):
            return day + timedelta(days=days)
    raise NeverOpen(day=day.isoformat())


def on_open_day(terms: SettlementTerms, zone: ZoneInfo, at: datetime) -> datetime:
    """The same hour of the first open day from a moment on."""
    local = at.astimezone(zone)
    day = next_open(terms, local.date())
    return at if day == local.date() else datetime.combine(day, local.time(), zone)


def send_at(terms: SettlementTerms, zone: ZoneInfo, approved: datetime) -> datetime:
    """When what is approved at a moment is sent: at once, or as the next open day begins.

    A day that is not open sends nothing; from `cutoff_hour` on it is too late for the day.
    """
    local = approved.astimezone(zone)
    late = terms.cutoff_hour <= local.hour
    day = next_open(terms, local.date() + timedelta(days=late))
    return approved if day == local.date() else datetime.combine(day, time(), zone)
