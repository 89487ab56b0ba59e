"""The background check: stored counters, running balances and holds against history.

It reads account after account and locks nothing, so that it can run every day beside the work.
What it finds is kept, and told as the event `ledger.reconciled`.
"""

from huoshui.ledger.reconciliation.service import (
    Reconciliation,
    advance,
    reconcile,
    reconciliations,
    start,
)

__all__ = ["Reconciliation", "advance", "reconcile", "reconciliations", "start"]
