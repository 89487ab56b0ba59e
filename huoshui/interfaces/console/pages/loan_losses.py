"""Expected credit losses: by product and stage, between which stages loans moved, why it changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Chart,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Link,
    Row,
    Series,
    Share,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.loans import of_product, stage_of
from huoshui.lines.lending import portfolio
from huoshui.lines.lending.day import store as days
from huoshui.lines.lending.portfolio import Losses, RollForward, store
from huoshui.lines.lending.portfolio.service import KINDS, STAGES
from huoshui.lines.lending.portfolio.store import RiskSum

_DAY = timedelta(days=1)
_DRAWN = 60  # days in the chart
_COLOURS = {1: 3, 2: 2, 3: 4}


def loan_losses_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """What is expected to be lost as the last closed day found it, and how it came to that."""
    product, until = frame.asked("product"), asked.day(frame, "until")
    found = portfolio.losses(tx, until, product)
    head: dict[str, Any] = {
        "title": frame.say("loan_losses"),
        "lead": frame.say("loan_losses.lead"),
        "crumbs": (asked.home(frame), Link(frame.say("loans"), frame.to("loans"))),
        "links": (Link(frame.say("loss_rules"), frame.to("loss-rules")),),
    }
    if found.day is None or not found.rows:
        return AnalysisPage(
            **head,
            empty=Empty(
                title=frame.say("loan_losses.none"), detail=frame.say("loan_losses.none.detail"),
                command="huoshui loan losses FILE --cause …",
            ),
            tables=(_rules(tx, frame),),
            api_calls=(ApiCall(path="/v1/loan-losses"),),
        )  # fmt: skip
    since = asked.day(frame, "since") or found.day.replace(day=1) - _DAY
    changes = portfolio.roll_forward(tx, since, found.day, product)
    query = asked.query(product=product, until=f"{found.day}")
    return AnalysisPage(
        **head,
        period=frame.say("loans.as_of", day=f"{found.day}"),
        filters=(
            of_product(tx, frame),
            Filter(name="since", label=frame.say("loan_losses.since"), kind="date", value=f"{since}"),
            Filter(name="until", label=frame.say("loan_losses.until"), kind="date",
                   value=f"{found.day}"),
        ),
        figures=_figures(frame, found),
        charts=(
            *_held(tx, frame, found.day, product),
            *(_forward_chart(frame, change) for change in changes),
            *_coverage(frame, found),
        ),
        tables=(
            _by_stage(frame, found), *(_forward(frame, change) for change in changes),
            *(_moved(frame, change) for change in changes if change.moved),
            _traced(frame, found, product, latest=until is None), _rules(tx, frame),
        ),
        notes=tuple(frame.say(f"loan_losses.note.{n}") for n in ("model", "stages", "trace")),
        api_calls=(
            ApiCall(path=f"/v1/loan-losses?{query}"),
            ApiCall(path=f"/v1/loan-loss-changes?{query}&since={since}"),
            ApiCall(path="/v1/loan-loss-rules"),
        ),
    )  # fmt: skip


def _currencies(rows: Sequence[RiskSum]) -> list[str]:
    return sorted({row.currency for row in rows})


def _share(part: int, whole: int) -> Share | None:
    return Share(Decimal(part) / whole, 2) if whole else None


def _figures(frame: Frame, found: Losses) -> tuple[Figure, ...]:
    figures: list[Figure] = []
    for currency in _currencies(found.rows):
        own = [row for row in found.rows if row.currency == currency]
        gross, held = sum(r.gross for r in own), sum(r.held + r.provided for r in own)
        impaired = [r for r in own if r.stage == 3]
        figures += [
            Figure(label=frame.say("loan_losses.held"), value=Money(held, currency)),
            Figure(label=frame.say("loans.gross"), value=Money(gross, currency)),
            Figure(label=frame.say("loan_losses.coverage"), value=_share(held, gross)),
            Figure(label=frame.say("loan_losses.impaired"),
                   value=_share(sum(r.gross for r in impaired), gross), tone="warn"),
            Figure(label=frame.say("loan_losses.covered_3"),
                   value=_share(sum(r.held for r in impaired), sum(r.gross for r in impaired))),
        ]  # fmt: skip
    return tuple(figures)


def _by_stage(frame: Frame, found: Losses) -> Table:
    names = (
        "product",
        "stage",
        "loans",
        "gross",
        "undrawn",
        "held",
        "uncovered",
        "provided",
        "coverage",
        "suspended",
    )
    money = frozenset({"gross", "undrawn", "held", "uncovered", "provided", "suspended"})
    rows = [
        Row(
            href=frame.to(f"loans?product={r.product}&stage={r.stage}"),
            cells=(
                r.product, stage_of(frame, r.stage), r.loans, Money(r.gross, r.currency),
                Money(r.undrawn, r.currency), Money(r.held, r.currency),
                Money(r.uncovered, r.currency), Money(r.provided, r.currency),
                _share(r.held + r.provided, r.gross), Money(r.suspended, r.currency),
            ),
        )
        for r in found.rows
    ]  # fmt: skip
    foot = []
    for currency in _currencies(found.rows):
        own = [row for row in found.rows if row.currency == currency]
        sums = {n: sum(getattr(r, n) for r in own) for n in ("loans", *money)}
        foot.append(
            Row(
                strong=True,
                cells=(
                    frame.say("loan_losses.all"), None, sums["loans"],
                    *(Money(sums[n], currency) for n in ("gross", "undrawn", "held", "uncovered", "provided")),
                    _share(sums["held"] + sums["provided"], sums["gross"]),
                    Money(sums["suspended"], currency),
                ),
            )
        )  # fmt: skip
    return Table(
        title=frame.say("loan_losses.by_stage"),
        columns=tuple(
            Column(
                title=frame.say(f"loan_losses.{name}"), hint=_hint(frame, name), money=name in money,
                align="start" if name in ("product", "stage") else "end",
            )
            for name in names
        ),
        rows=tuple(rows),
        foot=tuple(foot),
    )  # fmt: skip


def _hint(frame: Frame, name: str) -> str:
    return (
        frame.say(f"loan_losses.{name}.means")
        if name in ("uncovered", "provided", "suspended")
        else ""
    )


def _held(tx: Tx, frame: Frame, day: date, product: str) -> list[Chart]:
    """What was held at the end of each closed day, by stage."""
    told = store.held_by_day(tx, day - timedelta(days=2 * _DRAWN), product)
    charts = []
    for currency in sorted({row[1] for row in told}):
        sums = {(d, stage): held for d, c, stage, _, held in told if c == currency and d <= day}
        on = sorted({d for d, _ in sums})[-_DRAWN:]
        last = sum(sums.get((on[-1], stage), 0) for stage in STAGES) if on else 0
        charts.append(
            Chart(
                key=f"held-{currency}",
                question=frame.say("loan_losses.held.question"),
                summary=frame.say(
                    "loan_losses.held.says", amount=shown.money(Money(last, currency), frame.lang), days=len(on)
                ),
                x=tuple(on),
                x_title=frame.say("overview.day"),
                series=tuple(
                    Series(
                        name=stage_of(frame, stage).text, stack="held", colour=_COLOURS[stage],
                        values=tuple(sums.get((d, stage), 0) for d in on),
                        shape="area" if len(on) > 1 else "bar",
                    )
                    for stage in STAGES
                ),
                unit=Unit(kind="money", currency=currency),
                api_call=ApiCall(path="/v1/loan-losses"),
            )
        )  # fmt: skip
    return charts


def _forward_chart(frame: Frame, change: RollForward) -> Chart:
    """Opening, each reason, closing."""
    named = [(kind, sum(change.flows[kind].values())) for kind in KINDS if kind != "transfer"]
    bars = [("opening", sum(change.opening.values())), *named,
            ("closing", sum(change.closing.values()))]  # fmt: skip
    return Chart(
        key=f"forward-{change.currency}",
        question=frame.say("loan_losses.forward.question", since=f"{change.since}", until=f"{change.until}"),
        summary=frame.say(
            "loan_losses.forward.says",
            **{name: shown.money(Money(amount, change.currency), frame.lang) for name, amount in bars},
        ),
        x=tuple(frame.say(f"loan_losses.kind.{name}") for name, _ in bars),
        x_title=frame.say("loan_losses.reason"),
        series=(Series(name=frame.say("loan_losses.held"), values=tuple(n for _, n in bars), colour=1),),
        unit=Unit(kind="money", currency=change.currency),
        api_call=ApiCall(path=f"/v1/loan-loss-changes?since={change.since}&until={change.until}"),
    )  # fmt: skip


def _coverage(frame: Frame, found: Losses) -> list[Chart]:
    """What part of each product's loans is held, by stage."""
    charts = []
    for currency in _currencies(found.rows):
        own = {(r.product, r.stage): r for r in found.rows if r.currency == currency}
        names = sorted({product for product, _ in own})
        values = {
            stage: tuple(
                Decimal(own[n, stage].held) / own[n, stage].gross
                if (n, stage) in own and own[n, stage].gross else None
                for n in names
            )
            for stage in STAGES
        }  # fmt: skip
        charts.append(
            Chart(
                key=f"coverage-{currency}",
                question=frame.say("loan_losses.coverage.question"),
                summary=frame.say("loan_losses.coverage.says", n=len(names)),
                x=tuple(names),
                x_title=frame.say("loan_losses.product"),
                series=tuple(
                    Series(name=stage_of(frame, stage).text, values=values[stage], colour=_COLOURS[stage])
                    for stage in STAGES
                ),
                unit=Unit(kind="share"),
                wide=True,
                api_call=ApiCall(path="/v1/loan-losses"),
            )
        )  # fmt: skip
    return charts


