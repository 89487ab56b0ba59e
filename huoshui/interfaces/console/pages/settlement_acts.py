"""What is done to several payouts or lines at once: first a preview that keeps nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.core.money import Money
from huoshui.interfaces.console.page import Column, Frame, Row, Status, Table
from huoshui.interfaces.console.pages.batches import payout_state
from huoshui.interfaces.console.pages.reconciliation import line_state
from huoshui.lines.payments.reconciliation import Line, queue, store, suggest
from huoshui.lines.payments.settlement import payouts

KEYS_MAX = 200


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


def _match_best(tx: Tx, frame: Frame, keys: tuple[str, ...]) -> Table:
    """Match each line with its first suggestion of the same amount."""
    rows = []
    for key in keys[:KEYS_MAX]:
        line = queue.load_line(tx, ids.read("stl", key))
        best = next((s for s in suggest(tx, line) if s.difference == 0), None)
        keyed = [best.item.key] if best else []
        rows.append(_matched(tx, frame, key, [line], keyed))
    return _match_table(frame, rows)


def _match_items(tx: Tx, frame: Frame, keys: tuple[str, ...]) -> Table:
    """Match a line with the suggestions that were chosen for it."""
    chosen: dict[str, list[queue.ItemKey]] = {}
    for key in keys[:KEYS_MAX]:
        if key.count("~") != 3:
            raise NotFound(kind="suggestion", id=key[:80])
        line, transaction, account, leg = key.split("~")
        item = (ids.read("txn", transaction), _leg(leg), ids.read("acc", account))
        chosen.setdefault(line, []).append(item)
    rows = [
        _matched(tx, frame, key, [queue.load_line(tx, ids.read("stl", key))], items)
        for key, items in chosen.items()
    ]
    return _match_table(frame, rows)


def _leg(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else -1


def _matched(tx: Tx, frame: Frame, key: str, lines: list[Line], items: list[queue.ItemKey]) -> Row:
    amount = Money(sum(line.gross for line in lines), lines[0].currency)
    try:
        with tx.savepoint():
            match = queue.match(tx, [line.id for line in lines], items)
    except Problem as problem:
        return Row(cells=(key, Status(problem.title(frame.lang), "bad"), amount, None, ""))
    difference = Money(match.difference, match.currency)
    found = store.items_of_match(tx, match.id)
    names = ", ".join(item.reference for item in found[:3])
    return Row(cells=(key, line_state(frame, "matched"), amount, difference, names))


def _match_table(frame: Frame, rows: list[Row]) -> Table:
    return Table(
        title=frame.say("bulk.preview"),
        columns=(
            Column(title=frame.say("lines.line")),
            Column(title=frame.say("bulk.becomes")),
            Column(title=frame.say("lines.gross"), align="end"),
            Column(title=frame.say("lines.difference"), align="end"),
            Column(title=frame.say("lines.reference")),
        ),
        rows=tuple(rows),
    )


ACTIONS = {
    "retry-payouts": Act(_retry, "payouts"),
    "match-lines": Act(_match_best, "reconciliation"),
    "match-items": Act(_match_items, "reconciliation"),
}
