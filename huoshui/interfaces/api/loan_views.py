"""Loans as the API answers them; amounts are minor units of the loan's currency."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.lines.lending.life.view import Due, Moved
from huoshui.lines.lending.loan.model import EventRow, Loan, PostedRow
from huoshui.lines.lending.loan.position import Position
from huoshui.lines.lending.loan.service import Outcome, Settlement
from huoshui.lines.lending.postings import Posting


class LoanOfferView(msgspec.Struct, frozen=True):
    """What a loan of a product would cost: instalments, sums, yearly rates by law, texts."""

    product: str
    amount: Money
    disclosure: dict[str, Any]


class LoanPositionView(msgspec.Struct, frozen=True):
    """Where a loan stands on a day: what is open, what is in credit, since when something is late."""

    day: date
    standing: str
    principal: int
    interest: int
    fees: int
    penalties: int
    credit: int
    days_past_due: int
    next_due: date | None
    next_amount: int | None


class LoanView(msgspec.Struct, frozen=True):
    """A loan as a contract. `reasons` say why it was declined; `position` where it stands, once drawn."""

    id: str
    party: str
    product: str
    version: int
    state: str
    amount: Money
    instalments: int
    rate_annual: str | None
    reasons: list[dict[str, Any]]
    applied_at: datetime
    offer_ends_at: datetime | None
    consent_at: datetime | None
    drawable_on: date | None
    start_on: date | None
    closed_at: datetime | None
    position: LoanPositionView | None = None
    disclosure: dict[str, Any] | None = None


class LoanScheduleView(msgspec.Struct, frozen=True):
    """The instalments of a loan, folded from its events as they are known now."""

    loan: str
    currency: str
    rows: list[Due]


class LoanEventView(msgspec.Struct, frozen=True):
    """An event: the day from which it counts (`on`), and when it was learnt (`recorded_on`)."""

    id: str
    number: int
    kind: str
    on: date
    recorded_on: date
    recorded_at: datetime
    amount: int | None
    details: dict[str, Any]
    reverses: str | None
    actor: str


class LoanEntryView(msgspec.Struct, frozen=True):
    """An entry that was posted for a loan: the day that it belongs to, the event that caused it."""

    transaction: str
    cause: str | None
    of: str
    on: date
    template: str
    amounts: dict[str, int]
    posted_at: datetime


class LoanEntriesView(msgspec.Struct, frozen=True):
    """All entries that were posted for a loan, in the order of posting."""

    loan: str
    currency: str
    entries: list[LoanEntryView]


class LoanOutcomeView(msgspec.Struct, frozen=True):
    """What became of an event: what it moved, and what was posted, differences of earlier days included."""

    loan: LoanView
    event: LoanEventView
    moved: list[Moved]
    postings: list[Posting]
    again: bool


class LoanSettlementView(msgspec.Struct, frozen=True):
    """What would settle a loan on a day, and what is spared against paying by the schedule."""

    loan: str
    currency: str
    on: date
    total: int
    principal: int
    interest: int
    charges: int
    credit: int
    spared: int


def loan(found: Loan, at: Position | None = None, *, told: bool = False) -> LoanView:
    """A loan; with its disclosure where it is told."""
    return LoanView(
        id=found.shown,
        party=found.party,
        product=found.product,
        version=found.version,
        state=found.state,
        amount=Money(found.amount, found.currency),
        instalments=found.instalments,
        rate_annual=found.rate_annual,
        reasons=found.reasons,
        applied_at=found.applied_at,
        offer_ends_at=found.offer_ends_at,
        consent_at=found.consent_at,
        drawable_on=found.drawable_on,
        start_on=found.start_on,
        closed_at=found.closed_at,
        position=position(at) if at else None,
        disclosure=found.disclosure if told else None,
    )


def position(at: Position) -> LoanPositionView:
    """Where a loan stands."""
    since = at.oldest_open_due
    late = max(0, (at.day - since).days) if since else 0
    return LoanPositionView(
        at.day, at.standing, at.principal, at.interest, at.fees, at.penalties, at.credit, late,
        at.next_due, at.next_amount,
    )  # fmt: skip


def event(row: EventRow) -> LoanEventView:
    """An event."""
    return LoanEventView(
        id=row.shown,
        number=row.number,
        kind=row.kind,
        on=row.on_,
        recorded_on=row.recorded_on,
        recorded_at=row.recorded_at,
        amount=row.amount,
        details=row.payload,
        reverses=ids.show("lev", row.reverses) if row.reverses else None,
        actor=row.actor,
    )


def entry(row: PostedRow) -> LoanEntryView:
    """An entry."""
    return LoanEntryView(
        transaction=ids.show("txn", row.txn_id),
        cause=ids.show("lev", row.cause) if row.cause else None,
        of=row.of,
        on=row.on_,
        template=f"loan.{row.template}",
        amounts=row.amounts,
        posted_at=row.posted_at,
    )


def outcome(done: Outcome) -> LoanOutcomeView:
    """What became of an event."""
    return LoanOutcomeView(
        loan(done.loan, done.position), event(done.event), list(done.moved), list(done.postings),
        done.again,
    )  # fmt: skip


def settlement(found: Loan, said: Settlement) -> LoanSettlementView:
    """What would settle a loan."""
    return LoanSettlementView(found.shown, found.currency, **msgspec.structs.asdict(said))
