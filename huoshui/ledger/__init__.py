"""The only thing that moves money.

Accounts have paths and four stored counters; transactions have legs that stand all or none; a
transaction's id is its idempotency key. Invariants: every leg takes from one account what it
gives to another of the same currency, so the trial balance is zero at every moment; a balance is
never summed over history; floors and ceilings hold after every leg; history is append-only.
"""

from huoshui.ledger.chart import AccountKind, Chart
from huoshui.ledger.model import Account, Leg, Result, Transaction
from huoshui.ledger.service import flush, load, open_account, post, reverse
from huoshui.ledger.sheet import Sheet
from huoshui.ledger.template import Template, read_templates

__all__ = [
    "Account",
    "AccountKind",
    "Chart",
    "Leg",
    "Result",
    "Sheet",
    "Template",
    "Transaction",
    "flush",
    "load",
    "open_account",
    "post",
    "read_templates",
    "reverse",
]
