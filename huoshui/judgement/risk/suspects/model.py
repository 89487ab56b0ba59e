"""A suspect, its life, and a search. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move

Kind = Literal["ring", "fake_orders", "take_over"]
KINDS: tuple[Kind, ...] = ("ring", "fake_orders", "take_over")

SUSPECT = Machine(
    "suspect",
    "found",
    {
        "confirm": Move(("found",), "confirmed"),
        "clear": Move(("found",), "cleared"),
        "reopen": Move(("confirmed", "cleared"), "found"),
    },
)


class UnknownSuspect(NotFound):
    """No suspect of that id."""

    code = "unknown_suspect"


class ReasonNeeded(Problem):
    """A verdict on people needs a reason."""

    code = "verdict_reason_needed"
    status = 422


class Shown(msgspec.Struct, frozen=True):
    """A sign as it is kept: bits in hundredths, so many of so many, what it is about.

    `centilift`: how much more often a seller shows it than others do, in hundredths.
    """

    name: str
    centibits: int
    count: int
    of: int
    about: str = ""
    centilift: int = 100


class Suspicious(msgspec.Struct, frozen=True):
    """An order of a suspected seller, the signs that it shows itself, and how much they say."""

    order: str
    buyer: str
    shows: tuple[str, ...]
    centibits: int


class Found(msgspec.Struct, frozen=True):
    """What a search found: members (accounts, or the one seller or account), signs, and what ties each
    member.
    """

    kind: Kind
    members: tuple[str, ...]
    centibits: int
    signs: tuple[Shown, ...]
    held: dict[str, list[tuple[str, str]]]


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A ring, a seller of fake orders or an account taken over, as it was last seen; `times` counts the searches that saw it."""

    id: UUID
    kind: Kind
    state: str
    members: list[str]
    centibits: int
    signs: list[Shown]
    held: dict[str, list[tuple[str, str]]]
    first_at: datetime
    last_at: datetime
    times: int
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    decisions: int = 0

    @property
    def shown(self) -> str:
        """The public id."""
        return ids.show("sus", self.id)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """One search: what it read, and how many it found."""

    id: UUID
    at: datetime
    accounts: int
    touches: int
    orders: int
    rings: int
    sellers: int
    taken: int

    @property
    def shown(self) -> str:
        """The public id."""
        return ids.show("ssr", self.id)
