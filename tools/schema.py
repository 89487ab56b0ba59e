"""Writes `huoshui/schema/<track>/current.sql`: the schema that the migrations come to.

Reviewers read one file instead of replaying the migrations in their heads; a test holds it
against a migrated database. Made by the embedded PostgreSQL's own pg_dump, then stripped of what
differs from machine to machine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from huoshui.core import db, migrate, postgres
from huoshui.core.settings import Settings

FOLDER = Path(migrate.__file__).parent.parent / "schema"
TRACKS = ("registry", "world")
_NOISE = re.compile(
    r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n", re.MULTILINE
)
_HEAD = (
    "-- What the migrations of this folder come to; `make schema` writes it, a test compares.\n\n"
)


def current(url: str, track: str) -> str:
    """The schema of a fresh database of a track, in a form that is the same everywhere.

    Makes and drops a database on the server of `url`.
    """
    name = f"schema_{track}_{os.getpid()}"
    with db.admin(url) as execute:
        execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        target = db.database_url(url, name)
        migrate.migrate(target, track)
        return normalised(dump(target))
    finally:
        with db.admin(url) as execute:
            execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def dump(url: str) -> str:
    """What pg_dump says of a database's schema."""
    program = [str(postgres.binaries() / "pg_dump"), "--schema-only", "--no-owner", "--no-acl", url]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout


def normalised(text: str) -> str:
    """Without comments, session settings and runs of empty lines."""
    return _HEAD + re.sub(r"\n{3,}", "\n\n", _NOISE.sub("", text)).strip() + "\n"


def main() -> int:
    """Write every track's file; says which changed."""
    with tempfile.TemporaryDirectory(prefix="huoshui-schema-") as home:
        settings = Settings(home=home, database_url=os.environ.get("DATABASE_URL", ""))
        try:
            url = postgres.url(settings)
            for track in TRACKS:
                file = FOLDER / track / "current.sql"
                file.write_text(current(url, track), encoding="utf-8")
                print(file)
        finally:
            postgres.stop(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
