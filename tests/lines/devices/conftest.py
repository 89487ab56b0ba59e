"""Markets with devices, each in a world of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from huoshui.core import access
from huoshui.core.worlds import Worlds
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from tests import ground
from tests.ground import START, Ground
from tests.lines.devices.ground import Machines, Offline


@pytest.fixture(scope="module")
def clocked(worlds: Worlds) -> Iterator[str]:
    """A world whose clock only moves when a test moves it; its tests have books of their own."""
    name = f"r-{ground.fresh_book()}"
    worlds.create_replay(name, seed=1, clock_at=START)
    yield name
    worlds.drop(name)


@pytest.fixture
def market(clocked: str, worlds: Worlds) -> Ground:
    """A fresh book of that world, with terms."""
    database, number = worlds.database(clocked), ground.fresh_book()
    with database.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
        payments.start(tx, Terms())
    return Ground(clocked, database, number)


@pytest.fixture
def offline(market: Ground, tmp_path: Path) -> Offline:
    """A programme of 200 yuan, borne by the issuer up to 100."""
    return Offline(market, tmp_path)


@pytest.fixture
def make_offline(market: Ground, tmp_path: Path) -> Callable[..., Offline]:
    """The same with other limits."""

    def make(**limits: Any) -> Offline:
        return Offline(market, tmp_path, **limits)

    return make


@pytest.fixture
def machines(market: Ground, tmp_path: Path) -> Machines:
    """A machine and its payer."""
    return Machines(market, tmp_path)
