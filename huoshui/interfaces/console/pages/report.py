"""A replay's report as an analysis: each figure, each chart with its question, each rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from huoshui.core import i18n
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.i18n import text
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.reading.anomalies import Anomaly
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Chart,
    Code,
    Column,
    Figure,
    FigureGroup,
    Frame,
    Link,
    Row,
    Series,
    Several,
    Share,
    Span,
    Table,
    Tone,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments import Terms
from huoshui.scenarios.replay import report_model as replayed
from huoshui.scenarios.replay import store
from huoshui.scenarios.replay.report import Report
from huoshui.scenarios.replay.store import ReplayRow

_UNITS: dict[str, Literal["money", "share", "hours", "count"]] = {
    "money": "money",
    "bp": "share",
    "hours": "hours",
    "count": "count",
    "score": "count",
}
_WIDE = ("weekly_goods", "tied_up", "clearing")
_COLOURS = {"equal": 0, "share": 1, "goods": 1, "freight": 2, "escrow": 1, "merchant.settlement": 2}
HEADLINES = ("goods", "take_rate", "wait_median", "refund_rate", "top_tenth")
_GROUPS = {
    "volume": ("orders", "sellers", "buyers", "delivered", "late", "score"),
    "money": (
        "taken", "freight", "refunded", "paid_out", "commission", "tax", "surcharge", "subsidy",
        "owed_to_sellers", "held_money", "held",
    ),
    "time": ("wait_mean", "wait_p90", "tied_mean", "tied_peak", "top_hundredth", "hhi"),
    "rails": (
        "rail_fees", "settle_mean", "clearing_mean", "clearing_peak", "lines_matched",
        "lines_suspense", "suspense_money", "payouts_unpaid",
    ),
}  # fmt: skip
OLIST_ORDERS = 99_441  # the original as published; files that hold fewer are a sample of it
_BP = Decimal(10_000)


def report_page(tx: Tx, frame: Frame) -> AnalysisPage:
    """The report of this world's replay. Raises NotFound where it has none yet."""
    row = store.replay(tx)
    name = frame.world.name if frame.world else ""
    if row is None or not row.report:
        raise NotFound(kind="report", id=name)
    report = msgspec.convert(row.report, Report)
    names = {each.seller: _name(tx, each.seller) for each in report.sellers}
    return of_report(report, row, frame, names)


def _name(tx: Tx, shown_id: str) -> str:
    """What the marketplace calls a seller."""
    seller = commerce.seller(tx, shown_id)
    return seller.name or seller.key


def is_reported(tx: Tx, frame: Frame) -> bool:
    """Whether this world is a replay that has ended with a report."""
    if frame.world is None or frame.world.kind != "replay":
        return False
    row = store.replay(tx)
    return row is not None and bool(row.report)


def of_report(report: Report, row: ReplayRow, frame: Frame, names: dict[str, str]) -> AnalysisPage:
    """A report and the replay that it tells of, as a page."""
    here = ApiCall(path="/v1/replay")
    return AnalysisPage(
        title=frame.say("report.title", name=report.book.name),
        lead=frame.say("report.lead.generated" if report.book.generated else "report.lead"),
        crumbs=(asked.home(frame), Link(frame.say("replays"), frame.to("replays"))),
        period=frame.say("report.period", first=report.first_day, last=report.last_day),
        figures=(_verified(frame, row), *(_figures(frame, report, HEADLINES))),
        groups=tuple(
            FigureGroup(frame.say(f"report.group.{name}"), _figures(frame, report, keys))
            for name, keys in _GROUPS.items()
        ),
        charts=(
            *(_chart(frame, report, c, here) for c in report.charts if c.labels),
            _top_sellers(frame, report, names, here),
        ),
        tables=(
            _totals(frame, report),
            _sellers(frame, report, names),
            _anomalies(frame, report),
            _terms(frame, report, row),
        ),
        notes=_notes(frame, report, row),
        links=(Link(frame.say("report.keep"), frame.to("replay/report.html"), "download"),),
        api_calls=(here,),
    )


