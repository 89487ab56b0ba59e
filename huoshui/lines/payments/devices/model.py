"""What a device is, its states as data, and times as devices write them. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from edge.protocol import SKEW_MAX_MS, Refused
from huoshui.core import ids
from huoshui.core.errors import FieldError, NotFound, Problem
from huoshui.core.machine import Machine, Move

DEVICE = Machine(
    "device",
    "active",
    {
        "freeze": Move(("active",), "frozen"),
        "thaw": Move(("frozen",), "active"),
        "revoke": Move(("active", "frozen"), "revoked"),
    },
)
Role = Literal["wallet", "till", "machine"]
Cause = Literal["lost", "stolen", "retired"]
# A till and a machine act for who sells, a wallet for who pays.
PARTIES: dict[Role, str] = {"wallet": "byr", "till": "slr", "machine": "slr"}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
SKEW = SKEW_MAX_MS * _MS
_MS_MAX = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MS


class UnknownDevice(NotFound):
    """No such device in this book."""

    code = "unknown_device"


class DeviceKnown(Problem):
    """The key belongs to another device already; a key is enrolled once."""

    code = "device_known"
    status = 409


class DeviceUnfit(Problem):
    """The device cannot do what is asked of it; the problem says why."""

    code = "device_unfit"
    status = 422


class BadMessage(Problem):
    """A signed message cannot be used: `reason` is the protocol's word for it."""

    code = "bad_message"
    status = 422


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device; `state_at` is the moment since which it is in its state."""

    id: UUID
    party: str
    role: Role
    name: str
    state: str
    reason: str
    state_at: datetime
    enrolled_at: datetime

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("dev", self.id)

    def acted(self, at: datetime) -> bool:
        """Whether it still acted at a time: a device that is stopped is so from `state_at` on."""
        return self.state == "active" or at < self.state_at


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a device; it signs until it is followed."""

    public: str
    device_id: UUID
    from_at: datetime
    until_at: datetime | None

    def signs(self, at: datetime) -> bool:
        """Whether it was the device's key at a time."""
        return self.from_at - SKEW <= at and (self.until_at is None or at <= self.until_at + SKEW)


def to_ms(at: datetime) -> int:
    """A time as devices write it."""
    return (at - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """A device's time. Raises Refused for one that no calendar has."""
    if ms > _MS_MAX:
        raise Refused("malformed", reason="no such time")
    return _EPOCH + ms * _MS


def refused(error: Refused, pointer: str) -> BadMessage:
    """What the protocol refused, as a problem of one field."""
    return BadMessage(
        reason=error.code, errors=(FieldError(pointer, "message", {"reason": error.code}),)
    )
