"""The ground that tests stand on: one real PostgreSQL a session, one set of worlds a worker.

A test gets a fresh *book* of the worker's sandbox world (books isolate), or, where it needs its
own clock, a fresh replay world. Where DATABASE_URL is set, that server is used instead of the
embedded one. The seed of every property test is random, and printed in the header.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from huoshui.core import access, db, postgres
from huoshui.core.db import Database, Tx
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from tests import ground
from tests.ground import START, Ground

_HOME = "HUOSHUI_TEST_HOME"
_SEED = "HUOSHUI_TEST_SEED"

hypothesis_settings.register_profile(
    "huoshui",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("huoshui")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """One state directory for all workers, and one seed, chosen anew for each run."""
    if _is_worker(config):
        # A worker is given the arguments as they were typed, without what was chosen since.
        config.option.hypothesis_seed = os.environ[_SEED]
        return
    os.environ[_HOME] = tempfile.mkdtemp(prefix="huoshui-tests-")
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(2**32))
    os.environ[_SEED] = str(config.getoption("--hypothesis-seed"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that use the server are known by it, so that another server can be tried with them.

    A file's tests run on one worker, which makes its worlds once (`--dist loadfile`); files with
    long tests come first, so that no worker waits at the end for the other's.
    """
    for item in items:
        if "server_url" in getattr(item, "fixturenames", ()):
            item.add_marker("store")
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


def pytest_report_header(config: pytest.Config) -> str:
    """What another machine needs to run the same tests."""
    seed = config.getoption("--hypothesis-seed")
    server = "DATABASE_URL" if os.environ.get("DATABASE_URL") else "embedded"
    return f"huoshui: --hypothesis-seed={seed}, PostgreSQL: {server}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove its directory."""
    if _is_worker(config) or _HOME not in os.environ:
        return
    home = Path(os.environ.pop(_HOME))
    with suppress(postgres.PostgresFailed):
        postgres.Cluster(home).stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url() -> str:
    """The URL of the server's main database."""
    named = os.environ.get("DATABASE_URL", "")
    settings = Settings(home=os.environ[_HOME], database_url=named)
    url = postgres.url(settings)
    if not named:
        with db.admin(url) as execute:  # a crash of the machine loses nothing but test data
            execute("ALTER SYSTEM SET fsync = off")
            execute("ALTER SYSTEM SET full_page_writes = off")
            execute("SELECT pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def main_url(server_url: str) -> Iterator[str]:
    """A main database of this worker's own."""
    name = f"t_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}_{os.getpid()}"
    with ground.databases(server_url, name):
        yield db.database_url(server_url, name)


@pytest.fixture(scope="session")
def worlds(main_url: str) -> Iterator[Worlds]:
    """The worker's worlds: live, sandbox, and what tests add."""
    worlds = Worlds(main_url, pool_size=6)
    worlds.upgrade()
    yield worlds
    worlds.close()


@pytest.fixture(scope="session")
def sandbox(worlds: Worlds) -> Database:
    """The worker's sandbox world, on real time."""
    return worlds.database(SANDBOX)


@pytest.fixture
def book(sandbox: Database) -> int:
    """A fresh book of the sandbox: CNY, Asia/Shanghai."""
    number = ground.fresh_book()
    with sandbox.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
    return number


@pytest.fixture
def tx(sandbox: Database, book: int) -> Iterator[Tx]:
    """A transaction of a fresh book, committed when the test ends well."""
    with sandbox.begin(book=book) as tx:
        yield tx


@pytest.fixture
def replay_world(worlds: Worlds) -> Iterator[Callable[..., Ground]]:
    """Makes replay worlds whose clock stands still; dropped when the test ends."""
    names: list[str] = []

    def make(
        *, seed: int = 1, at: datetime = START, terms: Terms | None = None, currency: str = "CNY"
    ) -> Ground:
        name = f"r-{ground.fresh_book()}"
        names.append(name)
        worlds.create_replay(name, seed=seed, clock_at=at)
        database = worlds.database(name)
        with database.begin() as tx:
            access.open_book(tx, ground.book(1, currency))
            payments.start(tx, terms or Terms())
        return Ground(name, database, 1)

    yield make
    for name in names:
        worlds.drop(name)


@pytest.fixture
def market(replay_world: Callable[..., Ground]) -> Ground:
    """A replay world with the default terms in force."""
    return replay_world()
