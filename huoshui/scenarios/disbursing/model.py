"""What a disbursement is, its states, and what is refused of it. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move

Way = Literal["balance", "bank"]  # the borrower's balance in this book, or its bank account

# Whether the drawdown could be undone is no state of the money: `undone_id` names what undid it.
DISBURSEMENT = Machine(
    "disbursement",
    "disbursing",
    {
        "arrive": Move(("disbursing",), "disbursed"),
        "unarrive": Move(("disbursed",), "disbursing"),  # what said so was undone
        "fail": Move(("disbursing",), "failed"),  # it never left
        "return": Move(("disbursing", "disbursed"), "returned"),  # it came back
    },
)


class UnknownDisbursement(NotFound):
    """No such disbursement in this book."""

    code = "unknown_disbursement"


class DisbursementStands(Problem):
    """The drawdown's money is at a bank or on its way there: the problem names the disbursement."""

    code = "disbursement_stands"
    status = 409


class BalanceSpent(Problem):
    """The borrower's balance has less by now than what it was given; the problem names both."""

    code = "disbursement_spent"
    status = 409


class Disbursement(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a loan on its way to its borrower, in minor units.

    `event_id` is the drawdown that it pays, or the credit that is refunded; `undone_id` is the event
    that undid it when the money came back.
    """

    id: UUID
    loan_id: UUID
    event_id: UUID
    product: str
    party: str
    currency: str
    amount: int
    way: Way
    state: str
    made_at: datetime
    made_by: str
    txn_id: UUID
    back_txn: UUID | None = None
    call_id: UUID | None = None
    undone_id: UUID | None = None
    reason: str = ""
    ended_at: datetime | None = None

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("dsb", self.id)

    @property
    def out(self) -> bool:
        """Whether the money is with the borrower, or on its way."""
        return self.state in ("disbursing", "disbursed")
