"""Sealing under load: nothing lost, nothing twice, growth provable, keys kept apart."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from huoshui import ledger
from huoshui.core import db
from huoshui.core.db import Database
from huoshui.ledger import proof
from huoshui.ledger.proof import keys, merkle, store
from tests.ground import Ground
from tests.ledger.proof.books import busy, holding, make, post

WRITERS, COMMITS = 4, 12


def test_many_writers_and_two_sealers_lose_nothing_and_seal_once(
    sandbox: Database, book: int, tmp_path: Path
) -> None:
    over = threading.Event()
    notes: set[str] = set()

    def write(seed: int) -> None:
        random = Random(seed)
        for _ in range(COMMITS):
            sandbox.run(lambda tx: busy(tx, random, random.randrange(1, 4)), book=book)

    def seal() -> None:
        while not over.is_set():
            proof.seal(sandbox, tmp_path, number=book)
            with sandbox.begin(book=book) as tx:
                notes.add(proof.last_checkpoint(tx) or "")

    sealers = [threading.Thread(target=seal) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(i,)) for i in range(WRITERS)]
    for thread in (*sealers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in sealers:
        thread.join()
    proof.seal(sandbox, tmp_path, number=book)
    with sandbox.begin(book=book) as tx:
        sealed = Counter(tx.tuples("SELECT kind, ref FROM log_leaf WHERE book = %(book)s"))
        batches = tx.value("SELECT count(DISTINCT batch) FROM transfer WHERE book = %(book)s")
        events = tx.value("SELECT count(*) FROM event WHERE book = %(book)s")
        assert proof.lag(tx).waiting == 0
    kinds = Counter(kind for kind, _ in sealed)
    assert set(sealed.values()) == {1}
    assert (kinds["batch"], kinds["event"]) == (WRITERS * COMMITS, events) == (batches, events)
    found = proof.verify(sandbox, number=book)
    assert found.holds, found.faults
    _grew(sandbox, book, [note for note in notes if note])


def _grew(database: Database, book: int, notes: list[str]) -> None:
    """Every checkpoint that was seen is a part of the last one, by proof."""
    seen = sorted((proof.read_checkpoint(note) for note in notes), key=lambda note: note.size)
    last = seen[-1]
    assert len(seen) > 1
    with database.begin(book=book) as tx:
        for note in seen:
            path = store.range_hashes(tx, merkle.consistency_ranges(note.size, last.size))
            assert merkle.verify_consistency(note.size, last.size, path, note.root, last.root)


def test_the_lag_is_told_and_goes_to_nothing(sandbox: Database, book: int, tmp_path: Path) -> None:
    with sandbox.begin(book=book) as tx:
        busy(tx, Random(), 2)
    with sandbox.begin(book=book) as tx:
        behind = proof.lag(tx)
    assert behind.waiting >= 2 and behind.oldest and 0 <= behind.seconds < 60
    proof.seal(sandbox, tmp_path, number=book)
    with sandbox.begin(book=book) as tx:
        assert proof.lag(tx) == proof.Lag(0, None, 0)


def test_a_pass_that_dies_leaves_nothing(sandbox: Database, book: int, tmp_path: Path) -> None:
    with sandbox.begin(book=book) as tx:
        busy(tx, Random(), 2)
    with pytest.raises(ZeroDivisionError), sandbox.begin(book=book) as tx:
        proof.sealer.seal_pass(tx, tmp_path)
        raise ZeroDivisionError
    with sandbox.begin(book=book) as tx:
        assert store.size(tx) == 0 and proof.lag(tx).waiting
    proof.seal(sandbox, tmp_path, number=book)
    assert proof.verify(sandbox, number=book).holds


def test_an_account_is_sealed_anew_when_it_changes_and_only_then(
    sandbox: Database, book: int, tmp_path: Path
) -> None:
    with sandbox.begin(book=book) as tx:
        post(tx, make(tx, "bank:main", "wallet:a", 5))
    proof.seal(sandbox, tmp_path, number=book)
    with sandbox.begin(book=book) as tx:
        post(tx, make(tx, "bank:main", "wallet:a", 5))
        tx.run("UPDATE account SET floor = -7 WHERE book = %(book)s AND path = 'wallet:a'")
    proof.seal(sandbox, tmp_path, number=book)
    with sandbox.begin(book=book) as tx:
        found = tx.tuples(
            """SELECT a.path, count(*) FROM log_leaf l JOIN account a ON a.book = l.book
                AND uuid_send(a.id) = l.ref
            WHERE l.book = %(book)s AND l.kind = 'account' GROUP BY 1 ORDER BY 1"""
        )
    assert found == [("bank:main", 1), ("wallet:a", 2)]
    assert proof.verify(sandbox, number=book).holds


def test_the_key_is_its_owners_alone_and_without_it_nothing_is_sealed(
    sandbox: Database, book: int, tmp_path: Path
) -> None:
    with sandbox.begin(book=book) as tx:
        busy(tx, Random(), 1)
    proof.seal(sandbox, tmp_path / "first", number=book)
    [file] = (tmp_path / "first" / keys.FOLDER).iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with sandbox.begin(book=book) as tx:
        busy(tx, Random(), 1)
    with pytest.raises(keys.LogKeyMissing):
        proof.seal(sandbox, tmp_path / "second", number=book)
    with sandbox.begin(book=book) as tx:
        old, new = proof.log_keys(tx)[0], proof.rotate(tx, tmp_path / "second")
    assert proof.seal(sandbox, tmp_path / "second", number=book).commits
    assert proof.verify(sandbox, number=book).holds
    # Who trusts the first key sees that it did not sign the second one in.
    found = proof.verify(sandbox, number=book, trust=proof.Trust(old))
    assert (found.first.check, found.first.table) == ("key", "log_key")
    assert proof.verify(sandbox, number=book, trust=proof.Trust(new)).holds


def test_a_log_made_anew_does_not_pass_for_the_one_that_was_kept(
    sandbox: Database, book: int, tmp_path: Path
) -> None:
    """Who owns the database can write it all again, but not under a checkpoint kept elsewhere."""
    with sandbox.begin(book=book) as tx:
        busy(tx, Random(), 3)
    proof.seal(sandbox, tmp_path, number=book)
    with sandbox.begin(book=book) as tx:
        kept = proof.read_checkpoint(proof.last_checkpoint(tx) or "")
        key = proof.log_keys(tx)[0]
    with db.admin(sandbox.url) as execute:
        execute("SET session_replication_role = replica")
        for table in ("log_leaf", "log_node", "batch_seal", "checkpoint", "log_key"):
            execute(f"DELETE FROM {table} WHERE book = {book}")
        execute(f"UPDATE event SET actor = 'me' WHERE book = {book}")
        for kind, rows in (("batch", "transfer"), ("event", "event"), ("account", "account")):
            column = "batch, ids" if kind == "batch" else "ids, batch"
            value = "batch, NULL::uuid[]" if kind == "batch" else "ARRAY[id], NULL::bigint"
            execute(
                f"INSERT INTO unsealed (book, kind, {column})"
                f" SELECT DISTINCT {book}, '{kind}', {value} FROM {rows} WHERE book = {book}"
            )
    proof.seal(sandbox, tmp_path, number=book)
    assert proof.verify(sandbox, number=book).holds
    trust = proof.Trust(key, (kept,))
    found = proof.verify(sandbox, number=book, trust=trust)
    assert {fault.check for fault in found.faults} == {"key", "kept"}


def test_a_replay_is_verified_and_not_sealed(market: Ground, tmp_path: Path) -> None:
    with market.database.begin() as tx:
        holding(tx)
        tx.emit("thing.happened", "x")
    assert proof.seal(market.database, tmp_path).commits == 0
    found = proof.verify(market.database)
    assert (found.holds, found.leaves, found.unsealed.transfers > 9) == (True, 0, True)
    assert not list(tmp_path.iterdir())
    with market.database.begin() as tx:
        assert ledger.service.account_at(tx, "free:x", "CNY").in_ == 1
