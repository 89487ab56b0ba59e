"""The journal searched, and the holds: what an index leads to, a bounded stretch of it at a time.

What no index knows (template, kind, amount, actor) needs an account, a reference or days beside
it. A page then reads at most SCAN_MAX rows: it may end before it is full, and says where to go on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from huoshui.core import ids as id_texts
from huoshui.core.db import Tx
from huoshui.ledger import service as ledger
from huoshui.ledger.journal import search_store as store
from huoshui.ledger.journal.search_store import HoldRow, HoldStep, Wanted
from huoshui.ledger.journal.service import Posted, transactions
from huoshui.ledger.journal.store import Place
from huoshui.ledger.model import UnknownHold

LIFE_MAX = 200
START = datetime(1970, 1, 1, tzinfo=UTC)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for, from `since` up to `until`.

    With an account these are recorded times, without one the times that the ids carry.
    """

    wanted: Wanted = Wanted()
    account: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def scans(self) -> bool:
        """Whether only all of history could answer: no index and no days narrow it."""
        narrow = self.account or self.wanted.reference or self.since
        return self.wanted.picky and not narrow


class Found(msgspec.Struct, frozen=True):
    """A page of transactions; `next` is the cursor behind it, empty at the end.

    `cut` says that as much was read as one page may, and that fewer than asked for fitted.
    """

    posted: tuple[Posted, ...]
    next: str
    cut: bool


class FoundHolds(msgspec.Struct, frozen=True):
    """A page of holds, as `Found`."""

    holds: tuple[HoldRow, ...]
    next: str
    cut: bool


def search(tx: Tx, asked: Asked, *, after: str = "", limit: int = 50) -> Found:
    """Transactions, newest first. Nothing is looked for where only a scan would answer.

    Raises UnknownAccount, BadId for a cursor that no page gave.
    """
    if asked.scans:
        return Found((), "", cut=False)
    if asked.account is not None:
        return _own(tx, asked, asked.account, after, limit)
    found, end = store.by_id(
        tx, asked.wanted, first=_id_at(asked.since), before=_before(asked.until, after, "txn"),
        limit=limit + 1,
    )  # fmt: skip
    more = len(found) > limit
    last = found[limit - 1] if more else end
    shown = transactions(tx, found[:limit])
    return Found(tuple(shown), id_texts.show("txn", last) if last else "", bool(last) and not more)


def _own(tx: Tx, asked: Asked, account: UUID, after: str, limit: int) -> Found:
    ledger.account(tx, account)
    before = Place.read(after)
    latest = asked.until or datetime.max.replace(tzinfo=UTC)
    found, end = store.of_account(
        tx, account, asked.wanted, since=asked.since or START, before=before or Place(latest, 0),
        limit=limit + 1,
    )  # fmt: skip
    more = len(found) > limit
    last = found[limit - 1].place if more else end
    ids = list(dict.fromkeys(row.id for row in found[:limit]))
    by_id = {posted.entry.id: posted for posted in transactions(tx, ids)}
    shown = tuple(by_id[id_] for id_ in ids)
    return Found(shown, str(last) if last else "", bool(last) and not more)


def holds(
    tx: Tx,
    *,
    state: str = "",
    account: UUID | None = None,
    reference: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: str = "",
    limit: int = 50,
) -> FoundHolds:
    """Holds, newest first; days are those that their ids carry.

    Raises UnknownAccount, BadId for a cursor that no page gave.
    """
    if account is not None:
        ledger.account(tx, account)
    first, before = _id_at(since), _before(until, after, "txn")
    end = None
    if reference:
        wanted = Wanted(reference=reference, kind=1)
        ids, end = store.by_id(tx, wanted, first=first, before=before, limit=limit + 1)
        found = [
            hold
            for hold in store.holds_of(tx, ids)
            if state in ("", hold.state) and account in (None, hold.from_id, hold.to_id)
        ]
        end = ids[limit - 1] if len(ids) > limit else end
        found = [hold for hold in found if end is None or hold.id >= end]
    elif account is not None and state == "open" and since is None:
        found = store.open_holds(tx, account, before, limit + 1)
    else:
        found, end = store.holds_by_id(
            tx, state=state, account=account, first=first, before=before, limit=limit + 1
        )
    more = len(found) > limit
    last = found[limit - 1].id if more else end
    text = id_texts.show("txn", last) if last else ""
    return FoundHolds(tuple(found[:limit]), text, bool(last) and not more)


def hold(tx: Tx, id_: UUID) -> tuple[HoldRow, list[HoldStep]]:
    """A hold and what became of it, oldest first. Raises UnknownHold."""
    found = store.holds_of(tx, [id_])
    if not found:
        raise UnknownHold(kind="hold", id=id_texts.show("txn", id_))
    return found[0], store.life(tx, found[0], LIFE_MAX)


def _id_at(at: datetime | None) -> UUID | None:
    """The lowest id of a moment."""
    return id_texts.uuid7(at, bytes(10)) if at else None


def _before(until: datetime | None, after: str, prefix: str) -> UUID | None:
    cursor = id_texts.read(prefix, after) if after else None
    return cursor or _id_at(until)
