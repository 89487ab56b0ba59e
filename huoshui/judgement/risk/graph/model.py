"""What is kept of links, what they weigh, and what is said of those who are near. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import cache

import msgspec

from huoshui.facts.activity.kinds import KINDS
from huoshui.facts.activity.model import HASHED, Kept

DEGREE_MOST = 50  # parties at one identifier; where more are, it links nobody
MINE_MOST = 50  # identifiers of one party that are followed, the latest used first
YOUNG_DAYS, NEW_DAYS = 30, 7
RING_LEAST = 5  # young accounts near: fewer share a device in a family
BAD_WEIGHT = 300_000  # millionths of nearness to known fraud that make a ring
HALF_LIFE_DAYS, AGE_MOST_DAYS = 90, 720
MILLION = 1_000_000
OPENED = "account.opened"
MEASURES = (
    "peers", "bad_peers", "weight", "bad_weight", "young_peers", "new_peers", "crowded", "overlap", "ring",
)  # fmt: skip


class Near(msgspec.Struct, frozen=True):
    """Who is two hops from somebody: counts of parties, weights in millionths.

    `crowded` identifiers link nobody; `overlap` counts those shared with the merchant of the order.
    """

    peers: int
    bad_peers: int
    weight: int
    bad_weight: int
    young_peers: int
    new_peers: int
    crowded: int
    overlap: int

    @property
    def ring(self) -> bool:
        """Whether this looks like a ring: most peers are young and many, or known fraud is near."""
        burst = self.young_peers >= RING_LEAST and 2 * self.young_peers >= self.peers
        return burst or self.bad_weight >= BAD_WEIGHT

    def value(self, measure: str) -> int | bool:
        """One of the measures."""
        found: int | bool = getattr(self, measure)
        return found


Link = tuple[str, str, str]  # kind, identifier, party


class Party(msgspec.Struct):
    """Since when a party is known, and as what."""

    opened_at: datetime | None = None
    bad_at: datetime | None = None
    good_at: datetime | None = None


class News(msgspec.Struct):
    """What a batch adds: first and last time of links, and what is known of parties."""

    links: dict[Link, tuple[datetime, datetime]] = {}
    parties: dict[str, Party] = {}


def actor(row: Kept) -> str | None:
    """Whose device and card it was: the buyer's, or the merchant's where no buyer is named."""
    return row.buyer or row.merchant


def news(rows: Iterable[Kept]) -> News:
    """What these activities add."""
    found = News()
    for row in rows:
        party = actor(row)
        if party is None:
            continue
        at = row.occurred_at
        for kind in HASHED:
            identifier = row.ref(kind)
            if identifier is not None:
                first, last = found.links.get((kind, identifier, party), (at, at))
                found.links[kind, identifier, party] = (min(first, at), max(last, at))
        if row.kind == OPENED or KINDS[row.kind].mark:
            _known(found.parties.setdefault(party, Party()), row)
    return found


def _known(party: Party, row: Kept) -> None:
    at, mark = row.occurred_at, KINDS[row.kind].mark
    if row.kind == OPENED:
        party.opened_at = min(party.opened_at or at, at)
    elif mark == "bad":
        party.bad_at = max(party.bad_at or at, at)
    else:
        party.good_at = max(party.good_at or at, at)


@cache
def degree_weights() -> list[int]:
    """What a link weighs by the parties at its identifier, from 1: millionths of 1/log(1 + degree)."""
    return [round(MILLION / Decimal(1 + degree).ln()) for degree in range(1, DEGREE_MOST + 1)]


@cache
def age_weights() -> list[int]:
    """What is left of a link that was used last so many whole days ago: millionths."""
    halves = Decimal("0.5") ** (Decimal(1) / HALF_LIFE_DAYS)
    return [round(MILLION * halves**days) for days in range(AGE_MOST_DAYS + 1)]
