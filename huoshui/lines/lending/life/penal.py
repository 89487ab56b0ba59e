"""Penalty interest: what is overdue earns by the day, each instalment by itself, in closed form. No I/O.

It is asked for with the instalment that it is of, as a penalty. Between two events the same is overdue,
so that a time of any length is one product; what of an instalment is told is its exact sum, rounded
once. Nothing is told while the grace lasts.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import msgspec

from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.schedule.terms import Rounding, round_ratio
from huoshui.lines.lending.time.daycount import Span, year_fraction

if TYPE_CHECKING:
    from huoshui.lines.lending.life.events import PenaltyWaived
    from huoshui.lines.lending.life.state import Movement, State

DayCountName = Literal["act/360", "act/365", "act/act", "30/360", "30e/360"]
_DAY = timedelta(days=1)


class Penalty(msgspec.Struct, frozen=True):
    """How what is overdue earns: at `times` the contract's rate and `plus`, but at no more than `cap`
    a year.

    `compound` lets overdue interest earn as principal does. Days count by a day count of a name, from
    the due day, or from the end of the grace where `since` says so. `most` bounds what an instalment
    may earn, as a part of what it asked.
    """

    times: Fraction
    plus: Fraction = Fraction(0)
    cap: Fraction | None = None
    compound: bool = False
    day_count: DayCountName = "act/360"
    grace_days: int = 0
    since: Literal["due", "grace"] = "due"
    most: Fraction | None = None
    rounding: Rounding = "half_up"

    def rate(self, contract: Fraction) -> Fraction:
        """The yearly rate beside a contract's."""
        asked = contract * self.times + self.plus
        return asked if self.cap is None else min(asked, self.cap)

    def begins(self, due: date) -> date:
        """From when an instalment earns."""
        return due + timedelta(days=self.grace_days) if self.since == "grace" else due

    def asked_after(self, due: date) -> date:
        """The last day on which nothing is asked."""
        return due + timedelta(days=self.grace_days)

    def years(self, due: date, since: date, until: date) -> Fraction:
        """The part of a year between two days, told from where the instalment begins: parts come to the
        whole whatever the day count."""
        begin = self.begins(due)
        before = year_fraction(self.day_count, Span(begin, since)) if since > begin else Fraction(0)
        return year_fraction(self.day_count, Span(begin, until)) - before


class Late(msgspec.Struct, frozen=True):
    """An instalment that earns: exact up to a day, on a base from then on; in minor units.

    `told` is what was asked of it, `most` the most that may be.
    """

    due: date
    at: date
    exact: Fraction
    told: int
    base: int
    most: int | None

    def more(self, rule: Penalty, rate: Fraction, day: date) -> int:
        """What is asked by a later day beyond what was told, at one rate."""
        if day <= rule.asked_after(self.due) or not self.base:
            return 0
        exact = self.exact
        if day > self.at:
            exact += self.base * rate * rule.years(self.due, self.at, day)
        return max(0, _asked(rule, exact, self.most) - self.told)


def _asked(rule: Penalty, exact: Fraction, most: int | None) -> int:
    amount = round_ratio(exact.numerator, exact.denominator, rule.rounding)
    return amount if most is None else min(amount, most)


def late_of(rule: Penalty, row: Instalment) -> Late:
    """An instalment as it earns now."""
    base, asked = max(0, row.open("principal")), row.principal
    if rule.compound:
        base, asked = base + max(0, row.open("interest")), asked + row.interest
    most = None if rule.most is None else int(asked * rule.most)
    at = row.late_at or rule.begins(row.due)
    return Late(row.due, at, row.late_exact, row.late_told, base, most)


def _turns(state: State, since: date, until: date) -> list[tuple[date, date, bool]]:
    """Spans at one rate between two days, and whether interest is paused in them."""
    early = _DAY if state.terms.pause_from == "night_before" else timedelta()
    pauses = [(first - early, last) for first, last in state.plan.pauses]
    days = {since, until, *(day for day, _ in state.plan.rates), *(d for p in pauses for d in p)}
    inside = sorted(day for day in days if since <= day <= until)
    return [
        (start, end, any(first <= start and end <= last for first, last in pauses))
        for start, end in pairwise(inside)
    ]


