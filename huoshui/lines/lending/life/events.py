"""What happens to a loan: events, appended and never changed. No I/O.

`on` is the day from which an event counts; `recorded` the business day on which we learnt of it.
An event that counts from an earlier day than others already told makes these be told again.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal

import msgspec

Overdue = Literal["carried", "equal_parts"]  # where overdue interest goes


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=str.lower):
    """What all events have: an id, the day it counts from, and the day we learnt of it."""

    id: str
    on: date
    recorded: date


class Drawn(Event, frozen=True, kw_only=True):
    """Money was paid out to the borrower."""

    amount: int


class Paid(Event, frozen=True, kw_only=True):
    """Money came in, or was given, of a kind: repayment, merchant_issued_refund, goodwill_credit …"""

    amount: int
    kind: str = "repayment"


class Charged(Event, frozen=True, kw_only=True):
    """A fee or a penalty that falls due on a day."""

    amount: int
    due: date
    kind: str = "fee"


class Waived(Event, frozen=True, kw_only=True):
    """What is open of a charge is waived; of the last one where none is named."""

    of: str = ""


class PenaltyWaived(Event, frozen=True, kw_only=True):
    """Penalty interest that is open is waived, the oldest first; all of it where no amount is named."""

    amount: int | None = None


class Reversed(Event, frozen=True, kw_only=True):
    """An earlier event is undone, as if it had not been."""

    of: str


class RateChanged(Event, frozen=True, kw_only=True):
    """Another yearly rate from a day on."""

    rate_annual: Fraction


class InterestPaused(Event, frozen=True, kw_only=True):
    """No interest from `on` to a last day."""

    until: date


class ChargedBack(Event, frozen=True, kw_only=True):
    """A payment was called back by who paid: it is owed again."""

    amount: int
    of: str = ""


class CreditRefunded(Event, frozen=True, kw_only=True):
    """Credit of the borrower was paid out."""

    amount: int


class ChargedOff(Event, frozen=True, kw_only=True):
    """The loan is held to be lost; it is still owed."""


class WrittenOff(Event, frozen=True, kw_only=True):
    """What is open is given up."""


class Rescheduled(Event, frozen=True, kw_only=True):
    """New terms from the instalment due on `due`: date, periods more, grace or rate.

    An account becomes a loan of `more` instalments, the first of which is due on `due`.
    """

    due: date
    moved_to: date | None = None
    more: int = 0
    grace_principal: int = 0
    grace_interest: int = 0
    rate_annual: Fraction | None = None


class ReAged(Event, frozen=True, kw_only=True):
    """All that is open is spread over new instalments from a day on.

    Interest that is overdue goes into the first of them (`carried`), or in equal parts into all.
    """

    first_due: date
    instalments: int
    every: int = 1
    unit: str = "months"
    interest: Overdue = "carried"


class ReAmortised(Event, frozen=True, kw_only=True):
    """All that is overdue is spread over the instalments that are left; its interest as told."""

    interest: Overdue = "carried"


class DayClosed(Event, frozen=True, kw_only=True):
    """The end of the day before `on`: overdue principal earns until here, interest is accrued."""


AnyEvent = (
    Drawn
    | Paid
    | Charged
    | Waived
    | PenaltyWaived
    | Reversed
    | RateChanged
    | InterestPaused
    | ChargedBack
    | CreditRefunded
    | ChargedOff
    | WrittenOff
    | Rescheduled
    | ReAged
    | ReAmortised
    | DayClosed
)
