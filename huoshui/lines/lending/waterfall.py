"""The waterfall: one table says what a payment pays first. No I/O.

Rows of the table are (bucket, component) in order. `horizontal` finishes an instalment before the
next, bucket by bucket; `vertical` finishes a component over all instalments of its bucket before
the next row. The future rule says which instalments that are not due yet a payment of a kind takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from huoshui.core.errors import Problem

Bucket = Literal["past_due", "due", "in_advance"]
Component = Literal["penalty", "fee", "interest", "principal"]
Direction = Literal["horizontal", "vertical"]
FutureRule = Literal["next_instalment", "last_instalment", "spread", "next_then_last"]
Line = tuple[Bucket, Component]

BUCKETS: tuple[Bucket, ...] = ("past_due", "due", "in_advance")
COMPONENTS: tuple[Component, ...] = ("penalty", "fee", "interest", "principal")


class BadWaterfall(Problem):
    """A table that leaves out or repeats a bucket's component."""

    code = "bad_waterfall"
    status = 422


def table(order: tuple[Component, ...] = COMPONENTS) -> tuple[Line, ...]:
    """The table in which each bucket pays its components in one order."""
    return tuple((bucket, component) for bucket in BUCKETS for component in order)


class Waterfall(msgspec.Struct, frozen=True):
    """Tables by kind of payment, “default” for all that are not named. Raises BadWaterfall."""

    lines: Mapping[str, tuple[Line, ...]] = msgspec.field(
        default_factory=lambda: {"default": table()}
    )
    direction: Direction = "horizontal"
    future: Mapping[str, FutureRule] = msgspec.field(
        default_factory=lambda: {"default": "next_instalment"}
    )

    def __post_init__(self) -> None:
        whole = {(bucket, component) for bucket in BUCKETS for component in COMPONENTS}
        for kind, lines in self.lines.items():
            if set(lines) != whole or len(lines) != len(whole):
                raise BadWaterfall(kind=kind)
        if "default" not in self.lines or "default" not in self.future:
            raise BadWaterfall(kind="default")

    def table_of(self, kind: str) -> tuple[Line, ...]:
        """The table for a kind of payment."""
        return self.lines.get(kind, self.lines["default"])

    def by_bucket(self, kind: str) -> list[tuple[Bucket, list[Component]]]:
        """The table's buckets in order, each with its components."""
        found: dict[Bucket, list[Component]] = {}
        for bucket, component in self.table_of(kind):
            found.setdefault(bucket, []).append(component)
        return list(found.items())
