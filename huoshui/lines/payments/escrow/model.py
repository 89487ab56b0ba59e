"""An order's escrow: its states, the commands that move it, and the pure decisions. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core.errors import Problem
from huoshui.core.machine import Machine, Move
from huoshui.facts.commerce.store import ItemRow
from huoshui.ledger import Leg
from huoshui.lines.payments.chart import TEMPLATES
from huoshui.lines.payments.escrow import plan
from huoshui.lines.payments.escrow.plan import PLATFORM, Share
from huoshui.lines.payments.escrow.terms import Terms

ESCROW = Machine(
    "escrow",
    "awaiting",
    {
        "take": Move(("awaiting", "held"), "held"),
        "release": Move(("held",), "released"),
        "refund": Move(("held", "released"), "refunded"),
        "void": Move(("awaiting",), "void"),
        "restore": Move(("refunded",), "released"),  # what a chargeback took has come again
        "hold_again": Move(("refunded",), "held"),
    },
)
RETRY_CONFIRM = timedelta(days=1)

Cause = Literal["cancellation", "return", "request", "chargeback"]


class OverRefund(Problem):
    """More than what is left of the payment; the problem names both."""

    code = "over_refund"
    status = 422


class OrderUnderpaid(Problem):
    """The tenders lack more than the platform makes up; the order is not released."""

    code = "order_underpaid"
    status = 409


class NothingToSplit(Problem):
    """An order without items cannot be split; what was paid can only be refunded."""

    code = "nothing_to_split"
    status = 409


class Open(msgspec.Struct, frozen=True):
    """An order was placed: its escrow awaits the tenders."""

    order_id: UUID
    order_key: str
    currency: str
    at: datetime


class Take(msgspec.Struct, frozen=True):
    """A tender was captured for an order: the same tender is taken once. Minor units."""

    order_id: UUID
    tender_id: UUID
    method: str
    amount: int
    at: datetime


class Confirm(msgspec.Struct, frozen=True):
    """The buyer has the goods: by word, review or silence (`by`)."""

    order_id: UUID
    by: str
    at: datetime


class Refund(msgspec.Struct, frozen=True):
    """Give back `amount` (all that is left where None), out of a seller's parts first.

    `key` names the refund: the same one is made once. With `rail` only what came by it goes back.
    """

    order_id: UUID
    key: str
    cause: Cause
    at: datetime
    amount: int | None = None
    seller: str = ""
    reason: str = ""
    rail: str = ""


class Restore(msgspec.Struct, frozen=True):
    """What had gone back by a rail has come again by it: `amount` minor units, once a key."""

    order_id: UUID
    key: str
    rail: str
    amount: int
    at: datetime


Command = Open | Take | Confirm | Refund | Restore
# What the buyer and the marketplace may ask; a restoration follows from a won dispute alone.
ASKED = ("take", "release", "refund", "void")


class Escrow(msgspec.Struct, frozen=True):
    """The money of one order; amounts in minor units."""

    order_id: UUID
    order_key: str
    currency: str
    state: str
    sources: tuple[Share, ...] = ()
    parts: tuple[Share, ...] = ()
    taken: int = 0
    refunded: int = 0
    opened_at: datetime | None = None
    taken_at: datetime | None = None
    confirmed_at: datetime | None = None
    released_at: datetime | None = None
    closed_at: datetime | None = None
    released_by: UUID | None = None

    @property
    def planned(self) -> bool:
        """Whether the split is fixed: from the release or the first refund on."""
        return bool(self.parts)


class Decision(msgspec.Struct, frozen=True):
    """What a command comes to: the escrow after it, the legs, what to say and to do later."""

    escrow: Escrow
    template: str = ""
    legs: tuple[Leg, ...] = ()
    event: str = ""
    facts: dict[str, int | str] = {}
    retry_at: datetime | None = None


def opened(command: Open) -> Escrow:
    """The escrow of a new order."""
    return Escrow(
        command.order_id, command.order_key, command.currency, ESCROW.initial, opened_at=command.at
    )


def is_late(escrow: Escrow) -> bool:
    """Whether a tender that comes now is too late: the order is closed or its split is fixed."""
    return "take" not in ESCROW_VERBS[escrow.state] or escrow.planned


def take(escrow: Escrow, command: Take) -> Decision:
    """Take a tender into escrow; one for a closed order or a fixed split waits in suspense."""
    late = is_late(escrow)
    template = "order_paid_late" if late else "order_paid"
    legs = TEMPLATES[template].legs({"rail": command.method}, {"tender": command.amount})
    facts: dict[str, int | str] = {"amount": command.amount, "method": command.method}
    if late:
        return Decision(escrow, template, tuple(legs), "tender.late", facts)
    after = msgspec.structs.replace(
        escrow,
        state=ESCROW.after(escrow.state, "take"),
        sources=(*escrow.sources, Share(command.method, "tender", command.amount)),
        taken=escrow.taken + command.amount,
        taken_at=escrow.taken_at or command.at,
    )
    # Confirmed before it was paid: other tenders may still be on their way, so wait a day.
    retry_at = command.at + RETRY_CONFIRM if escrow.confirmed_at else None
    return Decision(after, template, tuple(legs), "tender.taken", facts, retry_at)


def confirm(
    escrow: Escrow, command: Confirm, items: Sequence[ItemRow], terms: Terms
) -> Decision | None:
    """Release the escrow: split it by the plan. None where there is nothing (more) to do.

    Raises NothingToSplit and OrderUnderpaid.
    """
    if escrow.state == "awaiting":
        known = escrow.confirmed_at or command.at
        return Decision(msgspec.structs.replace(escrow, confirmed_at=known))
    if escrow.state != "held":
        return None
    fixed = _planned(escrow, items, terms)
    # A refund that came first fixed the plan; without a seller in it nobody is owed a share.
    if not items or not any(share.role == "seller" for share in fixed.parts):
        raise NothingToSplit(order=escrow.order_key)
    after = msgspec.structs.replace(
        fixed,
        state=ESCROW.after(fixed.state, "release"),
        confirmed_at=fixed.confirmed_at or command.at,
        released_at=command.at,
    )
    legs = [*_subsidy(fixed.sources, "order_subsidised"), *_release(fixed.parts)]
    return Decision(after, "order_released", tuple(legs), "order.released", {"by": command.by})


def refund(
    escrow: Escrow, command: Refund, items: Sequence[ItemRow], terms: Terms
) -> tuple[Decision, int]:
    """Give back part or all of a payment along the split; the decision and the amount.

    Raises OverRefund and IllegalMove.
    """
    if escrow.state == "awaiting" and command.cause == "cancellation":
        void = ESCROW.after(escrow.state, "void")
        after = msgspec.structs.replace(escrow, state=void, closed_at=command.at)
        return Decision(after, event="order.voided"), 0
    closed = ESCROW.after(escrow.state, "refund")
    left = escrow.taken - escrow.refunded
    amount = left if command.amount is None else command.amount
    if not 0 < amount <= left:
        raise OverRefund(asked=amount, left=left)
    fixed = escrow if escrow.planned else _fixed_for_refund(escrow, items, terms)
    after, back = _given_back(fixed, amount, command, terms)
    if amount == left:
        after = msgspec.structs.replace(after, state=closed, closed_at=command.at)
    legs = _legs_back(fixed, after, released=escrow.state == "released")
    facts: dict[str, int | str] = {"amount": amount, "cause": command.cause, "subsidy": back}
    return Decision(after, "order_refunded", tuple(legs), "order.refunded", facts), amount


ESCROW_VERBS = {state: ESCROW.allowed(state) for state in ESCROW.states}


def _planned(escrow: Escrow, items: Sequence[ItemRow], terms: Terms) -> Escrow:
    if escrow.planned:
        return escrow
    shares = plan.parts(items, escrow.taken, terms)
    sources = plan.with_subsidy(escrow.sources, shares, terms)
    if isinstance(sources, plan.Underpaid):
        raise OrderUnderpaid(order=escrow.order_key, missing=sources.missing)
    return msgspec.structs.replace(escrow, parts=shares, sources=sources)


def _fixed_for_refund(escrow: Escrow, items: Sequence[ItemRow], terms: Terms) -> Escrow:
    """The plan that a refund retraces; what no item explains is a surcharge."""
    try:
        return _planned(escrow, items, terms)
    except OrderUnderpaid:
        shares = (Share(PLATFORM, "surcharge", escrow.taken),)
        return msgspec.structs.replace(escrow, parts=shares)


def by_rail(escrow: Escrow, rail: str) -> int:
    """What may still go back of what came by a rail, minor units; nothing of a closed order."""
    if "refund" not in ESCROW_VERBS[escrow.state]:
        return 0
    return sum(s.left for s in escrow.sources if s.role == "tender" and s.group == rail)


def restore(escrow: Escrow, command: Restore) -> Decision:
    """What had gone back comes again to those who gave it, in proportion to what each gave."""
    subsidy = -plan.subsidy_back(escrow.sources, escrow.refunded, -command.amount)
    came = [s.role == "tender" and s.group == command.rail for s in escrow.sources]
    made = [s.role == "subsidy" for s in escrow.sources]
    sources = plan.give_again(escrow.sources, came, command.amount)
    after = msgspec.structs.replace(
        escrow,
        sources=plan.give_again(sources, made, subsidy),
        parts=plan.give_again(escrow.parts, [True] * len(escrow.parts), command.amount + subsidy),
        refunded=escrow.refunded - command.amount,
    )
    if escrow.state == "refunded":
        verb = "restore" if escrow.released_at else "hold_again"
        state = ESCROW.after(escrow.state, verb)
        after = msgspec.structs.replace(after, state=state, closed_at=None)
    legs = _legs_again(escrow, after, released=escrow.released_at is not None)
    facts: dict[str, int | str] = {"amount": command.amount, "rail": command.rail}
    return Decision(after, "order_restored", tuple(legs), "order.restored", facts)


def _legs_again(before: Escrow, after: Escrow, *, released: bool) -> list[Leg]:
    sources = _difference(after.sources, before.sources)
    legs: list[Leg] = []
    for share in sources:
        if share.role == "tender":
            legs += TEMPLATES["order_restored"].legs({"rail": share.group}, {"tender": share.left})
    if released:
        legs += _subsidy(sources, "order_subsidised")
        legs += _release(_difference(after.parts, before.parts))
    return legs


def _given_back(escrow: Escrow, amount: int, command: Refund, terms: Terms) -> tuple[Escrow, int]:
    subsidy = plan.subsidy_back(escrow.sources, escrow.refunded, amount)
    rail = command.rail
    goes = [s.role == "tender" and rail in ("", s.group) for s in escrow.sources]
    sources = plan.give_of(escrow.sources, goes, amount, "tender")
    helps = [s.role != "tender" for s in sources]
    after = msgspec.structs.replace(
        escrow,
        sources=plan.give_of(sources, helps, subsidy, "subsidy"),
        parts=plan.give_back(escrow.parts, amount + subsidy, terms.odd_unit_to, command.seller),
        refunded=escrow.refunded + amount,
    )
    return after, subsidy


def _legs_back(before: Escrow, after: Escrow, *, released: bool) -> list[Leg]:
    legs: list[Leg] = []
    if released:
        legs += _split(
            _difference(before.parts, after.parts), "order_returned", "order_unsurcharged"
        )
        legs += _subsidy(_difference(before.sources, after.sources), "order_unsubsidised")
    for share in _difference(before.sources, after.sources):
        if share.role == "tender":
            legs += TEMPLATES["order_refunded"].legs({"rail": share.group}, {"tender": share.left})
    return legs


def _difference(before: tuple[Share, ...], after: tuple[Share, ...]) -> tuple[Share, ...]:
    return tuple(
        Share(b.group, b.role, a.back - b.back) for b, a in zip(before, after, strict=True)
    )


def _release(shares: tuple[Share, ...]) -> list[Leg]:
    return _split(shares, "order_released", "order_surcharged")


def _split(shares: tuple[Share, ...], template: str, surcharge: str) -> list[Leg]:
    legs: list[Leg] = []
    for group in dict.fromkeys(share.group for share in shares if share.group != PLATFORM):
        amounts = {share.role: share.left for share in shares if share.group == group}
        legs += TEMPLATES[template].legs({"seller": group}, amounts)
    for share in shares:
        if share.role == "surcharge":
            legs += TEMPLATES[surcharge].legs({}, {"surcharge": share.left})
    return legs


def _subsidy(sources: tuple[Share, ...], template: str) -> list[Leg]:
    amount = sum(share.left for share in sources if share.role == "subsidy")
    return TEMPLATES[template].legs({}, {"subsidy": amount})
