"""Events as they are kept and as they are folded; and their order. No I/O."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec

from huoshui.lines.lending.life import UnknownEvent
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan.model import EventRow

KINDS: dict[str, type[e.Event]] = {
    "drawdown": e.Drawn,
    "payment": e.Paid,
    "charge": e.Charged,
    "waiver": e.Waived,
    "penalty_waiver": e.PenaltyWaived,
    "reversal": e.Reversed,
    "rate_change": e.RateChanged,
    "interest_pause": e.InterestPaused,
    "chargeback": e.ChargedBack,
    "credit_refund": e.CreditRefunded,
    "charge_off": e.ChargedOff,
    "write_off": e.WrittenOff,
    "reschedule": e.Rescheduled,
    "re_age": e.ReAged,
    "re_amortise": e.ReAmortised,
}
_NAMES = {type_: name for name, type_ in KINDS.items()}
_OWN = frozenset(e.Event.__struct_fields__) | {"amount", "of", "event"}
Key = tuple[date, int]


def kind_of(event: e.Event) -> str:
    """The kind under which an event is kept."""
    return _NAMES[type(event)]


def payload_of(event: e.Event) -> dict[str, Any]:
    """What an event says beside its days and its amount; rates as fractions in text."""
    told = msgspec.to_builtins(event, enc_hook=str)
    rest = {name: value for name, value in told.items() if name not in _OWN}
    of = getattr(event, "of", "")
    return rest | ({"of": of} if of and not isinstance(event, e.Reversed) else {})


def event_of(row: EventRow) -> e.AnyEvent:
    """The event that a row keeps."""
    kind = KINDS[row.kind]
    told = row.payload | {"id": row.shown, "on": row.on_, "recorded": row.recorded_on}
    if row.amount is not None:
        told["amount"] = row.amount
    if row.reverses is not None:
        told["of"] = msgspec.structs.replace(row, id=row.reverses).shown
    return msgspec.convert(told, kind, dec_hook=_read)  # type: ignore[return-value]


def _read(type_: type, value: Any) -> Any:
    return type_(value) if type_ is Fraction else value


class Order:
    """A loan's events in the order in which they are folded: by the day they count from, then as told.

    What is undone is not in it. A waiver stands no earlier than its charge.
    """

    __slots__ = ("_keys", "events", "told", "undone")

    def __init__(self, events: Iterable[e.AnyEvent] = ()) -> None:
        self.events: list[tuple[Key, e.AnyEvent]] = []
        self.undone: set[str] = set()
        self.told = 0
        self._keys: dict[str, Key] = {}
        for event in events:
            self.record(event)

    def copy(self) -> Order:
        """The same order, apart."""
        other = Order()
        other.events, other.undone = list(self.events), set(self.undone)
        other.told, other._keys = self.told, dict(self._keys)
        return other

    def record(self, event: e.AnyEvent) -> None:
        """Put an event in its place. Raises UnknownEvent where it undoes what is not there."""
        self.told += 1
        if isinstance(event, e.Reversed):
            at = next((n for n, each in enumerate(self.events) if each[1].id == event.of), None)
            if at is None:
                raise UnknownEvent(id=event.of)
            self.undone.add(event.of)
            del self.events[at]
            return
        key = (_day_of(event), self.told)
        if isinstance(event, e.Waived) and event.of in self._keys:
            key = max(key, (self._keys[event.of][0], self.told))
        self._keys[event.id] = key
        insort(self.events, (key, event), key=lambda each: each[0])

    def standing(self, id_: str) -> e.AnyEvent | None:
        """The event of an id, unless it is undone."""
        return next((event for _, event in self.events if event.id == id_), None)

    def until(self, day: date) -> int:
        """How many events count up to a day."""
        return sum(1 for (on, _), _ in self.events if on <= day)

    def shared(self, other: Order) -> int:
        """How many events both begin with."""
        count = 0
        for mine, theirs in zip(self.events, other.events, strict=False):
            if mine[1] is not theirs[1] and mine[1] != theirs[1]:
                break
            count += 1
        return count


def _day_of(event: e.AnyEvent) -> date:
    if isinstance(event, e.Charged):
        return min(event.due, event.on)
    if isinstance(event, e.ReAged):
        return min(event.first_due, event.on)
    return event.on
