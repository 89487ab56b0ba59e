"""Rings planted in traffic, each hidden by one of four levels."""

from __future__ import annotations

import msgspec

from huoshui.judgement.risk.rings.planted.traffic import HOURS, Traffic, own_things, shop_about

SIZES = (3, 5, 10, 20, 40)


class Level(msgspec.Struct, frozen=True):
    """How a ring hides: so many accounts share one identifier of a kind (1: each its own)."""

    device: int
    ip: int
    card: int
    phone: int
    address: int
    shared: float
    opened_h: int
    sellers: int
    at_sellers: float
    within_h: int
    promoted: float


LEVELS = (
    Level(6, 40, 3, 2, 6, 1.0, 48, 1, 0.95, 1, 0.8),
    Level(3, 3, 2, 1, 3, 0.9, 168, 1, 0.67, 24, 0.6),
    Level(1, 1, 2, 1, 2, 0.5, 720, 2, 0.45, 168, 0.3),
    Level(1, 4, 1, 4, 1, 0.5, 1440, 3, 0.30, HOURS, 0.12),
)


class Gang(msgspec.Struct, frozen=True):
    """A planted ring: its accounts and how it hides."""

    members: tuple[str, ...]
    level: int


def plant(made: Traffic, each: int) -> list[Gang]:
    """So many rings of each size at each level."""
    return [
        _gang(made, size, level)
        for level in range(len(LEVELS))
        for size in SIZES
        for _ in range(each)
    ]


def _gang(made: Traffic, size: int, level: int) -> Gang:
    how = LEVELS[level]
    begun = made.random.randrange(HOURS - how.opened_h - 240)
    members = [made.open(begun + made.random.randrange(how.opened_h)) for _ in range(size)]
    for member in members:
        own_things(made, member)
    for kind in ("device", "ip", "card", "phone", "address"):
        _chain(made, members, kind, getattr(how, kind), how.shared)
    _orders(made, members, how, begun + how.opened_h)
    return Gang(tuple(members), level)


def _chain(made: Traffic, members: list[str], kind: str, per: int, share: float) -> None:
    """One identifier for each so many members; groups overlap by one, and so hang together."""
    step = max(1, per - 1)
    for first in range(0, len(members) if per > 1 else 0, step):
        name = made.name(kind)
        for member in members[first : first + per]:
            if made.random.random() < share:
                made.touch(member, kind, name)


def _orders(made: Traffic, members: list[str], how: Level, begun: int) -> None:
    sellers = [made.random.choice(made.sellers) for _ in range(how.sellers)]
    hours = [begun + made.random.randrange(240) for _ in range(3)]
    for member in members:
        for hour in hours:
            if made.random.random() < how.at_sellers:
                at = hour + made.random.randrange(min(how.within_h, HOURS - hour))
                promoted = made.random.random() < how.promoted
                made.order(member, made.random.choice(sellers), at, promoted)
            else:
                shop_about(made, member, min(begun, HOURS - 2), 1)
