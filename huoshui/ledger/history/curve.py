"""An account's balance over a span of days, at so many points as a picture needs."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.ledger.history import curve_store, days, store
from huoshui.ledger.model import Account

POINTS_MAX = 120


class Point(msgspec.Struct, frozen=True):
    """What stood at the end of a day, minor units of in - out; None where it is not known.

    `recorded` is unknown where history is archived, `effective` also where the days of an account
    with very many transfers have not been counted.
    """

    day: date
    recorded: int | None
    effective: int | None


def curve(tx: Tx, account: Account, first: date, last: date) -> list[Point]:
    """Balances at the ends of days from `first` to `last`, evenly taken, at most POINTS_MAX.

    Costs a few seeks a point, however many transfers the account has.
    """
    zone = access.zone_of(tx)
    step = (last - first).days // POINTS_MAX + 1
    chosen = [last - timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
    chosen.reverse()
    ends = [days.day_start(day + timedelta(days=1), zone) for day in chosen]
    told = [row.balance for row in curve_store.recorded(tx, account.id, ends)]
    small = account.version <= curve_store.WHOLE_MAX
    by_effect = curve_store.effective_whole if small else curve_store.effective_counted
    effects = [row.balance for row in by_effect(tx, account.id, ends)]
    carried = store.carried(tx, account.id)
    told_from = carried.recorded_at if carried else None
    effect_from = carried.effective_at if carried else None
    return [
        Point(
            day,
            recorded if _known(end, told_from) else None,
            effective if _known(end, effect_from) else None,
        )
        for day, end, recorded, effective in zip(chosen, ends, told, effects, strict=True)
    ]


def _known(end: datetime, archived: datetime | None) -> bool:
    return archived is None or end > archived
