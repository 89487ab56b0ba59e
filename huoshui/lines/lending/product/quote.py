"""What a loan of a product would cost, told before anything is signed. No I/O."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec

from huoshui.catalog import Product, Said
from huoshui.core import money
from huoshui.core.errors import Problem
from huoshui.lines.lending.product.model import LoanTables, read_tables
from huoshui.lines.lending.rates.apr import Flow, china_rate_of, eu_apr, percent
from huoshui.lines.lending.schedule import Drawdown, Row, schedule
from huoshui.lines.lending.schedule.rows import Totals, totals
from huoshui.lines.lending.time.calendar import Unit

FIGURES = frozenset(
    {"amount", "instalments", "rate", "irr_simple", "irr_compound", "aprc", "interest", "total", "instalment"}
)  # fmt: skip
_PERIODS: dict[Unit, int] = {"days": 365, "weeks": 52, "months": 12, "years": 1}
_YEAR_DAYS = Decimal(365)  # Directive 2008/48/EC, Annex I, remark (c)


class RateAboveCap(Problem):
    """The yearly rate would be above what the product may cost; the problem names both."""

    code = "rate_above_cap"
    status = 422


class AmountOutside(Problem):
    """The amount or the number of instalments is none of this product's."""

    code = "loan_outside_product"
    status = 422


class Asked(msgspec.Struct, frozen=True):
    """Which loan: an amount in minor units, a number of instalments, from a day, at a yearly rate."""

    amount: int
    instalments: int
    start: date
    rate_annual: Decimal


class Quote(msgspec.Struct, frozen=True):
    """The schedule, and the yearly rates: parts of one, of all that is paid over what is used.

    `irr_simple` is the periodic rate times the periods of a year, `irr_compound` compounded over
    the year (中国人民银行公告〔2021〕第3号); `aprc` by days of the Directive 2008/48/EC.
    """

    asked: Asked
    rows: tuple[Row, ...]
    totals: Totals
    irr_simple: Decimal
    irr_compound: Decimal
    aprc: Decimal
    disclosures: tuple[Said, ...]


def quote(product: Product, asked: Asked) -> Quote:
    """What it would cost. Raises AmountOutside, BadLoanTerms, RateAboveCap, NoRate."""
    tables = read_tables(product.tables)
    within = product.amount.min <= asked.amount <= product.amount.max
    if not within or asked.instalments not in tables.terms.instalments:
        raise AmountOutside(
            least=_shown(product.amount.min, product), most=_shown(product.amount.max, product),
            instalments=", ".join(map(str, tables.terms.instalments)),
        )  # fmt: skip
    terms = tables.schedule_terms(
        asked.start, asked.amount, asked.instalments, Fraction(asked.rate_annual)
    )
    rows = schedule(terms, [Drawdown(asked.start, asked.amount)])
    simple, compound, aprc = _rates(tables, asked, rows)
    cap = Decimal(tables.law.cap_annual)
    if compound > cap:
        raise RateAboveCap(rate=percent(compound), cap=percent(cap))
    found = Quote(asked, rows, totals(rows), simple, compound, aprc, ())
    return msgspec.structs.replace(found, disclosures=_told(product, found))


def _rates(
    tables: LoanTables, asked: Asked, rows: tuple[Row, ...]
) -> tuple[Decimal, Decimal, Decimal]:
    first = Flow(Decimal(asked.amount), Decimal(0))
    periods = Fraction(_PERIODS[tables.terms.unit], tables.terms.every)
    by_period = [
        Flow(Decimal(-row.total), Decimal(n))
        for n, row in enumerate((row for row in rows if not row.down_payment), 1)
    ]
    downs = [Flow(Decimal(-row.total), Decimal(0)) for row in rows if row.down_payment]
    china = china_rate_of([first, *downs, *by_period], 1)
    with_periods = Decimal(periods.numerator) / Decimal(periods.denominator)
    by_day = [
        Flow(Decimal(row.total), Decimal((row.due - asked.start).days) / _YEAR_DAYS) for row in rows
    ]
    compound = (1 + china.periodic) ** with_periods - 1
    return china.periodic * with_periods, compound, eu_apr([first], by_day)


def _told(product: Product, found: Quote) -> tuple[Said, ...]:
    figures = {
        "amount": _shown(found.asked.amount, product),
        "instalments": str(found.asked.instalments),
        "rate": f"{percent(found.asked.rate_annual)}%",
        "irr_simple": f"{percent(found.irr_simple)}%",
        "irr_compound": f"{percent(found.irr_compound)}%",
        "aprc": f"{percent(found.aprc)}%",
        "interest": _shown(found.totals.interest, product),
        "total": _shown(found.totals.total, product),
        "instalment": _shown(found.totals.instalment, product),
    }
    return tuple(
        Said(said.en.format_map(figures), said.zh.format_map(figures))
        for said in product.disclosures
    )


def _shown(amount: int, product: Product) -> str:
    digits = money.digits(product.currency)
    return f"{money.major(amount, product.currency):,.{digits}f} {product.currency}"
