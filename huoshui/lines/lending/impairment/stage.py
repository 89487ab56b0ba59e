"""Stages of a loan by IFRS 9, folded from what was known of it day by day. No I/O.

Stage 1 until credit risk has risen significantly (SICR), stage 2 from then, stage 3 while the loan is
credit-impaired. The way back is slower: a cure period leads from stage 3 to stage 2, never at once to
stage 1, and a watch period from stage 2 to stage 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

import msgspec

from huoshui.core.errors import Problem

Stage = Literal[1, 2, 3]


class BadStaging(Problem):
    """A parameter of stages that cannot be; the problem names it."""

    code = "bad_staging"
    status = 422


class Staging(msgspec.Struct, frozen=True):
    """What moves a loan between stages. Days are calendar days.

    `sicr_days` and `default_days` past due are IFRS 9's backstops (30 and 90). `grades_down` is a drop
    of so many grades since the loan began; `pd_times` a lifetime probability of default so many times
    that of the beginning; None leaves either out. `watch_days` pass without any sign before stage 2
    becomes stage 1, or after a restructuring; `cure_days` without a sign of default before stage 3
    becomes stage 2. `restructured_days` pass at least in stage 2 after terms were eased. With `pull_share`
    a loan is in default once so much of what its borrower owes is; None pulls none. Raises BadStaging.
    """

    sicr_days: int = 30
    default_days: int = 90
    grades_down: int | None = None
    pd_times: Fraction | None = None
    watch_days: int = 0
    cure_days: int = 90
    restructured_days: int = 0
    pull_share: Fraction | None = None

    def __post_init__(self) -> None:
        checks = {
            "sicr_days": 0 < self.sicr_days <= self.default_days,
            "default_days": 0 < self.default_days <= 3650,
            "grades_down": self.grades_down is None or self.grades_down > 0,
            "pd_times": self.pd_times is None or self.pd_times > 1,
            "watch_days": 0 <= self.watch_days <= 3650,
            "cure_days": 0 <= self.cure_days <= 3650,
            "restructured_days": 0 <= self.restructured_days <= 3650,
            "pull_share": self.pull_share is None or 0 < self.pull_share <= 1,
        }
        for field, good in checks.items():
            if not good:
                raise BadStaging(field=field)


class Known(msgspec.Struct, frozen=True):
    """What is known of a loan from a day on, until the next.

    `late_since` is the due date of the oldest instalment that is open, from which days past due count:
    nothing has to be told again while it grows older. `restructured` marks the day of it. `impaired` is told by whoever knows (bankruptcy,
    a restructuring at a loss); `contagion` that another loan of the borrower is in stage 3.
    """

    on: date
    late_since: date | None = None
    grades_down: int = 0
    pd_times: Fraction = Fraction(1)
    watched: bool = False
    restructured: bool = False
    impaired: bool = False
    contagion: bool = False


class Staged(msgspec.Struct, frozen=True):
    """A stage from a day on, and why."""

    on: date
    stage: Stage
    reason: str


def stages(rules: Staging, known: Iterable[Known], until: date) -> tuple[Staged, ...]:
    """The stages of a loan up to a day, each from the day it began.

    Days on which a backstop is reached or a period ends are found by themselves: it does not matter
    how often, nor on which other days, the same things are told again.
    """
    walk = _Walk(rules)
    walk.through_all(sorted(known, key=lambda each: each.on), until)
    return tuple(walk.found)


class Kept(msgspec.Struct, frozen=True):
    """Where the fold of stages stands at the end of a day: enough to go on from the next.

    `since` is the day on which the stage began; `clean_2` and `clean_3` since when nothing speaks for
    that stage, while it is not known how long it lasts. `pulled` says of stage 3 that it is by another loan
    of the borrower alone.
    """

    stage: Stage = 1
    since: date | None = None
    clean_2: date | None = None
    clean_3: date | None = None
    pulled: bool = False


BEGUN = Kept()


def resume(
    rules: Staging, kept: Kept, known: Known, until: date
) -> tuple[Kept, tuple[Staged, ...]]:
    """Go on from where a fold stood: what is known from a day on, up to a later one, both included.

    Told day by day or for all days at once, the same stages come out.
    """
    if kept.stage == 1 and msgspec.structs.replace(known, late_since=None) == Known(known.on):
        return _aged(rules, known, until)
    return resume_all(rules, kept, (known,), until)


def resume_all(
    rules: Staging, kept: Kept, known: Sequence[Known], until: date, hold: date | None = None
) -> tuple[Kept, tuple[Staged, ...]]:
    """As `resume`, where something new is known on several days; `hold` is the day up to which an earlier
    restructuring is watched."""
    walk = _Walk(rules)
    walk.hold, walk.pulled = hold, kept.pulled
    walk.stage, walk.clean_2, walk.clean_3 = kept.stage, kept.clean_2, kept.clean_3
    if kept.since is not None:
        walk.found.append(Staged(kept.since, kept.stage, ""))
    told = len(walk.found)
    walk.through_all(known, until)
    found = tuple(walk.found[told:])
    if walk.stage == 1:  # nothing has to be remembered of it
        return BEGUN, found
    since = found[-1].on if found else kept.since
    return Kept(walk.stage, since, walk.clean_2, walk.clean_3, walk.pulled), found


def _aged(rules: Staging, known: Known, until: date) -> tuple[Kept, tuple[Staged, ...]]:
    """A loan of stage 1 of which nothing is known but how late it is."""
    late = known.late_since
    if late is None:
        return BEGUN, ()
    reached = [
        max(known.on, late + timedelta(days=n)) for n in (rules.sicr_days, rules.default_days)
    ]
    if reached[0] > until:
        return BEGUN, ()
    worse = Staged(reached[0], 2, "days_past_due")
    if reached[1] > until:
        return Kept(2, reached[0], None, known.on), (worse,)
    worst = Staged(reached[1], 3, "days_past_due")
    return Kept(3, reached[1]), (worst,) if reached[0] == reached[1] else (worse, worst)


class _Walk:
    """The fold: the stage now, and since when there was no sign of a worse one."""

    def __init__(self, rules: Staging) -> None:
        self.rules = rules
        self.found: list[Staged] = []
        self.stage: Stage = 1
        self.clean_2: date | None = None  # since when nothing speaks for stage 2
        self.clean_3: date | None = None
        self.hold: date | None = None  # up to when a restructuring is watched
        self.pulled = False  # in stage 3 by another loan alone

    def through_all(self, told: Sequence[Known], until: date) -> None:
        """What is known from a day on, each until the next, up to a day, which is included."""
        end = until + timedelta(days=1)
        for at, each in enumerate(told):
            behind = told[at + 1].on if at + 1 < len(told) else end
            self.through(each, min(behind, end))

    def through(self, known: Known, end: date) -> None:
        """From the day of what is known up to an end, which is not reached."""
        if known.restructured:
            self.clean_3 = None  # its cure begins anew
            self.hold = known.on + timedelta(days=self.rules.restructured_days)
        day: date | None = known.on
        while day is not None and day < end:
            self._look(known, day)
            day = self._next(known, day)

    def _look(self, known: Known, day: date) -> None:
        worst = _default_sign(self.rules, known, day)
        if worst:
            self.clean_3 = self.clean_2 = None
            self.pulled = worst == "contagion" and (self.pulled or self.stage != 3)
            self._move(day, 3, worst)
            return
        sign = self._sicr_sign(known, day)
        self.clean_3 = self.clean_3 or day
        self.clean_2 = None if sign else self.clean_2 or day
        if sign == "restructured":
            self.clean_2 = day
        if self.stage == 3 and (day - self.clean_3).days < self.rules.cure_days:
            return
        if self.stage == 3:
            self.clean_2 = None if sign else day
            self._move(day, 2, sign or "cured")
        elif sign:
            self._move(day, 2, sign)
        elif self.stage == 2 and self._watched_enough(day):
            self._move(day, 1, "cured")

    def _watched_enough(self, day: date) -> bool:
        """Whether the watch is over; a loan passes a day at least in stage 2."""
        begun = self.clean_2
        over = begun is not None and (day - begun).days >= self.rules.watch_days
        held = self.hold is not None and day < self.hold
        return over and not held and day > self.found[-1].on

    def _sicr_sign(self, known: Known, day: date) -> str:
        rules = self.rules
        if _late(known, day) >= rules.sicr_days:
            return "days_past_due"
        if rules.grades_down is not None and known.grades_down >= rules.grades_down:
            return "grades_down"
        if rules.pd_times is not None and known.pd_times >= rules.pd_times:
            return "default_likelier"
        if known.watched:
            return "watched"
        return "restructured" if known.restructured and known.on == day else ""

    def _move(self, day: date, stage: Stage, reason: str) -> None:
        if stage != self.stage:
            self.stage = stage
            self.pulled = self.pulled and stage == 3
            self.found.append(Staged(day, stage, reason))

    def _next(self, known: Known, day: date) -> date | None:
        """The next day on which the stage may change while nothing new is known."""
        rules = self.rules
        days = [self.found[-1].on + timedelta(days=1)] if self.stage == 2 else []
        if known.late_since is not None:
            late = (rules.sicr_days, rules.default_days)
            days += [known.late_since + timedelta(days=each) for each in late]
        if self.clean_3 is not None:
            days.append(self.clean_3 + timedelta(days=rules.cure_days))
        if self.clean_2 is not None:
            days.append(self.clean_2 + timedelta(days=rules.watch_days))
        if known.restructured and known.on == day:
            days.append(day + timedelta(days=1))
        if self.hold is not None:
            days.append(self.hold)
        return min((each for each in days if each > day), default=None)


def _late(known: Known, day: date) -> int:
    return (day - known.late_since).days if known.late_since is not None else 0


def _default_sign(rules: Staging, known: Known, day: date) -> str:
    if _late(known, day) >= rules.default_days:
        return "days_past_due"
    if known.impaired:
        return "impaired"
    return "contagion" if known.contagion else ""
