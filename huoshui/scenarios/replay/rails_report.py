"""What rails' files say of a replay: fees, money on its way, the time that it takes, what is matched.

The files are those of simulated rails, so that all of it is assumed; the tenders in them are the
history's.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate

from huoshui.core.db import Tx
from huoshui.ledger.journal import Total
from huoshui.scenarios.replay import rails_store as store
from huoshui.scenarios.replay.rails_store import DayClearing
from huoshui.scenarios.replay.report_model import Chart, Figure, bp


def rails(tx: Tx, totals: tuple[Total, ...], zone: str) -> tuple[list[Figure], list[Chart]]:
    """The figures and charts of rails; none where no file came."""
    found = store.settled(tx)
    if not found.lines:
        return [], []
    days = _days(store.clearing(tx, zone))
    fees = sum(total.debit - total.credit for total in totals if total.kind == "rail.fees")
    owed = list(days.values())
    figures = [
        Figure("rail_fees", fees, "money", "assumed"),
        Figure("clearing_mean", sum(owed) // max(len(owed), 1), "money", "assumed"),
        Figure("clearing_peak", max(owed, default=0), "money", "assumed"),
        Figure("settle_mean", found.hours // max(found.came, 1), "hours", "assumed"),
        Figure("lines_matched", bp(found.matched, found.lines), "bp", "assumed"),
        Figure("lines_suspense", bp(found.waiting, found.lines), "bp", "assumed"),
        Figure("suspense_money", found.waiting_gross, "money", "assumed"),
        Figure("payouts_unpaid", found.unpaid, "count", "assumed"),
    ]
    charts = [_clearing_chart(days)]
    causes = store.causes(tx)
    if causes:
        labels, lines = tuple(c.cause for c in causes), tuple(c.lines for c in causes)
        charts.append(Chart("suspense", "count", "assumed", "bar", labels, {"lines": lines}))
    return figures, charts


def _days(nets: list[DayClearing]) -> dict[str, int]:
    """What rails owe at the end of each day, days without movement included."""
    if not nets:
        return {}
    moved = {each.day: each.net for each in nets}
    first, last = nets[0].day, nets[-1].day
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        str(day): balance
        for day, balance in zip(days, accumulate(moved.get(day, 0) for day in days), strict=True)
    }


def _clearing_chart(days: dict[str, int]) -> Chart:
    series = {"clearing": tuple(days.values())}
    return Chart("clearing", "money", "assumed", "area", tuple(days), series)
