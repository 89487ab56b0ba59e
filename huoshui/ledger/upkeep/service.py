"""What the ledger does for itself once a day, as due work: each piece in a commit of its own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.work import Item, Run
from huoshui.ledger import history, parts, reconciliation
from huoshui.ledger.history import days
from huoshui.ledger.upkeep import store

DAY = "ledger.day"
COUNT = "ledger.count"
RECONCILE = "ledger.reconcile"


def schedule(tx: Tx) -> bool:
    """See that the book's upkeep goes on, the first time at once; whether it had to be put off."""
    if store.is_put_off(tx, DAY):
        return False
    tx.later(DAY, "", tx.now)
    return True


def run_day(tx: Tx, items: list[Item]) -> None:
    """Due work at the beginning of a day: make parts ahead, count the day that ended, reconcile.

    The counted days are said in this commit, and counted in later ones.
    """
    until, before = history.begin(tx)
    parts.make_ahead(tx)
    tx.later(
        COUNT, "", tx.now, until=until.isoformat(), since=before.isoformat() if before else "",
        after="",
    )  # fmt: skip
    tx.later(RECONCILE, "", tx.now, run=str(reconciliation.start(tx)), after="")
    tx.later(DAY, "", days.next_day_start(tx.now, access.zone_of(tx)))


def run_count(tx: Tx, items: list[Item]) -> None:
    """Due work: count the day that ended for the next accounts."""
    for item in items:
        said = item.payload
        until = datetime.fromisoformat(said["until"])
        since = datetime.fromisoformat(said["since"]) if said["since"] else None
        after = history.count_some(tx, until, since, _id(said["after"]))
        if after is not None:
            tx.later(COUNT, item.key, tx.now, **{**said, "after": str(after)})


def run_reconciliation(tx: Tx, items: list[Item]) -> None:
    """Due work: compare the next accounts."""
    for item in items:
        said = item.payload
        after = reconciliation.advance(tx, UUID(said["run"]), _id(said["after"]))
        if after is not None:
            tx.later(RECONCILE, item.key, tx.now, run=said["run"], after=str(after))


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None


WORK: dict[str, Run] = {DAY: run_day, COUNT: run_count, RECONCILE: run_reconciliation}
