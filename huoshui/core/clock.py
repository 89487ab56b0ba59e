"""Time: aware UTC. The only place that asks the system what time it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

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
