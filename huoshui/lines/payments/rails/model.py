"""What a rail is: a way for money into and out of the marketplace, and what it can do. No I/O.

A payment never speaks to a rail: it queues a call in its own commit. The call is sent by due work,
outside every transaction, under a key that the rail knows a repeat by. After silence nothing is
sent again: the rail is asked what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from huoshui.core.machine import Machine, Move

Verb = Literal["authorise", "capture", "void", "refund", "pay_out"]
Verdict = Literal["succeeded", "declined", "action", "pending", "unknown"]

CALL = Machine(
    "rail_call",
    "due",
    {
        "send": Move(("due",), "sent"),
        "lose": Move(("sent", "pending"), "unknown"),  # no answer: ask, never resend
        "wait": Move(("sent", "unknown"), "pending"),  # the rail has it and will tell
        "succeed": Move(("sent", "pending", "unknown"), "succeeded"),
        "decline": Move(("sent", "pending", "unknown"), "declined"),
        "drop": Move(("due",), "dropped"),  # called off before it left
    },
)


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail can do; what it cannot is refused before anything is asked of it.

    `internal` rails are settled by the ledger alone, in the commit of the payment. `authorises`:
    money can be reserved first and captured later, in parts where `captures_in_parts`. `acts`:
    the buyer has something to do on the way (a redirect, a code to scan).
    """

    internal: bool = False
    authorises: bool = False
    captures_in_parts: bool = False
    refunds: bool = False
    refunds_in_parts: bool = False
    voids: bool = False
    acts: bool = False
    pays_out: bool = False
    mandates: bool = False
    offline: bool = False
    amount_max: int | None = None  # minor units
    currencies: tuple[str, ...] = ()  # none named: all


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Something asked of a rail; `amount` in minor units. `id` is the key that makes it once.

    `subject` is what it is for (a payment's or a payout's public id), `tender` which of a
    payment's means. `token` is the rail's own word for the means: a card's token, an account.
    `about` is the rail's reference of the earlier call that this one builds on.
    """

    id: UUID
    rail: str
    verb: Verb
    subject: str
    tender: int
    amount: int
    currency: str
    token: str = ""
    about: str = ""
    refund: UUID | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail says of a call; `amount` is what it moved or reserved, where it says so.

    `reference` is the rail's id of it; `code` names a refusal (`insufficient_funds`, `do_not_honour`
    …); `action` what the buyer is to do, as a URL or the content of a code to scan.
    """

    verdict: Verdict
    reference: str = ""
    amount: int | None = None
    code: str = ""
    action: str = ""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail tells by itself: an inbound webhook, known by its event id.

    `call` is our key where it repeats it, `reference` the rail's own. `kind` is `answer` for an
    outcome of a call, or something that began there: `dispute_opened`, `dispute_closed`, `returned`.
    Of a dispute `about` is its own reference, `reason` why it was opened or how it ended (`won`).
    """

    event: str
    kind: Literal["answer", "dispute_opened", "dispute_closed", "returned"]
    at: datetime
    call: UUID | None = None
    reference: str = ""
    answer: Answer | None = None
    amount: int | None = None
    currency: str = ""
    reason: str = ""
    about: str = ""


class Rail(Protocol):
    """A plug-in. Everything but `capabilities` and `read` touches the network."""

    name: str
    capabilities: Capabilities

    def send(self, call: Call) -> Answer:
        """Ask the rail. No answer in time is the verdict `unknown`, never an exception."""

    def status(self, call: Call) -> Answer:
        """Ask what became of a call; `unknown` where the rail cannot be reached."""

    def read(self, headers: Mapping[str, str], body: bytes) -> list[Notice]:
        """The notices in an inbound webhook, their signature checked. Raises WrongSignature."""
