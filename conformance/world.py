"""A world for cases that go through PostgreSQL: made afresh, dropped at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from huoshui.core import settings
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds

START = datetime(2025, 1, 1, tzinfo=UTC)


@contextmanager
def fresh() -> Iterator[Database]:
    """A replay world of this process alone, whose clock stands still.

    It lies on the server of DATABASE_URL, or on the embedded one of the state directory.
    """
    worlds = Worlds.start(settings.load())
    name = f"conformance-{os.getpid()}"
    if any(world.name == name for world in worlds.all()):
        worlds.drop(name)
    worlds.create_replay(name, seed=1, clock_at=START)
    try:
        yield worlds.database(name)
    finally:
        worlds.drop(name)
        worlds.close()