def _forward(frame: Frame, change: RollForward) -> Table:
    lines = [("opening", change.opening), *((kind, change.flows[kind]) for kind in KINDS),
             ("closing", change.closing)]  # fmt: skip
    return Table(
        title=frame.say("loan_losses.forward", since=f"{change.since}", until=f"{change.until}"),
        columns=(
            Column(title=frame.say("loan_losses.reason")),
            *(Column(title=stage_of(frame, s).text, align="end", money=True) for s in STAGES),
            Column(title=frame.say("loan_losses.all"), align="end", money=True),
        ),
        rows=tuple(
            Row(
                strong=name in ("opening", "closing"),
                cells=(
                    frame.say(f"loan_losses.kind.{name}"),
                    *(Money(sums[s], change.currency) for s in STAGES),
                    Money(sum(sums.values()), change.currency),
                ),
            )
            for name, sums in lines
        ),
        note=frame.say(
            "loan_losses.forward.holds" if change.holds else "loan_losses.forward.broken"
        ),
    )


def _moved(frame: Frame, change: RollForward) -> Table:
    """Loans that went from a stage to another, as often as they did."""
    return Table(
        title=frame.say("loan_losses.moved"),
        columns=(
            Column(title=frame.say("loan_losses.from")),
            *(Column(title=f"→ {stage_of(frame, s).text}", align="end") for s in STAGES),
        ),
        rows=tuple(
            Row(cells=(stage_of(frame, a), *(change.moved.get((a, b), 0) if a != b else None for b in STAGES)))
            for a in STAGES
        ),
        note=frame.say("loan_losses.moved.note"),
    )  # fmt: skip


