"""What a loan is as a contract, and what is refused of it. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move

# Whether money is owed, late or lost is no state of the contract: that is the fold's to tell.
LOAN = Machine(
    "loan",
    "applied",
    {
        "offer": Move(("applied",), "offered"),
        "decline": Move(("applied",), "declined"),
        "consent": Move(("offered",), "signed"),
        "lapse": Move(("offered",), "lapsed"),
        "withdraw": Move(("offered", "signed"), "withdrawn"),
        "start": Move(("signed",), "running"),
        "close": Move(("running",), "closed"),
        "reopen": Move(("closed",), "running"),
    },
)


class UnknownLoan(NotFound):
    """No such loan in this book."""

    code = "unknown_loan"


class NoConsent(Problem):
    """The borrower has to confirm this; the call says how it did."""

    code = "loan_consent_missing"
    status = 403


class NothingOffered(Problem):
    """Nothing was offered yet, or ever: there is no contract."""

    code = "loan_not_offered"
    status = 409


class NotBegun(Problem):
    """Nothing was drawn yet: there is no statement."""

    code = "loan_not_begun"
    status = 409


class OfferOver(Problem):
    """The offer has run out; apply anew."""

    code = "loan_offer_over"
    status = 409


class CoolingOff(Problem):
    """The borrower may still withdraw: nothing is drawn before a day that the problem names."""

    code = "loan_cooling_off"
    status = 409


class DrawnTooMuch(Problem):
    """More would be drawn than was signed; the problem names what is left."""

    code = "loan_drawn_too_much"
    status = 409


class BadLoanDay(Problem):
    """A day on which the event cannot count: before the loan begins, or in the future."""

    code = "bad_loan_day"
    status = 422


class EventDiffers(Problem):
    """This key names another event of the loan already."""

    code = "loan_event_differs"
    status = 409


class CannotUndo(Problem):
    """The event stands for others, or is a reversal itself: it cannot be undone."""

    code = "loan_event_stands"
    status = 409


class NothingToDo(Problem):
    """The event would change nothing, or is none that fits: nothing is lost, late or in credit."""

    code = "loan_event_unfit"
    status = 409


class Unconserved(Problem):
    """After this event the instalments would owe another sum than was drawn and not repaid."""

    code = "loan_not_conserved"
    status = 409


class BadBorrower(Problem):
    """The borrower is named wrongly, or is not the caller's to speak for."""

    code = "loan_borrower"
    status = 422


class LoanCurrency(Problem):
    """An amount in another currency than the loan's."""

    code = "loan_currency"
    status = 422


class StillOpen(Problem):
    """Something is owed, or in credit: the loan cannot be closed."""

    code = "loan_still_open"
    status = 409


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """A contract; amounts in minor units, `rate_annual` a decimal as a part of one.

    At most `amount` is drawn. `start_on` is the day of the first drawdown, from which the terms run.
    """

    id: UUID
    party: str
    product: str
    version: int
    currency: str
    facility_id: UUID | None = None
    state: str
    amount: int
    instalments: int
    rate_annual: str | None = None
    facts: dict[str, Any] = {}
    reasons: list[dict[str, Any]] = []
    disclosure: dict[str, Any] | None = None
    applied_at: datetime
    offer_ends_at: datetime | None = None
    consent_at: datetime | None = None
    consent: str = ""
    drawable_on: date | None = None
    start_on: date | None = None
    closed_at: datetime | None = None

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("loan", self.id)


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is kept; `on_` is the day from which it counts, `key` the caller's word for it."""

    loan_id: UUID
    number: int
    id: UUID
    key: str
    kind: str
    on_: date
    recorded_on: date
    recorded_at: datetime
    amount: int | None
    payload: dict[str, Any]
    reverses: UUID | None
    actor: str

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("lev", self.id)

    def says_as(self, other: EventRow) -> bool:
        """Whether both tell the same of a loan."""
        mine, theirs = ((e.kind, e.on_, e.amount, e.payload, e.reverses) for e in (self, other))
        return mine == theirs


class PostedRow(msgspec.Struct, frozen=True):
    """An entry that was posted for a loan: its transaction, its cause, the day that it belongs to."""

    loan_id: UUID
    txn_id: UUID
    cause: UUID | None
    of: str
    on_: date
    template: str
    amounts: dict[str, int]
    posted_at: datetime


class Accrued(msgspec.Struct, frozen=True):
    """What of a loan's accruals stands on the ledger, all days up to `through`, in minor units.

    `charges` fell due, `penalty` is interest that what is overdue earned by the day.
    """

    loan_id: UUID
    through: date
    interest: int = 0
    charges: int = 0
    penalty: int = 0
