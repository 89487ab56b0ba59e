"""Settlement windows: closing one is a line in a table; what it held is counted afterwards.

A payment notes the open window under a shared lock as it is written. Closing takes the lock alone: it
waits for what is being written, and what comes to be written meanwhile waits for both.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from huoshui.core import access, crypto
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.core.work import Item
from huoshui.lines.payments.settlement import store
from huoshui.lines.payments.settlement import window_store as windows_kept
from huoshui.lines.payments.settlement.terms import SettlementTerms, next_close
from huoshui.lines.payments.settlement.window_store import Position, Report, Total, Window

CLOSE_DUE = "settlement.close_due"
COUNT_DUE = "settlement.count_due"


class UnknownWindow(NotFound):
    """No settlement window of that number in this book."""

    code = "unknown_window"


class WindowOpen(Problem):
    """The window is open: its positions are counted once it is closed."""

    code = "window_open"
    status = 409


class Preview(msgspec.Struct, frozen=True):
    """What the open window holds so far."""

    window: Window
    totals: tuple[Total, ...]


class Differs(msgspec.Struct, frozen=True):
    """A window whose positions are not what its transfers come to."""

    number: int
    stored: str
    recomputed: str


def close_window(tx: Tx) -> Window:
    """Close the open window and open the next; what it held is counted by due work.

    Takes the same time whatever the window holds. Commit at once: who pays waits until then.
    Raises UnknownWindow.
    """
    closed = windows_kept.close_open(tx)
    if closed is None:
        raise UnknownWindow(kind="window", id="open")
    windows_kept.open_next(tx, closed.number + 1)
    tx.emit("window.closed", str(closed.number), number=closed.number)
    tx.later(COUNT_DUE, str(closed.number), tx.now, number=closed.number)
    return closed


def window(tx: Tx, number: int) -> Window:
    """One window. Raises UnknownWindow."""
    found = windows_kept.window(tx, number)
    if found is None:
        raise UnknownWindow(kind="window", id=str(number))
    return found


def open_window(tx: Tx) -> Window:
    """The window in which payments clear now. Raises UnknownWindow."""
    found = windows_kept.open_window(tx)
    if found is None:
        raise UnknownWindow(kind="window", id="open")
    return found


def preview(tx: Tx) -> Preview:
    """What closing now would close."""
    found = open_window(tx)
    return Preview(found, tuple(windows_kept.totals(tx, found.number)))


def count(tx: Tx, number: int) -> Report:
    """Count a closed window, once: its positions from the ledger's transfers.

    Raises UnknownWindow, WindowOpen.
    """
    if window(tx, number).closed_at is None:
        raise WindowOpen(number=number)
    before = windows_kept.report(tx, number)
    if before:
        return before
    totals, positions = windows_kept.totals(tx, number), windows_kept.count_positions(tx, number)
    _balanced(number, positions)
    found = Report(
        number,
        tx.now,
        sum(total.count for total in totals),
        sum(position.transfers for position in positions) // 2,
        tuple(totals),
        _hash(positions),
    )
    windows_kept.keep(tx, found, positions)
    tx.emit("window.counted", str(number), clearings=found.clearings, hash=found.hash)
    return found


def _balanced(number: int, positions: list[Position]) -> None:
    nets = Counter[str]()
    for position in positions:
        nets[position.currency] += position.net
    assert not any(nets.values()), f"window {number}: what was given was not taken: {nets}"


def _hash(positions: list[Position]) -> str:
    return crypto.digest([(p.path, p.currency, p.gross_in, p.gross_out) for p in positions]).hex()


def report(tx: Tx, number: int) -> Report | None:
    """What was counted of a window; None while it is open or being counted."""
    return windows_kept.report(tx, number)


def check(tx: Tx, number: int) -> Differs | None:
    """Count a window anew and hold its report against it."""
    stored = windows_kept.report(tx, number)
    again = _hash(windows_kept.count_positions(tx, number))
    if stored is None or stored.hash == again:
        return None
    return Differs(number, stored.hash, again)


def schedule(tx: Tx, terms: SettlementTerms | None = None) -> None:
    """Put the next closing on the queue, where the terms have one."""
    zone = access.zone_of(tx)
    due = next_close(terms or store.settlement_terms(tx), zone, tx.now)
    if due:
        tx.later(CLOSE_DUE, "calendar", due)


def close_due(tx: Tx, items: list[Item]) -> None:
    """Due work: the hour of the calendar has come. A window that holds nothing stays open."""
    found = windows_kept.open_window(tx)
    if found and not windows_kept.is_empty(tx, found.number):
        close_window(tx)
    schedule(tx)


def count_due(tx: Tx, items: list[Item]) -> None:
    """Due work: count what was closed."""
    for item in items:
        count(tx, int(item.payload["number"]))
