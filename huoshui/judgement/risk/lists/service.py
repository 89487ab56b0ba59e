"""What is done about lists: an entry written, an entry taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.judgement.risk import reasons
from huoshui.judgement.risk.lists import store
from huoshui.judgement.risk.lists.model import Effect, Entry, UnknownEntry

LASTS_MOST = timedelta(days=3660)


class BadEntry(Problem):
    """The entry cannot be written; the problem names the field."""

    code = "bad_list_entry"
    status = 422


def enter(
    tx: Tx, effect: Effect, subject: str, reason: str, note: str, until: datetime
) -> Entry:  # fmt: skip
    """Block a subject, or let it through, from now until then. Raises BadEntry."""
    if not reasons.is_code(reason):
        raise BadEntry(field="reason")
    if not tx.now < until <= tx.now + LASTS_MOST:
        raise BadEntry(field="until")
    made = Entry(
        id=tx.id("lst", f"{effect}/{subject}/{tx.now.isoformat()}"), effect=effect,
        subject=subject, reason=reason, note=note[:500], valid_from=tx.now, valid_until=until,
        ends=None, recorded_at=tx.now, actor=tx.actor,
    )  # fmt: skip
    store.add(tx, made)
    tx.emit("list.entered", made.shown, effect=effect, reason=reason)
    return made


def take_back(tx: Tx, id_: UUID, note: str) -> Entry:
    """End an entry now; what was decided while it stood is found as it was. Raises UnknownEntry."""
    store.lock(tx)
    before = store.entry(tx, id_)
    if before is None:
        raise UnknownEntry(kind="list_entry", id=ids.show("lst", id_))
    after = msgspec.structs.replace(
        before, id=tx.id("lst", f"end/{before.shown}"), ends=before.id, note=note[:500],
        recorded_at=tx.now, actor=tx.actor,
    )  # fmt: skip
    store.add(tx, after)
    tx.emit("list.taken_back", before.shown, effect=before.effect)
    return after
