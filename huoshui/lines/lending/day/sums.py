"""What parts of a day earn: sums over lines. No I/O."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from huoshui.lines.lending.column import keeping
from huoshui.lines.lending.column.grid import Grid
from huoshui.lines.lending.column.run import earned_by
from huoshui.lines.lending.column.store import Kept, part_of
from huoshui.lines.lending.day.risk import BUCKETS, Risks, Seen
from huoshui.lines.lending.day.store import DayRow, Stood
from huoshui.lines.lending.loan.journal import Parts, earned, month_ends
from huoshui.lines.lending.loan.model import Accrued
from huoshui.lines.lending.postings import Posting

Place = tuple[str, str, date]  # product, currency, the day that it belongs to
_PARTS = ("interest", "charges", "penalty")
_NONE = [0]  # of loans that earn nothing by being late
_DAY = timedelta(days=1)


class Tally:
    """One part of a day as it is counted."""

    def __init__(self) -> None:
        self.loans = self.folded = self.interest = self.charges = 0
        self.falls_due = self.moved = self.staged = self.fees = 0
        self.late = [0] * (len(BUCKETS) + 1)
        self.digest = hashlib.sha256()  # over loans in their order and what each has earned


def over(kept: Kept, posted: Accrued | Stood) -> Seen:
    """A loan that is off the books: its events have posted all of it."""
    part = part_of(kept.loan_id)
    return Seen(
        part, kept.product, kept.currency, None, None, posted.interest, posted.charges, posted.penalty,
        kept.ended,
    )  # fmt: skip


class Sums:
    """What is to be posted of loans, and what of each stands on the ledger then."""

    def __init__(self, day: date, parts: Sequence[int], risks: Risks) -> None:
        self.day, self.risks = day, risks
        self.more: dict[Place, Counter[str]] = {}
        self.due: list[Kept] = []  # something of them falls due tomorrow
        self.tallies = {part: Tally() for part in parts}
        self._days: dict[date, list[date]] = {}
        self._due: dict[int, tuple[Grid, bool]] = {}

    def add(self, kept: Kept, before: Stood) -> bool:
        """A loan by its line; False where no line says it for each day that is told apart."""
        days = self._days.get(before.through)
        if days is None:
            days = self._days[before.through] = month_ends(before.through, self.day)
        tally = self.tallies[part_of(kept.loan_id)]
        if kept.ended:
            if kept.ended == "charged_off" and kept.day > before.through:
                tally.folded += 1
                return False
            self.tell(over(kept, before), before)
            return True
        tally.loans += 1
        tally.late[bisect_right(BUCKETS, self.risks.late(kept.late_since))] += 1
        if self._falls_due(kept):
            self.due.append(kept)
        line = kept.line
        if line is None or kept.day > days[0]:
            tally.folded += 1
            return False
        late = [kept.penalty(day) for day in days] if kept.penal else _NONE * len(days)
        if late[-1] is None:
            tally.folded += 1
            return False
        told = earned_by(line, [day.toordinal() for day in days])
        had, charged, owed = before.interest, before.charges, before.penalty
        for day, interest, penalty in zip(days, told, late, strict=True):
            if interest != had or kept.charges != charged or penalty != owed:
                parts = interest - had, kept.charges - charged, (penalty or 0) - owed
                self._more(kept, day, parts)
            had, charged, owed = interest, kept.charges, penalty or 0
        facing = keeping.facing_by(kept, line, self.day.toordinal(), had + owed)
        self.tell(
            Seen(
                part_of(kept.loan_id), kept.product, kept.currency, kept.late_since,
                kept.risk.reshaped, had, charged, owed, "", facing, kept.covered,
            ),
            before,
        )  # fmt: skip
        return True

    def tell(self, seen: Seen, before: Stood) -> None:
        """What stands of a loan at the end of the day."""
        tally = self.tallies[seen.part]
        after = self.risks.add(seen, before)
        tally.interest += seen.interest - before.interest
        tally.charges += seen.charges + seen.penalty - before.charges - before.penalty
        tally.moved += after.bucket != before.bucket
        tally.staged += after.stage != before.stage
        charges = seen.charges + seen.penalty
        tally.digest.update(
            b"%b%d/%d/%d/%d;"
            % (before.loan_id.bytes, seen.interest, charges, after.stage, after.held)
        )

    def _falls_due(self, kept: Kept) -> bool:
        """Whether an instalment may fall due tomorrow; without a line that has to be looked up."""
        if kept.line is None:
            return True
        grid = kept.line.grid
        found = self._due.get(id(grid))
        if found is None:
            found = self._due[id(grid)] = (grid, (self.day + _DAY).toordinal() in grid.dues)
        return found[1]

    def _more(self, kept: Kept, day: date, parts: Parts) -> None:
        interest, charges, penalty = parts
        place = (kept.product, kept.currency, day)
        sums = self.more.get(place)
        if sums is None:
            sums = self.more[place] = Counter()
        sums["interest" if interest > 0 else "interest_back"] += abs(interest)
        if charges:
            sums["charges" if charges > 0 else "charges_back"] += abs(charges)
        if penalty:
            sums["penalty" if penalty > 0 else "penalty_back"] += abs(penalty)

    def postings(self) -> list[tuple[Place, Posting]]:
        """The entries, in order: what was earned, and apart from it what is taken back."""
        found = []
        for place, sums in sorted(self.more.items()):
            for sign, end in ((1, ""), (-1, "_back")):
                interest, charges, penalty = (sign * sums[f"{name}{end}"] for name in _PARTS)
                parts = interest, charges, penalty
                found += [(place, each) for each in earned(place[2], parts)]
        return found

    def rows(self) -> list[DayRow]:
        """The parts as they are marked."""
        return [
            DayRow(
                self.day, part, each.loans, each.folded, each.interest, each.charges, each.late,
                each.digest.digest(), each.falls_due, each.moved, each.staged, each.fees,
                self.risks.held_more(part),
            )
            for part, each in self.tallies.items()
        ]  # fmt: skip
