"""How well each rail is: what it answered lately, how fast, what is open, whether it is left in peace."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.payments.rails import health_store, registry
from huoshui.lines.payments.rails.model import Capabilities
from huoshui.lines.payments.rails.pace import Breaker
from huoshui.lines.payments.rails.tally import Count, Health, health

HOUR = timedelta(hours=1)
WINDOW = timedelta(hours=24)


class RailHealth(msgspec.Struct, frozen=True):
    """A rail, what it can do, and how it was over the last hours; `open` counts calls by state."""

    name: str
    capabilities: Capabilities
    health: Health
    breaker: Breaker
    open: dict[str, int]


class Watched(msgspec.Struct, frozen=True):
    """Every rail, and the counts of the hours from `since` on, which are `hours`."""

    rails: list[RailHealth]
    counts: list[Count]
    since: datetime
    hours: int


def watched(tx: Tx, window: timedelta = WINDOW) -> Watched:
    """Every rail over the last hours: those of the house first, then those outside, by name."""
    now = tx.now.replace(minute=0, second=0, microsecond=0)
    since = now - window + HOUR
    found = health_store.counts(tx, since)
    counts: dict[str, list[Count]] = {}
    for count in found:
        counts.setdefault(count.rail, []).append(count)
    breakers, open_ = health_store.breakers(tx), health_store.open_calls(tx)
    known = registry.names()
    gone = sorted((counts.keys() | open_.keys()) - set(known))  # of a plug-in that is no more
    rails = [
        RailHealth(
            name,
            registry.capabilities(name) if name in known else Capabilities(),
            health(name, counts.get(name, ())),
            breakers.get(name, Breaker()),
            open_.get(name, {}),
        )
        for name in (*known, *gone)
    ]
    return Watched(rails, found, since, (now - since) // HOUR + 1)
