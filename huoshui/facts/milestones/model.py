"""Sources of milestones and what they signed, as stored; and why one is refused. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from edge.protocol import SKEW_MAX_MS, Milestone
from huoshui.core import ids
from huoshui.core.errors import FieldError, NotFound, Problem
from huoshui.core.machine import Machine, Move

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
LASTS_MOST = timedelta(days=400)  # from its signature until it runs out
KINDS_MOST = 20
_YEAR_MOST = 9999


class UnknownSource(NotFound):
    """No such source of milestones in this book."""

    code = "unknown_milestone_source"


class UnknownMilestone(NotFound):
    """No such milestone in this book."""

    code = "unknown_milestone"


# A source that is suspended is believed in nothing new until it is resumed; what it said before stands.
SOURCE = Machine(
    "milestone_source",
    "trusted",
    {
        "suspend": Move(("trusted",), "suspended"),
        "resume": Move(("suspended",), "trusted"),
        "revoke": Move(("trusted", "suspended"), "revoked"),
    },
)


class BadSource(Problem):
    """The source cannot be registered: its key, or what it may certify; the problem names the field."""

    code = "bad_milestone_source"
    status = 422


class BadMilestone(Problem):
    """A signed milestone is not believed; `reason` is one word for why."""

    code = "bad_milestone"
    status = 422


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Who certifies milestones of some kinds with its key, unless it is suspended or revoked.

    `public` is the key that is believed now; `reason` says why its state is what it is.
    """

    id: UUID
    name: str
    kinds: list[str]
    registered_at: datetime
    registered_by: str
    state: str
    state_at: datetime
    state_by: str
    reason: str = ""
    public: str

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("msr", self.id)


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a source: believed from a time on, until the source takes the next one."""

    source_id: UUID
    number: int
    public: str
    from_at: datetime
    made_by: str


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone that was believed: who reached what, when, by whose word; `text` is what was signed."""

    id: UUID
    source_id: UUID
    number: str
    kind: str
    subject: str
    reference: str
    reached_at: datetime
    ends_at: datetime
    digest: str
    text: str
    recorded_at: datetime
    actor: str

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("mst", self.id)


def refused(reason: str) -> BadMilestone:
    """Why a milestone is not believed, told at its field."""
    return BadMilestone(
        reason=reason, errors=(FieldError("/fact", "milestone", {"reason": reason}),)
    )


def time_of(ms: int) -> datetime:
    """A time as a source writes it. Raises BadMilestone for one that no calendar has."""
    if ms > _ms_most():
        raise refused("malformed")
    return _EPOCH + ms * _MS


def _ms_most() -> int:
    return (datetime(_YEAR_MOST, 1, 1, tzinfo=UTC) - _EPOCH) // _MS


def reason_against(said: Milestone, source: Source, market: str, now: datetime) -> str:
    """Why what a source signed is not to be believed now, or nothing."""
    at, ends = time_of(said.at), time_of(said.ends)
    checks = {
        "revoked": source.state == "revoked",
        "suspended": source.state == "suspended",
        "kind": said.kind not in source.kinds,
        "market": said.market != market,
        "early": at > now + SKEW_MAX_MS * _MS,
        "expired": now >= ends,
        "lasting": not at < ends <= at + LASTS_MOST,
        "number": not said.number,
        "reference": not said.reference,
    }
    return next((name for name, is_so in checks.items() if is_so), "")
