"""Worlds: nothing leaks between them, a replay is dropped whole, the live clock is real."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from huoshui.core import access, db
from huoshui.core.access import WrongKey
from huoshui.core.worlds import (
    LIVE,
    SANDBOX,
    BadWorldName,
    LiveClock,
    UnknownWorld,
    WorldExists,
    WorldKept,
    Worlds,
)
from huoshui.facts import commerce
from tests import ground
from tests.ground import DAY, START, Ground


def standing(worlds: Worlds) -> set[str]:
    """The databases of this worker's worlds."""
    with db.admin(worlds._url) as execute:
        rows = execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)",
                       (worlds._prefix,))  # fmt: skip
    return {name for (name,) in rows}


def test_live_and_sandbox_stand_from_the_start(worlds: Worlds) -> None:
    kinds = {world.name: world.kind for world in worlds.all()}
    assert (kinds[LIVE], kinds[SANDBOX]) == ("live", "sandbox")
    assert worlds.get(LIVE).seed is None


def test_starting_again_changes_nothing(worlds: Worlds) -> None:
    before = worlds.all()
    assert set(worlds.upgrade().values()) == {0}
    assert worlds.all() == before


def test_nothing_leaks_between_worlds(replay_world: Callable[..., Ground]) -> None:
    first, second = replay_world(), replay_world()
    first.take(*ground.placed(), ground.tender())
    with first.database.begin() as tx:
        _, key = access.make_key(tx, first.name, "k")
    assert second.nets() == {} and second.value("SELECT count(*) FROM order_") == 0
    with second.database.begin() as tx:
        with pytest.raises(WrongKey):
            access.who(tx, key)
        assert [r.outcome for r in commerce.ingest(tx, [ground.shop()])] == ["created"]


def test_a_replay_is_dropped_whole(worlds: Worlds) -> None:
    worlds.create_replay("r-drop", seed=3, clock_at=START)
    world = worlds.get("r-drop")
    worlds.database("r-drop")
    assert (world.kind, world.seed) == ("replay", 3) and world.database in standing(worlds)
    worlds.drop("r-drop")
    assert world.database not in standing(worlds)
    for call in (worlds.get, worlds.database, worlds.drop):
        with pytest.raises(UnknownWorld):
            call("r-drop")


@pytest.mark.parametrize("name", [LIVE, SANDBOX])
def test_live_and_sandbox_are_kept(worlds: Worlds, name: str) -> None:
    with pytest.raises(WorldKept):
        worlds.drop(name)
    assert worlds.get(name)


@pytest.mark.parametrize("name", ["", "A", "1a", "a b", "a'b", 'a"b', "a" * 41, "é", "a_b"])
def test_a_bad_name_makes_no_world(worlds: Worlds, name: str) -> None:
    before = standing(worlds)
    with pytest.raises(BadWorldName):
        worlds.create_replay(name, seed=1, clock_at=START)
    assert standing(worlds) == before


def test_a_name_is_used_once(worlds: Worlds, market: Ground) -> None:
    market.take(ground.shop())
    with pytest.raises(WorldExists):
        worlds.create_replay(market.name, seed=2, clock_at=START)
    assert market.value("SELECT count(*) FROM seller") == 1


def test_the_live_clock_is_not_moved(worlds: Worlds) -> None:
    with worlds.database(LIVE).begin() as tx:
        now = tx.now
    with pytest.raises(LiveClock):
        worlds.advance(LIVE, now + DAY)
    with pytest.raises(psycopg.errors.CheckViolation):
        with worlds.database(LIVE).begin(now=now + DAY):
            pass
    with worlds.database(LIVE).begin() as tx:
        assert tx.now < now + DAY


def test_a_replays_clock_is_moved_by_name(worlds: Worlds, market: Ground) -> None:
    worlds.advance(market.name, START + DAY)
    with market.database.begin() as tx:
        assert tx.now == START + DAY


def test_a_creation_that_was_killed_is_made_anew(worlds: Worlds) -> None:
    """What a kill leaves is a database that nobody names; the next creation replaces it."""
    with db.admin(worlds._url) as execute:
        execute(f'CREATE DATABASE "{worlds._prefix}_r-half" TEMPLATE "{worlds._template}"')
    with pytest.raises(UnknownWorld):
        worlds.get("r-half")
    worlds.create_replay("r-half", seed=1, clock_at=START)
    with worlds.database("r-half").begin() as tx:
        assert tx.now == START
    worlds.drop("r-half")


def test_worlds_made_at_once_all_stand(worlds: Worlds) -> None:
    names = [f"r-at-once-{n}" for n in range(4)]
    with ThreadPoolExecutor(4) as threads:
        made = list(
            threads.map(lambda name: worlds.create_replay(name, seed=1, clock_at=START), names)
        )
    assert [world.name for world in made] == names
    for name in names:
        worlds.drop(name)
