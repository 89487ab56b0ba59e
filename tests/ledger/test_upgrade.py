"""A world of the first schema is brought to the newest: its history stands, and goes on."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import pytest

from huoshui import ledger
from huoshui.core import db, migrate
from huoshui.core.db import Database
from huoshui.ledger import proof
from huoshui.ledger.verify import ledger_hash, verify
from tests.ground import START
from tests.ledger.test_store import moved

# What the first version wrote: 90 to a wallet and 30 on, then the first one taken back.
OLD = """
INSERT INTO world (name, kind) VALUES ('test', 'sandbox');
INSERT INTO book VALUES (1, 'old', 'Old', 'CNY', 'Asia/Shanghai', false);
INSERT INTO account (book, id, path, currency, kind, class, floor, out_, in_, version, opened_at)
VALUES (1, '{a}', 'bank:a', 'CNY', 'bank', 'asset', NULL, 90, 90, 2, '{at}'),
       (1, '{w}', 'wallet:x', 'CNY', 'wallet', 'liability', 0, 120, 120, 4, '{at}'),
       (1, '{f}', 'free:f', 'CNY', 'free', 'liability', NULL, 30, 30, 2, '{at}');
INSERT INTO txn VALUES
    (1, '{t1}', 'sale', 'ord_1', 'CNY', '{at}', '{at}', NULL, 'system', '\\x00'),
    (1, '{t2}', 'reversal', 'ord_1', 'CNY', '{at}', '{at}', '{t1}', 'system', '\\x01');
INSERT INTO transfer VALUES
    (1, '{m1}', '{t1}', 0, '{a}', '{w}', 90, -90, 90, 1, 1, '{at}', '{at}'),
    (1, '{m2}', '{t1}', 1, '{w}', '{f}', 30, 60, 30, 2, 1, '{at}', '{at}'),
    (1, '{m3}', '{t2}', 0, '{f}', '{w}', 30, 0, 90, 2, 3, '{at}', '{at}'),
    (1, '{m4}', '{t2}', 1, '{w}', '{a}', 90, 0, 0, 4, 2, '{at}', '{at}');
"""


def number(n: int) -> UUID:
    return UUID(int=(int(START.timestamp() * 1000) << 80) | 7 << 76 | 2 << 62 | n)


@pytest.fixture
def old_url(main_url: str):
    """A database as the first version left it."""
    name = db.database_name(main_url) + "_old"
    with db.admin(main_url) as execute:
        execute(f'DROP DATABASE IF EXISTS "{name}"')
        execute(f'CREATE DATABASE "{name}"')
    url = db.database_url(main_url, name)
    with db.admin(url) as execute:
        execute(migrate._TABLE)
        for file in migrate.migrations("world")[:5]:
            execute("BEGIN")
            migrate._apply(execute, file)
            execute("COMMIT")
        names = {key: number(n) for n, key in enumerate("a w f t1 t2 m1 m2 m3 m4".split())}
        execute(OLD.format(at=START.isoformat(), **names))
    return url


def test_the_first_schema_is_brought_to_the_newest(old_url: str, tmp_path) -> None:
    migrate.migrate(old_url, "world")
    with closing(Database(old_url).open()) as database:
        with database.begin() as tx:
            checked = verify(tx)
            assert checked.holds, checked.faults
            assert checked.transfers == 4
            first = ledger.journal.transaction(tx, number(3))
            assert [(leg.source, leg.target, leg.amount) for leg in first.legs] == [
                ("bank:a", "wallet:x", 90), ("wallet:x", "free:f", 30),
            ]  # fmt: skip
            assert first.entry.reversed_by == number(4)
            assert len(ledger_hash(tx, "Asia/Shanghai")) == 64
            wish = moved(tx, ("bank:a", "wallet:x", 7))
            assert ledger.post(tx, [wish])[0].code == "created"
            with pytest.raises(ledger.service.AlreadyReversed):
                ledger.reverse(tx, number(3), reversal_id=tx.id("txn", "again"))
        proof.seal(database, tmp_path)
        found = proof.verify(database)
        assert found.holds, found.faults
        assert found.unsealed.transfers == 0
