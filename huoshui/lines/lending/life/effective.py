"""The fixed fee of an advance on sales, earned by the effective rate of what is expected. No I/O.

Money is expected in equal parts, a period each, until nothing is owed. What these parts are worth at the
effective rate is the advance; what is lacking to what is owed is the part of the fee that is not earned.
Whenever something is paid the rest is expected anew from then on, at the same rate (IFRS 9, B5.4.6): the
difference is income of that day, caused by that event. Days alone earn nothing: while no sales come,
the same is still expected.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING

from huoshui.lines.lending.rates.apr import Flow, periodic_rate
from huoshui.lines.lending.rates.solve import DIGITS
from huoshui.lines.lending.schedule.terms import Terms, round_ratio

if TYPE_CHECKING:
    from huoshui.lines.lending.life.state import State


def by_events(terms: Terms) -> bool:
    """Whether income is earned by events, and nothing of it by days: that of a fixed fee."""
    return terms.sales is not None and terms.sales.fee > 0


def earned(state: State) -> int:
    """What of the fee is earned by what is owed now, in minor units."""
    rate = state.account.rate if state.account is not None else None
    if rate is None or state.terms.sales is None:
        return 0
    return _fee(state) - unearned(
        _owed(state), state.terms.sales.expected, rate, state.terms.rounding
    )


def receivable(state: State) -> int:
    """What of the fee is earned and not paid."""
    return max(0, earned(state) - sum(row.paid["interest"] for row in state.rows))


def set_rate(state: State, earned_before: int) -> None:
    """After a drawdown: the rate at which nothing is earned by drawing."""
    assert state.account is not None
    assert state.terms.sales is not None
    worth = _owed(state) - (_fee(state) - earned_before)
    if worth > 0:
        state.account.rate = rate_of(worth, _owed(state), state.terms.sales.expected)


def _fee(state: State) -> int:
    return sum(row.interest for row in state.rows)


def _owed(state: State) -> int:
    return sum(row.open("principal") + row.open("interest") for row in state.rows)


@lru_cache(maxsize=4096)
def rate_of(worth: int, owed: int, expected: int) -> Decimal:
    """The rate of a period at which what is owed, in parts as expected, is worth so much. Raises NoRate."""
    parts, last = divmod(owed, expected)
    flows = [Flow(Decimal(worth), Decimal(0))]
    flows += [Flow(Decimal(-expected), Decimal(n)) for n in range(1, parts + 1)]
    if last:
        flows.append(Flow(Decimal(-last), Decimal(parts + 1)))
    return periodic_rate(flows)


@lru_cache(maxsize=4096)
def unearned(owed: int, expected: int, rate: Decimal, rounding: str) -> int:
    """What a rate takes off what is owed, because it is expected in parts later on; minor units."""
    parts, last = divmod(owed, expected)
    with localcontext() as context:
        context.prec = DIGITS
        factor = 1 / (1 + rate)
        worth, power = Decimal(0), Decimal(1)
        for _ in range(parts):
            power *= factor
            worth += expected * power
        worth += last * power * factor
        top, bottom = max(Decimal(0), owed - worth).as_integer_ratio()
    return round_ratio(top, bottom, rounding)
