"""Marks and grades of a borrower, and what is refused of them. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move

Kind = Literal["watched", "unlikely_to_pay"]
KINDS: tuple[Kind, ...] = ("watched", "unlikely_to_pay")
WATCH = Machine(
    "party_mark",
    "standing",
    {"remove": Move(("standing",), "removed"), "restore": Move(("removed",), "standing")},
)


class UnknownMark(NotFound):
    """No such entry on this book's watch list."""

    code = "unknown_party_mark"


class BadMark(Problem):
    """A mark or a grade that cannot be; the problem names the field."""

    code = "bad_party_mark"
    status = 422


class MarkLate(Problem):
    """It counts from a day that is not closed: stages that a closed day told stand."""

    code = "party_mark_late"
    status = 409


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """An entry on the watch list: a borrower is watched, or held to be unlikely to pay (credit-impaired).

    From `since` up to `until`, both included; removed, it holds no more from `ended_on` on.
    """

    id: UUID
    party: str
    kind: Kind
    since: date
    until: date | None
    reason: str
    state: str
    recorded_at: datetime
    actor: str
    ended_on: date | None = None
    ended_by: str = ""
    ended_why: str = ""

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("mrk", self.id)

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        begun = self.since <= day and (self.until is None or day <= self.until)
        return begun and (self.ended_on is None or day < self.ended_on)


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """A borrower's grade from a day on, as `source` told it: a model, an agency, a person."""

    party: str
    number: int
    on_: date
    grade: str
    source: str
    note: str
    recorded_at: datetime
    actor: str
