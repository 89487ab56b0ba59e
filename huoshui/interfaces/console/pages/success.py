"""What payments succeed and cost: how far they come, why not, what goes back, what rails keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Chart,
    Code,
    Column,
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
from huoshui.lines.payments.payment import analysis_store as store
from huoshui.lines.payments.payment.analysis_store import Cost, Daily, Period, Reached

_DAYS = 30
_DAYS_MOST = 366
_STEPS = ("created", "confirmed", "authorised", "captured")
_COLOURS = (1, 3, 2, 5, 6, 4)


def success_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """The payments of the days that are asked for, else of the last thirty, and what rails kept."""
    first, last = _span(frame, asked.day_of(frame, tx.now))
    end = asked.start_of(frame, last + timedelta(days=1))
    period = Period(asked.start_of(frame, first), end, frame.zone)
    means = store.reached(tx, period)
    days = store.days(tx, period)
    costs = store.costs(tx, period)
    return AnalysisPage(
        title=frame.say("success"),
        lead=frame.say("success.lead"),
        crumbs=(asked.home(frame), Link(frame.say("payments"), frame.to("payments"))),
        filters=asked.days(frame),
        period=frame.say(
            "success.period",
            first=shown.day(first, frame.lang),
            last=shown.day(last, frame.lang),
            days=(last - first).days + 1,
        ),
        figures=_figures(frame, days, costs),
        charts=(*_funnel(frame, means), *_daily(frame, days), *_kept(frame, costs, first, last)),
        tables=(_declines(tx, frame, period), _costs(frame, costs)),
        notes=(frame.say("success.note"),),
        api_calls=(
            ApiCall(path="/v1/payments?limit=100"),
            ApiCall(path="/v1/rails/calls?state=declined", note=frame.say("success.codes")),
            ApiCall(path="/v1/accounts?prefix=rail:", note=frame.say("success.rails")),
        ),
    )


def _span(frame: Frame, today: date) -> tuple[date, date]:
    """The days that are asked for, a year at most; else the last thirty."""
    last = asked.day(frame, "to") or today
    first = asked.day(frame, "from") or last - timedelta(days=_DAYS - 1)
    first = min(first, last)
    return max(first, last - timedelta(days=_DAYS_MOST - 1)), last


def _ratio(part: int, whole: int) -> Share | None:
    return Share(Decimal(part) / whole, 2) if whole else None


def _figures(frame: Frame, days: Sequence[Daily], costs: Sequence[Cost]) -> tuple[Figure, ...]:
    made, succeeded = sum(d.made for d in days), sum(d.succeeded for d in days)
    own = [d for d in days if d.currency == frame.currency]
    captured = sum(d.captured for d in own)
    brought = sum(c.brought for c in costs if c.currency == frame.currency)
    fees = sum(c.fees for c in costs if c.currency == frame.currency)
    return (
        Figure(label=frame.say("success.made"), value=made, href=frame.to("payments")),
        Figure(label=frame.say("success.rate"), value=_ratio(succeeded, made)),
        Figure(label=frame.say("success.refund_rate"),
               value=_ratio(sum(d.refunded for d in own), captured), href=frame.to("refunds")),
        Figure(label=frame.say("success.dispute_rate"),
               value=_ratio(sum(d.charged for d in own), captured), href=frame.to("disputes")),
        Figure(label=frame.say("success.kept"), value=Money(fees, frame.currency)
               if frame.currency else None),
        Figure(label=frame.say("success.cost"), value=_ratio(fees, brought)),
    )  # fmt: skip


def _funnel(frame: Frame, means: Sequence[Reached]) -> tuple[Chart, ...]:
    if not means:
        return ()
    return (
        Chart(
            key="funnel",
            question=frame.say("success.funnel"),
            summary=frame.say(
                "success.funnel.says",
                made=sum(m.created for m in means),
                captured=sum(m.captured for m in means),
            ),
            x=tuple(m.rail for m in means),
            x_title=frame.say("payments.rail"),
            unit=Unit(kind="count"),
            wide=True,
            series=tuple(
                Series(
                    name=frame.say(f"success.{step}"),
                    values=tuple(int(getattr(m, step)) for m in means),
                    colour=colour,
                )
                for colour, step in zip((7, 2, 1, 3), _STEPS, strict=True)
            ),
            api_call=ApiCall(path="/v1/payments?limit=100"),
        ),
    )


def _daily(frame: Frame, days: Sequence[Daily]) -> tuple[Chart, ...]:
    if not days:
        return ()
    listed = sorted({d.day for d in days})
    made = {day: sum(d.made for d in days if d.day == day) for day in listed}
    good = {day: sum(d.succeeded for d in days if d.day == day) for day in listed}
    return (
        Chart(
            key="days",
            question=frame.say("success.days"),
            summary=frame.say(
                "success.days.says", captured=sum(good.values()), made=sum(made.values())
            ),
            x=tuple(listed),
            x_title=frame.say("success.day"),
            unit=Unit(kind="count"),
            wide=True,
            series=(
                Series(name=frame.say("success.captured"), stack="all", colour=3,
                       values=tuple(good[day] for day in listed)),
                Series(name=frame.say("success.others"), stack="all", colour=4,
                       values=tuple(made[day] - good[day] for day in listed)),
            ),
            api_call=ApiCall(path="/v1/payments?limit=100"),
        ),
    )  # fmt: skip


def _kept(frame: Frame, costs: Sequence[Cost], first: date, last: date) -> tuple[Chart, ...]:
    """Fees day by day, by rail, in the book's currency; a day without any is there as well."""
    own = [c for c in costs if c.currency == frame.currency and c.fees]
    if not own:
        return ()
    listed = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    fees = {(c.day, c.rail): c.fees for c in own}
    rails = [rail for rail, _, total in _by_rail(own) if total]
    return (
        Chart(
            key="fees",
            question=frame.say("success.kept.question"),
            summary=frame.say(
                "success.kept.says",
                amount=shown.money(Money(sum(c.fees for c in own), frame.currency), frame.lang),
                rails=", ".join(rails),
            ),
            x=listed,
            x_title=frame.say("success.day"),
            unit=Unit(kind="money", currency=frame.currency),
            wide=True,
            series=tuple(
                Series(
                    name=rail,
                    stack="fees",
                    colour=_COLOURS[place % len(_COLOURS)],
                    values=tuple(fees.get((day, rail), 0) for day in listed),
                )
                for place, rail in enumerate(rails)
            ),
            api_call=ApiCall(path="/v1/accounts?prefix=rail:"),
        ),
    )


