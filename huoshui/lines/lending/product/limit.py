"""`[limit]`: what a credit line under a product may come to, by the season and by what is reached. No I/O."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from huoshui.catalog.model import Minor, Said, Word

MonthDay = Annotated[str, msgspec.Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
UpliftShare = Annotated[str, msgspec.Meta(pattern=r"^[0-9](\.[0-9]{1,6})?$")]  # of the base
YEARS_SAID = 3  # seasons that are said when a line is opened


class SeasonTable(Said, frozen=True, forbid_unknown_fields=True):
    """`[[limit.seasons]]`: every year from its first day to its last, such a share of the base more."""

    first: MonthDay
    last: MonthDay
    share: UpliftShare

    def days(self, year: int) -> tuple[date, date]:
        """Its days in the season that begins in a year; one may end in the next."""
        over = self.last < self.first
        return _day(year, self.first), _day(year + over, self.last)


class MilestoneTable(Said, frozen=True, forbid_unknown_fields=True):
    """`[[limit.milestones]]`: for a verified milestone, such a share of the base more, for some days."""

    fact: Word
    share: UpliftShare
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)]


class LimitTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[limit]`: the base in minor units, seasons, milestones."""

    base: Minor
    seasons: Annotated[list[SeasonTable], msgspec.Meta(max_length=12)] = []
    milestones: Annotated[list[MilestoneTable], msgspec.Meta(max_length=12)] = []

    def ahead(self, today: date) -> list[tuple[SeasonTable, date, date]]:
        """The seasons that are not over, of the years for which they are said."""
        found = []
        for season in self.seasons:
            for year in range(today.year - 1, today.year + YEARS_SAID):
                first, last = season.days(year)
                if last >= today:
                    found.append((season, max(first, today), last))
        return found


def ppm(share: str) -> int:
    """A share of the base in millionths."""
    whole, _, part = share.partition(".")
    return int(whole) * 1_000_000 + int(part.ljust(6, "0") if part else 0)


def _day(year: int, month_day: str) -> date:
    month, day = map(int, month_day.split("-"))
    while True:
        try:
            return date(year, month, day)
        except ValueError:  # 29 February, or a 31st that is not
            day -= 1
