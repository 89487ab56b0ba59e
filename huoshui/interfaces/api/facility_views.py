"""Facilities as the API answers them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.lines.lending.facility.down import Part
from huoshui.lines.lending.facility.model import PPM, Appeal, Change, Facility
from huoshui.lines.lending.facility.port import Exposure, Fate
from huoshui.lines.lending.facility.way import Stand


class FacilityView(msgspec.Struct, frozen=True):
    """A facility today, all below it included. Those above it may let less through than `available`;
    `over` is by how much more is drawn than the limit."""

    id: str
    parent: str | None
    level: str
    party: str
    scene: str
    name: str
    state: str
    limit: Money
    drawn: Money
    held: Money
    available: Money
    over: Money
    opened_at: datetime
    closed_at: datetime | None


class LimitPoint(msgspec.Struct, frozen=True):
    """The limit from a day on, and why it is so."""

    since: date
    limit: Money
    causes: list[str]


class DownPart(msgspec.Struct, frozen=True):
    """What is to be repaid by a day to come down to the limit."""

    due: date
    amount: Money


class FacilityDetail(msgspec.Struct, frozen=True):
    """A facility with its tree, what may be drawn through all above it, its limit over time, and the
    plan that is offered where more is drawn than the limit."""

    facility: FacilityView
    drawable: Money
    below: list[FacilityView]
    limits: list[LimitPoint]
    plan: list[DownPart]


class FacilityChangeView(msgspec.Struct, frozen=True):
    """One entry in the list that makes a limit; `share` is of the base."""

    id: str
    number: int
    facility: str
    kind: str
    since: date
    until: date | None
    amount: Money | None
    share: str | None
    cause: str
    evidence: str
    ends: str | None
    recorded_at: datetime
    actor: str


class FacilityTurned(msgspec.Struct, frozen=True):
    """What was said, and the facility since."""

    change: FacilityChangeView
    facility: FacilityView


class FacilityAppealView(msgspec.Struct, frozen=True):
    """An appeal against a freeze and its answer."""

    id: str
    facility: str
    freeze: str
    words: str
    state: str
    made_at: datetime
    made_by: str
    decided_at: datetime | None
    decided_by: str
    answer: str


class ReservationView(msgspec.Struct, frozen=True):
    """A reservation and what became of it: held, drawn, released or expired."""

    id: str
    facility: str
    amount: Money
    held: Money
    state: str
    reference: str
    until: datetime
    made_at: datetime


class FacilityExposureView(msgspec.Struct, frozen=True):
    """What was moved, and the facility and all above it since, from below. `again`: it stood already."""

    reservation: str | None
    amount: Money
    available: Money
    again: bool
    way: list[FacilityView]


def facility(stand: Stand) -> FacilityView:
    """A facility as it stands."""
    of, currency = stand.facility, stand.facility.currency
    return FacilityView(
        of.shown, ids.show("fac", of.parent_id) if of.parent_id else None, of.level, of.party,
        of.scene, of.name, of.state, Money(stand.limit, currency), Money(stand.drawn, currency),
        Money(stand.held, currency), Money(stand.available, currency), Money(stand.over, currency),
        of.opened_at, of.closed_at,
    )  # fmt: skip


def change(said: Change, of: Facility) -> FacilityChangeView:
    """A change of a limit."""
    return FacilityChangeView(
        said.shown, said.number, of.shown, said.kind, said.since, said.until,
        None if said.amount is None else Money(said.amount, of.currency),
        None if said.share_ppm is None else str(Decimal(said.share_ppm) / PPM),
        said.cause, said.evidence, ids.show("fch", said.ends) if said.ends else None,
        said.recorded_at, said.actor,
    )  # fmt: skip


def part(offered: Part, currency: str) -> DownPart:
    """A part of a plan."""
    return DownPart(offered.due, Money(offered.amount, currency))


def appeal(made: Appeal) -> FacilityAppealView:
    """An appeal."""
    return FacilityAppealView(
        made.shown, ids.show("fac", made.facility_id), ids.show("fch", made.freeze_id), made.words,
        made.state, made.made_at, made.made_by, made.decided_at, made.decided_by, made.answer,
    )  # fmt: skip


def reservation(fate: Fate) -> ReservationView:
    """A reservation."""
    made = fate.reservation
    return ReservationView(
        made.shown, ids.show("fac", made.facility_id), Money(made.amount, fate.currency),
        Money(fate.held, fate.currency), fate.state, made.reference, made.until, made.made_at,
    )  # fmt: skip


def exposure(done: Exposure) -> FacilityExposureView:
    """What was moved."""
    return FacilityExposureView(
        done.reservation.shown if done.reservation else None, Money(done.amount, done.currency),
        Money(done.available, done.currency), done.again, [facility(each) for each in done.stands],
    )  # fmt: skip