def _by_rail(costs: Iterable[Cost]) -> list[tuple[str, int, int]]:
    """What each rail brought and kept, the one that brought most first."""
    sums: dict[str, tuple[int, int]] = {}
    for each in costs:
        brought, fees = sums.get(each.rail, (0, 0))
        sums[each.rail] = (brought + each.brought, fees + each.fees)
    return sorted(((rail, *sum_) for rail, sum_ in sums.items()), key=lambda row: (-row[1], row[0]))


def _declines(tx: Tx, frame: Frame, period: Period) -> Table:
    found = store.declines(tx, period)
    return Table(
        title=frame.say("success.codes"),
        columns=(
            Column(title=frame.say("payments.rail")),
            Column(title=frame.say("success.code"), wide=True),
            Column(title=frame.say("success.times"), align="end"),
        ),
        rows=tuple(Row(cells=(each.rail, Code(each.code), each.times)) for each in found),
        note="" if found else frame.say("success.no_declines"),
    )


def _costs(frame: Frame, costs: Sequence[Cost]) -> Table:
    rows = []
    for unit in sorted({c.currency for c in costs}):
        for rail, brought, fees in _by_rail(c for c in costs if c.currency == unit):
            cells = (rail, Money(brought, unit), Money(fees, unit), _ratio(fees, brought))
            rows.append(Row(cells=cells))
    return Table(
        title=frame.say("success.rails"),
        columns=(
            Column(title=frame.say("payments.rail"), wide=True),
            Column(title=frame.say("success.brought"), align="end", money=True),
            Column(title=frame.say("success.fees"), align="end", money=True),
            Column(title=frame.say("success.hundred"), align="end"),
        ),
        rows=tuple(rows),
        note="" if costs else frame.say("success.no_fees"),
    )
