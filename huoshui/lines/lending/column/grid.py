"""The grid that loans of the same terms share: periods with their exact rate factors. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm

import msgspec

from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.schedule.factor import Ratio
from huoshui.lines.lending.schedule.instalment import growth_of
from huoshui.lines.lending.schedule.terms import Terms

KEPT = 4096  # grids in memory


class Grid(msgspec.Struct, frozen=True):
    """Periods in order: first and due days as ordinals, interest of 1 as a ratio, how it is rounded.

    `halves` are the factors made ready for rounding: twice the numerator, the denominator, and twice
    the denominator. The equal instalment of a balance is (balance × `solve_by` − rest × `solve_rest`)
    / `solve_over`.
    """

    rounding: str
    starts: tuple[int, ...]
    dues: tuple[int, ...]
    factors: tuple[Ratio, ...]
    halves: tuple[tuple[int, int, int], ...]
    solve_by: int = 0
    solve_rest: int = 0
    solve_over: int = 1


def grid_from(
    rounding: str, starts: Sequence[int], dues: Sequence[int], factors: Sequence[Ratio]
) -> Grid:
    """A grid on which days are counted; no instalment is solved on it."""
    halves = tuple((2 * top, bottom, 2 * bottom) for top, bottom in factors)
    return Grid(rounding, tuple(starts), tuple(dues), tuple(factors), halves)


@lru_cache(maxsize=KEPT)
def grid_of(terms: Terms) -> Grid:
    """The grid of terms of which nothing has been changed."""
    plan = change.new_plan(terms)
    growth = []
    for period in plan.periods:
        plan.set_factors(period)
        growth.append(growth_of(period))
    made = grid_from(
        terms.rounding,
        [period.start.toordinal() for period in plan.periods],
        [period.due.toordinal() for period in plan.periods],
        [period.slices[0].till_due for period in plan.periods],
    )
    by, rest, over = _solution(growth)
    return msgspec.structs.replace(made, solve_by=by, solve_rest=rest, solve_over=over)


def _solution(growth: list[Fraction]) -> tuple[int, int, int]:
    """∏(1+fᵢ), the scale of a rest, and F with Fₖ = 1 + Fₖ₋₁·(1+fₖ), over one denominator."""
    bottom = lcm(*(each.denominator for each in growth))
    tops = [each.numerator * (bottom // each.denominator) for each in growth]
    product, sum_, scale = bottom + tops[0], 1, 1
    for top in tops[1:]:
        scale *= bottom
        sum_ = scale + sum_ * (bottom + top)
        product *= bottom + top
    return product, scale * bottom, bottom * sum_
