"""When an entry of a day takes effect."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from huoshui import ledger
from huoshui.core import access
from huoshui.core.db import Tx

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def effective_at(day: date, now: datetime, zone: ZoneInfo, sealed: datetime | None) -> datetime:
    """When an entry of a day takes effect: at the end of the day, or now, or when books are open again."""
    end = datetime.combine(day + _DAY, time(), zone) - _SECOND
    at = min(end, now)
    return at if sealed is None else max(at, sealed)


class Ends:
    """The same of many entries of one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._now, self._zone = tx.now, access.zone_of(tx)
        self._sealed = ledger.ahead(tx).state().sealed_until

    def of(self, day: date) -> datetime:
        """When an entry of a day takes effect."""
        return effective_at(day, self._now, self._zone, self._sealed)