def _earned(state: State, rule: Penalty, late: Late, until: date) -> Fraction:
    """What is earned exactly from where it stands up to a day."""
    if until <= late.at or not late.base:
        return late.exact
    exact = late.exact
    for start, end, paused in _turns(state, late.at, until):
        if not paused:
            rate = rule.rate(state.plan.rate_on(start))
            exact += late.base * rate * rule.years(late.due, start, end)
    return exact


def stopped(state: State) -> bool:
    """Whether nothing more is earned: no such rule, or the loan is lost."""
    return state.rules.penalty is None or bool(state.charged_off or state.written_off)


def _by(state: State, rule: Penalty, row: Instalment, day: date) -> tuple[Fraction, int]:
    """What a row has earned by a day, exactly, and what is asked of that."""
    late = late_of(rule, row)
    exact = _earned(state, rule, late, day)
    if not late.base and not late.told:
        return Fraction(0), 0  # it was paid while the grace lasted
    if not late.base or day <= rule.asked_after(row.due):
        return exact, late.told
    return exact, max(late.told, _asked(rule, exact, late.most))


def roll(state: State, day: date) -> None:
    """Let days go by: instalments that are overdue ask for what they have earned up to a day."""
    rule = state.rules.penalty
    if rule is None or stopped(state):
        return
    for row in state.rows:
        if row.due < day and (row.late_at is None or row.late_at < day):
            exact, told = _by(state, rule, row, day)
            more = told - row.late_told
            row.late_at = max(day, rule.begins(row.due))
            row.late_exact, row.late_told = exact, told
            if more:
                row.penalty += more
                row.review(day)
                state.penal += more


def accrued(state: State, day: date) -> int:
    """All penalty interest that was earned up to a day, from that of the last event on."""
    rule = state.rules.penalty
    if rule is None or stopped(state):
        return state.penal
    late = (row for row in state.rows if row.due < day and (row.late_at or row.due) < day)
    return state.penal + sum(_by(state, rule, row, day)[1] - row.late_told for row in late)


def waive(state: State, event: PenaltyWaived, movement: Movement) -> None:
    """Penalty interest that is open is waived, the oldest first; up to an amount where one is named."""
    left = event.amount if event.amount is not None else sum(row.late_told for row in state.rows)
    for row in state.rows:
        part = max(0, min(left, row.open("penalty"), row.late_told - row.late_waived))
        if part:
            row.waived["penalty"] = row.waived.get("penalty", 0) + part
            row.late_waived += part
            left -= part
            movement.parts["penalty"] += part
            row.review(event.on)
    movement.amount = movement.parts["penalty"]


def waivable(state: State) -> int:
    """Penalty interest that is open, in minor units."""
    return sum(
        max(0, min(row.open("penalty"), row.late_told - row.late_waived)) for row in state.rows
    )


def rate_on(state: State, day: date) -> Fraction:
    """The yearly rate of what is overdue on a day; 0 without a rule."""
    rule = state.rules.penalty
    return rule.rate(state.plan.rate_on(day)) if rule else Fraction(0)


class Ahead(msgspec.Struct, frozen=True):
    """What the instalments of a loan earn while nothing happens: one rate, and each that may be late.

    Days are counted from `day`; nothing is said of days behind `until`, where there is one.
    """

    rule: Penalty
    rate: Fraction
    before: int
    lates: tuple[Late, ...]
    until: date | None = None

    def by(self, day: date) -> int:
        """All penalty interest earned up to a day."""
        first = bisect_right(self.lates, day - _DAY, key=lambda each: each.due)
        return self.before + sum(
            each.more(self.rule, self.rate, day) for each in self.lates[:first]
        )


def ahead(state: State, day: date, until: date | None = None) -> Ahead | None:
    """What is earned after the last event; None where a rate or a pause lies ahead."""
    rule = state.rules.penalty
    assert rule is not None
    changes = any(since > day for since, _ in state.plan.rates)
    if changes or any(last > day for _, last in state.plan.pauses):
        return None
    found = []
    for row in state.rows:
        late = late_of(rule, row)
        if late.base and (until is None or row.due < until):
            found.append(late)
    found.sort(key=lambda each: each.due)
    return Ahead(rule, rule.rate(state.plan.rate_on(day)), state.penal, tuple(found), until)
