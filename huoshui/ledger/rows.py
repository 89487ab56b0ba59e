"""An account and a hold while a batch is decided: the counters that commands move."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from huoshui.ledger.model import CLOSE_FROM, CLOSE_TO, COUNTER_MAX, Hold, HoldState

State = tuple[Any, ...]


class Row:
    """An account's counters while a batch is decided; minor units, as in the table.

    `loaded` is the version that it came with: a row is moved where its version is another.
    """

    __slots__ = (
        "ceiling", "closed", "currency", "floor", "held_in", "held_out", "id", "in_", "loaded",
        "moved_at", "out_", "path", "version",
    )  # fmt: skip

    def __init__(
        self,
        id_: UUID,
        path: str,
        currency: str,
        floor: int | None,
        ceiling: int | None,
        closed: bool,
        held_out: int,
        out_: int,
        held_in: int,
        in_: int,
        version: int,
        moved_at: datetime | None,
    ) -> None:
        self.id = id_
        self.path = path
        self.currency = currency
        self.floor = floor
        self.ceiling = ceiling
        self.closed = closed
        self.held_out = held_out
        self.out_ = out_
        self.held_in = held_in
        self.in_ = in_
        self.version = self.loaded = version
        self.moved_at = moved_at

    @property
    def state(self) -> State:
        """All that a command may change."""
        return (self.held_out, self.out_, self.held_in, self.in_, self.version, self.closed,
                self.moved_at)  # fmt: skip

    def restore(self, state: State) -> None:
        """Back to an earlier state."""
        (self.held_out, self.out_, self.held_in, self.in_, self.version, self.closed,
         self.moved_at) = state  # fmt: skip

    @property
    def balance(self) -> int:
        """in_ - out_: positive where more came in than went out."""
        return self.in_ - self.out_

    def bears_out(self, amount: int, hold: bool = False) -> bool:
        """Whether `amount` more may leave. Only what is posted can be spent, not what is held.

        A floor below zero is credit: a post may draw it, a hold never does.
        """
        if self.floor is None:
            return True
        floor = max(self.floor, 0) if hold else self.floor
        return self.in_ - self.out_ - self.held_out - amount >= floor

    def bears_in(self, amount: int) -> bool:
        """Whether `amount` more may come, counting what is held for the account."""
        return self.ceiling is None or self.in_ + self.held_in - self.out_ + amount <= self.ceiling

    def spare_out(self, hold: bool) -> int:
        """The most that may leave: down to its floor, to zero where it has none."""
        floor = self.floor or 0
        spare = self.in_ - self.out_ - self.held_out - (max(floor, 0) if hold else floor)
        return max(spare, 0)

    def spare_in(self) -> int:
        """The most that may come: up to its ceiling, to zero where it has none."""
        return max((self.ceiling or 0) - (self.in_ + self.held_in - self.out_), 0)

    def full_out(self, amount: int) -> bool:
        """Whether the counters of what leaves could not hold `amount` more."""
        return self.out_ + self.held_out > COUNTER_MAX - amount

    def full_in(self, amount: int) -> bool:
        """Whether the counters of what comes could not hold `amount` more."""
        return self.in_ + self.held_in > COUNTER_MAX - amount


class Held:
    """A hold while a batch is decided, with the rows of its two accounts."""

    __slots__ = ("expires_at", "hold", "remaining", "source", "state_", "target")

    def __init__(self, hold: Hold, source: Row, target: Row) -> None:
        self.hold = hold
        self.source = source
        self.target = target
        self.remaining = hold.remaining
        self.state_: HoldState = hold.state
        self.expires_at = hold.expires_at

    @property
    def state(self) -> State:
        """All that a command may change."""
        return (self.remaining, self.state_, self.expires_at)

    def restore(self, state: State) -> None:
        """Back to an earlier state."""
        self.remaining, self.state_, self.expires_at = state

    def lapsed(self, now: datetime) -> bool:
        """Whether it has run out by `now`, swept or not."""
        return self.expires_at is not None and self.expires_at <= now

    def free(self, amount: int) -> None:
        """Take `amount` off what is held on both sides."""
        self.remaining -= amount
        self.source.held_out -= amount
        self.target.held_in -= amount

    def end(self, state: HoldState) -> None:
        """Free what is left; an account that the hold closed opens again, unless it was captured."""
        self.free(self.remaining)
        self.state_ = state
        if state == "captured":
            return
        if self.hold.flags & CLOSE_FROM:
            self.source.closed = False
        if self.hold.flags & CLOSE_TO:
            self.target.closed = False
