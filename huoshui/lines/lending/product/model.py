"""The tables of a loan product's file. No I/O."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec

from huoshui.catalog.model import Share
from huoshui.facts.bankdays import BankDays
from huoshui.lines.lending.funding import (
    FundingTable,
    LossesTable,
    MerchantTable,
    PartnerTables,
    PremiumTable,
    SubsidyTable,
)
from huoshui.lines.lending.life.penal import DayCountName, Penalty
from huoshui.lines.lending.life.rules import Rules
from huoshui.lines.lending.product.accounts import SalesTable, StatementTable
from huoshui.lines.lending.product.limit import LimitTable
from huoshui.lines.lending.schedule.terms import (
    Basis,
    Calculation,
    DownPayment,
    Kind,
    Method,
    Rounding,
    Terms,
    YearDays,
)
from huoshui.lines.lending.time.calendar import Adjust, DueRule, MonthEnd, Place, Unit
from huoshui.lines.lending.waterfall import (
    COMPONENTS,
    BadWaterfall,
    Component,
    Direction,
    FutureRule,
    Waterfall,
    table,
)

Count = Annotated[int, msgspec.Meta(ge=0, le=1200)]
Term = Annotated[int, msgspec.Meta(ge=1, le=1200)]
Times = Annotated[str, msgspec.Meta(pattern=r"^[0-9](\.[0-9]{1,4})?$")]


class TermsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[terms]`: the options of the schedule; `instalments` are the numbers that may be chosen."""

    instalments: Annotated[list[Term], msgspec.Meta(min_length=1, max_length=60)]
    kind: Kind = "equal_instalment"
    every: Term = 1
    unit: Unit = "months"
    month_end: MonthEnd = "clamp"
    place: Place = "as_start"
    adjust: Adjust = "none"
    calendar: Literal["", "every_day", "weekdays", "CN"] = ""
    method: Method = "declining"
    calculation: Calculation = "daily"
    month_days: Literal["actual", "30"] = "actual"
    year_days: YearDays = "actual"
    convention: str = ""
    rounding: Rounding = "half_up"
    instalment_multiple: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    level_rounds: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    grace_principal: Count = 0
    grace_interest: Count = 0
    interest_free: Count = 0
    down_payment: Share = "0"
    balloon: Share = "0"  # of the amount, left for the last instalment


class WaterfallTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[waterfall]`: what a payment pays first, and which instalments that are not due yet.

    `orders` and `future` may differ by kind of payment; `order` is that of all others. `chargeback` is
    the order in which a payment that is called back is owed again, of what it had paid: all components,
    or none where all of it is owed as principal.
    """

    order: tuple[Component, ...] = COMPONENTS
    orders: dict[str, tuple[Component, ...]] = {}
    direction: Direction = "horizontal"
    future: dict[str, FutureRule] = {}
    chargeback: tuple[Component, ...] = ()


class LifeTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[life]`: how a running loan answers to early and late payment, loss and chargeback."""

    recalculate: bool = True
    rest: Literal["day", "period"] = "day"
    preclose: Literal["day", "rest"] = "day"
    earn_on_overdue: bool = True
    charge_off: Literal["regular", "zero_interest", "accelerate"] = "regular"
    refund_interest: bool = False  # a shop's refund gives back the interest on what it repays


class LateTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[late]`: what an instalment costs that is not paid in time, charged once by the end of a day.

    When it is late longer than `grace_days`: a `fee` in minor units and a `share` of what is open of it;
    all fees of a loan come to no more than `most`, a part of its amount.
    """

    grace_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 0
    fee: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    share: Share = "0"
    most: Share = "1"

    def amount(self, open_: int, loan: int, before: int) -> int:
        """The fee of an instalment of which so much is open, after other fees of the loan."""
        asked = self.fee + int(open_ * Fraction(self.share))
        return max(0, min(asked, int(loan * Fraction(self.most)) - before))


class PenaltyTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[penalty]`: what is overdue earns by the day (penalty interest).

    The yearly rate is `times` the contract's and `plus`, no more than `cap`. It is the whole rate on
    what is overdue; of an account, whose balance bears interest anyway, it comes beside. `compound`
    lets overdue interest earn too. Nothing is asked within `grace_days`; after them it counts from the
    due day, or from their end. `most` bounds it, as a part of what the instalment asked.
    """

    times: Times = "1"
    plus: Share = "0"
    cap: Share | None = None
    compound: bool = False
    day_count: DayCountName = "act/360"
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 0
    since: Literal["due", "grace"] = "due"
    most: Share | None = None

    def read(self, rounding: Rounding) -> Penalty:
        """The rule of a loan."""
        return Penalty(
            Fraction(self.times), Fraction(self.plus),
            None if self.cap is None else Fraction(self.cap), self.compound, self.day_count,
            self.grace_days, self.since, None if self.most is None else Fraction(self.most),
            rounding,
        )  # fmt: skip


class LawTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[law]`: the yearly rate (IRR, compounded) above which nothing is lent, as a part of one.

    `overdue_times`: what is overdue costs at most so many times the contract's rate.
    """

    cap_annual: Share
    overdue_times: Times | None = None


class OfferTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[offer]`: days that an offer stands, and days after the consent in which it may be taken back."""

    valid_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 14
    cooling_off_days: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0


class LoanTables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All tables of a loan product."""

    terms: TermsTable
    law: LawTable
    waterfall: WaterfallTable = WaterfallTable()
    life: LifeTable = LifeTable()
    offer: OfferTable = OfferTable()
    late: LateTable | None = None
    penalty: PenaltyTable | None = None
    statement: StatementTable | None = None
    sales: SalesTable | None = None
    funding: FundingTable = FundingTable()
    losses: LossesTable | None = None
    premium: PremiumTable | None = None
    subsidy: SubsidyTable | None = None
    merchant: MerchantTable | None = None
    limit: LimitTable | None = None

    def overdue_rate(self, rate_annual: Fraction) -> Fraction:
        """The yearly rate that overdue principal costs in all, by the contract's."""
        beside = self.life.earn_on_overdue or self.is_account
        own = rate_annual if beside else Fraction(0)
        rule = self.penalty.read(self.terms.rounding) if self.penalty else None
        return own + (rule.rate(rate_annual) if rule else 0)

    @property
    def is_account(self) -> bool:
        """Whether it is drawn and repaid at will."""
        return self.terms.kind in {"revolving", "sales_share"}

    @property
    def partners(self) -> PartnerTables:
        """Who funds, bears and pays beside the platform and the borrower."""
        return PartnerTables(self.funding, self.losses, self.premium, self.subsidy)

    def schedule_terms(
        self, start: date, amount: int, instalments: int, rate_annual: Fraction
    ) -> Terms:
        """The terms of one loan. Raises BadLoanTerms."""
        table_ = self.terms
        share = Fraction(table_.down_payment)
        return Terms(
            start=start,
            rate_annual=rate_annual,
            instalments=instalments,
            due=DueRule(
                table_.every, table_.unit, table_.month_end, table_.place, table_.adjust,
                BankDays(table_.calendar) if table_.calendar else None,
            ),
            basis=Basis(table_.month_days, table_.year_days, convention=table_.convention),
            kind=table_.kind,
            method=table_.method,
            calculation=table_.calculation,
            grace_principal=table_.grace_principal,
            grace_interest=table_.grace_interest,
            interest_free=table_.interest_free,
            instalment_multiple=table_.instalment_multiple,
            instalment_rounding=table_.rounding,
            rounding=table_.rounding,
            level_rounds=table_.level_rounds,
            balloon=int(amount * Fraction(table_.balloon)),
            down_payment=DownPayment(share) if share else None,
            revolving=self.statement.read() if self.statement else None,
            sales=self.sales.read(amount, instalments) if self.sales else None,
        )  # fmt: skip

    def rules(self) -> Rules:
        """How a loan of this product lives. Raises BadWaterfall."""
        back = self.waterfall.chargeback
        if back and (set(back) != set(COMPONENTS) or len(back) != len(COMPONENTS)):
            raise BadWaterfall(kind="chargeback")
        waterfall = Waterfall(
            {
                "default": table(self.waterfall.order),
                **{kind: table(order) for kind, order in self.waterfall.orders.items()},
            },
            self.waterfall.direction,
            {"default": "next_instalment", **self.waterfall.future},
        )
        life = self.life
        return Rules(
            waterfall, life.recalculate, life.rest, life.preclose, life.earn_on_overdue,
            life.charge_off,
            chargeback=self.waterfall.chargeback,
            interest_refund=("merchant_issued_refund",) if life.refund_interest else (),
            penalty=self.penalty.read(self.terms.rounding) if self.penalty else None,
        )  # fmt: skip


def read_tables(tables: dict[str, Any]) -> LoanTables:
    """The tables of a product of this line. Raises msgspec.ValidationError."""
    return msgspec.convert(tables, LoanTables)
