"""Accounts changed by hand: closed, reopened, bounded; and units of account beside currencies.

Each change locks the account, is an event with its reason, and is sealed in the tamper log.
"""

from huoshui.ledger.accounts.service import (
    BadBounds,
    BoundsBroken,
    ClosedByHold,
    UnitDiffers,
    close_account,
    declare_unit,
    learn_units,
    reopen_account,
    set_bounds,
)
from huoshui.ledger.accounts.store import Unit

__all__ = [
    "BadBounds",
    "BoundsBroken",
    "ClosedByHold",
    "Unit",
    "UnitDiffers",
    "close_account",
    "declare_unit",
    "learn_units",
    "reopen_account",
    "set_bounds",
]
