"""A quote: the schedule of a loan and what it costs a year, by every rule at once. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

import msgspec

from huoshui.lines.lending.life.projection import projection
from huoshui.lines.lending.rates.apr import (
    ChinaRate,
    Flow,
    UnitFlow,
    china_rate_of,
    eu_apr,
    reg_z_apr,
)
from huoshui.lines.lending.rates.solve import DIGITS
from huoshui.lines.lending.schedule.factor import is_regular
from huoshui.lines.lending.schedule.make import Change, Drawdown
from huoshui.lines.lending.schedule.rows import Row, Totals, totals
from huoshui.lines.lending.schedule.terms import Terms

_YEAR = 365  # days (Directive 2008/48/EC, Annex I, remark c)
_PER_YEAR = {  # unit periods
    "days": Fraction(365),
    "weeks": Fraction(52),
    "months": Fraction(12),
    "years": Fraction(1),
}


class Rates(msgspec.Struct, frozen=True):
    """Yearly rates as parts of one: both forms of China's, the EU's APRC, the US actuarial rate."""

    china: ChinaRate
    eu: Decimal
    us: Decimal


class Quote(msgspec.Struct, frozen=True):
    """What a borrower would be shown: rows and sums in minor units, and the yearly rates.

    `fee` is taken from the first drawdown, so that less is received than is owed.
    """

    rows: tuple[Row, ...]
    sums: Totals
    fee: int
    rates: Rates


def quote(terms: Terms, changes: Sequence[Change], fee: int = 0) -> Quote:
    """The schedule of a loan on which nothing is paid late, and its rates. Raises NoRate.

    An application, its decision and the first drawdown ask for the same on one day: it is found once.
    """
    return _quoted(terms, tuple(changes), fee)


@lru_cache(maxsize=512)
def _quoted(terms: Terms, changes: tuple[Change, ...], fee: int) -> Quote:
    rows = projection(terms, changes)
    drawn = [change for change in changes if isinstance(change, Drawdown)]
    return Quote(rows, totals(rows), fee, _rates(terms, rows, drawn, fee))


def _rates(terms: Terms, rows: Sequence[Row], drawn: Sequence[Drawdown], fee: int) -> Rates:
    moved = [(each.on, each.amount) for each in drawn]
    moved[0] = (moved[0][0], moved[0][1] - fee)
    moved += [(row.due, -row.total) for row in rows if row.total]
    start = moved[0][0]
    days = [Flow(Decimal(amount), Decimal((day - start).days)) for day, amount in moved]
    per_year = _PER_YEAR[terms.due.unit] / terms.due.every
    units = list(_units(terms, rows, moved))
    with localcontext() as context:
        context.prec = DIGITS
        yearly = Decimal(per_year.numerator) / per_year.denominator
        steps = [
            Flow(flow.amount, flow.units + Decimal(flow.part.numerator) / flow.part.denominator)
            for flow in units
        ]
    return Rates(
        china=china_rate_of(steps, yearly),
        eu=eu_apr(
            [f for f in days if f.amount > 0],
            [Flow(-f.amount, f.at) for f in days if f.amount < 0],
            _YEAR,
        ),
        us=reg_z_apr(units, yearly).annual,
    )


def _units(
    terms: Terms, rows: Sequence[Row], moved: Iterable[tuple[date, int]]
) -> Iterable[UnitFlow]:
    """Money by unit periods: on the grid by whole ones, else by days over a unit's days."""
    grid = {row.due: k for k, row in enumerate([r for r in rows if not r.down_payment], 1)}
    regular = all(is_regular(terms, (r.start, r.due)) for r in rows if not r.down_payment)
    unit_days = 365 / (_PER_YEAR[terms.due.unit] / terms.due.every)
    for day, amount in moved:
        if day == terms.start:
            yield UnitFlow(Decimal(amount), 0)
        elif regular and day in grid:
            yield UnitFlow(Decimal(amount), grid[day])
        else:
            exact = (day - terms.start).days / unit_days
            yield UnitFlow(Decimal(amount), int(exact), exact - int(exact))


def rates_of_payments(received: int, payments: Sequence[int], unit: str, every: int) -> ChinaRate:
    """Both forms of China's yearly rate of payments at the ends of periods. Raises NoRate."""
    per_year = _PER_YEAR[unit] / every
    flows = [Flow(Decimal(received), Decimal(0))]
    flows += [Flow(Decimal(-paid), Decimal(k)) for k, paid in enumerate(payments, 1)]
    with localcontext() as context:
        context.prec = DIGITS
        yearly = Decimal(per_year.numerator) / per_year.denominator
    return china_rate_of(flows, yearly)


def rates_of_periods(received: int, payments: Sequence[int], unit: str, every: int) -> Rates:
    """Yearly rates by every rule of payments at the ends of equal periods. Raises NoRate."""
    per_year = _PER_YEAR[unit] / every
    with localcontext() as context:
        context.prec = DIGITS
        yearly = Decimal(per_year.numerator) / per_year.denominator
    paid = [Flow(Decimal(each), Decimal(k * every)) for k, each in enumerate(payments, 1)]
    units = [UnitFlow(Decimal(received), 0)]
    units += [UnitFlow(Decimal(-each), k) for k, each in enumerate(payments, 1)]
    return Rates(
        china=rates_of_payments(received, payments, unit, every),
        eu=eu_apr([Flow(Decimal(received), Decimal(0))], paid, int(_PER_YEAR[unit])),
        us=reg_z_apr(units, yearly).annual,
    )
