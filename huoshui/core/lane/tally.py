"""What a lane counts, for its health and for how long a refused caller should wait."""

from __future__ import annotations

import time
from collections import deque

from huoshui.core.lane.model import LaneHealth, Spread
from huoshui.core.lane.turns import Slice

_WINDOW = 1024  # recent batches
_SECOND_NS = 1_000_000_000


class Tally:
    """What a lane counts: totals since its start, and its recent batches."""

    def __init__(self) -> None:
        self.batches = self.items = self.refused = self.bisected = self.retried = 0
        self._item_ns = 1  # moving mean, for how long a full queue takes
        self._sizes: deque[int] = deque(maxlen=_WINDOW)
        self._waits: deque[int] = deque(maxlen=8 * _WINDOW)
        self._flushes: deque[int] = deque(maxlen=_WINDOW)

    def batch(self, slices: list[Slice], began_ns: int) -> None:
        """Count a batch that has just ended."""
        items = sum(submission.weighs(start, stop) for submission, start, stop in slices)
        took_ns = time.monotonic_ns() - began_ns
        self.batches += 1
        self.items += items
        self._item_ns = (7 * self._item_ns + took_ns // items) // 8
        self._sizes.append(items)
        self._flushes.append(took_ns // 1000)
        self._waits.extend((began_ns - s.at_ns) // 1000 for s, start, _ in slices if start == 0)

    def seconds(self, items: int) -> int:
        """In how many seconds so many items will be done, at least one."""
        return 1 + items * self._item_ns // _SECOND_NS

    def health(self, queued: int) -> LaneHealth:
        """Everything as it stands."""
        return LaneHealth(
            queued=queued,
            batches=self.batches,
            items=self.items,
            refused=self.refused,
            bisected=self.bisected,
            retried=self.retried,
            batch_items=_spread(self._sizes),
            wait_us=_spread(self._waits),
            flush_us=_spread(self._flushes),
        )


def _spread(values: deque[int]) -> Spread:
    ordered = sorted(values) or [0]
    p50, p95, p99 = (ordered[(len(ordered) - 1) * part // 100] for part in (50, 95, 99))
    return Spread(p50, p95, p99, ordered[-1])
