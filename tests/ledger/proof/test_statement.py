"""A merchant's statement proves itself with a key and no server, and no field of it can be changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from huoshui import ledger
from huoshui.core import access
from huoshui.core.db import Database
from huoshui.core.errors import Problem
from huoshui.ledger import proof
from huoshui.ledger.proof import checkpoint, offline, statement, store
from huoshui.ledger.proof.checkpoint import LogKey
from huoshui.ledger.proof.offline import BadStatement, verify_statement
from tests import ground
from tests.ground import DAY
from tests.ledger.proof.books import busy, furnished

CHECK = """
import sys
from pathlib import Path
from huoshui.ledger.proof.checkpoint import read_key
from huoshui.ledger.proof.offline import verify_statement
found = verify_statement(Path(sys.argv[1]).read_bytes(), read_key(sys.argv[2]))
print(found.path, found.transfers, found.opening, found.came, found.went, found.closing)
"""


class Case(msgspec.Struct):
    """A statement's file, the key that signed it, and what it is of."""

    file: bytes
    key: LogKey
    made: offline.Statement


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def number(sandbox: Database, home: Path) -> int:
    number = ground.fresh_book()
    with sandbox.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
    furnished(sandbox, number, home, Random())
    proof.seal(sandbox, home, number=number)
    return number


def made(database: Database, number: int, path: str, first: int = 0, last: int = 0) -> Case:
    """The statement of a wallet over all its transfers, or between two of its moments."""
    with database.begin(book=number) as tx:
        account = ledger.service.account_at(tx, path, "CNY")
        known = store.keys(tx)
        whole = store.transfers_between(tx, account.id, tx.now - DAY, tx.now + DAY, 1000)
        moments = sorted({transfer.recorded_at for transfer in whole})
        since = moments[first] if first else tx.now - DAY
        until = moments[last] if last else tx.now + DAY
        found = statement.prove(tx, account.id, since, until)
    return Case(found.file, LogKey(known[-1].name, known[-1].public), found)


@pytest.fixture(scope="module")
def case(sandbox: Database, number: int) -> Case:
    return made(sandbox, number, "bank:main", 1, -1)


def test_a_statement_is_checked_in_a_process_without_a_database(
    sandbox: Database, number: int, tmp_path: Path
) -> None:
    case = made(sandbox, number, "bank:main")
    file = tmp_path / "statement.json"
    file.write_bytes(case.file)
    told = subprocess.run(
        [sys.executable, "-c", CHECK, str(file), case.key.text],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "DATABASE_URL": "postgresql://x:1/no"},
        check=False,
    )
    assert told.returncode == 0, told.stderr
    with sandbox.begin(book=number) as tx:
        account = ledger.service.account_at(tx, "bank:main", "CNY")
    expected = ("bank:main", account.version, 0, account.in_, account.out_,
                account.in_ - account.out_)  # fmt: skip
    assert told.stdout.split() == [str(value) for value in expected]


def test_what_stands_beside_the_period_shows_that_nothing_was_left_out(case: Case) -> None:
    found = verify_statement(case.file, case.key)
    assert case.made.before and case.made.after
    assert "nothing_followed" not in found.unchecked
    assert found.closing == found.opening + found.came - found.went
    assert found.transfers == len(case.made.transfers) > 0


@pytest.mark.parametrize("left_out", ["first", "middle", "last"])
def test_a_transfer_cannot_be_left_out(case: Case, left_out: str) -> None:
    rows = case.made.transfers
    place = {"first": 0, "middle": len(rows) // 2, "last": len(rows) - 1}[left_out]
    less = msgspec.structs.replace(case.made, transfers=rows[:place] + rows[place + 1 :])
    used = {proven.row.batch for proven in (*less.transfers, less.before, less.after) if proven}
    batches = tuple(b for b in less.batches if b.batch in used)
    less = msgspec.structs.replace(less, batches=batches, closing=None)
    with pytest.raises(BadStatement):
        verify_statement(less.file, case.key)


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value, and of every list that could lose an element."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    elif isinstance(tree, list):
        if tree:
            yield path
        for index, value in enumerate(tree):
            yield from leaves(value, (*path, index))
    else:
        yield path


def flipped(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case None:
            return 1
        case bool():
            return not value
        case int():
            return value + 1
        case list():
            return value[1:]
        case str() if value.endswith("Z") and "T" in value:
            return value.replace("Z", "+01:00")
        case str():
            middle = len(value) // 2
            other = "0" if value[middle : middle + 1] != "0" else "1"
            return value[:middle] + other + value[middle + 1 :]
    raise AssertionError(value)


def test_no_field_can_be_changed(case: Case) -> None:
    tree = msgspec.json.decode(case.file)
    passed = []
    for path in leaves(tree):
        if path in [("since",), ("until",)]:
            continue
        changed = msgspec.json.decode(case.file)
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = flipped(place[path[-1]])
        content = msgspec.json.format(msgspec.json.encode(changed), indent=1) + b"\n"
        try:
            verify_statement(content, case.key)
        except Problem as problem:
            problem.detail("zh")
        else:
            passed.append(path)
    assert passed == []


@pytest.mark.parametrize(
    ("field", "moved"), [("since", 1), ("until", -1), ("since", -9), ("until", 9)]
)
def test_the_period_cannot_be_said_to_be_another(case: Case, field: str, moved: int) -> None:
    period = {"since": case.made.since, "until": case.made.until}
    other = msgspec.structs.replace(case.made, **{field: period[field] + timedelta(hours=moved)})
    with pytest.raises(BadStatement):
        verify_statement(other.file, case.key)


def test_another_key_is_refused(case: Case) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = LogKey(case.key.name, checkpoint.public_of(Ed25519PrivateKey.generate()))
    with pytest.raises(BadStatement):
        verify_statement(case.file, other)


def test_an_empty_period_is_proved_by_its_neighbours(sandbox: Database, number: int) -> None:
    with sandbox.begin(book=number) as tx:
        account = ledger.service.account_at(tx, "bank:main", "CNY")
        first = store.transfers_between(tx, account.id, tx.now - DAY, tx.now, 1)[0]
        found = statement.prove(tx, account.id, first.recorded_at - DAY, first.recorded_at)
        key = store.keys(tx)[-1]
    proven = verify_statement(found.file, LogKey(key.name, key.public))
    assert (proven.transfers, proven.closing) == (0, 0)


def test_what_is_not_sealed_yet_is_not_proved(sandbox: Database, number: int, home: Path) -> None:
    with sandbox.begin(book=number) as tx:
        busy(tx, Random(), 1)
        account = ledger.service.account_at(tx, "bank:main", "CNY")
    with sandbox.begin(book=number) as tx, pytest.raises(statement.NotSealedYet):
        statement.prove(tx, account.id, tx.now - DAY, tx.now + DAY)
    proof.seal(sandbox, home, number=number)
    with sandbox.begin(book=number) as tx:
        assert statement.prove(tx, account.id, tx.now - DAY, tx.now + DAY).transfers
