"""What a seller sold, and what it could borrow by that. No I/O."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core.errors import Problem
from huoshui.lines.lending.facility.limit import Base, Limit, Uplift
from huoshui.lines.lending.product import Asked, LoanTables
from huoshui.scenarios.products import Use

SEEN_DAYS = 91  # of payouts, before anything is lent: 13 weeks
MONTH = 30
REASONS = ("history", "has_one", "sales")  # why a seller has no offer, beside what its product says


class NoSellerLoan(Problem):
    """This product is not offered to this seller now; the problem says why."""

    code = "no_seller_loan"
    status = 409


class SellerLoanChanged(Problem):
    """What was agreed to is not what is offered now: look at it again."""

    code = "seller_loan_changed"
    status = 409


class Sold(msgspec.Struct, frozen=True):
    """A seller with the days of its payouts and what it had sold for each, less what went back; minor
    units, in order. Money that was lent to it is none of it."""

    seller: str
    region: str
    payouts: tuple[tuple[date, int], ...]

    @property
    def seen_on(self) -> date | None:
        """The first day on which enough of its payouts is seen."""
        return self.payouts[0][0] + timedelta(days=SEEN_DAYS) if self.payouts else None

    def monthly(self, day: date) -> Fraction:
        """What it sold in a month, of the time that is looked at before a day."""
        since = day - timedelta(days=SEEN_DAYS)
        sold = sum(amount for on, amount in self.payouts if since <= on < day)
        return Fraction(max(0, sold) * MONTH, SEEN_DAYS)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A product with a number of instalments, and how much a seller could have now, in minor units.

    `disclosure` is all that is told before the consent, `mark` names exactly this text; without them
    `reasons` say why not, each with both languages.
    """

    product: str
    version: int
    use: Use
    instalments: int
    amount: int
    currency: str
    name: dict[str, str]
    disclosure: dict[str, Any] | None = None
    mark: str = ""
    reasons: tuple[dict[str, Any], ...] = ()

    @property
    def open(self) -> bool:
        """Whether it may be taken."""
        return self.disclosure is not None


def most(checked: CheckedProduct, tables: LoanTables, sold: Sold, asked: Asked) -> int:
    """How much a seller could have by what it sold, minor units; 0 where that is less than the least.

    `asked.amount` bounds it, as the limit of a line does.
    """
    monthly = sold.monthly(asked.on)
    if tables.sales is not None:
        share, fee = Fraction(tables.sales.share), Fraction(tables.sales.fee)
        monthly = monthly * share * asked.instalments / (1 + fee)
    amount = min(int(monthly), asked.amount, checked.product.amount.max)
    return amount if amount >= checked.product.amount.min else 0


def season_limit(tables: LoanTables, day: date) -> int:
    """The limit of a seasonal line on a day, minor units: as its facility says when it is opened."""
    assert tables.limit is not None
    base = Base(since=day, amount=tables.limit.base, cause="base")
    uplifts = [
        Uplift(since=first, until=last, share=Fraction(season.share), cause=season.en)
        for season, first, last in tables.limit.ahead(day)
        if first <= day
    ]
    return Limit((base,), tuple(uplifts)).at(day)
