"""Disbursement: a drawdown's money goes from clearing to its borrower, and comes back if it cannot.

To the borrower's balance in this book it goes at once: a seller's leaves with its next payout. To its
bank account it goes by the payout rail: it is asked for in the drawdown's own commit and once. If it
does not arrive, or is sent back, the drawdown is undone in the commit that hears of it: the borrower
owes nothing for it, no interest either, and the limit is free again. Nothing stays on clearing.
"""

from huoshui.scenarios.disbursing.model import (
    DISBURSEMENT,
    BalanceSpent,
    Disbursement,
    DisbursementStands,
    UnknownDisbursement,
    Way,
)
from huoshui.scenarios.disbursing.service import (
    WORK,
    arrived,
    back,
    draw,
    failed,
    find,
    hear,
    notice,
    of_loan,
    refund_credit,
    reverse,
)

__all__ = [
    "DISBURSEMENT",
    "WORK",
    "BalanceSpent",
    "Disbursement",
    "DisbursementStands",
    "UnknownDisbursement",
    "Way",
    "arrived",
    "back",
    "draw",
    "failed",
    "find",
    "hear",
    "notice",
    "of_loan",
    "refund_credit",
    "reverse",
]
