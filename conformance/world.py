"""A world for cases that go through PostgreSQL: made afresh, dropped at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from huoshui.core import db, postgres, settings
from huoshui.core.db import Database
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds

START = datetime(2025, 1, 1, tzinfo=UTC)


@contextmanager
def fresh() -> Iterator[Database]:
    """A replay world of this process alone, whose clock stands still.

    It lies on the server of DATABASE_URL, else on an embedded one of its own, which is removed.
    """
    with _server() as server:
        worlds = Worlds.start(server)
        name = f"conformance-{os.getpid()}"
        worlds.create_replay(name, seed=1, clock_at=START)
        try:
            yield worlds.database(name)
        finally:
            worlds.drop(name)
            worlds.close()


@contextmanager
def _server() -> Iterator[Settings]:
    asked = settings.load()
    if asked.database_url:
        yield asked
        return
    home = tempfile.mkdtemp(prefix="huoshui-conformance-")
    own = msgspec.structs.replace(asked, home=home)
    with db.admin(postgres.url(own)) as execute:  # a crash of the machine loses nothing of worth
        execute("ALTER SYSTEM SET fsync = off")
        execute("SELECT pg_reload_conf()")
    try:
        yield own
    finally:
        postgres.stop(own)
        shutil.rmtree(home, ignore_errors=True)