def _verified(frame: Frame, row: ReplayRow) -> Figure:
    holds = row.state == "verified"
    tone: Tone = "good" if holds else "bad"
    transfers = int(row.verification.get("transfers", 0))
    return Figure(
        label=frame.say("report.books"),
        value=frame.say("report.verified" if holds else "report.not_verified"),
        tone=tone,
        hint=frame.say("report.recomputed", n=shown.number(transfers, frame.lang)),
    )


def _say(frame: Frame, key: str) -> str:
    return text(key, frame.lang) if key in i18n.catalogue() else key.rpartition(".")[2]


def _figure(frame: Frame, report: Report, figure: replayed.Figure) -> Figure:
    return Figure(
        label=_say(frame, f"report.figure.{figure.key}"),
        value=_value(report, figure),
        basis=figure.basis,
    )


def _figures(frame: Frame, report: Report, keys: tuple[str, ...]) -> tuple[Figure, ...]:
    """The figures of these keys, in their order, of those that the report holds."""
    by_key = {figure.key: figure for figure in report.figures}
    return tuple(_figure(frame, report, by_key[key]) for key in keys if key in by_key)


def _value(report: Report, figure: replayed.Figure) -> Cell:
    match figure.unit:
        case "money":
            return Money(figure.value, report.book.currency)
        case "bp":
            return Share(figure.value / _BP, 2)
        case "hours":
            return Span(figure.value * 3600)
        case "score":
            return Decimal(figure.value) / 100
        case _:
            return figure.value


def _chart(frame: Frame, report: Report, chart: replayed.Chart, here: ApiCall) -> Chart:
    curve = chart.key == "concentration"
    unit = Unit(kind=_UNITS[chart.unit], currency=report.book.currency)
    series = tuple(
        Series(
            name=_series_name(frame, name),
            values=tuple(v / _BP if chart.unit == "bp" else v for v in values),
            shape="line" if name == "equal" else "area" if curve else chart.shape,
            stack="all" if len(chart.series) > 1 and not curve else "",
            colour=_COLOURS.get(name, number + 1),
        )
        for number, (name, values) in enumerate(_ordered(chart))
    )
    return Chart(
        key=chart.key,
        question=_say(frame, f"report.chart.{chart.key}"),
        summary=_summary(frame, report, chart),
        hint=_say(frame, f"report.chart.{chart.key}.how"),
        x=_causes(frame, chart) if chart.key == "suspense" else _places(chart, curve=curve),
        x_title=_say(frame, f"report.chart.{chart.key}.x"),
        series=series,
        unit=unit,
        basis=chart.basis,
        shape="curve" if curve else "across",
        wide=chart.key in _WIDE,
        api_call=here,
    )


def _ordered(chart: replayed.Chart) -> list[tuple[str, tuple[int, ...]]]:
    """The line of equality is drawn first, under the curve."""
    return sorted(chart.series.items(), key=lambda pair: pair[0] != "equal")


def _series_name(frame: Frame, name: str) -> str:
    key = f"report.series.{name}"
    return text(key, frame.lang) if key in i18n.catalogue() else asked.word(frame, "kind", name)


def _causes(frame: Frame, chart: replayed.Chart) -> tuple[str, ...]:
    return tuple(frame.say(f"lines.cause.{label}") for label in chart.labels)


def _places(chart: replayed.Chart, *, curve: bool) -> tuple[str | date | Decimal, ...]:
    if curve:
        last = max(len(chart.labels) - 1, 1)
        return tuple(Decimal(step) / last for step in range(len(chart.labels)))
    return tuple(_place(label) for label in chart.labels)


def _place(label: str) -> str | date:
    try:
        return date.fromisoformat(label)
    except ValueError:
        return label


