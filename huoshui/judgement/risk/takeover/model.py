"""What an account did, and what of it looks like somebody else."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["sign_in", "failed", "credentials", "address", "order"]
SIGNS = (
    "new_device",
    "device_of_many",
    "failed_sign_ins",
    "credentials",
    "new_address",
    "large_order",
)


class Act(msgspec.Struct, frozen=True):
    """One act of an account at an hour since the epoch.

    `sign_in` and `failed` name the device, `credentials` is a changed password or contact, `address` a
    new one, `order` has an amount in minor units.
    """

    account: str
    kind: Kind
    at_h: int
    device: str = ""
    amount: int = 0


class Sign(msgspec.Struct, frozen=True):
    """A sign that an account shows, and its surprise in bits."""

    name: str
    bits: float
    count: int


class Watched(msgspec.Struct, frozen=True):
    """An account, the hour from which within three days it showed most, and its signs then."""

    account: str
    from_h: int
    signs: tuple[Sign, ...]

    @property
    def bits(self) -> float:
        """How surprising it is in all; one sign alone is nobody else."""
        return sum(each.bits for each in self.signs) if len(self.signs) > 1 else 0.0
