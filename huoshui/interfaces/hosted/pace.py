"""How often somebody may come: so many at once, refilled evenly, by whatever names them."""

from __future__ import annotations

import threading
import time

from huoshui.core.errors import Problem

REMEMBERED = 20_000


class TooManyVisits(Problem):
    """Too many requests in too short a time; the problem says how many seconds to wait."""

    code = "too_many_visits"
    status = 429


class Pace:
    """At most `most` within `window_s` seconds, kept in this process's memory."""

    def __init__(self, most: int, window_s: int) -> None:
        self._most = most
        self._refill_s = window_s / most
        self._free_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """Count one more of this name. Raises TooManyVisits, and has then not counted it."""
        now = time.monotonic()
        with self._lock:
            if len(self._free_at) > REMEMBERED:
                self._free_at = {n: at for n, at in self._free_at.items() if at > now}
            # The moment at which all is refilled: each visit moves it on by one refill.
            full_at = max(now, self._free_at.get(name, now)) + self._refill_s
            wait_s = full_at - now - self._most * self._refill_s
            if wait_s > 0:
                raise TooManyVisits(retry_after_s=int(wait_s) + 1)
            self._free_at[name] = full_at


VISITS = Pace(600, 60)  # of one address
DEEDS = Pace(30, 60)  # of one payment
VOUCHERS = Pace(10, 600)  # of one payment: codes are not guessed here
LINKS = Pace(20, 60)  # payments begun from one address by one link
