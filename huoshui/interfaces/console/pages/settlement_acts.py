"""What is done to several payouts or lines at once: first a preview that keeps nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.interfaces.console.page import Column, Frame, Row, Status, Table
from huoshui.interfaces.console.pages.batches import payout_state
from huoshui.lines.payments.settlement import payouts

KEYS_MAX = 200


class Undo(Exception):
    """Ends a preview: what it did is taken back with its transaction."""


class Act(msgspec.Struct, frozen=True):
    """A bulk action: what it does, answering a row for each, and where it leads afterwards."""

    run: Callable[[Tx, Frame, tuple[str, ...]], Table]
    place: str


def _retry(tx: Tx, frame: Frame, keys: tuple[str, ...]) -> Table:
    rows = []
    for key in keys[:KEYS_MAX]:
        try:
            with tx.savepoint():
                payout = payouts.retry(tx, ids.read("pay", key))
        except Problem as problem:
            rows.append(Row(cells=(key, Status(problem.title(frame.lang), "bad"), None)))
        else:
            amount = Money(payout.amount, payout.currency)
            rows.append(Row(cells=(key, payout_state(frame, payout), amount)))
    return Table(
        title=frame.say("bulk.preview"),
        columns=(
            Column(title=frame.say("sellers.payout")),
            Column(title=frame.say("bulk.becomes")),
            Column(title=frame.say("order.amount"), align="end"),
        ),
        rows=tuple(rows),
    )


ACTIONS = {"retry-payouts": Act(_retry, "payouts")}
