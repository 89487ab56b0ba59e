"""When generated orders are placed: growth, seasons, festivals, weekday and hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

FIRST = date(2024, 7, 1)
LAST = date(2025, 12, 31)
ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(LAST.year, LAST.month, LAST.day, 23, 59, 59, tzinfo=ZONE)

_MONTHS = (1.0, 0.85, 1.05, 1.0, 1.05, 1.15, 0.95, 0.92, 1.0, 1.05, 1.2, 1.1)
_WEEKDAYS = (1.0, 0.97, 0.96, 0.98, 1.04, 1.12, 1.1)
_HOURS = (
    14, 8, 4, 3, 2, 3, 8, 18, 34, 52, 62, 58, 60, 56, 50, 52, 54, 56, 58, 66, 82, 90, 70, 36
)  # fmt: skip
_GROWTH_PER_YEAR = 0.6

# Shopping festivals: (month, day of the peak, days of run-up, factor at the peak, in the run-up).
_FESTIVALS = ((6, 18, 17, 5.0, 1.5), (11, 11, 20, 7.0, 1.6), (12, 12, 2, 2.2, 1.3))
# Spring festivals, with a slump from 8 days before to 9 days after: parcels do not move.
_SPRING = (date(2025, 1, 29), date(2026, 2, 17))


def festival(day: date) -> float:
    """The factor of the shopping festivals on a day, 1 outside them."""
    for month, peak, run_up, at_peak, before in _FESTIVALS:
        top = date(day.year, month, peak)
        if day == top:
            return at_peak
        if 0 < (top - day).days <= run_up or 0 < (day - top).days <= 2:
            return before
    return 1.0


def spring_slump(day: date) -> bool:
    """Whether the day lies around a Spring Festival."""
    return any(-8 <= (day - spring).days <= 9 for spring in _SPRING)


def weight(day: date) -> float:
    """How many orders a day has, relative to others."""
    grown = 1 + _GROWTH_PER_YEAR * (day - FIRST).days / 365
    slump = 0.35 if spring_slump(day) else 1.0
    return grown * _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * festival(day) * slump


def moments(orders: int, random: Random) -> Iterator[datetime]:
    """The moments of so many orders, in order of time."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    weights = [weight(day) for day in days]
    whole, behind, placed = sum(weights), 0.0, 0
    for day, share in zip(days, weights, strict=True):
        behind += share
        upto = orders if day == LAST else int(orders * behind / whole)
        count, placed = upto - placed, upto
        yield from _day(day, count, random)


def _day(day: date, count: int, random: Random) -> list[datetime]:
    start = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    hours = random.choices(range(24), _HOURS, k=count)
    return sorted(start + timedelta(hours=hour, seconds=random.randrange(3_600)) for hour in hours)
