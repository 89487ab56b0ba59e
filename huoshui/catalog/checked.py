"""A product whose expressions are read and checked: who gets it, at which price. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from huoshui.catalog.file import bad
from huoshui.catalog.line import Line
from huoshui.catalog.model import Product, Rule
from huoshui.core.errors import FieldError
from huoshui.core.expr import BOOLEAN, Expression, Schema, expression_of


class Refusal(msgspec.Struct, frozen=True):
    """A rule that does not hold; `unknown` where facts are missing rather than against it."""

    rule: Rule
    unknown: bool


class CheckedProduct(msgspec.Struct, frozen=True):
    """A product with its expressions, and the facts that it reads."""

    product: Product
    schema: Schema
    rules: tuple[tuple[Rule, Expression], ...]
    prices: dict[str, Expression]
    facts: tuple[str, ...]

    def refusals(self, facts: Mapping[str, Any]) -> list[Refusal]:
        """The rules that do not hold over facts that the schema has read; none: it is given."""
        answers = [(rule, test.answer(facts)) for rule, test in self.rules]
        return [Refusal(rule, a.value is None) for rule, a in answers if not a.holds]

    def price(self, name: str, facts: Mapping[str, Any]) -> Any:
        """A price over facts that the schema has read. Raises ExpressionWithoutValue."""
        return self.prices[name].value(facts)


def check(product: Product, line: Line, others: Schema, sources: Collection[str]) -> CheckedProduct:
    """The product, if all that it says means something here. Raises BadProduct with every fault.

    `others` are the facts that are known beside those of the line; `sources` names those of them
    that something here provides.
    """
    schema = Schema((*line.facts.facts, *others.facts))
    provided = {*line.facts.by_name, *sources}
    faults: list[FieldError] = []
    rules = [
        (rule, expression_of(f"/eligibility/{n}/test", rule.test, BOOLEAN, schema, faults))
        for n, rule in enumerate(product.eligibility)
    ]
    faults += _prices_named(product, line)
    prices = {
        name: expression_of(f"/price/{name}", product.price[name], type_, schema, faults)
        for name, type_ in line.prices.items()
        if name in product.price
    }
    faults += _figures_named(product, line)
    found = [each for each in (*(test for _, test in rules), *prices.values()) if each]
    facts = tuple(sorted({name for each in found for name in each.names}))
    faults += [
        FieldError("", "product_fact", {"name": name}) for name in facts if name not in provided
    ]
    if faults:
        raise bad(*faults)
    return CheckedProduct(
        product,
        schema,
        tuple((rule, test) for rule, test in rules if test),
        {name: price for name, price in prices.items() if price},
        facts,
    )


def _prices_named(product: Product, line: Line) -> list[FieldError]:
    lacks = [
        FieldError(f"/price/{name}", "missing", {"field": name})
        for name in line.prices
        if name not in product.price
    ]
    strange = sorted(product.price.keys() - line.prices.keys())
    return lacks + [FieldError(f"/price/{name}", "unknown", {"field": name}) for name in strange]


def _figures_named(product: Product, line: Line) -> list[FieldError]:
    known = ", ".join(sorted(line.figures))
    return [
        FieldError(
            f"/disclosures/{n}/{lang}", "product_figure", {"name": name[:40], "known": known}
        )
        for n, said in enumerate(product.disclosures)
        for lang in ("en", "zh")
        for name in said.figures(lang)
        if name not in line.figures
    ]