def _summary(frame: Frame, report: Report, chart: replayed.Chart) -> str:
    """One sentence: where the chart's sum is highest, or what its figures say."""
    sums = [sum(values) for values in zip(*chart.series.values(), strict=True)]
    figures = {figure.key: figure for figure in report.figures}
    if chart.key == "concentration":
        tenth = figures.get("top_tenth")
        part = shown.share(Share(tenth.value / _BP), frame.lang) if tenth else "–"
        return frame.say("report.says.concentration", part=part)
    if chart.key == "wait":
        return _wait_says(frame, figures)
    peak = max(range(len(sums)), key=sums.__getitem__)
    label = _causes(frame, chart)[peak] if chart.key == "suspense" else _place(chart.labels[peak])
    at = shown.bare(label, frame.lang)
    return frame.say("report.says.peak", at=at, value=_told(frame, report, chart, sums[peak]))


def _wait_says(frame: Frame, figures: dict[str, replayed.Figure]) -> str:
    median, slow = figures.get("wait_median"), figures.get("wait_p90")
    if not median or not slow:
        return ""
    spans = [shown.span(Span(each.value * 3600), frame.lang) for each in (median, slow)]
    return frame.say("report.says.wait", median=spans[0], slow=spans[1])


def _told(frame: Frame, report: Report, chart: replayed.Chart, value: int) -> str:
    if chart.unit == "money":
        return shown.money(Money(value, report.book.currency), frame.lang)
    if chart.unit == "bp":
        return shown.share(Share(value / _BP, 2), frame.lang)
    return shown.number(value, frame.lang)


def _totals(frame: Frame, report: Report) -> Table:
    rows = tuple(
        Row(
            cells=(
                asked.word(frame, "kind", total.kind),
                frame.say(f"class.{total.class_}"),
                total.accounts,
                Money(total.debit, total.currency) if total.debit else None,
                Money(total.credit, total.currency) if total.credit else None,
            )
        )
        for total in report.totals
    )
    debit, credit = (
        Money(sum(amounts), report.book.currency)
        for amounts in ([t.debit for t in report.totals], [t.credit for t in report.totals])
    )
    names = ("accounts.kind", "accounts.class", "accounts.number", "trial.debit", "trial.credit")
    return Table(
        title=frame.say("report.totals"),
        columns=tuple(
            Column(title=frame.say(name), align="end" if number > 1 else "start")
            for number, name in enumerate(names)
        ),
        rows=rows,
        foot=(Row(cells=(frame.say("report.sum"), None, None, debit, credit)),),
    )


def _top_sellers(frame: Frame, report: Report, names: dict[str, str], here: ApiCall) -> Chart:
    first = report.sellers[0] if report.sellers else None
    says = ""
    if first:
        value = shown.money(Money(first.earned, report.book.currency), frame.lang)
        says = frame.say("report.says.peak", at=names[first.seller], value=value)
    return Chart(
        key="top_sellers",
        question=_say(frame, "report.chart.top_sellers"),
        summary=says,
        x=tuple(names[seller.seller] for seller in report.sellers),
        x_title=frame.say("orders.seller"),
        series=(
            Series(
                name=frame.say("report.earned"),
                values=tuple(seller.earned for seller in report.sellers),
                colour=1,
            ),
        ),
        unit=Unit(kind="money", currency=report.book.currency),
        basis="assumed",
        shape="ranked",
        api_call=here,
    )


def _sellers(frame: Frame, report: Report, names: dict[str, str]) -> Table:
    rows = tuple(
        Row(
            cells=(
                _seller(frame, seller.seller, names[seller.seller]),
                seller.orders,
                Money(seller.earned, report.book.currency),
            )
        )
        for seller in report.sellers
    )
    return Table(
        title=frame.say("report.sellers"),
        columns=(
            Column(title=frame.say("orders.seller"), wide=True),
            Column(title=frame.say("orders"), align="end"),
            Column(title=frame.say("report.earned"), align="end", basis="assumed"),
        ),
        rows=rows,
    )


