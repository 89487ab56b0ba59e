"""Forward-only migrations: `NNNN_name.sql` files, each with asserts that run after it.

A line `-- check: SELECT …` must answer true once the file has run. A file that changed after it
was applied is refused: the history of a schema is append-only.
"""

from __future__ import annotations

import re
from importlib import resources

import msgspec

from huoshui.core import crypto, db
from huoshui.core.errors import Problem

_CHECK = re.compile(r"^-- check: (.+)$", re.MULTILINE)
_LOCK = 0x48554F53  # "HUOS": one migrator at a time
_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    number integer PRIMARY KEY, name text NOT NULL, digest bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now())
"""


class MigrationChanged(Problem):
    """A migration file is not what was applied."""

    code = "migration_changed"
    status = 500


class MigrationFailed(Problem):
    """An assert of a migration does not hold; the migration is undone."""

    code = "migration_failed"
    status = 500


class Migration(msgspec.Struct, frozen=True):
    """One file: its number, name and text."""

    number: int
    name: str
    text: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text."""
        return crypto.sha256(self.text.encode())


def migrations(track: str) -> list[Migration]:
    """The files of a track (`registry` or `world`) in order."""
    folder = resources.files("huoshui").joinpath("schema", track)
    found = []
    for file in folder.iterdir():
        number, _, rest = file.name.partition("_")
        if number.isdigit() and rest.endswith(".sql"):
            found.append(Migration(int(number), rest[:-4], file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda m: m.number)


def migrate(url: str, track: str) -> list[Migration]:
    """Bring a database to the newest schema of its track; answers what was applied."""
    with db.admin(url) as execute:
        execute(f"SELECT pg_advisory_lock({_LOCK})")
        execute(_TABLE)
        applied = {n: bytes(d) for n, d in execute("SELECT number, digest FROM migration")}
        fresh = [m for m in migrations(track) if _is_new(m, applied)]
        for migration in fresh:
            execute("BEGIN")
            try:
                _apply(execute, migration)
            except BaseException:
                execute("ROLLBACK")
                raise
            execute("COMMIT")
        execute(f"SELECT pg_advisory_unlock({_LOCK})")
    return fresh


def _is_new(migration: Migration, applied: dict[int, bytes]) -> bool:
    before = applied.get(migration.number)
    if before is not None and before != migration.digest:
        raise MigrationChanged(name=f"{migration.number:04}_{migration.name}")
    return before is None


def _apply(execute: db.Execute, migration: Migration) -> None:
    execute(migration.text)
    for check in _CHECK.findall(migration.text):
        rows = execute(check)
        if not rows or rows[0][0] is not True:
            raise MigrationFailed(name=f"{migration.number:04}_{migration.name}", check=check)
    execute(
        "INSERT INTO migration (number, name, digest) VALUES (%s, %s, %s)",
        (migration.number, migration.name, migration.digest),
    )
