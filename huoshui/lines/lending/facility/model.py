"""Facilities as they are kept: whose they are, what moves their limit, appeals, reservations. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move
from huoshui.lines.lending.facility.limit import Base, Freeze, Limit, Uplift

Level = Literal["group", "borrower", "scene"]
Kind = Literal["base", "uplift", "achievement", "freeze", "end"]
LEVELS: tuple[Level, ...] = ("group", "borrower", "scene")
FREEZE_MOST = timedelta(days=180)  # a freeze ends by itself: nobody is stopped for ever in silence
PPM = 1_000_000
_DAY = timedelta(days=1)

FACILITY = Machine("facility", "open", {"close": Move(("open",), "closed")})
# Who is frozen may appeal once at a time; a granted appeal ends the freeze at once.
APPEAL = Machine(
    "appeal",
    "open",
    {"grant": Move(("open",), "granted"), "reject": Move(("open",), "rejected")},
)


class UnknownFacility(NotFound):
    """No such facility in this book."""

    code = "unknown_facility"


class UnknownFacilityChange(NotFound):
    """No such change of a facility's limit in this book."""

    code = "unknown_facility_change"


class UnknownAppeal(NotFound):
    """No such appeal in this book."""

    code = "unknown_facility_appeal"


class UnknownReservation(NotFound):
    """No such reservation in this book."""

    code = "unknown_reservation"


class BadFacility(Problem):
    """A facility that cannot stand where it is asked for; the problem names the field."""

    code = "bad_facility"
    status = 422


class BadChange(Problem):
    """A change of a limit that does not hold together; the problem names the field."""

    code = "bad_facility_change"
    status = 422


class FacilityClosed(Problem):
    """Nothing is drawn under a facility that is closed, or that stands below a closed one."""

    code = "facility_closed"
    status = 409


class FacilityInUse(Problem):
    """A facility under which something is drawn or held cannot be closed."""

    code = "facility_in_use"
    status = 409


class FacilityShort(Problem):
    """More than may be drawn; the problem names how much may be, and what lets no more through."""

    code = "facility_short"
    status = 409


class NotSoMuchDrawn(Problem):
    """More is given back than is drawn."""

    code = "not_so_much_drawn"
    status = 409


class OwnFreeze(Problem):
    """Who froze a facility does not reject the appeal against it: another person does."""

    code = "own_freeze"
    status = 409


class NotFrozen(Problem):
    """An appeal against what is no freeze, or is in force no more."""

    code = "not_frozen"
    status = 409


class Facility(msgspec.Struct, frozen=True, kw_only=True):
    """A facility: for a group of borrowers, a borrower, or one scene of a borrower's."""

    id: UUID
    parent_id: UUID | None
    level: Level
    party: str
    scene: str
    name: str
    currency: str
    state: str
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("fac", self.id)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One entry in the list that makes a limit; amounts in minor units, shares in millionths of the base.

    `number` is its place in the list. Of an `end`, `since` is the first day without what it `ends`.
    """

    id: UUID
    facility_id: UUID
    number: int
    kind: Kind
    since: date
    until: date | None = None
    amount: int | None = None
    share_ppm: int | None = None
    cause: str
    evidence: str = ""
    ends: UUID | None = None
    recorded_at: datetime
    actor: str

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("fch", self.id)


class Appeal(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says against a freeze, and what was answered."""

    id: UUID
    facility_id: UUID
    freeze_id: UUID
    words: str
    state: str
    made_at: datetime
    made_by: str
    decided_at: datetime | None = None
    decided_by: str = ""
    answer: str = ""

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("fap", self.id)


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """So much is kept for a drawdown on its way until a moment; minor units."""

    id: UUID
    facility_id: UUID
    amount: int
    reference: str
    until: datetime
    made_at: datetime
    actor: str

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("rsv", self.id)


def limit_of(changes: Iterable[Change]) -> Limit:
    """The limit as a function of the day, from everything that was ever said of it."""
    listed = list(changes)
    ended = {each.ends: each.since for each in listed if each.ends is not None}
    standing = [(each, _until(each, ended.get(each.id))) for each in listed if each.kind != "end"]
    held = [(each, until) for each, until in standing if until is None or until >= each.since]
    return Limit(
        tuple(_base(each, until) for each, until in held if each.kind == "base"),
        tuple(_uplift(e, until) for e, until in held if e.kind in ("uplift", "achievement")),
        tuple(_freeze(each, until) for each, until in held if each.kind == "freeze"),
    )


def _until(change: Change, ended: date | None) -> date | None:
    """The last day on which it holds; before its first one where it never does."""
    if ended is None:
        return change.until
    return ended - _DAY if change.until is None else min(change.until, ended - _DAY)


def _base(change: Change, until: date | None) -> Base:
    return Base(since=change.since, until=until, cause=change.cause, amount=change.amount or 0)


def _uplift(change: Change, until: date | None) -> Uplift:
    return Uplift(
        since=change.since, until=until, cause=change.cause, amount=change.amount or 0,
        share=Fraction(change.share_ppm or 0, PPM),
    )  # fmt: skip


def _freeze(change: Change, until: date | None) -> Freeze:
    return Freeze(since=change.since, until=until, cause=change.cause, amount=change.amount)
