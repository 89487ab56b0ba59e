"""The tables of a product's file that name its partners. No I/O.

What changes who pays has no default: of each cover its order, its basis and its components, and who
bears what the covers leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Literal

import msgspec

from huoshui.catalog.model import Minor, Share, Word
from huoshui.lines.lending.funding.cover import BadCovers, Basis, Cover, Covers
from huoshui.lines.lending.funding.share import BadShares, Funder, Sharing
from huoshui.lines.lending.waterfall import COMPONENTS, Component

PLATFORM = "platform"
MERCHANT = "merchant"
LossPart = Literal["principal", "interest", "charges"]
Role = Literal["insurer", "government", "guarantor"]
# Fees and penalties are one in the books of a loan: they are shared as fees.
COMPONENT: dict[LossPart, Component] = {
    "principal": "principal",
    "interest": "interest",
    "charges": "fee",
}


class LoanFunder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[funding.funders]]`: its part of each component, and what it pays of its income for servicing."""

    party: Word
    principal: Share
    interest: Share
    charges: Share
    servicing: Share

    def part(self, component: Component) -> Fraction:
        """Its part of a component."""
        return Fraction(getattr(self, _FIELD[component]))


_FIELD: dict[Component, LossPart] = {
    "principal": "principal",
    "interest": "interest",
    "fee": "charges",
    "penalty": "charges",
}


class FundingTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[funding]`: who funds beside the platform, which has the rest and the odd units."""

    funders: Annotated[list[LoanFunder], msgspec.Meta(max_length=8)] = []

    def sharing(self) -> Sharing:
        """The shares by component. Raises BadShares."""
        rest = {
            name: 1 - sum((each.part(name) for each in self.funders), Fraction(0))
            for name in COMPONENTS
        }
        others = [
            Funder(each.party, {name: each.part(name) for name in COMPONENTS})
            for each in self.funders
        ]
        return Sharing((Funder(PLATFORM, rest), *others))


class CoverTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[losses.covers]]`: who bears `share` of the `basis` of a loss, and as which in order.

    `gross` is the loss before anybody paid, `net` what recoveries and the covers before leave of it.
    `integral` says that it is part of the loan's own terms: it lowers what is expected to be lost.
    """

    party: Word
    role: Role
    order: Annotated[int, msgspec.Meta(ge=1, le=20)]
    basis: Basis
    share: Share
    components: Annotated[tuple[LossPart, ...], msgspec.Meta(min_length=1)]
    most: Minor | None = None
    integral: bool = False


class LossesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[losses]`: who bears a loss: the covers in their order, then all funders or the platform alone."""

    rest: Literal["funders", "platform"]
    covers: Annotated[list[CoverTable], msgspec.Meta(max_length=8)] = []

    def ordered(self) -> list[CoverTable]:
        """The covers in the order in which they pay."""
        return sorted(self.covers, key=lambda each: each.order)

    @property
    def integral(self) -> frozenset[str]:
        """The covers that are part of the loan's own terms."""
        return frozenset(each.party for each in self.covers if each.integral)

    def solved(self) -> Covers:
        """The covers to be worked out. Raises BadCovers."""
        orders = [each.order for each in self.covers]
        if len(set(orders)) != len(orders):
            raise BadCovers(cover="", field="order")
        return Covers(
            tuple(
                Cover(
                    each.party, Fraction(each.share), each.basis,
                    tuple(COMPONENT[name] for name in each.components), each.most,
                )
                for each in self.ordered()
            )
        )  # fmt: skip


class PremiumTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[premium]`: what a party gets of what is drawn, and which part borrower and merchant bear."""

    party: Word
    rate: Share
    borrower: Share
    merchant: Share

    def parts(self, drawn: int) -> dict[str, int]:
        """The premium of what was drawn, by who bears it; the platform has the rest. Minor units."""
        whole = int(max(0, drawn) * Fraction(self.rate))
        borrower = int(whole * Fraction(self.borrower))
        merchant = int(whole * Fraction(self.merchant))
        return {"borrower": borrower, MERCHANT: merchant, PLATFORM: whole - borrower - merchant}


class SubsidyTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[subsidy]`: a third party pays `share` of the whole interest; the price is what the borrower pays."""

    party: Word
    share: Share

    def of(self, borrowers: int) -> int:
        """What it pays where the borrower has earned us so much interest; minor units."""
        share = Fraction(self.share)
        return int(max(0, borrowers) * share / (1 - share))


class MerchantTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[merchant]`: the merchant pays for the loan: `fee`, a part of what it pays of the merchant's order.

    `by_instalments` has other fees for some numbers of instalments. It is taken once the order's money
    is the merchant's own, and what goes back gives back its part.
    """

    fee: Share
    by_instalments: dict[str, Share] = {}

    def of(self, instalments: int) -> str:
        """The fee of a loan of so many instalments."""
        return self.by_instalments.get(str(instalments), self.fee)


class PartnerTables(msgspec.Struct, frozen=True):
    """All of a product's partners."""

    funding: FundingTable = FundingTable()
    losses: LossesTable | None = None
    premium: PremiumTable | None = None
    subsidy: SubsidyTable | None = None

    @property
    def any(self) -> bool:
        """Whether there is any beside the platform and the borrower."""
        return bool(self.funding.funders or self.losses or self.premium or self.subsidy)

    @property
    def follow_interest(self) -> bool:
        """Whether others than funders pay by what interest comes to."""
        return self.subsidy is not None or bool(self.losses and self.losses.covers)

    def held_back(self, drawn: int) -> int:
        """What of a drawdown the borrower does not get, in minor units: its part of the premium."""
        return self.premium.parts(drawn)["borrower"] if self.premium else 0

    def faults(self) -> Iterator[tuple[str, str]]:
        """What does not fit, as the pointer of a field and its name."""
        if self.funding.funders and self.losses is None:
            yield "/losses/rest", "rest"
        try:
            self.funding.sharing()
        except BadShares as problem:
            yield "/funding/funders", str(problem.facts["of"])
        try:
            if self.losses is not None:
                self.losses.solved()
        except BadCovers as problem:
            yield "/losses/covers", str(problem.facts["field"])
        if self.premium and Fraction(self.premium.borrower) + Fraction(self.premium.merchant) > 1:
            yield "/premium/merchant", "merchant"
        if self.premium and Fraction(self.premium.rate) == 1:
            yield "/premium/rate", "rate"
        if self.subsidy and Fraction(self.subsidy.share) == 1:
            yield "/subsidy/share", "share"
