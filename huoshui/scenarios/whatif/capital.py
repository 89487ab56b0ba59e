"""How much money is out on each day. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from huoshui.scenarios.whatif.store import Day


class Capital(msgspec.Struct, frozen=True):
    """What is out at the end of each day from `first` on, minor units; `money_days` is its sum."""

    first: date | None
    out: tuple[int, ...]

    @property
    def money_days(self) -> int:
        """Minor units times days."""
        return sum(self.out)

    @property
    def peak(self) -> int:
        """The most that was out."""
        return max(self.out, default=0)

    @property
    def mean(self) -> int:
        """What was out on a mean day, from the first loan to the last repayment."""
        return sum(self.out) // len(self.out) if self.out else 0


def capital(days: Sequence[Day], charge_off_days: int) -> Capital:
    """The curve of a product's flows; what is not paid stays out until it is written off."""
    if not days:
        return Capital(None, ())
    moved: dict[date, int] = {}
    for day in days:
        moved[day.on] = moved.get(day.on, 0) + day.lent - day.repaid
        if day.stopped:
            gone = day.on + timedelta(days=charge_off_days)
            moved[gone] = moved.get(gone, 0) - day.stopped
    first, last = min(moved), max(moved)
    out, now = [], 0
    for n in range((last - first).days + 1):
        now += moved.get(first + timedelta(days=n), 0)
        out.append(now)
    return Capital(first, tuple(out))
