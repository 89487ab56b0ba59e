"""What parts of a day earn: sums over lines. No I/O."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import date

from huoshui.lines.lending.column.run import earned_by
from huoshui.lines.lending.column.store import Kept, part_of
from huoshui.lines.lending.day.store import DayRow
from huoshui.lines.lending.loan.journal import earned, month_ends
from huoshui.lines.lending.loan.model import Accrued
from huoshui.lines.lending.postings import Posting

BUCKETS = (1, 31, 61, 91)  # where a bucket of days past due begins
Place = tuple[str, str, date]  # product, currency, the day that it belongs to


class Tally:
    """One part of a day as it is counted."""

    def __init__(self) -> None:
        self.loans = self.folded = self.interest = self.charges = 0
        self.late = [0] * (len(BUCKETS) + 1)
        self.digest = hashlib.sha256()  # over loans in their order and what each has earned


class Sums:
    """What is to be posted of loans, and what of each stands on the ledger then."""

    def __init__(self, day: date, parts: Sequence[int]) -> None:
        self.day = day
        self.more: dict[Place, Counter[str]] = {}
        self.accrued: list[Accrued] = []
        self.tallies = {part: Tally() for part in parts}
        self._days: dict[date, list[date]] = {}

    def add(self, kept: Kept, before: Accrued) -> bool:
        """A loan by its line; False where no line says it for each day that is told apart."""
        days = self._days.get(before.through)
        if days is None:
            days = self._days[before.through] = month_ends(before.through, self.day)
        tally = self.tallies[part_of(kept.loan_id)]
        tally.loans += 1
        late = (self.day - kept.late_since).days if kept.late_since else 0
        tally.late[bisect_right(BUCKETS, late)] += 1
        if kept.line is None or kept.day > days[0]:
            tally.folded += 1
            return False
        told = earned_by(kept.line, [day.toordinal() for day in days])
        had, charged = before.interest, before.charges
        for day, interest in zip(days, told, strict=True):
            if interest != had or kept.charges != charged:
                self._more(kept, day, interest - had, kept.charges - charged)
            had, charged = interest, kept.charges
        tally.interest += had - before.interest
        tally.charges += charged - before.charges
        tally.digest.update(b"%b%d/%d;" % (kept.loan_id.bytes, had, charged))
        self.accrued.append(Accrued(before.loan_id, self.day, had, charged))
        return True

    def _more(self, kept: Kept, day: date, interest: int, charges: int) -> None:
        sums = self.more.setdefault((kept.product, kept.currency, day), Counter())
        sums["interest" if interest > 0 else "interest_back"] += abs(interest)
        if charges:
            sums["charges" if charges > 0 else "charges_back"] += abs(charges)

    def postings(self) -> list[tuple[Place, Posting]]:
        """The entries, in order: what was earned, and apart from it what is taken back."""
        found = []
        for place, sums in sorted(self.more.items()):
            for sign, end in ((1, ""), (-1, "_back")):
                parts = sign * sums[f"interest{end}"], sign * sums[f"charges{end}"]
                found += [(place, each) for each in earned(place[2], parts)]
        return found

    def rows(self) -> list[DayRow]:
        """The parts as they are marked."""
        return [
            DayRow(
                self.day, part, each.loans, each.folded, each.interest, each.charges, each.late,
                each.digest.digest(),
            )
            for part, each in self.tallies.items()
        ]  # fmt: skip
