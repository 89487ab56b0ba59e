"""The only thing that moves money.

Accounts have paths and four stored counters; transactions have legs that stand all or none; holds
reserve before they move; a command's id is its idempotency key. Invariants: every leg takes from
one account what it gives to another of the same currency, so the trial balance is zero at every
moment; a balance is never summed over history; no bound is ever broken, and holds never draw
credit; history is append-only, and on no account does its recorded time run back.
"""

from huoshui.ledger import journal
from huoshui.ledger.chart import AccountKind, Chart
from huoshui.ledger.model import (
    Account,
    Capture,
    Command,
    Extend,
    Hold,
    Leg,
    Release,
    Result,
    Transaction,
)
from huoshui.ledger.service import Ahead, ahead, flush, load, loading, open_account, post, reverse
from huoshui.ledger.sheet import Sheet
from huoshui.ledger.template import Template, read_templates

__all__ = [
    "Account",
    "AccountKind",
    "Ahead",
    "Capture",
    "Chart",
    "Command",
    "Extend",
    "Hold",
    "Leg",
    "Release",
    "Result",
    "Sheet",
    "Template",
    "Transaction",
    "ahead",
    "flush",
    "journal",
    "load",
    "loading",
    "open_account",
    "post",
    "read_templates",
    "reverse",
]
