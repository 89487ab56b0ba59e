"""The schema that stands in the repository is what the migrations come to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from huoshui.core.migrate import migrations
from tools import schema


@pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="pg_dump's text is the embedded version's"
)
@pytest.mark.parametrize("track", schema.TRACKS)
def test_current_sql_is_what_the_migrations_come_to(server_url: str, track: str) -> None:
    written = (schema.FOLDER / track / "current.sql").read_text(encoding="utf-8")
    assert schema.current(server_url, track) == written, "run: make schema"


@pytest.mark.parametrize("track", schema.TRACKS)
def test_the_snapshot_is_no_migration(track: str) -> None:
    assert all(m.name != "current" for m in migrations(track))


@pytest.mark.parametrize("track", schema.TRACKS)
def test_migrations_are_numbered_one_after_another(track: str) -> None:
    numbers = [m.number for m in migrations(track)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_decisions_are_numbered_one_after_another() -> None:
    folder = Path(__file__).parents[2] / "docs" / "decisions"
    numbers = sorted(each.name[:4] for each in folder.glob("*.md"))
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]
