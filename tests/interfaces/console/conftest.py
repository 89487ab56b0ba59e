"""What tests of console pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.core.worlds import Worlds
from tests.interfaces.console import site


@pytest.fixture
def client(worlds: Worlds, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    """A client of the whole application; nobody is signed in yet."""
    with TestClient(site.app(worlds, tmp_path)) as client:
        yield client
