"""What a factoring product says: the tables of its file, and what they make of one claim. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Any, Literal

import msgspec

from huoshui.catalog.model import Sentence, Share, Word
from huoshui.core import money
from huoshui.lines.lending.factoring.joint import FundingTable

Recourse = Literal["full", "dispute", "none"]
Days = Annotated[int, msgspec.Meta(ge=0, le=730)]
Minor = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
_YEAR = 365


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[factoring.stages]]`: a part of the advance that is paid once something is shown."""

    name: Word
    share: Share
    en: Sentence
    zh: Sentence


class FactoringTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[factoring]`: how much is paid at once, and who bears what the buyer does not pay.

    `recourse` is `full` where the seller owes whatever is not paid, `dispute` where it owes only what
    the buyer objects to, `none` where it owes nothing. Of a seller's takings `takings_share` repays
    what it owes. With stages the advance is paid in these parts, the first at once.
    """

    advance_rate: Share
    recourse: Recourse
    takings_share: Share
    days_most: Days = 180
    grace_days: Days = 15
    stages: Annotated[list[Stage], msgspec.Meta(max_length=12)] = []


class LimitsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[limits]`: minor units on one debtor and one seller, and the part of all that one debtor may be.

    The part is held once all together come to `concentration_from`.
    """

    debtor: Minor
    seller: Minor
    concentration: Share
    concentration_from: Minor


class FactoringLaw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[law]`: the yearly rate (compounded) above which nothing is advanced, as a part of one."""

    cap_annual: Share


class FactoringTables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All tables of a factoring product."""

    factoring: FactoringTable
    limits: LimitsTable
    law: FactoringLaw
    funding: FundingTable = FundingTable()


class Price(msgspec.Struct, frozen=True):
    """What a product's expressions ask for one claim: parts of the face, and of the advance a year."""

    fee: Decimal
    rate_annual: Decimal


class Deal(msgspec.Struct, frozen=True):
    """A claim under a product's terms; minor units. `fee_most` is the fee if it runs to its due day."""

    face: int
    advance: int
    fee_flat: int
    rate_annual: Decimal
    days: int

    @property
    def reserve(self) -> int:
        """What is kept back until the buyer confirms."""
        return self.face - self.advance

    @property
    def fee_most(self) -> int:
        """Fee and interest of all days until the claim is due."""
        return self.fee_flat + interest(self.advance, self.rate_annual, self.days)

    @property
    def simple(self) -> Decimal:
        """The yearly rate by simple interest, as a part of one."""
        return Decimal(self.fee_most) / self.advance * _YEAR / max(1, self.days)

    @property
    def compound(self) -> Decimal:
        """The yearly rate compounded (IRR of the advance and what is paid for it)."""
        return (1 + Decimal(self.fee_most) / self.advance) ** (
            Decimal(_YEAR) / max(1, self.days)
        ) - 1


def read_factoring(tables: dict[str, Any]) -> FactoringTables:
    """The tables of a factoring product. Raises msgspec.ValidationError."""
    return msgspec.convert(tables, FactoringTables)


def deal(tables: FactoringTables, face: int, days: int, price: Price) -> Deal:
    """What a claim comes to under a product: the advance is rounded down, the fee half to even."""
    advance = Decimal(face) * Decimal(tables.factoring.advance_rate)
    return Deal(
        face,
        int(advance.to_integral_value(ROUND_DOWN)),
        money.share(face, price.fee),
        price.rate_annual,
        days,
    )


def staged(stages: Sequence[Stage], advance: int) -> list[int]:
    """The parts of an advance by its stages, minor units; all of it at once where there are none."""
    if not stages:
        return [advance]
    parts, told = list[int](), Decimal(0)
    for stage in stages:
        told += Decimal(stage.share)
        parts.append(int((advance * told).to_integral_value(ROUND_DOWN)) - sum(parts))
    return parts


def interest(advance: int, rate_annual: Decimal, days: int) -> int:
    """Interest of an advance for so many days of a year of 365, minor units, half to even."""
    return money.rounded(Decimal(advance) * rate_annual * days / _YEAR)


def days_between(first: date, last: date) -> int:
    """Days from one day to another, 0 at least."""
    return max(0, (last - first).days)
