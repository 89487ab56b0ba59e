"""What stands on the ledger for a loan: the journal of its fold, and the dated difference of two. No I/O.

Movements belong to their days. Interest and charges are earned by the day and stand under the month
they were earned in: what an event changes of a month that is over is posted in effect of that month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import msgspec

from huoshui.lines.lending.life import accrue, penal, steps
from huoshui.lines.lending.life.events import AnyEvent
from huoshui.lines.lending.life.rules import Rules
from huoshui.lines.lending.life.state import NOT_DEBT, USING_CREDIT, State
from huoshui.lines.lending.life.view import moved_by, seen
from huoshui.lines.lending.loan.telling import Key, Order
from huoshui.lines.lending.postings import TEMPLATES, Posting, postings
from huoshui.lines.lending.schedule.terms import Terms

_DAY = timedelta(days=1)
_RECEIVABLE = "loans:{book}:receivable"
Parts = tuple[int, int, int]  # interest, charges, penalty interest
NOTHING: Parts = (0, 0, 0)


class FoldedBy(msgspec.Struct, frozen=True):
    """What a loan is folded by."""

    terms: Terms
    rules: Rules

    def empty(self, order: Order) -> State:
        """The state before the first event."""
        return State(self.terms, self.rules, order.undone)


class Told(msgspec.Struct, frozen=True):
    """A fold: the state that it ends in, and what was earned by days on the way, each from `since` on.

    `until` is the last day on which anything is earned or moved: the day up to which days are posted,
    or a later one on which the loan was settled or lost.
    """

    state: State
    earned: dict[date, Parts]
    until: date


def fold(by: FoldedBy, order: Order) -> State:
    """The state that the events make, told once in their order."""
    state = by.empty(order)
    for _, event in order.events:
        steps.apply(state, event)
    return state


def seen_on(state: State, day: date) -> State:
    """The state as it is seen on a day: what is overdue has earned up to it."""
    return seen(state, day)


def tell(state: State, events: Sequence[tuple[Key, AnyEvent]], through: date, since: date) -> Told:
    """Fold what follows a state; what was earned by the ends of months from `since` on, and at the end.

    What was earned by a day is told by the events that count up to it.
    """
    earned: dict[date, Parts] = {}
    days = _days(min(since, through), through)
    day = next(days)
    for (on, _), event in events:
        while day < on:
            earned[day] = _earned(state, day)
            day = next(days)
        steps.apply(state, event)
    until = max(through, _settled_on(state) or through)
    while day <= until:
        earned[day] = _earned(state, day)
        day = next(days)
    if until not in earned:
        earned[until] = _earned(state, until)
    return Told(state, {each: parts for each, parts in earned.items() if each <= until}, until)


def _days(since: date, through: date) -> Iterator[date]:
    """The ends of months from a day on, without end, and the day up to which days are posted."""
    day = month_end(since)
    while True:
        if since <= through < day:
            yield through
        yield day
        since, day = day + _DAY, month_end(day + _DAY)


def month_ends(since: date, until: date) -> list[date]:
    """The ends of months from a day on before a later one, and that one: under which it is earned."""
    found, day = [], month_end(since)
    while day < until:
        if day > since:
            found.append(day)
        day = month_end(day + _DAY)
    return [*found, until]


def month_end(day: date) -> date:
    """The last day of a day's month."""
    first_of_next = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first_of_next - _DAY


def _settled_on(state: State) -> date | None:
    """The last day of a loan of which nothing more is earned, or None."""
    if not state.movements or not _settled(state):
        return None
    return max(each.on for each in state.applied)  # a charge may be paid by credit of before


def _settled(state: State) -> bool:
    lost = state.charged_off or state.written_off
    return bool(lost or (state.drawn and not state.outstanding))


def _earned(state: State, day: date) -> Parts:
    """All interest, charges and penalty interest that were earned up to a day, by the events until then.

    Of a loan that is settled or lost that is all that was taken off the books: they are empty then.
    """
    if _settled(state):
        return _taken(state)
    then = state.copy()
    then.prepaying = False
    steps.earn_overdue(then, day + _DAY)
    interest = accrue.earned(then, day)
    charges = sum(each.amount for each in state.charges if each.due <= day)
    return interest, charges, penal.accrued(then, day)


