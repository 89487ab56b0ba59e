"""Factoring as the catalog knows it, and what a claim would cost under a product. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from huoshui.catalog import CheckedProduct, Product, Said
from huoshui.core import i18n, money
from huoshui.core.errors import FieldError, Problem
from huoshui.core.expr import DECIMAL, INTEGER, MONEY, Fact, Schema, Type
from huoshui.core.fields import field_error
from huoshui.lines.lending.factoring.model import NotFactorable
from huoshui.lines.lending.factoring.terms import Deal, Price, deal, read_factoring
from huoshui.lines.lending.funding import BadShares
from huoshui.lines.lending.product.quote import RateAboveCap, priced
from huoshui.lines.lending.rates.apr import percent

FACTS = Schema(
    (
        Fact("claim.face", MONEY, "Face of the claim", "应收金额", always=True),
        Fact("claim.days", INTEGER, "Days until it is due", "距到期天数", always=True),
    )
)
_DAYS_TRIED = 30
FIGURES = frozenset(
    {"face", "advance", "reserve", "fee", "days", "later", "rate", "yearly_simple", "yearly_compound"}
)  # fmt: skip


class Quote(msgspec.Struct, frozen=True):
    """What a seller is told before it agrees: the amounts, the yearly rates, what is disclosed."""

    deal: Deal
    disclosures: tuple[Said, ...]


class RuleFault(FieldError, frozen=True):
    """A rule of the product that does not hold; it says itself why."""

    def detail(self, lang: str) -> str:
        """The rule's own sentence, in the reader's language."""
        return str(self.facts["rule"].say(lang))


class _Factoring:
    """See `catalog.Line`."""

    name = "factoring"
    tables = frozenset({"factoring", "limits", "law", "funding"})
    prices: Mapping[str, Type] = {"fee": DECIMAL, "rate_annual": DECIMAL}
    facts = FACTS
    figures = FIGURES

    def faults(self, product: Product) -> list[FieldError]:
        """What is wrong with the tables: a field, or an advance of nothing or of all."""
        try:
            tables = read_factoring(product.tables)
            tables.funding.sharing()
        except msgspec.ValidationError as error:
            return [field_error(str(error))]
        except BadShares as problem:
            return [FieldError("/funding/funders", "factoring_funders", problem.facts)]
        stages = tables.factoring.stages
        if stages and (
            sum(Decimal(stage.share) for stage in stages) != 1
            or len({stage.name for stage in stages}) != len(stages)
        ):
            return [FieldError("/factoring/stages", "factoring_stages", {"count": len(stages)})]
        advanced = deal(tables, product.amount.min, 1, Price(Decimal(0), Decimal(0))).advance
        if 0 < advanced < product.amount.min:
            return []
        fault = {"low": "1", "high": str(product.amount.min - 1), "value": str(advanced)}
        return [FieldError("/factoring/advance_rate", "factoring_advance", fault)]

    def tried(self, product: CheckedProduct, lives: int | None = None) -> list[FieldError]:
        """A price above the product's own cap, of a claim of a month that it takes."""
        del lives  # what a claim costs follows from its face and its days alone
        days = min(_DAYS_TRIED, read_factoring(product.product.tables).factoring.days_most)
        for face in (product.product.amount.min, product.product.amount.max):
            try:
                quote(product, face, days)
            except RateAboveCap as problem:
                return [RateFault("/price", "product_life", {"problem": problem})]
            except Problem:
                continue  # it takes no such claim
        return []


class RateFault(FieldError, frozen=True):
    """A fault that a trial claim showed; it says what the problem says."""

    def detail(self, lang: str) -> str:
        """The sentence that names the fault, in the reader's language."""
        return i18n.text(f"field.{self.code}", lang, reason=self.facts["problem"].detail(lang))


def quote(checked: CheckedProduct, face: int, days: int) -> Quote:
    """What a claim would come to. Raises NotFactorable, NoPrice, RateAboveCap."""
    product = checked.product
    tables = read_factoring(product.tables)
    if not product.amount.min <= face <= product.amount.max:
        raise NotFactorable(reason="amount")
    if not 0 < days <= tables.factoring.days_most:
        raise NotFactorable(reason="days")
    said = {"claim.face": {"amount": face, "currency": product.currency}, "claim.days": days}
    facts = checked.schema.read(said)
    refused = checked.refusals(facts)
    if refused:
        errors = tuple(RuleFault(each.rule.name, "rule", {"rule": each.rule}) for each in refused)
        raise NotFactorable(reason=refused[0].rule.name, errors=errors)
    price = Price(priced(checked, "fee", facts), priced(checked, "rate_annual", facts))
    found = deal(tables, face, days, price)
    cap = Decimal(tables.law.cap_annual)
    if found.compound > cap:
        raise RateAboveCap(rate=percent(found.compound), cap=percent(cap))
    if found.fee_most > found.reserve:
        raise NotFactorable(reason="fee")
    return Quote(found, tuple(s.filled(_figures(found, product)) for s in product.disclosures))


def _figures(found: Deal, product: Product) -> dict[str, str]:
    def shown(amount: int) -> str:
        digits = money.digits(product.currency)
        return f"{money.major(amount, product.currency):,.{digits}f} {product.currency}"

    return {
        "face": shown(found.face),
        "advance": shown(found.advance),
        "reserve": shown(found.reserve),
        "fee": shown(found.fee_most),
        "later": shown(found.reserve - found.fee_most),
        "days": str(found.days),
        "rate": f"{percent(found.rate_annual)}%",
        "yearly_simple": f"{percent(found.simple)}%",
        "yearly_compound": f"{percent(found.compound)}%",
    }


FACTORING = _Factoring()
