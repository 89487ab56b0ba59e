"""Schedules of many loans of the same terms. No I/O.

What the terms say is worked out once; each loan is then a few whole-number products a row. An
amount whose schedule needs more than the plain rule (an instalment that does not carry its own
interest, say) is worked out on its own.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from huoshui.lines.lending.column.grid import Grid, grid_of
from huoshui.lines.lending.schedule import Drawdown, schedule
from huoshui.lines.lending.schedule.instalment import multiple
from huoshui.lines.lending.schedule.make import down_payment_of
from huoshui.lines.lending.schedule.terms import Terms, round_ratio


class Column(msgspec.Struct, frozen=True):
    """What a loan asks row by row, in minor units; `downs` is due on the day it is drawn."""

    principal: list[int]
    interest: list[int]
    down: int = 0


def schedules(terms: Terms, amounts: Iterable[int]) -> list[Column]:
    """The schedule of each amount, drawn at the start of these terms."""
    grid = grid_of(terms)
    simple = _is_plain(terms)
    rows = _shares if terms.kind in {"equal_principal", "interest_only"} else _equal
    found = []
    for amount in amounts:
        down = down_payment_of(terms, amount)
        made = rows(terms, grid, amount - down) if simple else None
        found.append(_with(made, down) if made else _alone(terms, amount))
    return found


def _is_plain(terms: Terms) -> bool:
    grace = terms.grace_principal or terms.grace_interest or terms.kind == "single_payment"
    return not grace and terms.method == "declining" and not terms.periods


def _with(made: tuple[list[int], list[int]], down: int) -> Column:
    return Column(made[0], made[1], down)


def _alone(terms: Terms, amount: int) -> Column:
    """By the way that knows all terms."""
    rows = schedule(terms, [Drawdown(terms.start, amount)])
    asked = [row for row in rows if not row.down_payment]
    down = sum(row.principal for row in rows if row.down_payment)
    return Column([row.principal for row in asked], [row.interest for row in asked], down)


Made = tuple[list[int], list[int]]


def _shares(terms: Terms, grid: Grid, balance: int) -> Made | None:
    """Fixed parts of principal, each period's interest beside them."""
    count, part = len(grid.dues), 0
    if terms.kind == "equal_principal":
        spread = max(0, balance - terms.balloon)
        part = multiple(terms, round_ratio(spread, count, terms.rounding))
    if part * (count - 1) > balance:
        return None
    principal = [part] * (count - 1) + [balance - part * (count - 1)]
    interest, rule = [], terms.rounding
    for (top, bottom), repaid in zip(grid.factors, principal, strict=True):
        interest.append(round_ratio(balance * top, bottom, rule))
        balance -= repaid
    return principal, interest


def _equal(terms: Terms, grid: Grid, balance: int) -> Made | None:
    """Equal instalments; the last takes what is left, its odd units spread where terms say so."""
    rest = terms.balloon
    whole = balance * grid.solve_by - rest * grid.solve_rest
    amount = multiple(terms, round_ratio(whole, grid.solve_over, terms.rounding))
    made = _rows(terms, grid, balance, amount)
    count = len(grid.dues)
    for _ in range(terms.level_rounds):
        if made is None or count == 1:
            return made
        odd = made[0][-1] + made[1][-1] - rest - amount
        if abs(odd) <= count // 2 or count // 2 <= 0:
            return made
        spread = round_ratio(abs(odd), count, terms.rounding)
        tried = multiple(terms, amount + (spread if odd > 0 else -spread))
        if tried == amount:
            return made
        trial = _rows(terms, grid, balance, tried)
        if trial is None:
            return None
        if abs(trial[0][-1] + trial[1][-1] - rest - tried) >= abs(odd):
            return made
        made, amount = trial, tried
    return made


def _rows(terms: Terms, grid: Grid, balance: int, amount: int) -> Made | None:
    """Rows of an instalment; None where a row does not carry its interest or asks too much."""
    half_even, rule = terms.rounding == "half_even", terms.rounding
    principal: list[int] = []
    interest: list[int] = []
    for top, bottom in grid.factors:
        if half_even:
            earned, odd = divmod(balance * top, bottom)
            odd += odd
            if odd > bottom or (odd == bottom and earned & 1):
                earned += 1
        else:
            earned = round_ratio(balance * top, bottom, rule)
        repaid = amount - earned
        if not 0 < repaid <= balance and len(interest) + 1 < len(grid.factors):
            return None
        interest.append(earned)
        principal.append(repaid)
        balance -= repaid
    principal[-1] += balance
    return (principal, interest) if principal[-1] >= 0 else None
