"""A loan's life: events in, state out; what comes late is put in its place and told again. No I/O.

`Life` keeps the events and snapshots of the state between them. Snapshots are a cache: without them
the same state comes out, only slower.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from huoshui.core.errors import Problem
from huoshui.lines.lending.life import accrue, steps
from huoshui.lines.lending.life.accrue import Accrual
from huoshui.lines.lending.life.effective import by_events
from huoshui.lines.lending.life.events import (
    AnyEvent,
    Charged,
    ChargedOff,
    DayClosed,
    Drawn,
    ReAged,
    Reversed,
    Waived,
)
from huoshui.lines.lending.life.rules import Rules
from huoshui.lines.lending.life.state import DOWN, Movement, State
from huoshui.lines.lending.schedule.terms import Terms

_DAY = timedelta(days=1)
SNAPSHOT_EVERY = 32


class UnknownEvent(Problem):
    """No event of that id to be undone, or it is undone already."""

    code = "unknown_loan_event"
    status = 404


Key = tuple[date, int]


class Life:
    """A loan from its first event on."""

    def __init__(self, terms: Terms, rules: Rules, *, snapshots: bool = True) -> None:
        self.terms, self.rules = terms, rules
        self.events: list[AnyEvent] = []
        self.business_day: date | None = None
        self.accruals: list[Accrual] = []
        self.closed_until: date | None = None
        self.any_day_closed = False
        self._summed: set[date] = set()
        self._order: list[tuple[Key, AnyEvent]] = []
        self.undone: list[Movement] = []
        self._undone: set[str] = set()
        self._state = State(terms, rules, self._undone)
        self._snapshots: list[tuple[int, State]] = []
        self._keep = snapshots

    @property
    def state(self) -> State:
        """The state as all events make it."""
        return self._state

    def record(self, event: AnyEvent) -> None:
        """Append an event. Raises UnknownEvent where it undoes what is not there."""
        self.events.append(event)
        self.business_day = event.recorded
        if isinstance(event, Reversed):
            self._undo(event)
            return
        if isinstance(event, DayClosed):
            self._close_day(event)
            return
        key = self._key_of(event)
        if isinstance(event, ChargedOff) and not self._state.reshaped:
            _, fees, penalties = posted = self.accrued  # interest alone is caught up
            owed = (accrue.earned(self._state, event.on), fees, penalties)
            self._post(accrue.rest(event.on, owed, posted), before=True)
        late = bool(self._order) and key < self._order[-1][0]
        late = late or steps.told_beyond(self._state, event.on)
        insort(self._order, (key, event), key=lambda each: each[0])
        if late or isinstance(event, Charged | Waived):
            self._replay(next(n for n, each in enumerate(self._order) if each[1] is event))
        else:
            self._apply(len(self._order) - 1)
            if event.on < event.recorded and not isinstance(event, Drawn):
                steps.earn_overdue(self._state, event.recorded)
        self._accrue_at_end(event)

    def _key_of(self, event: AnyEvent) -> Key:
        """Where an event stands: by its day; a waiver of a whole charge beside the charge."""
        if isinstance(event, Waived):
            charges = [each for each in self._order if isinstance(each[1], Charged)]
            named = [each for each in charges if each[1].id == event.of] or charges[-1:]
            if named and steps.is_open(self._state, named[-1][1].id):
                return named[-1][0]
        return _day_of(event), len(self.events)

    def record_all(self, events: Iterable[AnyEvent]) -> Life:
        """Append events in order; gives the life."""
        for event in events:
            self.record(event)
        return self

    def _undo(self, event: Reversed) -> None:
        whole = event.of.removesuffix(DOWN)
        at = next((n for n, each in enumerate(self._order) if each[1].id == whole), None)
        if at is None or event.of in self._undone:
            raise UnknownEvent(id=event.of)
        gone = {event.of, event.of + steps.INTEREST}
        self.undone += [each.copy() for each in self._state.movements if each.event in gone]
        self._undone.add(event.of)
        if whole == event.of:
            del self._order[at]
        self._replay(at)

    def _apply(self, at: int) -> None:
        if self._keep and at and at % SNAPSHOT_EVERY == 0:
            self._snapshots.append((at, self._state.copy()))
        steps.apply(self._state, self._order[at][1])

    def _replay(self, at: int) -> None:
        """Tell events again from a place on."""
        while self._snapshots and self._snapshots[-1][0] > at:
            self._snapshots.pop()
        begin = 0
        if self._snapshots:
            begin, kept = self._snapshots[-1]
            self._state = kept.copy()
        else:
            self._state = State(self.terms, self.rules, self._undone)
        for place in range(begin, len(self._order)):
            if place > begin or not begin:
                self._apply(place)
            else:
                steps.apply(self._state, self._order[place][1])
        if self.business_day is not None:
            self._state.prepaying = False
            steps.earn_overdue(self._state, self.business_day)

    def _close_day(self, event: DayClosed) -> None:
        steps.apply(self._state, event)
        until = event.on - _DAY
        if self._state.charged_off or self._state.written_off:
            if self.any_day_closed:
                self.closed_until = max(until, self.closed_until or until)
            return
        if not self.any_day_closed:
            found = accrue.accruals(self._state, None, until, self.accrued)
        else:
            since = self.closed_until or until
            found = accrue.accruals(self._state, since, until, self.accrued)
        if self._state.outstanding or not self.any_day_closed:
            self._post(found)
        self.any_day_closed = True
        self.closed_until = max(until, self.closed_until or until)
        if self.rules.accrual_summaries:
            self._post(accrue.summaries(self._state, until, self._summed))

    @property
    def accrued(self) -> accrue.Parts:
        """Interest, fees and penalties that accruals posted."""
        told = [each for each in self.accruals if each.kind == "accrual"]
        fees, penalties = sum(each.fees for each in told), sum(each.penalties for each in told)
        return sum(each.interest for each in told), fees, penalties

    def _accrue_at_end(self, event: AnyEvent) -> None:
        """A loan that is settled has earned all its interest: the rest is accrued on the day."""
        state = self._state
        if state.outstanding or not state.drawn or state.charged_off or state.written_off:
            return
        due = sum(row.interest for row in self._state.regular())
        if by_events(self.terms):
            due = 0
        owed = (due, *accrue.charges(state, date.max))
        self._post(accrue.rest(event.on, owed, self.accrued))
        if self.rules.accrual_summaries:
            self._sum_at_end(event)

    def _sum_at_end(self, event: AnyEvent) -> None:
        rest = [row for row in self._state.regular() if row.due not in self._summed]
        self._summed.update(row.due for row in rest)
        fees = sum(row.fee for row in rest)
        penalties = sum(row.penalty for row in rest)
        amount = sum(row.interest for row in rest) + fees + penalties
        if amount:
            self._post([Accrual(event.on, amount, "accrual_activity", fees, penalties)])

    def _post(self, found: Iterable[Accrual], *, before: bool = False) -> None:
        told = len(self.events) - before
        self.accruals += [msgspec.structs.replace(each, after=told) for each in found]

    def told_as(self, event: str) -> int:
        """Which event in the order of telling has an id."""
        whole = event.split(":", 1)[0]
        return next((n for n, each in enumerate(self.events, 1) if each.id == whole), 0)


def _day_of(event: AnyEvent) -> date:
    if isinstance(event, Charged):
        return min(event.due, event.on)
    if isinstance(event, ReAged):
        return min(event.first_due, event.on)
    return event.on


def fold(terms: Terms, rules: Rules, events: Iterable[AnyEvent]) -> State:
    """The state that events make, from the first on."""
    return Life(terms, rules, snapshots=False).record_all(events).state
