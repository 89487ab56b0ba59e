"""What rings are found in: accounts, what they touched, what they ordered; and what is found."""

from __future__ import annotations

import msgspec

# How much one shared identifier of a kind says where just two accounts share it, and by how many
# accounts it is shared at most before it says nothing: a public network, a dormitory's address.
STRENGTH = {"device": 1.0, "card": 1.0, "phone": 1.0, "address": 0.7, "ip": 0.35}
DEGREE_MOST = {"device": 60, "card": 30, "phone": 20, "address": 60, "ip": 120}


class Account(msgspec.Struct, frozen=True):
    """An account: when it was opened (hours since an epoch), and whether a promotion opened it."""

    id: str
    opened_h: int


class Touch(msgspec.Struct, frozen=True):
    """An account used an identifier of a kind, last at an hour since the epoch."""

    account: str
    kind: str
    identifier: str
    last_h: int


class Order(msgspec.Struct, frozen=True):
    """An account ordered from a seller at an hour since the epoch, perhaps on a promotion."""

    account: str
    seller: str
    at_h: int
    promoted: bool = False


class Sign(msgspec.Struct, frozen=True):
    """One thing that a ring's members would hardly do by chance.

    `bits` is the base-2 logarithm of one over that chance, after it is paid for how many such
    things were looked at; `count` of `of` members or orders show it, `about` names it.
    """

    name: str
    bits: float
    count: int
    of: int
    about: str = ""


class Ring(msgspec.Struct, frozen=True):
    """A community of accounts and its signs; `held` says what ties each member to the others."""

    members: tuple[str, ...]
    signs: tuple[Sign, ...]
    held: dict[str, tuple[tuple[str, str], ...]]

    @property
    def bits(self) -> float:
        """How surprising the ring is in all: signs are taken as independent, and add up."""
        return sum(each.bits for each in self.signs)
