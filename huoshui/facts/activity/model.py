"""An activity, what it is about, and what is kept of it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import FieldError, Problem

ACTIVITIES_MAX = 2_000  # in one call
REF_MAX = 200  # characters of what an activity is about
# What an activity may be about. Of those behind the second name only a keyed hash is kept.
PARTIES = ("buyer", "merchant")
HASHED = ("device", "ip", "card", "address", "phone")
ABOUT = (*PARTIES, *HASHED, "order")
Outcome = Literal["created", "exists", "refused"]


class TooManyActivities(Problem):
    """More activities in one call than the limit."""

    code = "too_many_activities"
    status = 413


class ActivityRefused(Problem):
    """An activity that cannot be kept; the errors name its fields and the mend."""

    code = "activity_refused"
    status = 422


class Subjects(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what something is about: public ids of parties and orders, identifiers as they come.

    A device, IP, card, address or phone may also be given as the hash that is kept of it.
    """

    buyer: str | None = None
    merchant: str | None = None
    device: str | None = None
    ip: str | None = None
    card: str | None = None
    address: str | None = None
    phone: str | None = None
    order: str | None = None


class Activity(Subjects, frozen=True, kw_only=True):
    """What somebody did at `occurred_at`; amounts in minor units.

    `key` is the source's own name for it, told once for each kind; without one the same content is
    the same activity. `known_at` is when it became known, in a simulated world alone.
    """

    kind: str
    occurred_at: datetime
    key: str = ""
    amount_minor: int | None = None
    currency: str | None = None
    attributes: Mapping[str, Any] = {}
    known_at: datetime | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An activity as it is kept: identifiers hashed, attributes as JSON has them."""

    id: UUID
    seq: int
    kind: str
    key: str
    occurred_at: datetime
    recorded_at: datetime
    buyer: str | None
    merchant: str | None
    device: str | None
    ip: str | None
    card: str | None
    address: str | None
    phone: str | None
    order_: str | None
    amount: int | None
    currency: str | None
    attributes: dict[str, Any]
    actor: str

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("act", self.id)

    def ref(self, about: str) -> str | None:
        """Whom or what it is about, of one sort."""
        found: str | None = getattr(self, "order_" if about == "order" else about)
        return found


class Taken(msgspec.Struct, frozen=True):
    """What became of one activity. `id` is None only where it was refused."""

    outcome: Outcome
    id: UUID | None = None
    errors: tuple[FieldError, ...] = ()
