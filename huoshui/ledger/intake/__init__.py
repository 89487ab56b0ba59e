"""Import of a ledger's history with its own times.

A history comes in the order in which it was recorded, because recorded time never runs back on an
account. What it says took effect earlier is kept so.
"""

from huoshui.ledger.intake.reading import (
    LINE_MOST,
    ImportRow,
    RefusedRow,
    id_of,
    read_csv,
    read_json_lines,
)
from huoshui.ledger.intake.service import Imported, check, import_history

__all__ = [
    "LINE_MOST",
    "ImportRow",
    "Imported",
    "RefusedRow",
    "check",
    "id_of",
    "import_history",
    "read_csv",
    "read_json_lines",
]
