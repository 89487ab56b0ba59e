"""What the API answers about partners: statements, and claims on covers."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.facts.partners import PartnerName
from huoshui.lines.lending.partners.claim import ASKED, CLAIM, CoverClaim
from huoshui.lines.lending.partners.statement import Statement
from huoshui.lines.lending.partners.store import ClaimEntry


class PartnerStatementView(msgspec.Struct, frozen=True):
    """Who gains what by a product: `items` by kind, `position` what a funder has not got back.

    Over all parties of a product's loans the gains come to nothing.
    """

    product: str
    role: str
    party: str
    gain: Money
    position: Money
    items: dict[str, Money]


class CoverClaimView(msgspec.Struct, frozen=True):
    """A claim on who bears a part of a loan's loss. `outstanding` is owed by the cover, or below zero
    owed back to it."""

    id: str
    state: str
    loan: str
    product: str
    party: str
    role: str
    due: Money
    claimed: Money
    accepted: Money
    paid: Money
    outstanding: Money
    due_by_component: dict[str, int]
    allowed: list[str]
    drafted_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    paid_at: datetime | None


class CoverClaimEntryView(msgspec.Struct, frozen=True):
    """One thing that happened to a claim; `amount` was posted, in minor units."""

    number: int
    verb: str
    state: str
    at: datetime
    actor: str
    amount: int
    note: str


class PartnerNameView(msgspec.Struct, frozen=True):
    """What a partner is called: `party` is its word in products' files."""

    party: str
    en: str
    zh: str
    made_at: datetime
    made_by: str


class CoverClaimDetail(msgspec.Struct, frozen=True):
    """A claim and its life."""

    claim: CoverClaimView
    entries: list[CoverClaimEntryView]


def statement(found: Statement) -> PartnerStatementView:
    """A party's statement."""
    items = {name: Money(amount, found.currency) for name, amount in found.items.items() if amount}
    gain, position = (Money(each, found.currency) for each in (found.gain, found.position))
    return PartnerStatementView(found.product, found.role, found.party, gain, position, items)


def name(found: PartnerName) -> PartnerNameView:
    """What a partner is called."""
    return PartnerNameView(found.party, found.en, found.zh, found.made_at, found.made_by)


def asked_of(found: CoverClaim) -> list[str]:
    """The verbs that a person may ask of a claim."""
    return [verb for verb in CLAIM.allowed(found.state) if verb in ASKED]


def claim(found: CoverClaim) -> CoverClaimView:
    """A claim."""

    def money(amount: int) -> Money:
        return Money(amount, found.currency)

    return CoverClaimView(
        found.shown, found.state, ids.show("loan", found.loan_id), found.product, found.party,
        found.role, money(found.due), money(found.claimed), money(found.accepted),
        money(found.paid), money(found.outstanding),
        {"principal": found.due_principal, "interest": found.due_interest, "charges": found.due_charges},
        asked_of(found), found.drafted_at, found.submitted_at, found.decided_at, found.paid_at,
    )  # fmt: skip


def entry(found: ClaimEntry) -> CoverClaimEntryView:
    """One thing that happened."""
    return CoverClaimEntryView(
        found.number, found.verb, found.state, found.at, found.actor, found.amount, found.note
    )
