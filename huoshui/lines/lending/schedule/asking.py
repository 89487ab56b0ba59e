"""What an account asks for: the least payment of a statement, the least share of sales. No I/O."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import msgspec

from huoshui.core.errors import Problem

_DUE_DAYS_MOST = 60


class BadLoanTerms(Problem):
    """Terms of a loan that cannot be made into a schedule; the problem names the field."""

    code = "bad_loan_terms"
    status = 422


class Minimum(msgspec.Struct, frozen=True):
    """How a minimum payment is found. Amounts are minor units, the share a part of one.

    `of` “balance” takes the share of all that is owed; “principal” takes it of the principal and
    asks for all interest and charges besides. Overdue amounts are always asked for in full.
    """

    share: Fraction
    floor: int = 0
    of: Literal["balance", "principal"] = "principal"
    rounding: str = "half_up"

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise BadLoanTerms(field="share")
        if self.floor < 0:
            raise BadLoanTerms(field="floor")


class Revolving(msgspec.Struct, frozen=True):
    """Credit that is drawn and repaid at will, without an end; a statement asks for the minimum.

    The minimum is due `due_days` after the day of the statement. `bears_from`: what is drawn bears
    interest from its day, or from the due date of the statement that tells it, so that what is repaid
    by then was free of interest.
    """

    minimum: Minimum
    due_days: int = 20
    bears_from: Literal["drawn", "due"] = "drawn"

    def __post_init__(self) -> None:
        if not 1 <= self.due_days <= _DUE_DAYS_MOST:  # nothing is asked for before it is told
            raise BadLoanTerms(field="due_days")


class SalesShare(msgspec.Struct, frozen=True):
    """An advance that a share of sales repays. Amounts are minor units, shares parts of one.

    `expected` is what a period is expected to bring; `least` the part of it that the contract asks for
    in each period, whatever is sold; what lacks at its end is due `due_days` later. The period with the
    number `longest` asks for all that is left. `fee` is a fixed price, a part of what is drawn, which is
    paid and earned in proportion to what is repaid.
    """

    share: Fraction
    expected: int
    longest: int
    least: Fraction = Fraction(0)
    due_days: int = 1
    fee: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        checks = {
            "sales.share": 0 < self.share <= 1,
            "sales.expected": self.expected > 0,
            "sales.longest": 1 <= self.longest <= 1200,
            "sales.least": 0 <= self.least <= 1,
            "sales.due_days": 1 <= self.due_days <= _DUE_DAYS_MOST,
            "sales.fee": 0 <= self.fee <= 1,
        }
        wrong = [field for field, good in checks.items() if not good]
        if wrong:
            raise BadLoanTerms(field=wrong[0])


def share_of(share: Fraction, sales: int, owed: int) -> int:
    """What of some sales repays an advance, in minor units: never above the share or what is owed."""
    return min(owed, int(max(0, sales) * share))
