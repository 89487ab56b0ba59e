"""An account in time: balances and statements by recorded and by effective time.

Recorded time never runs back on an account, so a balance by it stands on a row and is one index
seek. A balance by effective time is the nearest counted day plus what took effect since. Late
postings change the second and never the first.
"""

from huoshui.ledger.history.days import begin, count_some, rebuild
from huoshui.ledger.history.service import (
    CSV_HEADINGS,
    START,
    Balance,
    HistoryArchived,
    Place,
    SpanBackwards,
    Statement,
    StatementLine,
    View,
    balance_at,
    csv_rows,
    statement,
)

__all__ = [
    "CSV_HEADINGS",
    "START",
    "Balance",
    "HistoryArchived",
    "Place",
    "SpanBackwards",
    "Statement",
    "StatementLine",
    "View",
    "balance_at",
    "begin",
    "count_some",
    "csv_rows",
    "rebuild",
    "statement",
]
