"""What a loan of a product would cost, told before anything is signed. No I/O.

The cap is held against the compound form of the yearly rate (IRR), the higher of China's two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from huoshui.catalog import CheckedProduct, Product, Said
from huoshui.core import money
from huoshui.core.errors import Problem
from huoshui.lines.lending.product.model import LoanTables, read_tables
from huoshui.lines.lending.quote import Quote, quote
from huoshui.lines.lending.rates.apr import percent
from huoshui.lines.lending.schedule import Drawdown, Terms

FIGURES = frozenset(
    {"amount", "instalments", "rate", "irr_simple", "irr_compound", "aprc", "interest", "total", "instalment", "fee",
     "overdue_rate"}
)  # fmt: skip


class RateAboveCap(Problem):
    """The yearly rate would be above what the product may cost; the problem names both."""

    code = "rate_above_cap"
    status = 422


class OverdueAboveLaw(Problem):
    """What is overdue would cost more than so many times the contract's rate; the problem names both."""

    code = "overdue_rate_above_law"
    status = 422


class AmountOutside(Problem):
    """The amount or the number of instalments is none of this product's."""

    code = "loan_outside_product"
    status = 422


class NoPrice(Problem):
    """The product's expression gives no price for this application."""

    code = "no_loan_price"
    status = 422


class Asked(msgspec.Struct, frozen=True):
    """Which loan: an amount in minor units, a number of instalments, from a day."""

    amount: int
    instalments: int
    on: date


class ProductQuote(msgspec.Struct, frozen=True):
    """The schedule with its yearly rates, and what is disclosed of it in both languages."""

    asked: Asked
    rate_annual: Decimal
    quote: Quote
    disclosures: tuple[Said, ...]


def asked_facts(product: Product, asked: Asked) -> dict[str, Any]:
    """What an application says, as the expressions of its product read it."""
    amount = {"amount": asked.amount, "currency": product.currency}
    said = {"asked.amount": amount, "asked.instalments": asked.instalments}
    return said | {"asked.on": asked.on.isoformat()}


def priced(checked: CheckedProduct, name: str, facts: Mapping[str, Any]) -> Decimal:
    """What an expression of a product asks over facts that its schema has read.

    Raises ExpressionWithoutValue and NoPrice.
    """
    value = checked.price(name, facts)
    if value is None or value < 0:
        raise NoPrice(name=name, value=str(value))
    return Decimal(value)


def quote_checked(checked: CheckedProduct, asked: Asked, others: Mapping[str, Any]) -> ProductQuote:
    """What it would cost, at the price of the product's own expression over these facts.

    Raises FactsUnreadable, ExpressionWithoutValue, NoPrice and what `quote_product` does.
    """
    facts = checked.schema.read({**others, **asked_facts(checked.product, asked)})
    rate = priced(checked, "rate_annual", facts)
    return quote_product(checked.product, asked, rate)


def quote_product(product: Product, asked: Asked, rate_annual: Decimal) -> ProductQuote:
    """What it would cost at a rate. Raises what `loan_quote` does."""
    found = loan_quote(product, asked, rate_annual)
    return ProductQuote(asked, rate_annual, found, _told(product, asked, rate_annual, found))


def loan_quote(product: Product, asked: Asked, rate_annual: Decimal) -> Quote:
    """The loan alone. Raises AmountOutside, BadLoanTerms, RateAboveCap, OverdueAboveLaw, NoRate."""
    tables = read_tables(product.tables)
    within = product.amount.min <= asked.amount <= product.amount.max
    if not within or asked.instalments not in tables.terms.instalments:
        raise AmountOutside(
            least=_shown(product.amount.min, product), most=_shown(product.amount.max, product),
            instalments=", ".join(map(str, tables.terms.instalments)),
        )  # fmt: skip
    _overdue_within(tables, Fraction(rate_annual))
    terms = tables.schedule_terms(asked.on, asked.amount, asked.instalments, Fraction(rate_annual))
    fee = tables.partners.held_back(asked.amount)
    drawn = [Drawdown(asked.on, asked.amount)]
    return quote_within(terms, drawn, Decimal(tables.law.cap_annual), fee)


def _overdue_within(tables: LoanTables, rate_annual: Fraction) -> None:
    """That what is overdue costs no more than the law allows; a loan without interest names no multiple."""
    times, rate = tables.law.overdue_times, tables.overdue_rate(rate_annual)
    if times is not None and rate_annual and rate > rate_annual * Fraction(times):
        raise OverdueAboveLaw(rate=_percent(rate), most=_percent(rate_annual * Fraction(times)))


def _percent(rate: Fraction) -> str:
    return percent(Decimal(rate.numerator) / Decimal(rate.denominator))


def quote_within(terms: Terms, drawn: Sequence[Drawdown], cap: Decimal, fee: int = 0) -> Quote:
    """What drawdowns would cost, if that is within a cap; `fee` is held back of the first.

    Raises RateAboveCap, NoRate.
    """
    found = quote(terms, drawn, fee)
    if found.rates.china.compound > cap:
        raise RateAboveCap(rate=percent(found.rates.china.compound), cap=percent(cap))
    return found


def _told(product: Product, asked: Asked, rate: Decimal, found: Quote) -> tuple[Said, ...]:
    rates, sums, tables = found.rates, found.sums, read_tables(product.tables)
    figures = {
        "amount": _shown(asked.amount, product),
        "instalments": str(asked.instalments),
        "rate": f"{percent(rate)}%",
        "irr_simple": f"{percent(rates.china.simple)}%",
        "irr_compound": f"{percent(rates.china.compound)}%",
        "aprc": f"{percent(rates.eu)}%",
        "interest": _shown(sums.interest, product),
        "total": _shown(sums.total, product),
        "instalment": _shown(sums.instalment, product),
        "fee": _shown(found.fee, product),
        "overdue_rate": f"{_percent(tables.overdue_rate(Fraction(rate)))}%",
    }
    return tuple(said.filled(figures) for said in product.disclosures)


def _shown(amount: int, product: Product) -> str:
    digits = money.digits(product.currency)
    return f"{money.major(amount, product.currency):,.{digits}f} {product.currency}"
