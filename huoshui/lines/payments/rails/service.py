"""Use cases of rail calls: queue them in the payment's own commit, or call them off in time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from huoshui.core.db import Tx
from huoshui.lines.payments.rails import registry, store
from huoshui.lines.payments.rails.model import Call


def queue(tx: Tx, calls: Sequence[Call]) -> None:
    """Ask these of their rails once this transaction has committed, and only then.

    Calls about one means of one payment go in the order in which they were queued, those of one
    commit in the order of their ids: each waits for the final word of the one before it.
    Raises UnknownRail for one that is not there or that the ledger settles by itself.
    """
    for call in calls:
        if registry.capabilities(call.rail).internal:
            raise registry.UnknownRail(rail=call.rail, known=", ".join(registry.outside()))
    store.add(tx, calls)


def drop(tx: Tx, call_ids: Sequence[UUID]) -> list[UUID]:
    """Call off those of these calls that have not left yet; which they were.

    What is not among them was sent or has its answer: it is to be undone by a call of its own.
    """
    return store.drop(tx, call_ids) if call_ids else []
