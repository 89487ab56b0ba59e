"""Ability to pay: verified income and cash flow less debt service and essentials, never spending.

What somebody spends says what they would like, not what they can repay: it enters only as a ratio to
what they have, and can lower what is thought of them, never raise a limit. Borrowed money is no
income. Pure and exact: whole minor units and fractions.
"""

from huoshui.judgement.risk.capacity.ability import (
    Ability,
    CashFlow,
    Credit,
    Income,
    ability,
    limit_of,
)

__all__ = ["Ability", "CashFlow", "Credit", "Income", "ability", "limit_of"]
