"""How often a rail is asked, and when it is left in peace: schedules and the circuit breaker. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

# After silence: 5 s, 30 s, 2 min, 10 min, 1 h, then every 6 hours, until there is an answer.
_ASKS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 21600))
# A claim is good for so long; whoever made it is dead then, or as good as dead.
LEASE = timedelta(seconds=60)
SILENCES_MOST = 5
PROBE_EVERY = timedelta(seconds=15)


def next_ask(attempts: int) -> timedelta:
    """How long to wait after the `attempts`th time that a rail was asked about a call."""
    return _ASKS[min(max(attempts, 1), len(_ASKS)) - 1]


class Breaker(msgspec.Struct, frozen=True):
    """Of one rail: `silences` in a row; open since `opened_at`, one call may pass at `probe_at`."""

    silences: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None

    def room(self, now: datetime, wanted: int) -> int:
        """How many calls may leave now: all that are wanted, one to see, or none."""
        if self.opened_at is None:
            return wanted
        return min(wanted, 1) if self.probe_at is None or self.probe_at <= now else 0

    def probing(self, now: datetime) -> Breaker:
        """After one call was let pass to see."""
        return Breaker(self.silences, self.opened_at, now + PROBE_EVERY)

    def heard(self, spoke: int, silent: int, now: datetime) -> Breaker:
        """After so many calls had an answer and so many had none; one answer closes it."""
        if spoke:
            return Breaker()
        silences = self.silences + silent
        if silences < SILENCES_MOST:
            return Breaker(silences)
        return Breaker(silences, self.opened_at or now, now + PROBE_EVERY)
