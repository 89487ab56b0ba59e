"""Capacity: the table of transfers in parts of one month's ids, made ahead and archived whole.

An id carries its time and the parts are ranges of ids, so the primary key keeps an id unique over
all parts, and one that lies below the archived ones is refused instead of slipping in again.
"""

from huoshui.ledger.parts.archive import Archived, PartStays, archive
from huoshui.ledger.parts.check import ArchiveCheck, ArchiveFault, check_archive
from huoshui.ledger.parts.parquet import ArchiveNeedsParquet, ArchiveUnreadable
from huoshui.ledger.parts.service import (
    BadMonth,
    Month,
    Part,
    Sizes,
    horizon,
    make,
    make_ahead,
    make_all,
    parts,
    size,
)

__all__ = [
    "ArchiveCheck",
    "ArchiveFault",
    "ArchiveNeedsParquet",
    "ArchiveUnreadable",
    "Archived",
    "BadMonth",
    "Month",
    "Part",
    "PartStays",
    "Sizes",
    "archive",
    "check_archive",
    "horizon",
    "make",
    "make_ahead",
    "make_all",
    "parts",
    "size",
]
