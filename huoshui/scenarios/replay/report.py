"""The report of a replay: what a founder asks of the money, each figure observed or assumed.

Observed is what the history holds: orders, tenders, times, reviews. Assumed is what follows from
the terms: commission, the day of the split, the payout calendar. Money is minor units, rates are
basis points, durations are hours: integers all, so that the report is the same from run to run.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate

import msgspec

from huoshui.core import access
from huoshui.core.access import Book
from huoshui.core.db import Tx
from huoshui.facts.commerce.reading.anomalies import Anomaly
from huoshui.ledger.journal import Total, trial_balance
from huoshui.scenarios.replay import report_store as store
from huoshui.scenarios.replay.rails_report import rails
from huoshui.scenarios.replay.report_model import Chart, Figure, bp
from huoshui.scenarios.replay.report_store import Counts, DayNet, SellerSum, Wait, Week

_TOP = 10
_LORENZ_POINTS = 20


class Report(msgspec.Struct, frozen=True):
    """A replay's report. Texts of keys are in the catalogue under `report.*`."""

    book: Book
    first_day: str
    last_day: str
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]
    totals: tuple[Total, ...]
    sellers: tuple[SellerSum, ...]
    anomalies: tuple[Anomaly, ...]


def build_report(tx: Tx, read: tuple[Anomaly, ...], moved: dict[str, int]) -> Report:
    """The report of this world as it stands.

    `read` are the anomalies of the history, `moved` how often the money refused to follow, by
    the code of the problem.
    """
    book = access.this_book(tx)
    zone = book.time_zone
    counts, weeks, waits = store.counts(tx), store.weeks(tx, zone), store.waits(tx)
    sellers = store.sellers(tx)
    tied = _tied_up(store.daily_nets(tx, zone))
    balance = trial_balance(tx)
    first, last = store.span(tx, zone)
    rail_figures, rail_charts = rails(tx, balance.totals, zone)
    figures = [
        *_volume(counts, weeks),
        *_money(counts, balance.totals, store.months(tx, zone)),
        *_timing(waits),
        *_concentration(sellers),
        *_cash(tied),
        *rail_figures,
    ]
    charts = [
        _orders_chart(weeks),
        _goods_chart(weeks),
        _take_chart(store.months(tx, zone)),
        _wait_chart(waits),
        _refund_chart(store.refunds(tx, zone)),
        _lorenz_chart(sellers),
        _tied_chart(tied),
        *rail_charts,
    ]
    return Report(
        book,
        str(first),
        str(last),
        tuple(_labelled(figure, book.generated) for figure in figures),
        tuple(_labelled_chart(chart, book.generated) for chart in charts),
        balance.totals,
        tuple(sellers[:_TOP]),
        (*read, *(Anomaly(code, count) for code, count in sorted(moved.items()))),
    )


def _labelled(figure: Figure, generated: bool) -> Figure:
    """Of a generated history nothing was observed, and the label says so."""
    if generated and figure.basis == "observed":
        return msgspec.structs.replace(figure, basis="generated")
    return figure


def _labelled_chart(chart: Chart, generated: bool) -> Chart:
    if generated and chart.basis == "observed":
        return msgspec.structs.replace(chart, basis="generated")
    return chart


def _volume(counts: Counts, weeks: list[Week]) -> list[Figure]:
    return [
        Figure("orders", counts.orders, "count", "observed"),
        Figure("sellers", counts.sellers, "count", "observed"),
        Figure("buyers", counts.buyers, "count", "observed"),
        Figure("goods", sum(w.goods for w in weeks), "money", "observed"),
        Figure("freight", sum(w.freight for w in weeks), "money", "observed"),
        Figure("delivered", counts.delivered, "count", "observed"),
        Figure("late", bp(counts.late, counts.delivered), "bp", "observed"),
        Figure("score", counts.score, "score", "observed"),
    ]


def _money(counts: Counts, totals: tuple[Total, ...], months: list[store.Month]) -> list[Figure]:
    net = {total.kind: total.credit - total.debit for total in totals}
    goods, kept = sum(m.goods for m in months), sum(m.kept for m in months)
    return [
        Figure("taken", counts.taken, "money", "observed"),
        Figure("refunded", counts.refunded, "money", "assumed"),
        Figure("paid_out", counts.paid_out, "money", "assumed"),
        Figure("commission", net.get("platform.commission", 0), "money", "assumed"),
        Figure("surcharge", net.get("platform.surcharge", 0), "money", "observed"),
        Figure("subsidy", -net.get("platform.subsidy", 0), "money", "observed"),
        Figure("tax", net.get("tax.payable", 0), "money", "assumed"),
        Figure("take_rate", bp(kept, goods), "bp", "assumed"),
        Figure("refund_rate", bp(counts.refunded, counts.taken), "bp", "assumed"),
        Figure("held", counts.held, "count", "observed"),
        Figure("held_money", counts.held_money, "money", "observed"),
        Figure("owed_to_sellers", net.get("merchant.settlement", 0), "money", "assumed"),
    ]


