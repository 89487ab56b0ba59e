"""When settlement works: the days of its terms, and the cut-off hour. No I/O."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from huoshui.facts.bankdays import BankDays
from huoshui.lines.payments.settlement.terms import SettlementTerms


def bank_days(terms: SettlementTerms) -> BankDays:
    """The calendar that the terms name, with their holidays and workdays."""
    return BankDays(terms.calendar, terms.holidays, terms.workdays)


def is_open(terms: SettlementTerms, day: date) -> bool:
    """Whether banks work on a day. Raises CalendarUnknown."""
    return bank_days(terms).is_open(day)


def next_open(terms: SettlementTerms, day: date) -> date:
    """The day itself where it is open, or the first open one after it. Raises NeverOpen."""
    return bank_days(terms).next_open(day)


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
