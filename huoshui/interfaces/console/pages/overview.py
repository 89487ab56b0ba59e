"""The overview: what moved lately, where the money is now, whether the books balance."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from huoshui.core import events
from huoshui.core.db import Tx
from huoshui.core.events import Event
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Chart,
    Code,
    Column,
    Empty,
    Figure,
    Frame,
    Link,
    Row,
    Series,
    Share,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.report import is_reported, report_page
from huoshui.interfaces.console.pages.trial import balanced
from huoshui.interfaces.console.shown import day as shown_day
from huoshui.interfaces.console.shown import money
from huoshui.ledger import journal
from huoshui.ledger.journal import Flow, TrialBalance
from huoshui.lines.payments.escrow import store as payments_store

_DAYS = 14
_RECENT = 12
# A flow is what a posting moved between two kinds of account; None stands for any kind.
FLOWS = {
    "taken": ("order_paid", None, "escrow"),
    "released": ("order_released", "escrow", None),
    "refunded": ("order_refunded", None, "rail.clearing"),
    "paid_out": ("seller_paid_out", None, "rail.payout"),
}


def overview_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """Figures of the last day on which money moved, and of the fortnight before it.

    A replay that has ended stands still: there the whole of it is shown, from its report.
    """
    balance = journal.trial_balance(tx)
    tables = (_where(frame, balance), _states(tx, frame), _events(tx, frame))
    if is_reported(tx, frame):
        report = report_page(tx, frame)
        wide = tuple(chart for chart in report.charts if chart.wide)
        return msgspec.structs.replace(
            report,
            title=frame.say("menu.overview"),
            lead=frame.say("overview.replayed"),
            crumbs=(),
            figures=(balanced(frame, balance), *report.figures[1:]),
            groups=(),
            charts=wide,
            tables=tables,
            notes=(),
            links=_links(frame),
        )
    latest = journal.page(tx, limit=1)
    last = _local(latest[0].entry.effective_at if latest else tx.now, frame)
    first = last - timedelta(days=_DAYS - 1)
    start = datetime.combine(first, time(), ZoneInfo(frame.zone))
    moved = [
        each for each in journal.flow(tx, start, frame.zone) if each.currency == frame.currency
    ]
    return AnalysisPage(
        title=frame.say("menu.overview"),
        lead=frame.say("overview.lead"),
        figures=(
            balanced(frame, balance),
            *_day_figures(frame, moved, last),
        ),
        charts=_charts(frame, moved, first, last) if latest else (),
        tables=tables,
        links=_links(frame),
        api_calls=(
            ApiCall(path="/v1/trial-balance"),
            ApiCall(path="/v1/events?limit=12", note=frame.say("overview.events")),
        ),
    )


def _local(at: datetime, frame: Frame) -> date:
    return at.astimezone(ZoneInfo(frame.zone)).date()


def _links(frame: Frame) -> tuple[Link, ...]:
    if frame.world and frame.world.kind == "replay":
        return (Link(frame.say("replay.report"), frame.to("replay"), "file-text"),)
    return ()


def _sums(moved: list[Flow], name: str) -> Counter[date]:
    template, source, target = FLOWS[name]
    sums: Counter[date] = Counter()
    for each in moved:
        ends = source in (None, each.source) and target in (None, each.target)
        if ends and each.template == template:
            sums[each.day] += each.amount
    return sums


def _day_figures(frame: Frame, moved: list[Flow], last: date) -> list[Figure]:
    if not frame.currency:
        return []
    hint = shown_day(last, frame.lang)
    return [
        Figure(
            label=frame.say(f"flow.{name}"),
            value=Money(_sums(moved, name)[last], frame.currency),
            hint=hint,
            basis=asked.basis(frame) if name == "taken" else asked.assumed(frame),
        )
        for name in FLOWS
    ]


def _charts(frame: Frame, moved: list[Flow], first: date, last: date) -> tuple[Chart, ...]:
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    sums = {name: _sums(moved, name) for name in FLOWS}
    taken = sum(sums["taken"].values())
    said = frame.say(
        "overview.flow.says",
        days=_DAYS,
        taken=money(Money(taken, frame.currency), frame.lang),
        paid=money(Money(sum(sums["paid_out"].values()), frame.currency), frame.lang),
    )
    chart = Chart(
        key="flow",
        question=frame.say("overview.flow"),
        summary=said,
        x=days,
        x_title=frame.say("overview.day"),
        unit=Unit(kind="money", currency=frame.currency),
        basis=asked.assumed(frame) or asked.basis(frame) or "observed",
        wide=True,
        series=tuple(
            Series(
                name=frame.say(f"flow.{name}"),
                values=tuple(sums[name][day] for day in days),
                colour=colour,
            )
            for colour, name in zip((1, 3, 4, 2), FLOWS, strict=True)
        ),
        api_call=ApiCall(path=f"/v1/transactions?since={first}T00:00:00Z"),
    )
    return (chart,)


def _where(frame: Frame, balance: TrialBalance) -> Table:
    """Balances by kind of account: where the money stands now."""
    rows = []
    for total in balance.totals:
        href = frame.to(f"accounts?kind={total.kind}")
        net = total.debit - total.credit
        normal = net if total.class_ in ("asset", "expense") else -net
        rows.append(
            Row(
                href=href,
                cells=(
                    Link(asked.word(frame, "kind", total.kind), href),
                    frame.say(f"class.{total.class_}"),
                    total.accounts,
                    Money(normal, total.currency),
                ),
            )
        )
    return Table(
        title=frame.say("overview.where"),
        columns=(
            Column(title=frame.say("accounts.kind")),
            Column(title=frame.say("accounts.class")),
            Column(title=frame.say("accounts.number"), align="end"),
            Column(title=frame.say("accounts.balance"), align="end"),
        ),
        rows=tuple(rows),
        empty=Empty(
            title=frame.say("overview.nothing"),
            detail=frame.say("overview.nothing.detail"),
            command="huoshui demo",
        ),
    )


def _part(count: int, whole: int) -> Decimal:
    return Decimal(count) / whole if whole else Decimal(0)


def _states(tx: Tx, frame: Frame) -> Table:
    states = payments_store.states(tx)
    whole = sum(states.values())
    rows = tuple(
        Row(
            href=frame.to(f"orders?state={name}"),
            cells=(
                Link(frame.say(f"state.{name}"), frame.to(f"orders?state={name}")),
                frame.say(f"state.{name}.means"),
                count,
                Share(_part(count, whole)),
            ),
        )
        for name, count in sorted(states.items(), key=lambda pair: -pair[1])
    )
    return Table(
        title=frame.say("overview.states"),
        columns=(
            Column(title=frame.say("orders.state")),
            Column(title=frame.say("overview.means"), wide=True),
            Column(title=frame.say("orders"), align="end"),
            Column(title=frame.say("overview.part"), align="end"),
        ),
        rows=rows,
        note="" if rows else frame.say("orders.none"),
    )


def _events(tx: Tx, frame: Frame) -> Table:
    rows = tuple(_event_row(frame, event) for event in events.page(tx, limit=_RECENT))
    return Table(
        title=frame.say("overview.events"),
        columns=(
            Column(title=frame.say("journal.at")),
            Column(title=frame.say("overview.event")),
            Column(title=frame.say("overview.object")),
            Column(title=frame.say("order.amount"), align="end"),
            Column(title=frame.say("journal.actor")),
        ),
        rows=rows,
        note="" if rows else frame.say("overview.no_events"),
    )


def _event_row(frame: Frame, event: Event) -> Row:
    order = str(event.data.get("order", event.object))
    is_order = order.startswith("ord_")
    shown: Cell = Link(f"{event.object[:16]}…", frame.to(f"orders/{order}"))
    amount = event.data.get("amount")
    return Row(
        href=frame.to(f"orders/{order}") if is_order else "",
        cells=(
            event.at,
            asked.word(frame, "event", event.type),
            shown if is_order else Code(f"{event.object[:16]}…"),
            Money(amount, frame.currency) if isinstance(amount, int) and frame.currency else None,
            event.actor,
        ),
    )
