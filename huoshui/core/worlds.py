"""Worlds: live, sandbox and each replay are databases of their own, made from one template.

The main database holds only the registry. Nothing leaks between worlds because nothing is
shared; a replay is dropped whole. A key's prefix names its world: `hs_live_…`, `hs_test_…`.
"""

from __future__ import annotations

import re
import threading
from datetime import datetime
from typing import Literal

import msgspec

from huoshui.core import db, migrate, postgres
from huoshui.core.errors import NotFound, Problem
from huoshui.core.settings import Settings

Kind = Literal["live", "sandbox", "replay"]
Clock = Literal["real", "offset", "simulated"]
LIVE, SANDBOX = "live", "test"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LOCK = 0x48554F54  # one creator of databases at a time


class BadWorldName(Problem):
    """A world's name is lower case letters, digits and hyphens, at most 40."""

    code = "bad_world_name"
    status = 422


class WorldExists(Problem):
    """A world of that name stands already."""

    code = "world_exists"
    status = 409


class WorldKept(Problem):
    """Live and sandbox are never dropped."""

    code = "world_kept"
    status = 409


class UnknownWorld(NotFound):
    """No world of that name."""

    code = "unknown_world"


class LiveClock(Problem):
    """The live world runs on real time."""

    code = "live_clock"
    status = 409


class World(msgspec.Struct, frozen=True):
    """A row of the registry. The clock is real, offset from real time, or simulated."""

    name: str
    kind: Kind
    clock: Clock
    seed: int | None
    database: str
    created_at: datetime


class Worlds:
    """The registry and the open databases of this process."""

    def __init__(self, main_url: str, *, pool_size: int = 4) -> None:
        self._url = main_url
        self._prefix = db.database_name(main_url)
        self._pool_size = pool_size
        self._open: dict[str, db.Database] = {}
        self._known: dict[str, World] = {}
        self._lock = threading.Lock()

    @classmethod
    def start(cls, settings: Settings) -> Worlds:
        """Find or start PostgreSQL, bring every schema up to date, make live and sandbox."""
        worlds = cls(postgres.url(settings), pool_size=settings.pool_size)
        worlds.upgrade()
        return worlds

    @property
    def _template(self) -> str:
        return f"{self._prefix}_template"

    def upgrade(self) -> dict[str, int]:
        """Migrate the registry, the template and every world; how many files each took."""
        applied = {"registry": len(migrate.migrate(self._url, "registry"))}
        with db.admin(self._url) as execute:
            execute(f"SELECT pg_advisory_lock({_LOCK})")
            self._ensure_database(execute, self._template, template="template0")
            applied["template"] = self._migrate(self._template)
            standing = self.all()
            for world in standing:
                applied[world.name] = self._migrate(world.database)
            names = {world.name for world in standing}
            if LIVE not in names:
                self._create(execute, LIVE, "live", None, None)
            if SANDBOX not in names:
                self._create(execute, SANDBOX, "sandbox", None, None)
            execute(f"SELECT pg_advisory_unlock({_LOCK})")
        return applied

    def all(self) -> list[World]:
        """Every world, by name."""
        with db.admin(self._url) as execute:
            rows = execute(
                "SELECT name, kind, clock, seed, database, created_at FROM world ORDER BY name"
            )
        return [World(*row) for row in rows]

    def get(self, name: str) -> World:
        """One world. Raises UnknownWorld.

        Asked on every request, and a world never changes but by being dropped: once known, it
        is not asked for again; the database of one that is gone no longer answers.
        """
        if name not in self._known:
            self._known = {world.name: world for world in self.all()}
        if name not in self._known:
            raise UnknownWorld(name=name[:64])
        return self._known[name]

    def database(self, name: str) -> db.Database:
        """The open database of a world; opened once a process. Raises UnknownWorld."""
        with self._lock:
            if name not in self._open:
                url = db.database_url(self._url, self.get(name).database)
                self._open[name] = db.Database(url, pool_size=self._pool_size).open()
            return self._open[name]

    def create_replay(self, name: str, *, seed: int, clock_at: datetime) -> World:
        """A new replay world whose clock stands at `clock_at`. Raises WorldExists, BadWorldName."""
        with db.admin(self._url) as execute:
            execute(f"SELECT pg_advisory_lock({_LOCK})")
            if any(w.name == name for w in self.all()):
                raise WorldExists(name=name)
            self._create(execute, name, "replay", seed, clock_at)
            execute(f"SELECT pg_advisory_unlock({_LOCK})")
        return self.get(name)

    def drop(self, name: str) -> None:
        """Drop a replay world whole. Raises UnknownWorld, and WorldKept for live and sandbox."""
        world = self.get(name)
        if world.kind != "replay":
            raise WorldKept(name=name)
        self._close(name)
        self._known.pop(name, None)
        with db.admin(self._url) as execute:
            execute("DELETE FROM world WHERE name = %s", (name,))
            execute(f'DROP DATABASE IF EXISTS "{world.database}" WITH (FORCE)')

    def advance(self, name: str, now: datetime) -> None:
        """Move a world's clock forward; the live world's is refused."""
        if self.get(name).kind == "live":
            raise LiveClock()
        with self.database(name).begin(now=now):
            pass

    def close(self) -> None:
        """Close every open database."""
        for name in list(self._open):
            self._close(name)

    def _close(self, name: str) -> None:
        with self._lock:
            database = self._open.pop(name, None)
        if database:
            database.close()

    def _create(
        self,
        execute: db.Execute,
        name: str,
        kind: Kind,
        seed: int | None,
        clock_at: datetime | None,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise BadWorldName(name=name[:64])
        database = f"{self._prefix}_{name}"
        # Registered last: a creation that was killed leaves a database that nobody names,
        # and the next creation of that name starts by dropping it.
        execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        self._ensure_database(execute, database, template=self._template)
        with db.admin(db.database_url(self._url, database)) as inside:
            inside(
                "INSERT INTO world (name, kind, seed, clock_at) VALUES (%s, %s, %s, %s)",
                (name, kind, seed, clock_at),
            )
        execute(
            "INSERT INTO world (name, kind, seed, database) VALUES (%s, %s, %s, %s)",
            (name, kind, seed, database),
        )

    def _ensure_database(self, execute: db.Execute, name: str, *, template: str) -> None:
        if not execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)):
            execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def _migrate(self, database: str) -> int:
        return len(migrate.migrate(db.database_url(self._url, database), "world"))
