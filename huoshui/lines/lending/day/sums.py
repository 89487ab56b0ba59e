"""What a part of a day earns: sums over lines. No I/O."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import date

from huoshui.lines.lending.column.run import earned_by
from huoshui.lines.lending.column.store import Kept
from huoshui.lines.lending.loan.journal import earned, month_ends
from huoshui.lines.lending.loan.model import Accrued
from huoshui.lines.lending.postings import Posting

BUCKETS = (1, 31, 61, 91)  # where a bucket of days past due begins
Place = tuple[str, str, date]  # product, currency, the day that it belongs to


class Sums:
    """What is to be posted of loans, and what of each stands on the ledger then."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.more: dict[Place, Counter[str]] = {}
        self.accrued: list[Accrued] = []
        self.late = [0] * (len(BUCKETS) + 1)
        self._digest = hashlib.sha256()
        self._days: dict[date, list[date]] = {}

    def add(self, kept: Kept, before: Accrued) -> bool:
        """A loan by its line; False where no line says it for each day that is told apart."""
        days = self._days.get(before.through)
        if days is None:
            days = self._days[before.through] = month_ends(before.through, self.day)
        if kept.line is None or kept.day > days[0]:
            return False
        told = earned_by(kept.line, [day.toordinal() for day in days])
        had, charged = before.interest, before.charges
        for day, interest in zip(days, told, strict=True):
            if interest != had or kept.charges != charged:
                self._more(kept, day, interest - had, kept.charges - charged)
            had, charged = interest, kept.charges
        self.accrued.append(Accrued(before.loan_id, self.day, had, charged))
        self._digest.update(b"%b%d/%d;" % (kept.loan_id.bytes, had, charged))
        return True

    def count(self, kept: Kept) -> None:
        """A loan in its bucket of days past due."""
        late = (self.day - kept.late_since).days if kept.late_since else 0
        self.late[bisect_right(BUCKETS, late)] += 1

    def _more(self, kept: Kept, day: date, interest: int, charges: int) -> None:
        sums = self.more.setdefault((kept.product, kept.currency, day), Counter())
        for name, amount in (("interest", interest), ("charges", charges)):
            sums[name if amount > 0 else f"{name}_back"] += abs(amount)

    def postings(self) -> list[tuple[Place, Posting]]:
        """The entries, in order: what was earned, and apart from it what is taken back."""
        found = []
        for place, sums in sorted(self.more.items()):
            for sign, end in ((1, ""), (-1, "_back")):
                parts = sign * sums[f"interest{end}"], sign * sums[f"charges{end}"]
                found += [(place, each) for each in earned(place[2], parts)]
        return found

    def totals(self) -> tuple[int, int]:
        """Interest and charges that are posted, what is taken back taken off."""
        sums: Sequence[Counter[str]] = tuple(self.more.values())
        interest = sum(each["interest"] - each["interest_back"] for each in sums)
        return interest, sum(each["charges"] - each["charges_back"] for each in sums)

    def digest(self) -> bytes:
        """SHA-256 over loans in their order and what each has earned."""
        return self._digest.digest()
