"""Loans as products of the catalog: what a file's tables say, and what a product would cost.

`read` turns the tables of a file into options of a schedule; `quote_product` is what a customer is told
before anything is signed: the schedule, the yearly rates by law, the disclosures with their figures.
"""

from huoshui.lines.lending.product.line import LENDING
from huoshui.lines.lending.product.model import LoanTables, read_tables
from huoshui.lines.lending.product.quote import (
    Asked,
    ProductQuote,
    RateAboveCap,
    asked_facts,
    quote_checked,
    quote_product,
)

__all__ = [
    "LENDING", "Asked", "LoanTables", "ProductQuote", "RateAboveCap", "asked_facts", "quote_checked",
    "quote_product", "read_tables",
]  # fmt: skip
