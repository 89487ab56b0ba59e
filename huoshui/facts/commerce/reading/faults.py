"""Faults of a history: each bad cell, row or file with its place, the broken rule, the mend."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from huoshui.core.errors import FieldError

LISTED_MOST = 1_000


class Fault(msgspec.Struct, frozen=True):
    """One fault. `line` is the row's first line (in Parquet the row's number), 0 for the file."""

    file: str
    line: int
    column: str
    code: str
    facts: dict[str, Any] = {}

    @property
    def pointer(self) -> str:
        """Where it is, for a person: `orders.csv.gz line 7, price`."""
        place = f"{self.file} line {self.line}" if self.line else self.file
        return f"{place}, {self.column}" if self.column else place

    def error(self) -> FieldError:
        """The same as a field error of a Problem; its detail names the fault and the mend."""
        return FieldError(self.pointer, self.code, self.facts)


class Faults:
    """Collects faults: every one is counted, the first thousand are listed."""

    def __init__(self) -> None:
        self.listed: list[Fault] = []
        self.by_file: Counter[str] = Counter()
        self.by_code: Counter[str] = Counter()

    def add(self, file: str, line: int, at: str, code: str, **facts: Any) -> None:
        """Record one fault; `at` is the column concerned, empty for the row or file."""
        self.by_file[file] += 1
        self.by_code[code] += 1
        if len(self.listed) < LISTED_MOST:
            self.listed.append(Fault(file, line, at, code, facts))

    @property
    def total(self) -> int:
        """How many faults there are, listed or not."""
        return self.by_code.total()


class Unreadable(Exception):
    """A cell that cannot be read; the row's reader turns it into a Fault."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)
