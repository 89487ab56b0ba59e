"""Settlement: windows of what cleared, and payouts to sellers in batches.

Invariants: everything that clears is in exactly one window, and nothing is added to a closed one;
the positions of a window and currency come to zero; a payout's money leaves once an attempt and
comes back at most once; nobody approves what he made.
"""

from huoshui.lines.payments.settlement.batches import (
    approve,
    cancel,
    make_batch,
    recover,
    send,
)
from huoshui.lines.payments.settlement.machine import BATCH, PAYOUT
from huoshui.lines.payments.settlement.model import Batch, Payout
from huoshui.lines.payments.settlement.terms import SettlementTerms, read_settlement_terms
from huoshui.lines.payments.settlement.windows import close_window

__all__ = [
    "BATCH",
    "PAYOUT",
    "Batch",
    "Payout",
    "SettlementTerms",
    "approve",
    "cancel",
    "close_window",
    "make_batch",
    "read_settlement_terms",
    "recover",
    "send",
]
