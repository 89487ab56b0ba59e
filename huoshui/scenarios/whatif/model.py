"""A loan that might have been: who, how much, and its dated flows. No I/O."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from huoshui.scenarios.whatif.chance import Draws


class OrderSeen(msgspec.Struct, frozen=True):
    """An order as the history holds it: amounts in minor units, days in the book's time zone."""

    key: str
    paid_on: date
    amount: int
    instalments: int
    refunded: int
    refunded_on: date | None
    region: str


class SaleSeen(msgspec.Struct, frozen=True):
    """A seller's part of an order, in minor units: what it is to get of it, and what of that went back.

    `due_on` is the day on which the order was promised to be paid to the seller, when it was shipped.
    """

    key: str
    seller: str
    region: str
    amount: int
    given_back: int
    taken_at: datetime
    shipped_at: datetime | None
    due_on: date | None
    released_at: datetime | None
    returned_at: datetime | None


ONLY_PAYS, ONLY_STOPS = 1, 2  # whose flow it is: of one who pays to the end, of one who stops


class Flow(msgspec.Struct, frozen=True):
    """A dated flow: step 0 is the loan, the others are repayments.

    A `certain` one comes whether the borrower pays or not: out of a refund, or of a settlement. One that
    comes only if it pays to the end, or only if it stops, is named so by `only`.
    """

    step: int
    on: date
    principal: int
    interest: int = 0
    certain: bool = False
    only: int = 0


class Line(msgspec.Struct, frozen=True):
    """A loan that might have been. `fee_base` is what a fee is reckoned of; `waited` and `waits` are
    hours until the seller has the money, without the product and with it; `asks` is how many payments are
    asked for, where that is not the last step."""

    key: str
    party: str
    segment: str
    draws: Draws
    flows: tuple[Flow, ...]
    fee_base: int
    short: int = 0
    waited: int | None = None
    waits: int | None = None
    asks: int = 0

    @property
    def amount(self) -> int:
        """What is lent."""
        return self.flows[0].principal

    @property
    def steps(self) -> int:
        """How many repayments are asked for."""
        return self.asks or self.flows[-1].step
