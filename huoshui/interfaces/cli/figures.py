"""Figures on a terminal: the outcome of a replay, and the claims with what was measured."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_currency, format_decimal
from rich.text import Text

from huoshui.core import i18n, money
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.terminal import say
from huoshui.scenarios.replay.driver import Outcome

_LOCALES = {"en": "en_GB", "zh": "zh_CN"}


def show_outcome(outcome: Outcome) -> None:
    """The report's figures, the anomalies, and whether the books hold."""
    report = outcome.row.report
    terminal.out.print()
    terminal.out.rule(Text(say("report", name=report["book"]["name"])))
    if report["book"]["generated"]:
        terminal.out.print(say("generated"), style="bold yellow")
    terminal.table(
        [say("figure"), say("value"), say("basis")],
        [_row(figure, report["book"]["currency"]) for figure in report["figures"]],
        numbers=(1,),
    )
    _anomalies(report)
    _verdict(outcome)


def _row(figure: dict[str, Any], currency: str) -> list[str]:
    lang = terminal.language()
    return [
        i18n.text(f"report.figure.{figure['key']}", lang),
        shown(figure["value"], figure["unit"], currency),
        say(f"basis.{figure['basis']}"),
    ]


def shown(value: int, unit: str, currency: str) -> str:
    """A report's integer as a person reads it."""
    locale = _LOCALES[terminal.language()]
    match unit:
        case "money":
            return format_currency(money.major(value, currency), currency, locale=locale)
        case "bp":
            return f"{format_decimal(money.major(value, 'CNY'), '0.00', locale=locale)} %"
        case "score":
            return format_decimal(money.major(value, "CNY"), "0.00", locale=locale)
        case "hours":
            return say("days", days=f"{value // 24}")
        case _:
            return format_decimal(value, locale=locale)


def _anomalies(report: dict[str, Any]) -> None:
    if not report["anomalies"]:
        return
    lang = terminal.language()
    terminal.out.print(f"\n{say('anomalies')}", style="bold")
    for anomaly in report["anomalies"]:
        title = i18n.text(f"anomaly.{anomaly['code']}.title", lang)
        rule = i18n.text(f"anomaly.{anomaly['code']}.rule", lang)
        terminal.out.print(f"  {anomaly['count']:>6,}  {title}", highlight=False)
        terminal.out.print(f"          {rule}", style="dim", highlight=False)


def _verdict(outcome: Outcome) -> None:
    check = outcome.row.verification
    rate = outcome.orders / outcome.seconds
    key = "verified" if check.get("holds") else "not_verified"
    terminal.out.print()
    terminal.out.print(
        say(
            key,
            transfers=f"{check.get('transfers', 0):,}",
            accounts=f"{check.get('accounts', 0):,}",
            orders=f"{check.get('orders', 0):,}",
        )
    )
    terminal.out.print(f"ledger_hash {check.get('ledger_hash', '')}", highlight=False)
    if not outcome.resumed:
        terminal.out.print(say("rate", seconds=f"{outcome.seconds:.1f}", rate=f"{rate:,.0f}"))
    for fault in check.get("faults", ()):
        terminal.err.print(f"  • {fault}", highlight=False)
