"""The tables of products that are accounts: revolving lines, advances on sales. No I/O."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Annotated, Literal

import msgspec

from huoshui.lines.lending.schedule.asking import Minimum, Revolving, SalesShare

_Share = Annotated[str, msgspec.Meta(pattern=r"^(0|1|0\.[0-9]{1,8})$")]  # a part of one
_DueDays = Annotated[int, msgspec.Meta(ge=1, le=60)]


class StatementTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[statement]` of a revolving line (`kind = "revolving"`): what each statement asks for, and when.

    `minimum_share` of what is owed (`minimum_of` principal or balance), at least `minimum_floor` minor
    units, `due_days` after the statement. What is drawn bears interest from its day, or from the due
    date of its statement (`bears_from`).
    """

    minimum_share: _Share
    minimum_floor: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    minimum_of: Literal["principal", "balance"] = "principal"
    due_days: _DueDays = 20
    bears_from: Literal["drawn", "due"] = "drawn"

    def read(self) -> Revolving:
        """As the terms have it. Raises BadLoanTerms."""
        minimum = Minimum(Fraction(self.minimum_share), self.minimum_floor, self.minimum_of)
        return Revolving(minimum, self.due_days, self.bears_from)


class SalesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[sales]` of an advance on sales (`kind = "sales_share"`): what repays it.

    `share` of each settlement; the sales of `instalments` periods are expected to repay it, of which
    `least` is asked for in each period whatever is sold, and all with the period `longest`. `fee` is a
    fixed price, a part of the amount; then the rate is 0.
    """

    share: _Share
    longest: Annotated[int, msgspec.Meta(ge=1, le=1200)]
    least: _Share = "0"
    due_days: _DueDays = 1
    fee: _Share = "0"

    def read(self, amount: int, instalments: int) -> SalesShare:
        """As the terms have it, of one advance. Raises BadLoanTerms."""
        fee = Fraction(self.fee)
        return SalesShare(
            share=Fraction(self.share),
            expected=max(1, ceil(amount * (1 + fee) / instalments)),
            longest=max(self.longest, instalments),
            least=Fraction(self.least),
            due_days=self.due_days,
            fee=fee,
        )
