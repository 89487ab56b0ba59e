"""Time: aware UTC. The only place that asks the system what time it is."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

import msgspec

from huoshui.core.errors import Problem

_SPAN = re.compile(r"([0-9]{1,5})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class BadSpan(Problem):
    """Not a span of time such as 30d or 12h."""

    code = "bad_span"
    status = 422


class ClockBackwards(Problem):
    """A world's clock only moves forward."""

    code = "clock_backwards"
    status = 409


def system_now() -> datetime:
    """The machine's time, aware UTC."""
    return datetime.now(UTC)


def span(text: str) -> timedelta:
    """A span of time: `90s`, `15m`, `12h`, `30d`, `2w`. Raises BadSpan."""
    match = _SPAN.fullmatch(text.strip())
    if not match:
        raise BadSpan(text=text[:40])
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


class WorldClock(msgspec.Struct, frozen=True):
    """A world's clock, as its database tells it: standing still, or real and so far ahead."""

    name: str
    kind: str
    seed: int | None
    clock_at: datetime | None
    clock_offset_s: int

    def now(self) -> datetime:
        """The world's time: fixed in a replay, the system's plus an offset otherwise."""
        return self.clock_at or system_now() + timedelta(seconds=self.clock_offset_s)

    def advanced(self, now: datetime) -> WorldClock:
        """The clock once it was moved to `now`. Raises ClockBackwards."""
        if now < self.now():
            raise ClockBackwards(now=self.now().isoformat(), asked=now.isoformat())
        if self.clock_at is not None:
            return msgspec.structs.replace(self, clock_at=now)
        # Rounded up: what falls due at `now` is due in this very transaction.
        offset_s = math.ceil((now - system_now()).total_seconds())
        return msgspec.structs.replace(self, clock_offset_s=offset_s)
