"""How long rails take and how often they succeed, counted in classes of time. Pure.

A class is a quarter wider than the one before: a percentile read from it is at most 25 % high.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import msgspec


def _edges() -> tuple[int, ...]:
    edges = [1]
    while edges[-1] < 600_000:
        edges.append(max(edges[-1] + 1, edges[-1] * 5 // 4))
    return tuple(edges)


EDGES_MS = _edges()
assert all(low < high for low, high in pairwise(EDGES_MS))


def class_of(took_ms: int) -> int:
    """The class that a time falls into: 1 for up to 1 ms, and so on."""
    for number, edge in enumerate(EDGES_MS, 1):
        if took_ms <= edge:
            return number
    return len(EDGES_MS)


class Count(msgspec.Struct, frozen=True):
    """So many calls of a rail had this verdict in an hour; `class_` 0: it was told later."""

    rail: str
    hour: datetime
    verb: str
    verdict: str
    code: str
    class_: int
    calls: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A rail's figures over a time; the times are of answers to requests, in milliseconds."""

    rail: str
    succeeded: int = 0
    declined: int = 0
    silent: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    codes: dict[str, int] = {}

    @property
    def success(self) -> Decimal | None:
        """Which part of those with a final word succeeded, or None."""
        final = self.succeeded + self.declined
        return Decimal(self.succeeded) / final if final else None


def health(rail: str, counts: Iterable[Count]) -> Health:
    """The figures of a rail out of its counts."""
    sums = {"succeeded": 0, "declined": 0, "unknown": 0}
    codes: dict[str, int] = {}
    times = [0] * (len(EDGES_MS) + 1)
    for count in counts:
        if count.verdict in sums:
            sums[count.verdict] += count.calls
        if count.verdict == "declined":
            codes[count.code] = codes.get(count.code, 0) + count.calls
        if count.class_ and count.verdict != "unknown":
            times[count.class_] += count.calls
    return Health(
        rail=rail,
        succeeded=sums["succeeded"],
        declined=sums["declined"],
        silent=sums["unknown"],
        p50_ms=_percentile(times, 50),
        p95_ms=_percentile(times, 95),
        codes=dict(sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def success(counts: Iterable[Count], rail: str, hour: datetime) -> Decimal | None:
    """Which part of a rail's calls that had their final word in an hour succeeded, or None."""
    mine = [count for count in counts if count.rail == rail and count.hour == hour]
    return health(rail, mine).success


def _percentile(times: list[int], percent: int) -> int | None:
    wanted = -(-sum(times) * percent // 100)
    passed = 0
    for number, calls in enumerate(times):
        passed += calls
        if wanted and passed >= wanted:
            return EDGES_MS[number - 1]
    return None
