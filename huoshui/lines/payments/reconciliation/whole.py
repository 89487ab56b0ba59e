"""Everything that settlement and reconciliation keep, counted anew at one moment."""

from __future__ import annotations

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.payments.reconciliation.check import Checked, check
from huoshui.lines.payments.settlement import window_store, windows
from huoshui.lines.payments.settlement.windows import Differs

_WINDOWS_MOST = 1_000


class Whole(msgspec.Struct, frozen=True):
    """What reconciliation says, how many closed windows were counted, and those that differ."""

    checked: Checked
    counted: int
    windows: tuple[Differs, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is explained."""
        return self.checked.holds and not self.windows

    @property
    def items(self) -> int:
        """How many open items there are."""
        return sum(account.items for account in self.checked.accounts)

    @property
    def lines(self) -> int:
        """How many lines of files there are."""
        return sum(each.lines for each in self.checked.lines)


def check_whole(tx: Tx) -> Whole:
    """Balances beside open items, lines beside files, closed windows beside what moved in them."""
    closed = [w.number for w in window_store.windows(tx, None, _WINDOWS_MOST) if w.closed_at]
    differing = [found for number in closed if (found := windows.check(tx, number))]
    return Whole(check(tx), len(closed), tuple(differing))
