"""What happened to a loan between two days, and where it stood before and after. No I/O."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life import penal, steps
from huoshui.lines.lending.life.state import DOWN, State
from huoshui.lines.lending.life.view import Due, Moved, dues, moved_by, payoff, standing
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.running import Running
from huoshui.lines.lending.loan.telling import kind_of

_DAY = timedelta(days=1)


class Balance(msgspec.Struct, frozen=True):
    """Where a loan stands at the end of a day, in minor units: principal owed, what is overdue and since
    how many days, credit, what would settle it, and penalty interest in that."""

    on: date
    principal: int
    overdue: int
    days_past_due: int
    credit: int
    payoff: int
    penalty: int = 0


class Line(msgspec.Struct, frozen=True):
    """One thing that happened: what it moved, by component, and the principal owed after it.

    A charge and a change of terms move nothing: `amount` is what is charged, if anything.
    """

    on: date
    kind: str
    amount: int
    principal: int = 0
    interest: int = 0
    charges: int = 0
    balance: int | None = None


class Statement(msgspec.Struct, frozen=True):
    """A loan from one day to another, both included, as it is known now.

    `events` counts what is known of it in all: a statement of the same days with another count may
    say something else, since an event came late or was undone.
    """

    since: date
    until: date
    opening: Balance
    lines: tuple[Line, ...]
    closing: Balance
    instalments: tuple[Due, ...]
    events: int


def statement(running: Running, since: date, until: date) -> Statement:
    """The statement of a loan that has begun, over days that are not ahead."""
    at_end = _state(running, until)
    ranks = {event.id: rank for rank, (_, event) in enumerate(running.order.events)}
    told = [
        *((ranks[each.event.removesuffix(DOWN)], _moved(each)) for each in moved_by(at_end)),
        *((ranks[event.id], line) for event, line in _changes(running)),
    ]
    told.sort(key=lambda each: (each[1].on, each[0]))
    lines = [line for _, line in told if since <= line.on <= until]
    seen = seen_on(at_end, until)
    return Statement(
        since, until, _balance(_state(running, since - _DAY), since - _DAY), tuple(lines),
        _balance(at_end, until), dues(seen), len(running.rows),
    )  # fmt: skip


def _moved(each: Moved) -> Line:
    charges = each.fees + each.penalties
    return Line(
        each.on, each.kind, each.amount, each.principal, each.interest, charges, each.balance
    )


def _changes(running: Running) -> list[tuple[e.AnyEvent, Line]]:
    """Charges and changes of terms that stand: they are told, though they move nothing."""
    found: list[tuple[e.AnyEvent, Line]] = []
    for _, event in running.order.events:
        if isinstance(event, e.Charged):
            kind = f"charged_{event.kind}"
            found.append((event, Line(event.on, kind, event.amount, charges=event.amount)))
        elif isinstance(event, e.RateChanged | e.InterestPaused | e.Rescheduled):
            found.append((event, Line(event.on, kind_of(event), 0)))
    return found


def _state(running: Running, day: date) -> State:
    """The fold of what counts up to the end of a day."""
    assert running.by is not None
    state = running.by.empty(running.order)
    for (on, _), event in running.order.events:
        if on > day:
            break
        steps.apply(state, event)
    return state


def _balance(state: State, day: date) -> Balance:
    if not state.drawn:
        return Balance(day, 0, 0, 0, 0, 0)
    seen = seen_on(state, day)
    found = standing(seen, day)
    return Balance(
        day, seen.principal_owed, found.overdue, found.days_past_due, found.credit,
        payoff(state, day), penal.waivable(seen),
    )  # fmt: skip
