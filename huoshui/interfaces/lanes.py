"""The lanes of this process: one a world on real time, in which concurrent requests are gathered."""

from __future__ import annotations

import asyncio
import threading

from huoshui.core.lane import Lane
from huoshui.core.worlds import LIVE, SANDBOX, Worlds


class Lanes:
    """Lanes by the names of their worlds. A replay has none: its driver decides what comes when."""

    def __init__(self, worlds: Worlds, *, queue_max: int = 20_000) -> None:
        self._worlds = worlds
        self._queue_max = queue_max
        self._running: dict[str, Lane] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start those of the live world and the sandbox, before the first request waits for it."""
        for world in (LIVE, SANDBOX):
            self.of(world)

    async def get(self, world: str) -> Lane | None:
        """`of`, for an event loop, which must not wait for a first connection."""
        return self._running.get(world) or await asyncio.to_thread(self.of, world)

    def of(self, world: str) -> Lane | None:
        """The lane of a world, started on first use; None for a replay. Raises DatabaseGone."""
        lane = self._running.get(world)
        if lane is not None or self._worlds.get(world).kind == "replay":
            return lane
        with self._lock:
            if world not in self._running:
                database = self._worlds.database(world)
                self._running[world] = Lane(database, queue_max=self._queue_max).start()
            return self._running[world]

    def stop(self) -> None:
        """Do what waits, then end."""
        with self._lock:
            for lane in self._running.values():
                lane.stop()
            self._running.clear()
