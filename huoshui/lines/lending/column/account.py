"""An account between two events as a line: its cycles as a grid, what bears interest in them. No I/O."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from huoshui.lines.lending.column.grid import KEPT, Grid, grid_from
from huoshui.lines.lending.life import account as cycles
from huoshui.lines.lending.life.account import statement_day
from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.schedule.factor import NOTHING, Ratio, factor
from huoshui.lines.lending.schedule.terms import Terms, round_ratio

_EXPECTED = 60  # cycles in which all is expected back; fewer than a grid has ahead
_AT_ONCE = 120  # cycles of a grid: so many lie ahead of an account at least


@lru_cache(maxsize=KEPT)
def _grid(terms: Terms, rate: Fraction, count: int) -> Grid:
    ends = [statement_day(terms, n) for n in range(count + 1)]
    factors: list[Ratio] = []
    for n, whole in enumerate(pairwise(ends)):
        free = n < terms.interest_free
        factors.append(NOTHING if free else factor(terms, rate, whole, whole, grid=False))
    days = [day.toordinal() for day in ends]
    return grid_from(terms.rounding, days[:-1], days[1:], factors)


class Begun:
    """What is known of an account's cycle that runs: where it is on the grid, what has been earned."""

    __slots__ = ("at", "base", "before", "grid", "part", "rest", "since")

    def __init__(self, state: State, day: date) -> None:
        found = state.account
        assert found is not None
        row, terms = cycles.current(state), state.terms
        end = row.asked_on or row.due
        whole = -(-(found.number + _AT_ONCE) // _AT_ONCE) * _AT_ONCE
        rate = state.plan.rate_on(day)
        self.grid, self.at = _grid(terms, rate, whole), found.number - 1
        self.before = sum(each.interest for each in state.rows if each is not row)
        self.base = found.bases[-1] if found.bases else 0
        since = max(found.at, row.start)
        self.since, self.part = since.toordinal(), cycles.exact(state, row, since)
        free = found.number <= terms.interest_free
        known = NOTHING if free else factor(terms, rate, (row.start, end), (since, end), grid=False)
        self.rest = known


def begun(state: State, day: date) -> Begun | None:
    """The cycle that runs; None where what lies ahead is not the plain grid, or nothing runs."""
    found = state.account
    if found is None or found.stopped or found.at > day:
        return None
    if any(since > day for since, _ in found.lots) or any(
        since > day for since, _ in state.plan.rates
    ):
        return None
    if any(last > day for _, last in state.plan.pauses):
        return None
    return Begun(state, day)


def expected(state: State) -> tuple[int, ...]:
    """Principal that is expected to come back, by cycles: the minimum, or what sales are to bring."""
    terms, left, found = state.terms, state.principal_owed, []
    for _ in range(min(terms.instalments, _EXPECTED) - 1):
        part = min(left, _part(terms, left))
        found.append(part)
        left -= part
    return (*found, left)


def _part(terms: Terms, left: int) -> int:
    if terms.revolving is not None:
        rule = terms.revolving.minimum
        part = round_ratio(left * rule.share.numerator, rule.share.denominator, terms.rounding)
        return max(part, rule.floor)
    return terms.sales.expected if terms.sales else 0
