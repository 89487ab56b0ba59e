"""The loans of a book seen together: who owes what how late, what is expected to be lost, how months age.

All of it reads what closed days found; nothing here moves money. Figures trace back: of expected losses
to the allowance accounts of the ledger, of vintages and roll rates to the moves of single loans.
"""

from huoshui.lines.lending.portfolio.service import (
    Cohort,
    Losses,
    Roll,
    RollForward,
    losses,
    month_ends,
    roll,
    roll_forward,
    rolls,
    vintages,
)

__all__ = [
    "Cohort",
    "Losses",
    "Roll",
    "RollForward",
    "losses",
    "month_ends",
    "roll",
    "roll_forward",
    "rolls",
    "vintages",
]
