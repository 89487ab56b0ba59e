"""What a close would seal, read without holding anybody off."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.ledger import journal
from huoshui.ledger.history import days
from huoshui.ledger.journal import TrialBalance
from huoshui.ledger.periods import preview_store, store
from huoshui.ledger.periods.service import PeriodNotOver, PeriodSealedAlready


class Preview(msgspec.Struct, frozen=True):
    """What closing up to `until` would seal as the books stand: [since, until), None the first."""

    since: datetime | None
    until: datetime
    transactions: int
    transfers: int
    open_holds: int
    trial: TrialBalance


def preview(tx: Tx, until: date) -> Preview:
    """What `close_period` would seal. Raises PeriodNotOver, PeriodSealedAlready."""
    zone = access.zone_of(tx)
    end = days.day_start(until, zone)
    today = days.day_of(tx.now, zone)
    if end > tx.now:
        wrong = FieldError("/until", "day_not_over", {"day": str(until)})
        raise PeriodNotOver(day=str(until), today=str(today), errors=(wrong,))
    since = store.sealed_until(tx)
    if since is not None and end <= since:
        raise PeriodSealedAlready(day=str(until), sealed=str(days.day_of(since, zone)))
    moves = preview_store.moves(tx, since, end)
    return Preview(
        since, end, moves.transactions, moves.transfers, preview_store.open_holds(tx),
        journal.trial_balance(tx),
    )  # fmt: skip
