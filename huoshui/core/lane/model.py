"""The lane's words: verbs, why a submission is refused, what the health says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from huoshui.core.db import Tx
from huoshui.core.errors import Problem

U = TypeVar("U")
R = TypeVar("R")


class LaneFull(Problem):
    """Too much waits already; nothing of this submission was taken."""

    code = "lane_full"
    status = 429


class LaneTooLarge(Problem):
    """More items than one caller may ever have waiting."""

    code = "lane_too_large"
    status = 413


class LaneStopped(Problem):
    """The process is ending; nothing of this submission was done."""

    code = "lane_stopped"
    status = 503


class PartFailed(Exception):
    """Some units of a submission failed, the others stand: results by place, errors by place."""

    def __init__(self, results: list[Any], errors: dict[int, Exception]) -> None:
        self.results = results
        self.errors = errors
        super().__init__(f"{len(errors)} of {len(results)} units failed: {errors}")


class Verb(msgspec.Struct, Generic[U, R], frozen=True):
    """What the lane can do: `run(tx, units)` answers one result a unit, in their order.

    `weight` counts the items of a unit (none: each is one). `idempotent` says that a unit which
    stands already is answered as it was the first time, so that it may be run again.
    """

    name: str
    run: Callable[[Tx, list[U]], list[R]]
    weight: Callable[[U], int] | None = None
    idempotent: bool = False


class Spread(msgspec.Struct, frozen=True):
    """How a quantity was distributed over the recent past."""

    p50: int
    p95: int
    p99: int
    max: int


class LaneHealth(msgspec.Struct, frozen=True):
    """What a lane did since it started, and how its recent batches were.

    `wait_us` is from a submission to the start of its first batch, `flush_us` from the start of
    a batch to the end of its commit.
    """

    queued: int  # items
    batches: int
    items: int
    refused: int  # submissions
    bisected: int  # parts of batches that were halved
    retried: int  # transactions that were run again
    batch_items: Spread
    wait_us: Spread
    flush_us: Spread
