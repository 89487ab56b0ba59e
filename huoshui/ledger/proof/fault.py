"""Where something disagrees: which check, which table, which row, what stands and what should."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.core.ids import show

LISTED = 20

_PREFIX = {"event": "evt", "account": "acc"}


class Fault(msgspec.Struct, frozen=True):
    """One disagreement; `row` is the key of the row as it is shown everywhere."""

    check: str
    table: str
    row: str
    stored: str
    recomputed: str


class Faults:
    """Counts every fault and keeps the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.listed: list[Fault] = []

    def add(self, check: str, table: str, row: object, stored: object, found: object) -> None:
        """One more."""
        self.count += 1
        if len(self.listed) < LISTED:
            self.listed.append(Fault(check, table, str(row), _text(stored), _text(found)))

    def extend(self, other: Faults) -> None:
        """Another's faults after these."""
        self.count += other.count
        self.listed = (self.listed + other.listed)[:LISTED]


def row_of(kind: str, ref: bytes) -> str:
    """The key of the row that a leaf seals."""
    if len(ref) == 16:
        return show(_PREFIX.get(kind, kind), UUID(bytes=ref))
    return str(int.from_bytes(ref, "big")) if len(ref) == 8 else ref.hex()


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex() or "-"
    return "-" if value is None else str(value)
