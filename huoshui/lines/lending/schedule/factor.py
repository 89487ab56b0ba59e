"""The interest of 1 over a part of a period: whole numbers over whole numbers. No I/O."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from huoshui.lines.lending.schedule.terms import Basis, Terms
from huoshui.lines.lending.time.calendar import step
from huoshui.lines.lending.time.daycount import Span, has_leap_day, year_fraction
from huoshui.lines.lending.time.months import add_months, whole_months

Ratio = tuple[int, int]
NOTHING: Ratio = (0, 1)


def factor(
    terms: Terms, rate: Fraction, period: tuple[date, date], part: tuple[date, date], *, grid: bool
) -> Ratio:
    """The interest of 1 at a yearly rate over a part of a period, as numerator and denominator.

    With `grid` the period counts as long as the terms' step, as it does when the equal instalment
    is solved; without, as long as it is.
    """
    if period[0] == period[1] or not rate:
        return NOTHING
    return _exact(terms, rate, _year_part(terms, period, part, grid=grid))


def _exact(terms: Terms, rate: Fraction, pieces: tuple[Ratio, int, int]) -> Ratio:
    (top, bottom), actual, whole = pieces
    if terms.precision is None:
        return rate.numerator * top * actual, rate.denominator * bottom * whole
    digits = Context(prec=terms.precision, rounding=ROUND_HALF_EVEN)
    wide = Context(prec=2 * terms.precision, rounding=ROUND_HALF_EVEN)
    of_year = digits.divide(Decimal(top), Decimal(bottom))
    told = digits.divide(Decimal(rate.numerator), Decimal(rate.denominator))
    earned = digits.multiply(digits.multiply(told, of_year), Decimal(actual))
    quotient = digits.divide(earned, Decimal(whole))
    scaled = wide.quantize(quotient, Decimal(1).scaleb(-terms.precision))
    return int(scaled.scaleb(terms.precision, wide)), 10**terms.precision


def _year_part(
    terms: Terms, period: tuple[date, date], part: tuple[date, date], *, grid: bool
) -> tuple[Ratio, int, int]:
    """The year's part that a whole is, the days of the part and the days of that whole."""
    basis, every, unit = terms.basis, terms.due.every, terms.due.unit
    actual, whole = (part[1] - part[0]).days, (period[1] - period[0]).days
    if terms.calculation == "by_period":
        by_unit = {"months": (every, 12), "weeks": (7 * every, 365), "days": (every, 365)}
        return by_unit.get(unit, (every, 1)), actual, whole
    if basis.convention:
        found = year_fraction(basis.convention, Span(part[0], part[1], coupons=1))
        return (found.numerator, found.denominator), 1, 1
    if _over_new_year(basis, period, part):
        return _split(basis, *part, terms.precision), 1, 1
    year = _days_of_year(basis, period, part[0])
    if basis.month == "actual":
        return (actual, year), 1, 1
    length: Ratio = (every, 1) if grid else steps_of(terms, period)
    days = {"months": 30, "weeks": 7, "days": 1, "years": 360}[unit]
    return (days * length[0], year * length[1]), actual, whole


def _over_new_year(basis: Basis, period: tuple[date, date], part: tuple[date, date]) -> bool:
    if basis.year != "actual" or part[1].year == part[0].year:
        return False
    return basis.leap == "calendar_year" or has_leap_day(*period, closed_end=True)


def _days_of_year(basis: Basis, period: tuple[date, date], day: date) -> int:
    if basis.year != "actual":
        return basis.year
    leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    if leap and basis.leap == "february_29":
        leap = has_leap_day(*period, closed_end=True)
    return 366 if leap else 365


def _split(basis: Basis, start: date, end: date, precision: int | None) -> Ratio:
    """Days of each calendar year over its own days; with a precision each part is rounded."""
    total, at = Fraction(0), start
    digits = Context(prec=precision or 1)
    for year in range(start.year, end.year + 1):
        turn = date(year + 1, 1, 1) if basis.year_split == "january_1" else date(year, 12, 31)
        until = end if year == end.year else turn
        days = 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365
        part = (until - at).days
        total += (
            Fraction(digits.divide(Decimal(part), Decimal(days)))
            if precision
            else Fraction(part, days)
        )
        at = until
    return total.numerator, total.denominator


def steps_of(terms: Terms, period: tuple[date, date]) -> Ratio:
    """How many units a period is long: whole ones, and the days of the rest over a whole one's."""
    start, due = period
    if terms.due.unit != "months":
        unit_days = {"days": 1, "weeks": 7, "years": 365}[terms.due.unit]
        return (due - start).days, unit_days
    if is_regular(terms, period):
        return terms.due.every, 1
    whole = whole_months(start, due)
    rest = (due - add_months(start, whole)).days
    if not rest:
        return whole, 1
    month = (add_months(start, whole + 1) - add_months(start, whole)).days
    return whole * month + rest, month


def is_regular(terms: Terms, period: tuple[date, date]) -> bool:
    """Whether both ends of a period lie on the grid of the terms, one step apart."""
    origin = terms.first_due or terms.start
    months = (period[0].year - origin.year) * 12 + period[0].month - origin.month
    about = months // terms.due.every
    return any(_on_grid(terms, origin, k, period) for k in (about - 1, about, about + 1))


def _on_grid(terms: Terms, origin: date, k: int, period: tuple[date, date]) -> bool:
    start, due = period
    if start != origin and step(terms.due, origin, k) != start:
        return False
    return step(terms.due, origin, 1 if start == origin else k + 1) == due
