"""Which tiles a window is made of, and what of it is left at its edges. Times in microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
Span = tuple[int, int]  # from, until: the end is outside


class Cover(msgspec.Struct, frozen=True):
    """Tiles as (size, from, until), and the spans that no whole tile lies in."""

    tiles: tuple[tuple[int, int, int], ...]
    raw: tuple[Span, ...]


def us(at: datetime) -> int:
    """A moment in microseconds."""
    return (at - EPOCH) // _US


def moment(at_us: int) -> datetime:
    """The moment of so many microseconds."""
    return EPOCH + timedelta(microseconds=at_us)


def window(as_of: datetime, length: timedelta) -> Span:
    """(as_of - length, as_of] in whole microseconds: the first is outside, the last within."""
    until = us(as_of) + 1
    return until - length // _US, until


def cover(since: int, until: int, sizes: tuple[int, ...]) -> Cover:
    """A span as the largest tiles that lie whole within it, the smaller at their sides, and the rest."""
    if since >= until:
        return Cover((), ())
    if not sizes:
        return Cover((), ((since, until),))
    size, smaller = sizes[-1], sizes[:-1]
    first, last = -(-since // size) * size, until // size * size
    if first >= last:
        return cover(since, until, smaller)
    left, right = cover(since, first, smaller), cover(last, until, smaller)
    return Cover((*left.tiles, (size, first, last), *right.tiles), (*left.raw, *right.raw))


def merged(spans: list[Span]) -> list[Span]:
    """The same moments as spans that do not meet."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found
