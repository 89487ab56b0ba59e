"""What the tests of the lane stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from huoshui.core import db
from huoshui.core.db import Database
from huoshui.core.lane import Lane
from tests.core.lane_verbs import running


@pytest.fixture(scope="module")
def numbers(sandbox: Database) -> Iterator[Database]:
    """A world with a table of numbers: once each in a book, none below zero."""
    with db.admin(sandbox.url) as execute:
        execute("CREATE TABLE lane_tried (book int, n int CHECK (n >= 0), PRIMARY KEY (book, n))")
    yield sandbox
    with db.admin(sandbox.url) as execute:
        execute("DROP TABLE lane_tried")


@pytest.fixture
def lane(numbers: Database) -> Iterator[Lane]:
    """A lane of the usual size."""
    with running(numbers) as lane:
        yield lane
