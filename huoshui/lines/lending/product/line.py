"""The lending line as the catalog knows it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec

from huoshui.catalog import CheckedProduct, Product
from huoshui.core import i18n
from huoshui.core.errors import FieldError, Problem
from huoshui.core.expr import DATE, DECIMAL, INTEGER, MONEY, Fact, Schema, Type
from huoshui.core.fields import field_error
from huoshui.lines.lending.product.model import LoanTables, read_tables
from huoshui.lines.lending.product.quote import FIGURES, Asked, RateAboveCap, loan_quote

FACTS = Schema(
    (
        Fact("asked.amount", MONEY, "Amount asked for", "申请金额", always=True),
        Fact("asked.instalments", INTEGER, "Instalments asked for", "申请期数", always=True),
        Fact("asked.on", DATE, "Day of the application", "申请日期", always=True),
    )
)
_TRIED_FROM = date(2024, 1, 31)  # a day that many months do not have
_RATES = (Decimal(0), Decimal("0.1"))


class _Lending:
    """See `catalog.Line`."""

    name = "lending"
    tables = frozenset(LoanTables.__struct_fields__)
    prices: Mapping[str, Type] = {"rate_annual": DECIMAL}
    facts = FACTS
    figures = FIGURES

    def faults(self, product: Product) -> list[FieldError]:
        """What is wrong: with a field, or with a loan of the least or most that it would give."""
        try:
            read = read_tables(product.tables)
            read.rules()
        except msgspec.ValidationError as error:
            return [field_error(str(error))]
        except Problem as problem:
            return [_fault("/waterfall/order", problem)]
        partners = list(read.partners.faults())
        if partners:
            return [
                FieldError(pointer, "product_partner", {"field": of}) for pointer, of in partners
            ]
        # Else covers and subsidies would pay for interest of days that never came.
        if read.partners.follow_interest and read.life.charge_off == "regular":
            return [FieldError("/life/charge_off", "product_unearned_interest", {})]
        return self._of_overdue(read) or self._tried(product)

    @staticmethod
    def _of_overdue(read: LoanTables) -> list[FieldError]:
        """A penalty rate is the whole rate on what is overdue: nothing else may earn on it."""
        twice = read.penalty is not None and read.life.earn_on_overdue
        if twice and not read.is_account:
            return [FieldError("/life/earn_on_overdue", "product_penalty_twice", {})]
        return []

    def tried(self, product: CheckedProduct, lives: int | None = None) -> list[FieldError]:
        """What lives of its loans show to be wrong."""
        # Imported as it runs: what lives a loan knows what a product is.
        from huoshui.lines.lending import lint

        return lint.faults_of(product) if lives is None else lint.faults_of(product, lives)

    def _tried(self, product: Product) -> list[FieldError]:
        """Loans of each number of instalments, small and large: each must have a sound schedule."""
        table = read_tables(product.tables).terms
        faults = []
        for n, count in enumerate(table.instalments):
            for amount in (product.amount.min, product.amount.max):
                fault = self._try(product, amount, count)
                if fault:
                    faults.append(_fault(f"/terms/instalments/{n}", fault))
                    break
        return faults

    @staticmethod
    def _try(product: Product, amount: int, count: int) -> Problem | None:
        sales = read_tables(product.tables).sales
        fixed = sales is not None and Decimal(sales.fee) > 0  # its price is no rate
        for rate in _RATES[:1] if fixed else _RATES:
            try:
                found = loan_quote(product, Asked(amount, count, _TRIED_FROM), rate)
            except RateAboveCap:
                continue
            except Problem as problem:
                return problem
            if found.sums.principal != amount or any(row.principal < 0 for row in found.rows):
                return UnsoundSchedule(amount=amount, instalments=count)
        return None


class UnsoundSchedule(Problem):
    """A schedule whose principal does not come to the amount, or is below zero somewhere."""

    code = "unsound_schedule"
    status = 422


class LoanFault(FieldError, frozen=True):
    """A fault that a trial loan showed; it says what the problem says."""

    def detail(self, lang: str) -> str:
        """The sentence that names the fault and the mend, in the reader's language."""
        return i18n.text(f"field.{self.code}", lang, reason=self.facts["problem"].detail(lang))


def _fault(pointer: str, problem: Problem) -> FieldError:
    return LoanFault(pointer, "product_loan", {"problem": problem})


LENDING = _Lending()
