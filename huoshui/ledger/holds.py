"""The end of holds that have run out.

A hold ends at the first batch of its book after its time, whoever is first. `end_due` is for books
in which nothing else moves. Between the two it is open and can no longer be captured.
"""

from __future__ import annotations

from huoshui.core.db import Database, Tx
from huoshui.ledger import service as ledger


def lapse(tx: Tx) -> int:
    """End holds that have run out, as any batch would; how many were due (some hundred at most)."""
    sheet = ledger.load(tx, ())
    ledger.flush(tx, sheet)
    return len(sheet.holds)


def end_due(database: Database, *, book: int = 1) -> int:
    """End every hold of a book that has run out, some hundred a commit; how many were due."""
    ended = 0
    while due := database.run(lapse, book=book):
        ended += due
    return ended
