"""The rows of a schedule, as they are shown. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One instalment: amounts in minor units, balance once it is paid."""

    n: int
    start: date
    due: date
    principal: int
    interest: int
    balance: int
    fees: int = 0
    penalties: int = 0
    down_payment: bool = False

    @property
    def total(self) -> int:
        """All that is due."""
        return self.principal + self.interest + self.fees + self.penalties


class Totals(msgspec.Struct, frozen=True):
    """Sums of a schedule, and its instalment: what its first row with interest or principal asks."""

    instalment: int
    principal: int
    interest: int
    total: int


def totals(rows: Sequence[Row]) -> Totals:
    """Sums of rows in minor units."""
    asked = [row for row in rows if not row.down_payment]
    return Totals(
        instalment=asked[0].total if asked else 0,
        principal=sum(row.principal for row in rows),
        interest=sum(row.interest for row in rows),
        total=sum(row.total for row in rows),
    )
