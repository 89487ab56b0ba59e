"""What lives of a product's loans show to be wrong with it. No I/O."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from huoshui.catalog import CheckedProduct
from huoshui.core import i18n
from huoshui.core.errors import FieldError, Problem
from huoshui.lines.lending.lint.lives import TrialLife
from huoshui.lines.lending.product.model import read_tables
from huoshui.lines.lending.product.quote import (
    Asked,
    OverdueAboveLaw,
    RateAboveCap,
    asked_facts,
    loan_quote,
    priced,
)

FROM = date(2024, 1, 31)  # a day that many months do not have
LIVES = 4
STEPS = 5


class LifeFault(FieldError, frozen=True):
    """A fault that a loan's life showed; it says what the problem says."""

    def detail(self, lang: str) -> str:
        """The sentence that names the fault, in the reader's language."""
        return i18n.text(f"field.{self.code}", lang, reason=self.facts["problem"].detail(lang))


def faults_of(checked: CheckedProduct, lives: int = LIVES) -> list[FieldError]:
    """The first fault that a loan of each size and so many random lives show; none if all is sound."""
    found = [fault for asked in _asked(checked) if (fault := _of_price(checked, asked))]
    if found:
        return found[:1]
    try:
        for number in range(lives):
            chance = random.Random(f"{checked.product.product}/{number}")  # noqa: S311
            asked = chance.choice(list(_asked(checked)))
            trial_of(checked, asked).at_random(chance, STEPS)
    except RateAboveCap:
        return []  # a drawdown that the loan itself would refuse
    except Problem as problem:
        return [LifeFault("/terms", "product_life", {"problem": problem})]
    return []


def trial_of(checked: CheckedProduct, asked: Asked) -> TrialLife:
    """A loan of a product at the product's own price, before its first drawdown."""
    product = checked.product
    rate = _rate(checked, asked)
    tables = read_tables(product.tables)
    return TrialLife(tables, product.product, product.currency, asked, str(rate or 0))


def _asked(checked: CheckedProduct) -> Iterator[Asked]:
    product = checked.product
    for count in read_tables(product.tables).terms.instalments:
        for amount in (product.amount.min, product.amount.max):
            yield Asked(amount, count, FROM)


def _rate(checked: CheckedProduct, asked: Asked) -> Decimal | None:
    """The price of an application that says no more than it must; None if that gives none."""
    try:
        facts = checked.schema.read(asked_facts(checked.product, asked))
        return priced(checked, "rate_annual", facts)
    except Problem:
        return None


def _of_price(checked: CheckedProduct, asked: Asked) -> FieldError | None:
    """A price above the product's own cap, for a loan that its rules would give."""
    rate = _rate(checked, asked)
    if rate is None:
        return None
    facts = checked.schema.read(asked_facts(checked.product, asked))
    if any(not each.unknown for each in checked.refusals(facts)):
        return None
    try:
        loan_quote(checked.product, asked, rate)
    except (RateAboveCap, OverdueAboveLaw) as problem:
        return LifeFault("/price/rate_annual", "product_life", {"problem": problem})
    return None