def _timing(waits: list[Wait]) -> list[Figure]:
    parts = sum(wait.parts for wait in waits)
    if not parts:
        return []
    return [
        Figure("wait_mean", sum(w.hours for w in waits) // parts, "hours", "assumed"),
        Figure("wait_median", _percentile(waits, 50) * 24, "hours", "assumed"),
        Figure("wait_p90", _percentile(waits, 90) * 24, "hours", "assumed"),
    ]


def _percentile(waits: list[Wait], percent: int) -> int:
    """The day within which that share of parts was paid out."""
    whole = sum(wait.parts for wait in waits)
    running = 0
    for wait in waits:
        running += wait.parts
        if running * 100 >= whole * percent:
            return wait.days + 1
    return 0


def _concentration(sellers: list[SellerSum]) -> list[Figure]:
    earned = [max(s.earned, 0) for s in sellers]
    whole = sum(earned)
    if not whole:
        return []
    tenth, hundredth = max(1, len(earned) // 10), max(1, len(earned) // 100)
    # Herfindahl–Hirschman index on shares in per cent, 0 to 10,000 points.
    hhi = sum((part * 10_000) ** 2 for part in earned) // whole**2 // 10_000
    return [
        Figure("top_hundredth", bp(sum(earned[:hundredth]), whole), "bp", "observed"),
        Figure("top_tenth", bp(sum(earned[:tenth]), whole), "bp", "observed"),
        Figure("hhi", hhi, "count", "observed"),
    ]


def _cash(tied: dict[str, list[tuple[date, int]]]) -> list[Figure]:
    days = _sum_by_day(tied)
    if not days:
        return []
    peak = max(days.values())
    return [
        Figure("tied_mean", sum(days.values()) // len(days), "money", "assumed"),
        Figure("tied_peak", peak, "money", "assumed"),
    ]


def _orders_chart(weeks: list[Week]) -> Chart:
    labels = tuple(str(week.week) for week in weeks)
    orders = tuple(week.orders for week in weeks)
    return Chart("weekly_orders", "count", "observed", "bar", labels, {"orders": orders})


def _goods_chart(weeks: list[Week]) -> Chart:
    series = {
        "goods": tuple(week.goods for week in weeks),
        "freight": tuple(week.freight for week in weeks),
    }
    labels = tuple(str(week.week) for week in weeks)
    return Chart("weekly_goods", "money", "observed", "area", labels, series)


def _take_chart(months: list[store.Month]) -> Chart:
    labels = tuple(str(month.month)[:7] for month in months)
    rates = tuple(bp(month.kept, month.goods) for month in months)
    return Chart("take_rate", "bp", "assumed", "line", labels, {"take_rate": rates})


def _wait_chart(waits: list[Wait]) -> Chart:
    by_day = {wait.days: wait.parts for wait in waits if wait.days <= 60}
    days = range(min(by_day, default=0), max(by_day, default=0) + 1)
    parts = tuple(by_day.get(day, 0) for day in days)
    return Chart("wait", "count", "assumed", "bar", tuple(map(str, days)), {"parts": parts})


def _refund_chart(refunds: list[store.RefundMonth]) -> Chart:
    months = sorted({refund.month for refund in refunds})
    amounts = {(refund.month, refund.cause): refund.amount for refund in refunds}
    series = {
        cause: tuple(amounts.get((month, cause), 0) for month in months)
        for cause in sorted({refund.cause for refund in refunds})
    }
    labels = tuple(str(month)[:7] for month in months)
    return Chart("refunds", "money", "assumed", "bar", labels, series)


def _lorenz_chart(sellers: list[SellerSum]) -> Chart:
    """Sellers from the smallest to the largest, and the share of earnings that they have."""
    earned = list(accumulate(sorted(max(seller.earned, 0) for seller in sellers)))
    steps = range(_LORENZ_POINTS + 1)
    ends = [len(earned) * step // _LORENZ_POINTS for step in steps]
    shares = tuple(bp(earned[end - 1], earned[-1]) if end and earned else 0 for end in ends)
    labels = tuple(f"{100 * step // _LORENZ_POINTS} %" for step in steps)
    equal = tuple(10_000 * step // _LORENZ_POINTS for step in steps)
    series = {"share": shares, "equal": equal}
    return Chart("concentration", "bp", "observed", "line", labels, series)


def _tied_up(nets: list[DayNet]) -> dict[str, list[tuple[date, int]]]:
    """Balance at the end of each day of each kind of debt, days without movement included."""
    if not nets:
        return {}
    first, last = nets[0].day, nets[-1].day
    moved = {(net.kind, net.day): net.net for net in nets}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        kind: list(zip(days, accumulate(moved.get((kind, day), 0) for day in days), strict=True))
        for kind in sorted({net.kind for net in nets})
    }


def _sum_by_day(tied: dict[str, list[tuple[date, int]]]) -> dict[date, int]:
    days: dict[date, int] = {}
    for kind in ("escrow", "merchant.settlement"):
        for day, balance in tied.get(kind, []):
            days[day] = days.get(day, 0) + balance
    return days


def _tied_chart(tied: dict[str, list[tuple[date, int]]]) -> Chart:
    kinds = [kind for kind in ("escrow", "merchant.settlement") if kind in tied]
    labels = tuple(str(day) for day, _ in tied[kinds[0]]) if kinds else ()
    series: dict[str, tuple[int, ...]] = {
        str(kind): tuple(balance for _, balance in tied[kind]) for kind in kinds
    }
    return Chart("tied_up", "money", "assumed", "area", labels, series)
