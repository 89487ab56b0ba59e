"""`loan schedule` and `loan apr`: what a loan would ask, and what it costs a year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from huoshui.core import clock
from huoshui.core.money import major, parse_amount
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.lending.quote import Quote, quote, rates_of_payments
from huoshui.lines.lending.rates import ChinaRate
from huoshui.lines.lending.rates.apr import percent
from huoshui.lines.lending.schedule import BadLoanTerms, Basis, DownPayment, Drawdown, Row, Terms
from huoshui.lines.lending.time.calendar import DueRule

PARTS = {"30/360": Basis(month="30", year=360)}


class Asked(msgspec.Struct, frozen=True):
    """A loan as it is asked for: amounts as text, rate in per cent a year."""

    amount: str
    rate: str
    instalments: int
    start: str
    kind: str
    method: str
    every: int
    unit: str
    day_count: str
    month_end: str
    grace_principal: int
    grace_interest: int
    interest_free: int
    balloon: str
    down_payment: str
    multiple: str
    fee: str
    currency: str


class Flows(msgspec.Struct, frozen=True):
    """An amount received, and equal payments at the ends of periods."""

    amount: str
    payment: str
    count: int
    every: int
    unit: str
    fee: str
    currency: str


def run_schedule(asked: Asked, *, json: bool) -> None:
    """Print the instalments, their sums and the yearly rates."""
    terms = _terms(asked)
    drawn = [Drawdown(terms.start, parse_amount(asked.amount, asked.currency))]
    found = quote(terms, drawn, parse_amount(asked.fee, asked.currency))
    if json:
        terminal.print_json(document(found, asked.currency))
        return
    print_quote(found, asked.currency)


def print_quote(found: Quote, currency: str) -> None:
    """The instalments, their sums and the yearly rates of a quote."""
    heads = ("n", "due", "principal", "interest", "total", "balance")
    rows = [_cells(row, currency) for row in found.rows]
    terminal.table([say(f"loan.{head}") for head in heads], rows, numbers=(0, 2, 3, 4, 5))
    sums = found.sums
    told = {"principal": sums.principal, "interest": sums.interest, "total": sums.total}
    facts = {name: f"{major(amount, currency):,}" for name, amount in told.items()}
    terminal.out.print(say("loan.sums", currency=currency, **facts), highlight=False)
    _print_rates(_rates(found))


def run_apr(asked: Flows, *, json: bool) -> None:
    """Print the yearly rate of equal payments, in both forms of China's rule."""
    received = parse_amount(asked.amount, asked.currency) - parse_amount(asked.fee, asked.currency)
    paid = [parse_amount(asked.payment, asked.currency)] * asked.count
    found = rates_of_payments(received, paid, asked.unit, asked.every)
    if json:
        terminal.print_json(_china(found))
        return
    _print_rates(_china(found))


def _terms(asked: Asked) -> Terms:
    basis = PARTS.get(asked.day_count.lower()) or Basis(convention=asked.day_count)
    share = _number(asked.down_payment, "down-payment") / 100
    told: dict[str, Any] = {
        "start": day(asked.start),
        "rate_annual": _number(asked.rate, "rate") / 100,
        "instalments": asked.instalments,
        "due": DueRule(asked.every, asked.unit, asked.month_end),  # type: ignore[arg-type]
        "basis": basis,
        "kind": asked.kind,
        "method": asked.method,
        "grace_principal": asked.grace_principal,
        "grace_interest": asked.grace_interest,
        "interest_free": asked.interest_free,
        "balloon": parse_amount(asked.balloon, asked.currency),
        "down_payment": DownPayment(share) if share else None,
        "instalment_multiple": parse_amount(asked.multiple, asked.currency),
        "rounding": "half_up",
    }
    return Terms(**told)


def day(text: str) -> date:
    """A day of a calculation; today for an empty text. Raises BadLoanTerms."""
    if not text:
        return clock.system_now().date()
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise BadLoanTerms(field="start") from wrong


def _number(text: str, name: str) -> Fraction:
    try:
        return Fraction(text.removesuffix("%"))
    except (ValueError, ZeroDivisionError) as wrong:
        raise BadLoanTerms(field=name) from wrong


def _cells(row: Row, currency: str) -> list[str]:
    amounts = (row.principal, row.interest, row.total, row.balance)
    return [str(row.n), row.due.isoformat(), *(f"{major(a, currency):,}" for a in amounts)]


def _china(rate: ChinaRate) -> dict[str, str]:
    return {"cn_irr_pct": percent(rate.compound), "cn_simple_pct": percent(rate.simple)}


def _rates(found: Quote) -> dict[str, str]:
    rates = found.rates
    others = {"eu_aprc_pct": rates.eu, "us_apr_pct": rates.us}
    return _china(rates.china) | {name: percent(rate) for name, rate in others.items()}


def _print_rates(rates: dict[str, str]) -> None:
    for name, told in rates.items():
        terminal.out.print(say(f"loan.{name}", rate=told), highlight=False)


def document(found: Quote, currency: str) -> dict[str, Any]:
    """A quote as JSON: amounts in units of the currency."""

    def told(amount: int) -> Decimal:
        return major(amount, currency)

    rows = [
        {
            "n": row.n,
            "due": row.due,
            "principal": told(row.principal),
            "interest": told(row.interest),
            "total": told(row.total),
            "balance": told(row.balance),
        }
        for row in found.rows
    ]
    sums = {name: told(amount) for name, amount in msgspec.structs.asdict(found.sums).items()}
    return {
        "currency": currency,
        "rows": rows,
        "sums": sums,
        "fee": told(found.fee),
        "rates": _rates(found),
    }