def _traced(frame: Frame, found: Losses, product: str, *, latest: bool) -> Table:
    """The same figures on the ledger."""
    told: dict[tuple[str, str], int] = {}
    for row in found.rows:
        place = (row.product, row.currency)
        told[place] = told.get(place, 0) + row.held + row.provided
    rows = []
    for (name, currency), amount in sorted(told.items()):
        books = found.on_ledger.get((name, currency), 0)
        path = f"allowance:{name}:"
        rows.append(
            Row(
                href=frame.to(f"accounts?prefix={path}"),
                cells=(
                    Link(path + "…", frame.to(f"accounts?prefix={path}")), Money(amount, currency),
                    Money(books, currency), Money(books - amount, currency),
                ),
                strong=books != amount and latest,
            )
        )  # fmt: skip
    names = ("account", "told", "books", "apart")
    return Table(
        title=frame.say("loan_losses.traced"),
        columns=tuple(
            Column(title=frame.say(f"loan_losses.{name}"), align="start" if not n else "end", money=bool(n))
            for n, name in enumerate(names)
        ),
        rows=tuple(rows),
        note=frame.say("loan_losses.traced.note" if latest else "loan_losses.traced.later"),
    )  # fmt: skip


def _rules(tx: Tx, frame: Frame) -> Table:
    """The parameters, as they were said."""
    names = (
        "product",
        "since",
        "scenario",
        "weight",
        "lgd",
        "pd",
        "pd_risen",
        "ccf",
        "sicr",
        "cause",
        "actor",
    )
    rows = [
        Row(
            cells=(
                row.product or frame.say("loan_losses.others"), row.since, each["name"],
                Share(Decimal(each["weight"])), Share(Decimal(each["lgd"])),
                _years(each["pd_annual"]), _years(each.get("pd_risen", [])) or None,
                Share(Decimal(row.rules.get("ccf", "0"))),
                frame.say("loan_losses.sicr.days", **{"sicr_days": 30, "default_days": 90, "cure_days": 90,
                          "watch_days": 0} | row.rules.get("staging", {})),
                row.cause, row.actor,
            ),
            joined=n > 0,
        )
        for row in days.all_rules(tx, 20)
        for n, each in enumerate(row.rules["scenarios"])
    ]  # fmt: skip
    return Table(
        title=frame.say("loan_losses.rules"),
        columns=tuple(
            Column(title=frame.say(f"loan_losses.{name}"), wide=name == "cause",
                   align="end" if name in ("weight", "lgd", "ccf") else "start")
            for name in names
        ),
        rows=tuple(rows),
        note=frame.say("loan_losses.rules.note"),
        empty=Empty(
            title=frame.say("loan_losses.no_rules"), detail=frame.say("loan_losses.no_rules.detail"),
            command="huoshui loan losses FILE --cause …",
        ),
    )  # fmt: skip


def _years(parts: list[str]) -> str:
    return " · ".join(f"{Decimal(pd) * 100:.2f} %" for pd in parts)
