"""From what was seen to the loan at the checkout that might have been. No I/O.

The buyer pays an order by instalments, of the number really chosen where the product has
it, else of the fewest that the product has. What was refunded repays the rest of the loan that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core.expr import ExpressionWithoutValue
from huoshui.lines.lending.product import Asked, LoanTables, asked_facts, read_tables
from huoshui.lines.lending.product.quote import NoPrice, RateAboveCap, loan_quote, priced
from huoshui.lines.lending.schedule import Drawdown, Row, schedule
from huoshui.scenarios.whatif.chance import draws
from huoshui.scenarios.whatif.model import Flow, Line, OrderSeen


class Checkout(msgspec.Struct, frozen=True):
    """A product that is offered at the checkout, and the seed of its draws."""

    checked: CheckedProduct
    tables: LoanTables
    seed: int
    within: dict[
        tuple[int, Decimal], bool
    ] = {}  # what was found of the cap, by instalments and rate

    @classmethod
    def of(cls, checked: CheckedProduct, seed: int) -> Checkout:
        """The product as its file says."""
        return cls(checked, read_tables(checked.product.tables), seed, {})

    def line(self, order: OrderSeen) -> Line | None:
        """The loan of an order; None where the product is not for it."""
        product = self.checked.product
        if not product.amount.min <= order.amount <= product.amount.max:
            return None
        asked = Asked(order.amount, self._instalments(order), order.paid_on)
        facts = self.checked.schema.read(asked_facts(product, asked))
        if self.checked.refusals(facts):
            return None
        try:
            rate = priced(self.checked, "rate_annual", facts)
        except (ExpressionWithoutValue, NoPrice):
            return None
        if not self._within_cap(asked, rate):
            return None
        terms = self.tables.schedule_terms(
            asked.on, asked.amount, asked.instalments, Fraction(rate)
        )
        rows = schedule(terms, [Drawdown(asked.on, asked.amount)])
        return Line(
            key=order.key,
            party="",
            segment=order.region,
            draws=draws(self.seed, product.product, order.key),
            flows=(Flow(0, order.paid_on, order.amount), *_repaid(rows, order)),
            fee_base=order.amount - order.refunded,
        )

    def _within_cap(self, asked: Asked, rate: Decimal) -> bool:
        """Whether a rate is below the product's cap of a year, as production holds it: see `quote_within`.

        It is found once for each number of instalments and rate: what it is of does not move it.
        """
        key = (asked.instalments, rate)
        if key not in self.within:
            try:
                loan_quote(self.checked.product, asked, rate)
                self.within[key] = True
            except RateAboveCap:
                self.within[key] = False
        return self.within[key]

    def _instalments(self, order: OrderSeen) -> int:
        given = self.tables.terms.instalments
        return order.instalments if order.instalments in given else min(given)


def _repaid(rows: Sequence[Row], order: OrderSeen) -> list[Flow]:
    """Instalments as they fall due; a refund pays off the last ones, for certain, on its day."""
    back, flows = order.refunded, []
    for row in reversed(rows):
        given = min(back, row.principal) if order.refunded_on else 0
        back -= given
        if given and order.refunded_on and order.refunded_on < row.due:
            flows.append((order.refunded_on, given, 0, True))
            row_left = row.principal - given
        else:
            row_left = row.principal
        if row_left or (row.interest and not given):
            flows.append((row.due, row_left, row.interest if row_left else 0, False))
    flows.sort(key=lambda each: (each[0], not each[3]))
    return [Flow(n, *each) for n, each in enumerate(flows, start=1)]