def _taken(state: State) -> Parts:
    """Interest and charges that movements took off the receivable, less what they put on it."""
    taken: Counter[str] = Counter()
    for each in postings(moved_by(state)):
        template = TEMPLATES[each.template]
        for sign, entries in ((1, template.credit), (-1, template.debit)):
            for entry in entries:
                if entry.account == _RECEIVABLE:
                    for name in template.where.get(entry.amount, (entry.amount,)):
                        taken[name] += sign * each.amounts[name]
    return taken["interest"], taken["charges"] - state.penal, state.penal


def conserves(state: State) -> bool:
    """Whether the principal that is owed is what movements left of it, and credit likewise."""
    principal = credit = 0
    for each in moved_by(state):
        if each.kind in NOT_DEBT:
            continue
        sign = 1 if each.kind == "chargeback" else -1
        principal += sign * each.principal - each.by_credit[0]
        credit += each.overpaid * (-1 if each.kind in USING_CREDIT else 1)
        if each.kind == "disbursement":
            principal += each.amount
        if each.kind == "credit_balance_refund":
            if each.principal and state.charged_off and each.on >= state.charged_off:
                return False  # more than the credit: it would be owed again, off the books
            principal += 2 * each.principal
    return principal == state.principal_owed and credit == state.overpaid


class Difference(msgspec.Struct, frozen=True):
    """What is to be posted, dated; and by how much it changes what was accrued."""

    postings: tuple[Posting, ...]
    accrued: Parts


def difference(before: Told | None, after: Told, since: date) -> Difference:
    """What makes the journal of one fold that of another one, where they agree before `since`.

    Amounts below zero are taken back.
    """
    moved = _moved_apart(before.state if before else None, after.state)
    earned, total = _earned_apart(before, after, since)
    return Difference((*moved, *earned), total)


def _moved_apart(before: State | None, after: State) -> list[Posting]:
    old, new = _by_place(before), _by_place(after)
    found = []
    for place in {**old, **new}:
        had, has = old.get(place, {}), new.get(place, {})
        apart = {name: has.get(name, 0) - had.get(name, 0) for name in {**had, **has}}
        if any(apart.values()):
            event, on, template = place
            found.append(Posting(event, on, template, apart))
    return found


def _by_place(state: State | None) -> dict[tuple[str, date, str], dict[str, int]]:
    found: dict[tuple[str, date, str], dict[str, int]] = {}
    for each in postings(moved_by(state)) if state else ():
        amounts = found.setdefault((each.event, each.on, each.template), {})
        for name, amount in each.amounts.items():
            amounts[name] = amounts.get(name, 0) + amount
    return found


def _earned_apart(before: Told | None, after: Told, since: date) -> tuple[list[Posting], Parts]:
    found, carried = [], NOTHING
    last = max(after.until, before.until if before else after.until)
    day = month_end(since)
    while True:
        day = min(day, last)
        has = _less(_at(after, day), _at(before, day))
        found += earned(day, _less(has, carried))
        carried = has
        if day == last:
            return found, carried
        day = month_end(day + _DAY)


def _at(told: Told | None, day: date) -> Parts:
    """What was earned by the end of a month, or by the end of all."""
    return told.earned[min(day, told.until)] if told else NOTHING


def _less(mine: Parts, theirs: Parts) -> Parts:
    return mine[0] - theirs[0], mine[1] - theirs[1], mine[2] - theirs[2]


def earned(on: date, parts: Parts) -> list[Posting]:
    """The entries of what was earned, and of what is taken back, on a day."""
    more = [max(0, part) for part in parts]
    less = [max(0, -part) for part in parts]
    sides = (("accrued", more), ("accrual_taken_back", less))
    found = [
        Posting("", on, name, {"interest": side[0], "charges": side[1]})
        for name, side in sides
        if any(side[:2])
    ]
    late = (("penalty_earned", more[2]), ("penalty_taken_back", less[2]))
    return found + [Posting("", on, name, {"charges": part}) for name, part in late if part]