def _seller(frame: Frame, shown_id: str, name: str) -> Cell:
    return name if frame.alone else Link(name, frame.to(f"sellers/{shown_id}"))


def _anomalies(frame: Frame, report: Report) -> Table:
    rows = tuple(_anomaly(frame, anomaly) for anomaly in report.anomalies)
    return Table(
        title=frame.say("report.anomalies"),
        columns=(
            Column(title=frame.say("report.anomaly")),
            Column(title=frame.say("report.count"), align="end"),
            Column(title=frame.say("report.concerned"), align="end"),
            Column(title=frame.say("report.rule"), wide=True),
            Column(title=frame.say("report.code")),
        ),
        rows=rows,
        note=frame.say("report.anomalies.means" if rows else "report.no_anomalies"),
    )


def _anomaly(frame: Frame, anomaly: Anomaly) -> Row:
    amounts = tuple(Money(amount, currency) for currency, amount in anomaly.amounts.items())
    return Row(
        cells=(
            _said(frame, anomaly.code, "title"),
            anomaly.count,
            (amounts[0] if len(amounts) == 1 else Several(amounts)) if amounts else None,
            _said(frame, anomaly.code, "rule"),
            Code(anomaly.code),
        )
    )


def _said(frame: Frame, code: str, part: str) -> str:
    """An anomaly of the history, or a problem by whose code the money did not follow."""
    for key in (f"anomaly.{code}.{part}", f"console.refused.{code}.{part}"):
        if key in i18n.catalogue():
            return text(key, frame.lang)
    key = f"problem.{code}.title"
    return text(key, frame.lang) if part == "title" and key in i18n.catalogue() else ""


def _terms(frame: Frame, report: Report, row: ReplayRow) -> Table:
    """What was assumed because history does not hold it, by its name in marketplace.toml."""
    source, payments = row.sections.get("source", {}), row.sections.get("payments", {})
    given = row.sections.get("given", [])
    history = [
        (f"history.{n}", n, source.get(n), n not in source.get("assumed", []))
        for n in ("currency", "time_zone", "cancellation_delay_days")
    ]
    terms = [
        (f"payments.{n}", n, payments.get(n), "payments" in given) for n in Terms.__struct_fields__
    ]
    rows = tuple(
        Row(
            cells=(
                _say(frame, f"report.term.{name}"),
                _term(frame, report, name, value),
                frame.say("report.given" if stands else "report.default"),
                Code(setting),
            )
        )
        for setting, name, value, stands in (*history, *terms)
    )
    return Table(
        title=frame.say("report.terms"),
        columns=(
            Column(title=frame.say("report.term"), wide=True),
            Column(title=frame.say("report.value"), align="end", basis="assumed"),
            Column(title=frame.say("report.source")),
            Column(title=frame.say("report.setting")),
        ),
        rows=rows,
    )  # fmt: skip


def _term(frame: Frame, report: Report, name: str, value: object) -> Cell:
    if isinstance(value, bool):
        return frame.say("yes" if value else "no")
    if name.endswith("_rate"):
        return Share(Decimal(str(value)))
    if name in ("subsidy_max", "payout_min"):
        return Money(int(str(value)), report.book.currency)
    key = f"report.term.{name}.{value}"
    return text(key, frame.lang) if key in i18n.catalogue() else str(value)


def _notes(frame: Frame, report: Report, row: ReplayRow) -> tuple[str, ...]:
    notes = [
        frame.say("report.note.basis"),
        frame.say("report.note.hash", hash=row.verification.get("ledger_hash", "")),
    ]
    orders = next((f.value for f in report.figures if f.key == "orders"), 0)
    if row.sections.get("source", {}).get("layout") == "olist" and orders < OLIST_ORDERS:
        part = shown.share(Share(Decimal(orders) / OLIST_ORDERS, 0), frame.lang)
        whole = shown.number(OLIST_ORDERS, frame.lang)
        notes.insert(0, frame.say("report.note.sample", part=part, whole=whole))
    return tuple(notes)
