"""Reconciliation: what banks and acquirers say came, held against what we expect.

Invariants: a file's bytes are taken once and whole; every line's money is booked as it came, on the
account it came to; it is matched with open items or lies in suspense under a cause, and nothing
disappears: lines imported are lines matched, in suspense and written off; the balance of an account
that files are held against is the sum of its open items; a match can be undone, by a reversal.
"""

from huoshui.lines.payments.reconciliation.check import Checked, check
from huoshui.lines.payments.reconciliation.intake import Taken, Upload, take_file
from huoshui.lines.payments.reconciliation.model import File, Item, Line, Match
from huoshui.lines.payments.reconciliation.suggestions import Suggestion, suggest
from huoshui.lines.payments.reconciliation.whole import Whole, check_whole

__all__ = [
    "Checked", "File", "Item", "Line", "Match", "Suggestion", "Taken", "Upload", "Whole", "check",
    "check_whole", "suggest", "take_file",
]  # fmt: skip
