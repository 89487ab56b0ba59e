"""Rules of a running loan beside its terms: what recalculates interest, what a charge-off does. No I/O."""

from __future__ import annotations

from typing import Literal

import msgspec

from huoshui.lines.lending.life.penal import Penalty
from huoshui.lines.lending.waterfall import Component, Waterfall


class Rules(msgspec.Struct, frozen=True):
    """How a loan lives.

    `recalculate`: payments change interest from their day. `rest`: overdue principal earns until
    the day, or until the due date of the period it falls in. `preclose`: a pay-off owes interest up
    to the day, or to the end of its rest period. `earn_on_overdue` off leaves overdue principal
    without further interest. `charge_off`: `regular` leaves the schedule, `zero_interest` takes out
    interest after the day, `accelerate` makes all due on the day. `chargeback`: the order in which
    a payment called back is owed again; empty owes all of it as principal. `penalty` is what is overdue
    earns beside.
    """

    waterfall: Waterfall = Waterfall()
    recalculate: bool = True
    rest: Literal["day", "period"] = "day"
    preclose: Literal["day", "rest"] = "day"
    earn_on_overdue: bool = True
    charge_off: Literal["regular", "zero_interest", "accelerate"] = "regular"
    chargeback: tuple[Component, ...] = ()
    interest_refund: tuple[str, ...] = ()
    accrual_summaries: bool = False
    penalty: Penalty | None = None
