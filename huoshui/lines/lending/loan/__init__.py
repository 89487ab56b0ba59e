"""Running loans on the ledger: applied for, offered, signed, drawn, repaid, closed.

A loan is a contract with a pinned product version and an append-only list of events. Schedule,
balances, days past due are a fold of it, made anew each time. Invariants: what stands on the ledger
for a loan is the journal of its fold, whatever came late or was undone; a call that is made again
posts nothing twice; what was signed never changes.
"""

from huoshui.lines.lending.loan.model import LOAN, Loan, UnknownLoan
from huoshui.lines.lending.loan.ports import Decide, Decision, Ports, Reserve

__all__ = ["LOAN", "Decide", "Decision", "Loan", "Ports", "Reserve", "UnknownLoan"]
