"""Day counts by name: the days and the exact fraction of a year between two dates. No I/O.

Sources: 2006 ISDA Definitions, section 4.16 (act/act, act/365, act/360, 30/360, 30E/360,
30E/360 ISDA, act/365L as in ICMA rule 251); ICMA rule 251.1 (act/act ICMA); the AFB master
agreement of 1994 (act/act AFB); ANBIMA (BUS/252).
"""

from __future__ import annotations

import calendar as months
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType

import msgspec

from huoshui.core.errors import Problem
from huoshui.facts.bankdays import BankDays
from huoshui.lines.lending.time.months import add_months, is_month_end

_FEBRUARY = 2


class UnknownDayCount(Problem):
    """No day count of that name."""

    code = "unknown_day_count"
    status = 422


class DayCountNeeds(Problem):
    """The day count needs a fact that was not given: coupon frequency, maturity or calendar."""

    code = "day_count_needs"
    status = 422


class Span(msgspec.Struct, frozen=True):
    """Two dates and what some day counts ask besides: coupons a year, maturity, bank days.

    `anchor` says from which end regular coupon periods are counted where the span has a stub.
    """

    start: date
    end: date
    coupons: int = 0
    maturity: date | None = None
    bank_days: BankDays | None = None
    anchor: str = "end"


def _actual(span: Span) -> int:
    return (span.end - span.start).days


def _over(days: int) -> Callable[[Span], Fraction]:
    return lambda span: Fraction(_actual(span), days)


def _thirties(start: date, first: int, end: date, last: int) -> int:
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def bond_basis_days(span: Span) -> int:
    """30/360 (bond basis): a first 31 is 30; a last 31 is 30 after a first of 30 or 31."""
    first = min(span.start.day, 30)
    last = 30 if span.end.day == 31 and first == 30 else span.end.day
    return _thirties(span.start, first, span.end, last)


def eurobond_days(span: Span) -> int:
    """30E/360 (eurobond): each 31 is 30."""
    return _thirties(span.start, min(span.start.day, 30), span.end, min(span.end.day, 30))


def us_days(span: Span) -> int:
    """30/360 US (SIFMA): as bond basis, and a month's end in February is 30."""
    february = _ends_february(span.start)
    first = 30 if february else span.start.day
    last = 30 if february and _ends_february(span.end) else span.end.day
    last = 30 if last == 31 and first >= 30 else last
    return _thirties(span.start, min(first, 30), span.end, last)


def german_days(span: Span) -> int:
    """30E/360 ISDA: each month's end is 30, save February's end at maturity."""
    first = 30 if is_month_end(span.start) else span.start.day
    at_maturity = _ends_february(span.end) and span.end == span.maturity
    last = 30 if is_month_end(span.end) and not at_maturity else span.end.day
    return _thirties(span.start, min(first, 30), span.end, min(last, 30))


def _ends_february(day: date) -> bool:
    return day.month == _FEBRUARY and is_month_end(day)


def _year_days(year: int) -> int:
    return 366 if months.isleap(year) else 365


def isda_fraction(span: Span) -> Fraction:
    """Act/act ISDA: the days in each calendar year over the days of that year."""
    total, at = Fraction(0), span.start
    while at < span.end:
        until = min(span.end, date(at.year + 1, 1, 1))
        total += Fraction((until - at).days, _year_days(at.year))
        at = until
    return total


def icma_fraction(span: Span) -> Fraction:
    """Act/act ICMA: actual days over those of the regular coupon period times coupons a year."""
    if not span.coupons or 12 % span.coupons:
        raise DayCountNeeds(convention="act/act icma", fact="coupon")
    step = 12 // span.coupons
    backward = span.anchor == "end"
    base = span.end if backward else span.start
    total, k = Fraction(0), 0
    while k <= 12 * (span.end.year - span.start.year + 2):
        near, far = (add_months(base, step * (-j if backward else j)) for j in (k, k + 1))
        first, last = (far, near) if backward else (near, far)
        inside = (min(last, span.end) - max(first, span.start)).days
        if inside <= 0:
            break
        total += Fraction(inside, (last - first).days * span.coupons)
        k += 1
    return total


