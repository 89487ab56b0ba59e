"""Use cases of suspects: search, confirm, clear, take back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.work import Item, Run
from huoshui.facts import activity
from huoshui.facts.activity import Activity
from huoshui.judgement.risk.suspects import matching, reading, store
from huoshui.judgement.risk.suspects.model import (
    SUSPECT,
    Found,
    ReasonNeeded,
    Search,
    Suspect,
    UnknownSuspect,
)

SEARCH_DUE = "suspects.search_due"
REASON_MAX = 500
_TOLD = {"confirm": "confirmed", "clear": "cleared", "reopen": "reopened"}


def search(tx: Tx) -> Search:
    """Find rings, fake orders and take-overs in what is known now, and from now on each day.

    Raises NoCommunities.
    """
    store.one_search_at_a_time(tx)
    traffic = reading.read(tx)
    found = reading.found(traffic)
    known = store.every(tx)
    for one, before in zip(found, matching.matched(found, known), strict=True):
        if before is None:
            store.add(tx, _new(one, tx))
        else:
            store.save(tx, _seen_again(one, before, tx.now))
    done = Search(
        id=tx.id("ssr", tx.now.isoformat()), at=tx.now, accounts=len(traffic.accounts), touches=len(traffic.touches),
        orders=len(traffic.orders), rings=sum(one.kind == "ring" for one in found),
        sellers=sum(one.kind == "fake_orders" for one in found),
        taken=sum(one.kind == "take_over" for one in found),
    )  # fmt: skip
    store.add_search(tx, done)
    tx.emit(
        "suspects.searched", done.shown, rings=done.rings, sellers=done.sellers, taken=done.taken
    )
    tx.later(SEARCH_DUE, "daily", tx.now + timedelta(days=1))
    return done


def find(tx: Tx, shown: str) -> Suspect:
    """A suspect by its public id. Raises UnknownSuspect."""
    return by_id(tx, ids.read("sus", shown))


def by_id(tx: Tx, id_: UUID, *, lock: bool = False) -> Suspect:
    """A suspect. Raises UnknownSuspect."""
    row = store.suspect(tx, id_, lock=lock)
    if row is None:
        raise UnknownSuspect(kind="suspect", id=ids.show("sus", id_))
    return row


def confirm(tx: Tx, id_: UUID, reason: str) -> Suspect:
    """It is what it seems: each member is told as fraud. Raises IllegalMove, ReasonNeeded."""
    row = _moved(tx, id_, "confirm", reason)
    _tell(tx, row, "fraud.confirmed", {"pattern": row.kind})
    return row


def clear(tx: Tx, id_: UUID, reason: str) -> Suspect:
    """It is not what it seems; it stays so until it grows. Raises IllegalMove, ReasonNeeded."""
    return _moved(tx, id_, "clear", reason)


def reopen(tx: Tx, id_: UUID, reason: str) -> Suspect:
    """Take a verdict back; who was told as fraud is told as cleared. Raises IllegalMove, ReasonNeeded."""
    before = by_id(tx, id_, lock=True)
    row = _moved(tx, id_, "reopen", reason)
    if before.state == "confirmed":
        _tell(tx, row, "fraud.cleared", {})
    return row


def _moved(tx: Tx, id_: UUID, verb: str, reason: str) -> Suspect:
    if not reason.strip():
        raise ReasonNeeded()
    row = by_id(tx, id_, lock=True)
    row = msgspec.structs.replace(
        row, state=SUSPECT.after(row.state, verb), decided_at=tx.now, decided_by=str(tx.actor),
        reason=reason.strip()[:REASON_MAX], decisions=row.decisions + 1,
    )  # fmt: skip
    store.save(tx, row)
    tx.emit(f"suspect.{_TOLD[verb]}", row.shown, members=len(row.members), pattern=row.kind)
    return row


def _tell(tx: Tx, row: Suspect, kind: str, said: dict[str, str]) -> None:
    """Each member, once for each verdict."""
    about = "merchant" if row.kind == "fake_orders" else "buyer"
    told = [
        msgspec.structs.replace(
            Activity(kind=kind, occurred_at=tx.now, key=f"{row.shown}/{row.decisions}/{member}",
                     attributes=said),
            **{about: member},
        )
        for member in row.members
    ]  # fmt: skip
    for start in range(0, len(told), activity.ACTIVITIES_MAX):
        activity.record(tx, told[start : start + activity.ACTIVITIES_MAX])


def _new(one: Found, tx: Tx) -> Suspect:
    return Suspect(
        id=tx.id("sus", "/".join((one.kind, *one.members, tx.now.isoformat()))), kind=one.kind, state=SUSPECT.initial, members=list(one.members),
        centibits=one.centibits, signs=list(one.signs), held=one.held, first_at=tx.now,
        last_at=tx.now, times=1,
    )  # fmt: skip


def _seen_again(one: Found, before: Suspect, now: datetime) -> Suspect:
    """As it is now. Who was confirmed keeps its members: what was told of them stands."""
    seen = msgspec.structs.replace(before, last_at=now, times=before.times + 1)
    if before.state == "confirmed" or (
        before.state == "cleared" and not matching.grown(before, one)
    ):
        return seen
    return msgspec.structs.replace(
        seen, state=SUSPECT.initial, members=list(one.members), centibits=one.centibits,
        signs=list(one.signs), held=one.held,
    )  # fmt: skip


def _search_due(tx: Tx, items: list[Item]) -> None:
    del items
    search(tx)


WORK: dict[str, Run] = {SEARCH_DUE: _search_due}
