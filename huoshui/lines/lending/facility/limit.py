"""A limit as a function of the day. No I/O.

Each piece holds from its first day to its last, both included; one without a last day holds on. The
base is that which began last, of two of one day the one told last; uplifts add up; a limit is never below zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import msgspec

from huoshui.core.errors import Problem

_DAY = timedelta(days=1)


class BadLimit(Problem):
    """A piece of a limit that cannot be; the problem names it by its cause."""

    code = "bad_facility_limit"
    status = 422


class _Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What every piece has: its days, and why it is there."""

    since: date
    until: date | None = None
    cause: str

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise BadLimit(cause=self.cause[:80], what="until")

    def holds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    @property
    def changes(self) -> Iterator[date]:
        """The days on which it comes into force, and on which it is so no more."""
        yield self.since
        if self.until is not None:
            yield self.until + _DAY


class Base(_Piece, frozen=True, kw_only=True):
    """An amount in minor units."""

    amount: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.amount < 0:
            raise BadLimit(cause=self.cause[:80], what="amount")


class Uplift(_Piece, frozen=True, kw_only=True):
    """More than the base: a share of it, rounded down, or an amount; for a season, an achievement."""

    share: Fraction = Fraction(0)
    amount: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.share < 0 or self.amount < 0 or bool(self.share) == bool(self.amount):
            raise BadLimit(cause=self.cause[:80], what="share")


class Freeze(_Piece, frozen=True, kw_only=True):
    """So much of what is not drawn cannot be drawn (minor units); all of it where none is said.

    An amount, not a share of what is left: a share would let less and less through, but in the end
    all of it.
    """

    amount: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.amount is not None and self.amount <= 0:
            raise BadLimit(cause=self.cause[:80], what="amount")


class Limit(msgspec.Struct, frozen=True):
    """All pieces of a limit."""

    bases: tuple[Base, ...]
    uplifts: tuple[Uplift, ...] = ()
    freezes: tuple[Freeze, ...] = ()

    def at(self, day: date) -> int:
        """The limit of a day, in minor units; freezes do not change it."""
        base = self._base(day)
        more = [int(base * each.share) + each.amount for each in self.uplifts if each.holds(day)]
        return base + sum(more)

    def _base(self, day: date) -> int:
        held = [each for each in self.bases if each.holds(day)]
        return max(reversed(held), key=lambda each: each.since).amount if held else 0

    def thawed(self, undrawn: int, day: date) -> int:
        """What of an undrawn amount may be drawn: the largest freeze of the day counts, once."""
        frozen = [each.amount for each in self.freezes if each.holds(day)]
        if None in frozen:
            return 0
        return max(0, undrawn - max((amount for amount in frozen if amount is not None), default=0))

    def causes(self, day: date) -> tuple[str, ...]:
        """Why it is as it is on a day: of base, uplifts and freezes in force, by their first days."""
        pieces: list[_Piece] = [*self.bases, *self.uplifts, *self.freezes]
        held = sorted((each for each in pieces if each.holds(day)), key=lambda each: each.since)
        return tuple(each.cause for each in held)

    def changes(self, after: date) -> list[date]:
        """The days after this one on which anything of it changes, in order."""
        pieces: list[_Piece] = [*self.bases, *self.uplifts, *self.freezes]
        return sorted({day for each in pieces for day in each.changes if day > after})