def afb_fraction(span: Span) -> Fraction:
    """Act/act AFB: whole years back from the end, the rest over 366 where it has a 29 February."""
    years, end = 0, span.end
    while True:
        earlier = add_months(span.end, -12 * (years + 1))
        if _ends_february(earlier) and _ends_february(span.end):
            earlier = date(earlier.year, 2, _year_days(earlier.year) - 337)
        if earlier < span.start:
            break
        years, end = years + 1, earlier
    rest = (end - span.start).days
    return years + Fraction(rest, 366 if has_leap_day(span.start, end) else 365)


def has_leap_day(start: date, end: date, *, closed_end: bool = False) -> bool:
    """Whether a 29 February lies in [start, end); with `closed_end` in (start, end]."""
    for year in range(start.year, end.year + 1):
        if months.isleap(year):
            leap = date(year, 2, 29)
            if start < leap <= end if closed_end else start <= leap < end:
                return True
    return False


def l365_fraction(span: Span) -> Fraction:
    """Act/365L: over 366 where the period has a 29 February (annual) or ends in a leap year."""
    if span.coupons == 1:
        leap = has_leap_day(span.start, span.end, closed_end=True)
    else:
        leap = months.isleap(span.end.year)
    return Fraction(_actual(span), 366 if leap else 365)


def no_leap_days(span: Span) -> int:
    """NL/365: actual days, 29 February never counted."""
    leap = sum(
        1
        for year in range(span.start.year, span.end.year + 1)
        if months.isleap(year) and span.start < date(year, 2, 29) <= span.end
    )
    return _actual(span) - leap


def business_days(span: Span) -> int:
    """BUS/252: bank days from the start, which counts, to the end, which does not."""
    if span.bank_days is None:
        raise DayCountNeeds(convention="bus/252", fact="calendar")
    dates = (span.start + timedelta(days=n) for n in range(_actual(span)))
    return sum(span.bank_days.is_open(day) for day in dates)


class DayCount(msgspec.Struct, frozen=True):
    """A day count: how it counts days, and the fraction of a year that they are."""

    days: Callable[[Span], int]
    fraction: Callable[[Span], Fraction]


def _of_days(days: Callable[[Span], int], year: int) -> DayCount:
    return DayCount(days, lambda span: Fraction(days(span), year))


_COUNTS: dict[str, DayCount] = {
    "act/act isda": DayCount(_actual, isda_fraction),
    "act/act icma": DayCount(_actual, icma_fraction),
    "act/act afb": DayCount(_actual, afb_fraction),
    "act/365f": DayCount(_actual, _over(365)),
    "act/365l": DayCount(_actual, l365_fraction),
    "act/366": DayCount(_actual, _over(366)),
    "act/364": DayCount(_actual, _over(364)),
    "act/360": DayCount(_actual, _over(360)),
    "act/365.25": DayCount(_actual, lambda span: Fraction(4 * _actual(span), 1461)),
    "nl/365": _of_days(no_leap_days, 365),
    "30/360 bond basis": _of_days(bond_basis_days, 360),
    "30/360 us": _of_days(us_days, 360),
    "30e/360 eurobond": _of_days(eurobond_days, 360),
    "30e/360 isda": _of_days(german_days, 360),
    "bus/252": _of_days(business_days, 252),
    "1/1": DayCount(_actual, lambda _: Fraction(1)),
}
_OTHER_NAMES = {
    "act/act": "act/act isda",
    "actual/actual": "act/act isda",
    "act/365": "act/365f",
    "act/365 fixed": "act/365f",
    "30/360": "30/360 bond basis",
    "30e/360": "30e/360 eurobond",
    "30e/360 german": "30e/360 isda",
}
CONVENTIONS: Mapping[str, DayCount] = MappingProxyType(
    _COUNTS | {name: _COUNTS[of] for name, of in _OTHER_NAMES.items()}
)


def _known(convention: str) -> DayCount:
    found = CONVENTIONS.get(convention.lower())
    if found is None:
        raise UnknownDayCount(convention=convention[:40], known=", ".join(sorted(_COUNTS)))
    return found


def days_between(convention: str, span: Span) -> int:
    """Days by a named day count. Raises UnknownDayCount, DayCountNeeds."""
    return _known(convention).days(span)


def year_fraction(convention: str, span: Span) -> Fraction:
    """The exact fraction of a year by a named day count. Raises UnknownDayCount, DayCountNeeds."""
    return _known(convention).fraction(span)
