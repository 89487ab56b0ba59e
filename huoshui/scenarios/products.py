"""Which lines of business the catalog has, and the products that come along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Literal

from huoshui.catalog import CheckedProduct, Line, check
from huoshui.catalog.model import Product
from huoshui.core.errors import Problem
from huoshui.core.expr import Schema
from huoshui.lines.lending.factoring import FACTORING
from huoshui.lines.lending.product import LENDING, Asked, asked_facts, read_tables

LINES: Mapping[str, Line] = {LENDING.name: LENDING, FACTORING.name: FACTORING}
Use = Literal["checkout", "claims", "sales", "season"]
OTHERS = Schema(())  # facts beside those of an application: judgement will provide them
SOURCES: tuple[str, ...] = ()  # which of them something here provides
_GOLDEN = ("huoshui.lines.lending.product.golden", "huoshui.lines.lending.factoring.golden")
_CURRENCY = "CNY"


def checked(product: Product) -> CheckedProduct:
    """A product with its expressions read. Raises BadProduct."""
    return check(product, LINES[product.line], OTHERS, SOURCES)


def golden(currency: str = _CURRENCY) -> Iterator[tuple[str, str]]:
    """The products that come along, by name: their files, in a currency, their numbers as they are."""
    found = [file for place in _GOLDEN for file in resources.files(place).iterdir()]
    files = sorted(found, key=lambda file: file.name)
    for file in files:
        if file.name.endswith(".toml"):
            text = file.read_text(encoding="utf-8")
            yield file.name.removesuffix(".toml"), re.sub(rf"\b{_CURRENCY}\b", currency, text)


def use_of(product: CheckedProduct) -> Use:
    """Who would take a product: buyers at the checkout, or sellers their claims, their sales, a season."""
    if product.product.line == FACTORING.name:
        return "claims"
    tables = read_tables(product.product.tables)
    if tables.sales is not None:
        return "sales"
    return "season" if tables.limit is not None and tables.limit.seasons else "checkout"


class NotALoan(Problem):
    """A product of another line has no schedule; the problem names its line."""

    code = "product_not_a_loan"
    status = 409


def need_loan(product: Product) -> None:
    """Refuse what is no loan. Raises NotALoan."""
    if product.line != LENDING.name:
        raise NotALoan(product=product.product, line=product.line)


def refused_by(own: CheckedProduct, asked: Asked) -> list[str]:
    """The rules of a product that do not hold for an application, by name."""
    facts = own.schema.read(asked_facts(own.product, asked))
    return [each.rule.name for each in own.refusals(facts)]
