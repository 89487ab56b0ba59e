"""Sealed periods: whole days of the book in which nothing takes effect any more.

A seal moves forward only and is never lifted: what was reported of a period stays true. What was
wrong is put right in the open period by a reversal, which names what it reverses and shows in both
views of the account.
"""

from huoshui.ledger.periods.service import (
    Moved,
    Period,
    PeriodNotOver,
    PeriodSealedAlready,
    close_period,
    period_hash,
    periods,
    sealed_until,
)

__all__ = [
    "Moved",
    "Period",
    "PeriodNotOver",
    "PeriodSealedAlready",
    "close_period",
    "period_hash",
    "periods",
    "sealed_until",
]
