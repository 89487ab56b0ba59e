"""A product that is live, and its settings. No I/O."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from huoshui.core.errors import NotFound

Share = Annotated[str, Meta(pattern=r"^(0|1|0\.[0-9]{1,6})$")]
Minor = Annotated[int, Meta(ge=0, le=10**15)]


class NotSwitchedOn(NotFound):
    """The product is not switched on; the problem names it."""

    code = "not_switched_on"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What holds beside the product's own file; money in minor units.

    `fee`: what merchants pay of what a loan pays of their orders, a part of one, in place of the file's
    `[merchant]`. `limit_each`: the limit of each buyer, of the product's most where it is left out;
    `limit_all`: of all buyers together.
    """

    fee: Share | None = None
    limit_each: Minor | None = None
    limit_all: Minor | None = None

    def fee_of(self, amount: int, own: str) -> int:
        """The fee on an amount, minor units, rounded half up; `own` is that of the product's file."""
        return int(amount * Fraction(self.fee or own) + Fraction(1, 2))


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """A product while it is live: `programme_id` is the facility over all borrowers of a loan."""

    product: str
    number: int
    version: int
    line: str
    settings: Settings
    programme_id: UUID | None
    on_at: datetime
    on_by: str
    off_at: datetime | None = None
    off_by: str = ""
