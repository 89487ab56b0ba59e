"""What a yearly rate is for a span of days: rate × fraction of a year, exact."""

from __future__ import annotations

from fractions import Fraction

from huoshui.lines.lending.time.daycount import Span, year_fraction


def rate_factor(rate: Fraction, convention: str, span: Span) -> Fraction:
    """The interest of 1 over a span. Raises UnknownDayCount, DayCountNeeds."""
    return rate * year_fraction(convention, span)
