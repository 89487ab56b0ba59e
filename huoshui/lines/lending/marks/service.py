"""What is said of borrowers: put on the watch list, taken off it, put back; graded."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.lines.lending.marks import store
from huoshui.lines.lending.marks.model import (
    KINDS,
    WATCH,
    BadMark,
    Grade,
    Kind,
    Mark,
    MarkLate,
    UnknownMark,
)

_DAY = timedelta(days=1)
_LETTERS = 300


def put(
    tx: Tx, party: str, kind: Kind, reason: str, *, since: date | None = None,
    until: date | None = None,
) -> Mark:  # fmt: skip
    """Put a borrower on the watch list, from today if no day is named. Raises BadMark, MarkLate."""
    day = _day(tx, since)
    if kind not in KINDS:
        raise BadMark(field="kind")
    if not reason.strip():
        raise BadMark(field="reason")
    if until is not None and until < day:
        raise BadMark(field="until")
    _owes(tx, party)
    new = Mark(
        id=tx.id("mrk", f"{party}/{kind}/{tx.now.isoformat()}/{day}"), party=party, kind=kind,
        since=day, until=until, reason=reason.strip()[:_LETTERS], state=WATCH.initial,
        recorded_at=tx.now, actor=tx.actor,
    )  # fmt: skip
    store.add(tx, new)
    tx.emit(
        "borrower.marked", new.shown, party=party, mark=kind, since=day.isoformat(),
        until=until.isoformat() if until else None, reason=new.reason,
    )  # fmt: skip
    return new


def remove(tx: Tx, id_: UUID, why: str = "") -> Mark:
    """Take an entry off the list: it holds no more from today on. Raises UnknownMark, IllegalMove."""
    before = _locked(tx, id_)
    state = WATCH.after(before.state, "remove")
    after = msgspec.structs.replace(
        before, state=state, ended_on=max(access.today(tx), before.since), ended_by=tx.actor,
        ended_why=why.strip()[:_LETTERS],
    )  # fmt: skip
    return _kept(tx, after, "unmarked")


def restore(tx: Tx, id_: UUID) -> Mark:
    """Undo a removal: it holds as if it had not been taken off. Raises UnknownMark, IllegalMove, MarkLate.

    Days that were closed in between stand, so a removal that one was told of is not undone.
    """
    before = _locked(tx, id_)
    state = WATCH.after(before.state, "restore")
    last = store.last_closed(tx)
    if before.ended_on is not None and last is not None and before.ended_on <= last:
        raise MarkLate(since=before.ended_on.isoformat(), last=last.isoformat())
    after = msgspec.structs.replace(before, state=state, ended_on=None, ended_by="", ended_why="")
    return _kept(tx, after, "marked_again")


def grade(
    tx: Tx, party: str, told: str, *, on: date | None = None, source: str = "", note: str = ""
) -> Grade:
    """Tell a borrower's grade from a day on, today if none is named. Raises BadMark, MarkLate."""
    day = _day(tx, on)
    if not told.strip() or len(told.strip()) > 20:
        raise BadMark(field="grade")
    _owes(tx, party)
    row = Grade(
        party=party, number=store.next_number(tx, party), on_=day, grade=told.strip(),
        source=source.strip()[:60], note=note.strip()[:_LETTERS], recorded_at=tx.now, actor=tx.actor,
    )  # fmt: skip
    store.add_grade(tx, row)
    tx.emit(
        "borrower.graded", f"{party}/{row.number}", party=party, grade=row.grade, on=day.isoformat(),
        source=row.source,
    )  # fmt: skip
    return row


def _day(tx: Tx, on: date | None) -> date:
    """A day from which something may count: none that is closed."""
    day, last = on or access.today(tx), store.last_closed(tx)
    if last is not None and day <= last:
        raise MarkLate(since=day.isoformat(), last=last.isoformat())
    return day


def _owes(tx: Tx, party: str) -> None:
    if not store.owes(tx, party):
        raise BadMark(field="party")


def _locked(tx: Tx, id_: UUID) -> Mark:
    found = store.mark(tx, id_, lock=True)
    if found is None:
        raise UnknownMark(kind="party mark", id=ids.show("mrk", id_))
    return found


def _kept(tx: Tx, after: Mark, verb: str) -> Mark:
    store.end(tx, after)
    tx.emit(
        f"borrower.{verb}", after.shown, party=after.party, mark=after.kind, why=after.ended_why
    )
    return after
