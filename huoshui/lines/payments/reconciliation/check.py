"""Whether everything is explained: each account by its open items, each file by what became of it."""

from __future__ import annotations

from collections import Counter

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.payments.reconciliation import check_store, store
from huoshui.lines.payments.reconciliation.check_store import Explained
from huoshui.lines.payments.reconciliation.store import Sum

IN_SUSPENSE = ("suspense", "asked")


class Unexplained(msgspec.Struct, frozen=True):
    """Two figures that must be the same and are not; minor units."""

    check: str
    place: str
    stored: int
    counted: int


class Checked(msgspec.Struct, frozen=True):
    """The accounts with their open items, the lines by state, and what does not agree."""

    accounts: tuple[Explained, ...]
    lines: tuple[Sum, ...]
    faults: tuple[Unexplained, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing disappeared."""
        return not self.faults


def check(tx: Tx) -> Checked:
    """Count everything anew: balances beside open items, suspense beside its lines, files beside lines."""
    accounts, lines = check_store.explained(tx), store.sums(tx)
    faults = [
        Unexplained("open_items", f"{a.path} {a.currency}", a.balance, a.open)
        for a in accounts
        if not a.holds
    ]
    faults += _suspense(tx, lines)
    faults += _files(tx, lines)
    return Checked(tuple(accounts), tuple(lines), tuple(faults))


def _suspense(tx: Tx, lines: list[Sum]) -> list[Unexplained]:
    wanted = Counter[tuple[str, str]]()
    for each in lines:
        if each.state != "new":
            wanted[each.cause, each.currency] += each.gross if each.state in IN_SUSPENSE else 0
    balances = check_store.suspense_balances(tx, sorted({cause for cause, _ in wanted}))
    return [
        Unexplained(
            "suspense", f"suspense:{cause} {currency}", balances.get((cause, currency), 0), sum_
        )
        for (cause, currency), sum_ in sorted(wanted.items())
        if balances.get((cause, currency), 0) != sum_
    ]


def _files(tx: Tx, lines: list[Sum]) -> list[Unexplained]:
    gross, net = Counter[str](), Counter[str]()
    for each in lines:
        gross[each.currency] += each.gross
        net[each.currency] += each.net
    faults = []
    for currency, (file_gross, file_net) in sorted(check_store.imported(tx).items()):
        if file_gross != gross[currency]:
            faults.append(Unexplained("files", f"gross {currency}", file_gross, gross[currency]))
        if file_net != net[currency]:
            faults.append(Unexplained("files", f"net {currency}", file_net, net[currency]))
    return faults
