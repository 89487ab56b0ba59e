"""Statement files in and out: camt.053 (ISO 20022) and CSV. Bytes to structs and back, no I/O.

Invariants: what is written is read back the same; nothing outside of a file is ever fetched for it;
a file is taken whole or refused whole, with the line, the column and the mend.
"""

from huoshui.lines.payments.statements.camt import write_camt
from huoshui.lines.payments.statements.camt_reading import read_camt
from huoshui.lines.payments.statements.model import Entry, FileRefused, Parsed, Statement
from huoshui.lines.payments.statements.profile import PROFILES, Profile
from huoshui.lines.payments.statements.reading import read_file
from huoshui.lines.payments.statements.table import read_csv, write_csv

__all__ = [
    "PROFILES", "Entry", "FileRefused", "Parsed", "Profile", "Statement", "read_camt", "read_csv",
    "read_file", "write_camt", "write_csv",
]  # fmt: skip
