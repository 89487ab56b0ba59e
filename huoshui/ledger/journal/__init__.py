"""The journal: what was posted, read by transaction, by account and by kind of account.

Only reads. Every answer comes from stored counters and stored running balances or from an index
range; none sums over history.
"""

from huoshui.ledger.journal.service import (
    Posted,
    TrialBalance,
    flow,
    page,
    transaction,
    transactions,
    transfers,
    trial_balance,
)
from huoshui.ledger.journal.store import Entry, EntryLeg, Flow, Line, Place, Total

__all__ = [
    "Entry",
    "EntryLeg",
    "Flow",
    "Line",
    "Place",
    "Posted",
    "Total",
    "TrialBalance",
    "flow",
    "page",
    "transaction",
    "transactions",
    "transfers",
    "trial_balance",
]
