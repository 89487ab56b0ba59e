"""Closing periods of the book, and reading what was closed."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import msgspec

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.ledger import journal
from huoshui.ledger.history import days
from huoshui.ledger.journal import Total
from huoshui.ledger.periods import store
from huoshui.ledger.periods.store import Movements, PeriodRow

_EPOCH = date(2000, 1, 1)


class PeriodNotOver(Problem):
    """Only days that have ended can be sealed."""

    code = "period_not_over"
    status = 422


class PeriodSealedAlready(Problem):
    """The book is sealed up to that day or beyond; a seal only moves forward."""

    code = "period_sealed_already"
    status = 409


class Moved(msgspec.Struct, frozen=True):
    """What had gone out of and come into the accounts of a kind by the end of a period.

    By effective time, over all time up to that end; minor units.
    """

    class_: str
    kind: str
    currency: str
    out_: int
    in_: int


class Period(msgspec.Struct, frozen=True):
    """A sealed period [since, until); `since` is None in the first, which has no beginning.

    `recorded` is the trial balance as it stood at closing, `effective` what had taken effect by
    `until`. `hash` is over what moved where on which day of the period: it never changes again.
    """

    since: datetime | None
    until: datetime
    time_zone: str
    closed_at: datetime
    actor: str
    transfers: int
    recorded: tuple[Total, ...]
    effective: tuple[Moved, ...]
    hash: str


def close_period(tx: Tx, until: date) -> Period:
    """Seal every day of the book before `until`, which is the first day that stays open.

    Nothing takes effect in them any more. The period is read once while batches go on; then those
    under way are waited for, and what came meanwhile is added. Raises PeriodNotOver,
    PeriodSealedAlready.
    """
    zone = access.zone_of(tx)
    end = days.day_start(until, zone)
    if end > tx.now:
        wrong = FieldError("/until", "day_not_over", {"day": str(until)})
        raise PeriodNotOver(day=str(until), today=str(days.day_of(tx.now, zone)), errors=(wrong,))
    known, settled = store.sealed_until(tx), store.settled_batch(tx)
    found = store.movements(tx, known, end, zone.key, last=settled)
    since = store.seal_alone(tx)
    if since is not None and end <= since:
        raise PeriodSealedAlready(day=str(until), sealed=str(days.day_of(since, zone)))
    if since != known:  # another period was sealed meanwhile: what was read begins too early
        found, settled = [], 0
    found += store.movements(tx, since, end, zone.key, after=settled)
    before = store.periods(tx, None, 1)
    period = Period(
        since, end, zone.key, tx.now, tx.actor, sum(m.transfers for m in found) // 2,
        journal.trial_balance(tx).totals,
        _effective(_read(before[0]).effective if before else (), found), _hash(found),
    )  # fmt: skip
    totals = msgspec.to_builtins({"recorded": period.recorded, "effective": period.effective})
    store.seal(
        tx,
        PeriodRow(end, since, zone.key, tx.now, tx.actor, period.transfers, totals, period.hash),
    )
    tx.emit("period.closed", str(until), until=end.isoformat(), hash=period.hash)
    return period


def sealed_until(tx: Tx) -> datetime | None:
    """Until when the book is sealed: nothing takes effect before it. None where nothing is."""
    return store.sealed_until(tx)


def periods(tx: Tx, *, before: datetime | None = None, limit: int = 50) -> list[Period]:
    """Sealed periods, newest first; `before` is the `until` of the last one seen."""
    return [_read(row) for row in store.periods(tx, before, limit)]


def period_hash(tx: Tx, since: datetime | None, until: datetime, time_zone: str = "") -> str:
    """The hash of a span as a period has it, from the transfers as they stand now."""
    zone = time_zone or access.this_book(tx).time_zone
    return _hash(store.movements(tx, since, until, zone))


def _read(row: PeriodRow) -> Period:
    totals = row.totals
    return Period(
        row.since, row.until, row.time_zone, row.closed_at, row.actor, row.transfers,
        msgspec.convert(totals["recorded"], tuple[Total, ...]),
        msgspec.convert(totals["effective"], tuple[Moved, ...]), row.hash,
    )  # fmt: skip


def _effective(before: tuple[Moved, ...], found: list[Movements]) -> tuple[Moved, ...]:
    out: Counter[tuple[str, str, str]] = Counter()
    into: Counter[tuple[str, str, str]] = Counter()
    for moved in before:
        out[moved.class_, moved.kind, moved.currency] += moved.out_
        into[moved.class_, moved.kind, moved.currency] += moved.in_
    for m in found:
        out[m.class_, m.kind, m.currency] += sum(m.outs)
        into[m.class_, m.kind, m.currency] += sum(m.ins)
    return tuple(Moved(*key, out[key], into[key]) for key in sorted(out))


def _hash(found: list[Movements]) -> str:
    """SHA-256 over sorted lines `path,day,currency,out,in`, as `ledger_hash` is made."""
    by_path: defaultdict[str, dict[tuple[int, str], tuple[int, int]]] = defaultdict(dict)
    for m in found:
        own = by_path[m.path]
        for day, out, into in zip(m.days, m.outs, m.ins, strict=True):
            before = own.get((day, m.currency), (0, 0))
            own[day, m.currency] = (before[0] + out, before[1] + into)
    total = hashlib.sha256()
    # A comma sorts before every letter of a path: paths in this order are lines in theirs.
    for path in sorted(by_path, key=lambda path: path + ","):
        lines = (
            f"{path},{_EPOCH + timedelta(days=day)},{currency},{out},{into}\n"
            for (day, currency), (out, into) in by_path[path].items()
        )
        total.update("".join(sorted(lines)).encode())
    return total.hexdigest()
