"""The device's clock: the one place that asks for the time."""

from __future__ import annotations

import time


def now_ms() -> int:
    """The time, Unix milliseconds."""
    return time.time_ns() // 1_000_000
