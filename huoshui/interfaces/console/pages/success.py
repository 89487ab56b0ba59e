"""What payments succeed and cost: how far they come, why not, what goes back, what rails keep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from huoshui.core.db import Tx
from huoshui.core.money import Money
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
from huoshui.lines.payments.payment.analysis_store import Cost, Daily, Reached

_DAYS = 30
_STEPS = ("created", "confirmed", "authorised", "captured")


def success_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """Thirty days of payments, and what rails kept."""
    first = asked.day_of(frame, tx.now) - timedelta(days=_DAYS - 1)
    since = asked.start_of(frame, first)
    means = store.reached(tx, since)
    days = store.days(tx, since, frame.zone)
    costs = store.costs(tx)
    return AnalysisPage(
        title=frame.say("success"),
        lead=frame.say("success.lead", days=_DAYS),
        crumbs=(asked.home(frame), Link(frame.say("payments"), frame.to("payments"))),
        figures=_figures(frame, days, costs),
        charts=(*_funnel(frame, means), *_daily(frame, days)),
        tables=(_declines(tx, frame, since), _costs(frame, costs)),
        notes=(frame.say("success.note"),),
        api_calls=(
            ApiCall(path="/v1/payments?limit=100"),
            ApiCall(path="/v1/rails/calls?state=declined", note=frame.say("success.codes")),
            ApiCall(path="/v1/accounts?prefix=rail:", note=frame.say("success.rails")),
        ),
    )


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
    shown = sorted({d.day for d in days})
    made = {day: sum(d.made for d in days if d.day == day) for day in shown}
    good = {day: sum(d.succeeded for d in days if d.day == day) for day in shown}
    return (
        Chart(
            key="days",
            question=frame.say("success.days"),
            summary=frame.say(
                "success.days.says", captured=sum(good.values()), made=sum(made.values())
            ),
            x=tuple(shown),
            x_title=frame.say("success.day"),
            unit=Unit(kind="count"),
            wide=True,
            series=(
                Series(name=frame.say("success.captured"), stack="all", colour=3,
                       values=tuple(good[day] for day in shown)),
                Series(name=frame.say("success.others"), stack="all", colour=4,
                       values=tuple(made[day] - good[day] for day in shown)),
            ),
            api_call=ApiCall(path="/v1/payments?limit=100"),
        ),
    )  # fmt: skip


def _declines(tx: Tx, frame: Frame, since: datetime) -> Table:
    found = store.declines(tx, since)
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
    return Table(
        title=frame.say("success.rails"),
        columns=(
            Column(title=frame.say("payments.rail"), wide=True),
            Column(title=frame.say("success.brought"), align="end", money=True),
            Column(title=frame.say("success.fees"), align="end", money=True),
            Column(title=frame.say("success.hundred"), align="end"),
        ),
        rows=tuple(
            Row(
                cells=(
                    each.rail,
                    Money(each.brought, each.currency),
                    Money(each.fees, each.currency),
                    _ratio(each.fees, each.brought),
                )
            )
            for each in costs
        ),
        note="" if costs else frame.say("success.no_fees"),
    )
