"""Migrations: applied once, in order, whole or not at all, and never changed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from huoshui.core import db, migrate
from huoshui.core.migrate import Migration, MigrationChanged, MigrationFailed
from tests import ground

ONE = Migration(1, "one", "CREATE TABLE one (a int);\n-- check: SELECT count(*) = 0 FROM one\n")
TWO = Migration(2, "two", "INSERT INTO one SELECT 7;\n-- check: SELECT a = 7 FROM one\n")
FALSE = Migration(2, "false", "INSERT INTO one SELECT 8;\n-- check: SELECT a = 7 FROM one\n")
BROKEN = Migration(2, "broken", "INSERT INTO one SELECT 8; SELECT 1 / 0;")

Give = Callable[..., str]


@pytest.fixture
def given(server_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Give]:
    """An empty database, and these files as its track."""
    name = f"m_{ground.fresh_book()}_{id(monkeypatch)}"

    def give(*files: Migration) -> str:
        monkeypatch.setattr(migrate, "migrations", lambda track: list(files))
        return db.database_url(server_url, name)

    with ground.databases(server_url, name):
        yield give


def content(url: str) -> list[int]:
    """What stands in the table."""
    with db.admin(url) as execute:
        return [a for (a,) in execute("SELECT a FROM one")]


def test_each_file_is_applied_once_and_in_order(given: Give) -> None:
    assert migrate.migrate(given(ONE), "world") == [ONE]
    assert migrate.migrate(given(ONE, TWO), "world") == [TWO]
    url = given(ONE, TWO)
    assert migrate.migrate(url, "world") == [] and content(url) == [7]


def test_a_file_that_changed_after_it_was_applied_is_refused(given: Give) -> None:
    migrate.migrate(given(ONE), "world")
    changed = Migration(1, "one", ONE.text + "-- a remark\n")
    with pytest.raises(MigrationChanged) as caught:
        migrate.migrate(given(changed, TWO), "world")
    assert caught.value.facts["name"] == "0001_one"
    assert content(given(ONE)) == [], "nothing after it was applied"


@pytest.mark.parametrize("bad", [FALSE, BROKEN])
def test_a_migration_that_fails_is_undone_whole(given: Give, bad: Migration) -> None:
    url = given(ONE, bad)
    with pytest.raises(Exception, match=r"migration_failed|division by zero"):
        migrate.migrate(url, "world")
    assert content(url) == []
    assert migrate.migrate(given(ONE, TWO), "world") == [TWO]


def test_a_failed_check_is_quoted(given: Give) -> None:
    with pytest.raises(MigrationFailed) as caught:
        migrate.migrate(given(ONE, FALSE), "world")
    assert caught.value.facts["check"] == "SELECT a = 7 FROM one"


def test_many_migrators_at_once_apply_each_file_once(given: Give) -> None:
    url = given(ONE, TWO)
    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(lambda _: migrate.migrate(url, "world"), range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, 2] and content(url) == [7]


@pytest.mark.parametrize("track", ["registry", "world"])
def test_our_own_files_are_numbered_without_gaps_and_checked(track: str) -> None:
    found = migrate.migrations(track)
    assert [m.number for m in found] == list(range(1, len(found) + 1))
    assert all("-- check: " in m.text for m in found)
