"""The ledger on PostgreSQL: repeats, reversals, concurrency, and what the database refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from uuid import UUID

import msgspec
import psycopg
import pytest

from huoshui import ledger
from huoshui.core import access, db, ids
from huoshui.core.db import Database, Tx
from huoshui.core.money import UnknownCurrency
from huoshui.ledger import AccountKind, Leg, Transaction
from huoshui.ledger.model import PostingRefused, UnknownAccount, UnknownTransaction
from huoshui.ledger.service import AlreadyReversed, BadPath
from huoshui.ledger.verify import ledger_hash, verify
from tests import ground
from tests.ground import START, WALLETS

OPEN = AccountKind("free", "free:{name}", "liability")


def moved(tx: Tx, *legs: tuple[str, str, int], id_: UUID | None = None) -> Transaction:
    """A transaction of these legs."""
    return Transaction(
        id=id_ or tx.id("txn", str(legs)),
        template="test",
        reference="ref",
        currency="CNY",
        legs=tuple(Leg(*leg) for leg in legs),
        effective_at=START,
    )


def post(tx: Tx, *legs: tuple[str, str, int]) -> Transaction:
    """Post one transaction that must stand."""
    transaction = moved(tx, *legs)
    ledger.post(tx, [transaction], WALLETS)[0].demand()
    return transaction


def test_a_repeat_is_told_and_another_wish_under_the_same_id_differs(tx: Tx) -> None:
    first = post(tx, ("bank:a", "wallet:x", 500))
    other = msgspec.structs.replace(first, legs=(Leg("bank:a", "wallet:x", 501),))
    codes = [r.code for r in ledger.post(tx, [first, other, first], WALLETS)]
    assert codes == ["exists", "differs_amount", "exists"]
    assert ground.nets(tx) == {"bank:a": -500, "wallet:x": 500}


def test_a_later_repeat_with_another_moment_is_the_same_wish(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        first = post(tx, ("bank:a", "wallet:x", 500))
    with sandbox.begin(book=book) as tx:
        again = msgspec.structs.replace(first, effective_at=tx.now)
        assert ledger.post(tx, [again], WALLETS)[0].code == "exists"


def test_an_account_whose_opening_was_undone_is_opened_by_who_waited(
    sandbox: Database, book: int
) -> None:
    """What an undone transaction knew, nobody knows: another one opens the account anew."""
    with sandbox.begin(book=book) as tx:
        post(tx, ("bank:a", "free:x", 1))

    def pay() -> None:
        with sandbox.begin(book=book) as tx:
            post(tx, ("bank:a", "wallet:x", 500))

    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(ZeroDivisionError), sandbox.begin(book=book) as tx:
            post(tx, ("free:x", "wallet:x", 300))
            waiting = threads.submit(pay)
            ground.wait_until_blocked(sandbox)
            post(tx, ("free:x", "wallet:x", 7))
            raise ZeroDivisionError
        waiting.result()
    with sandbox.begin(book=book) as tx:
        assert ground.nets(tx) == {"bank:a": -501, "free:x": 1, "wallet:x": 500}


def test_bounds_hold_for_the_transaction_as_a_whole(tx: Tx) -> None:
    """Money that passes through an account within one transaction counts once."""
    post(tx, ("wallet:x", "wallet:y", 300), ("bank:a", "wallet:x", 300))
    assert ground.nets(tx) == {"bank:a": -300, "wallet:y": 300}


def test_a_refused_transaction_posts_nothing_and_names_the_account(tx: Tx) -> None:
    result = ledger.post(
        tx, [moved(tx, ("bank:a", "wallet:x", 10), ("wallet:x", "free:f", 11))], WALLETS
    )[0]
    assert (result.code, result.account) == ("insufficient_from", "wallet:x")
    assert ground.nets(tx) == {}
    with pytest.raises(PostingRefused) as caught:
        result.demand()
    assert "wallet:x" in caught.value.detail("en")


def test_an_unknown_account_is_named_and_a_currency_is_part_of_the_account(tx: Tx) -> None:
    post(tx, ("bank:a", "free:f", 5))
    result = ledger.post(tx, [moved(tx, ("bank:a", "free:g", 5))])[0]
    assert (result.code, result.account) == ("to_not_found", "free:g")
    with pytest.raises(UnknownAccount):
        ledger.service.account_at(tx, "free:f", "JPY")
    with pytest.raises(UnknownTransaction):
        ledger.journal.transaction(tx, tx.id("txn", "none"))


def test_opening_by_hand_checks_path_and_currency(tx: Tx) -> None:
    account = ledger.open_account(tx, "free:f", "KWD", OPEN)
    assert ledger.open_account(tx, "free:f", "KWD", OPEN) == account
    for path in ("", "a:", "a b", "a:b:c:d:e:f:g", "x" * 65, "a;DROP"):
        with pytest.raises(BadPath):
            ledger.open_account(tx, path, "CNY", OPEN)
    with pytest.raises(UnknownCurrency):
        ledger.open_account(tx, "free:g", "XXQ", OPEN)


def test_a_reversal_stands_once_and_is_seen_from_both_sides(tx: Tx) -> None:
    first = post(tx, ("bank:a", "wallet:x", 70), ("wallet:x", "free:f", 30))
    reversal = tx.id("txn", "r1")
    ledger.reverse(tx, first.id, reversal_id=reversal)
    assert ground.nets(tx) == {}
    ledger.reverse(tx, first.id, reversal_id=reversal)  # the same call again
    with pytest.raises(AlreadyReversed) as caught:
        ledger.reverse(tx, first.id, reversal_id=tx.id("txn", "r2"))
    assert caught.value.facts["reversal"] == ids.show("txn", reversal)
    assert ledger.journal.transaction(tx, first.id).entry.reversed_by == reversal
    assert ledger.journal.transaction(tx, reversal).entry.reverses == first.id
    with pytest.raises(UnknownTransaction):
        ledger.reverse(tx, tx.id("txn", "none"), reversal_id=tx.id("txn", "r3"))


def test_statement_and_journal_tell_the_same_story(tx: Tx) -> None:
    for amount in (10, 20, 30):
        post(tx, ("bank:a", "free:f", amount))
    account = ledger.service.account_at(tx, "free:f", "CNY")
    lines = ledger.journal.transfers(tx, account.id)
    assert [(line.version, line.amount, line.balance) for line in lines] == [
        (3, 30, 60),
        (2, 20, 30),
        (1, 10, 10),
    ]
    assert [p.legs[0].amount for p in ledger.journal.page(tx)] == [30, 20, 10]
    older = ledger.journal.transfers(tx, account.id, before=lines[1].place)
    assert [line.amount for line in older] == [10]
    page = ledger.journal.page(tx, account=account.id, limit=2)
    rest = ledger.journal.page(tx, account=account.id, after=page[-1].entry.id)
    assert [p.legs[0].amount for p in rest] == [10]


def test_another_book_sees_nothing(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        first = post(tx, ("bank:a", "free:f", 5))
        account = ledger.service.account_at(tx, "free:f", "CNY")
    with sandbox.begin(book=book + 100_000) as tx:
        assert ledger.service.accounts(tx) == []
        assert ledger.journal.page(tx) == []
        with pytest.raises(UnknownAccount):
            ledger.service.account(tx, account.id)
        with pytest.raises(UnknownTransaction):
            ledger.journal.transaction(tx, first.id)
        with pytest.raises(UnknownTransaction):
            ledger.reverse(tx, first.id, reversal_id=tx.id("txn", "r"))


def test_many_writers_on_hot_accounts_lose_nothing(sandbox: Database, book: int) -> None:
    """Six threads move money between few accounts, in any order, with repeats: no update is
    lost, nothing deadlocks, and the floor holds throughout."""
    paths = ["wallet:x", "wallet:y", "wallet:z", "free:f", "bank:a"]
    with sandbox.begin(book=book) as tx:
        post(tx, *(("bank:a", path, 1_000) for path in paths[:4]))
    created: list[Transaction] = []
    lock = threading.Lock()

    def write(seed: int) -> None:
        random = Random(seed)
        for _ in range(12):
            pairs = [random.sample(paths, 2) for _ in range(3)]
            legs = [(source, target, random.randint(1, 400)) for source, target in pairs]

            def use_case(tx: Tx, legs: list[tuple[str, str, int]] = legs) -> Transaction | None:
                wish = moved(tx, *legs)
                results = ledger.post(tx, [wish, wish], WALLETS)
                assert results[1].code == ("exists" if results[0].stands else "id_already_failed")
                return wish if results[0].stands else None

            done = sandbox.run(use_case, book=book)
            if done:
                with lock:
                    created.append(done)

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(write, seed) for seed in range(6)]:
            done.result()
    expected = dict.fromkeys(paths[:4], 1_000) | {"bank:a": -4_000}
    for transaction in created:
        for leg in transaction.legs:
            expected[leg.source] -= leg.amount
            expected[leg.target] += leg.amount
    with sandbox.begin(book=book) as tx:
        assert ground.nets(tx) == {path: net for path, net in expected.items() if net}
        assert verify(tx).holds
    assert len(created) > 10


def test_one_transaction_sent_by_many_at_once_stands_once(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        post(tx, ("bank:a", "wallet:x", 1))
        wish = moved(tx, ("bank:a", "wallet:x", 100))
    with ThreadPoolExecutor(5) as threads:
        codes = list(
            threads.map(
                lambda _: sandbox.run(
                    lambda tx: ledger.post(tx, [wish], WALLETS)[0].code, book=book
                ),
                range(10),
            )
        )
    assert sorted(codes) == ["created"] + ["exists"] * 9
    with sandbox.begin(book=book) as tx:
        assert ground.nets(tx)["wallet:x"] == 101


# --- what the database itself refuses -----------------------------------------------------------


@pytest.fixture
def broken(main_url: str, sandbox: Database, book: int) -> Callable[[str], None]:
    """Runs a statement behind the product's back, on a book with one transfer."""
    with sandbox.begin(book=book) as tx:
        post(tx, ("bank:a", "wallet:x", 100), ("bank:a", "free:f", 50))

    def run(statement: str, *, unguarded: bool = False) -> None:
        with db.admin(sandbox.url) as execute:
            if unguarded:
                execute("SET session_replication_role = replica")
            execute(statement.replace("$book", str(book)))

    return run


COPY = """
    INSERT INTO transfer (
        from_after, to_after, from_version, to_version, recorded_at, batch, flags, currency,
        template, reference, actor, book, leg, kind, amount, id, from_id, to_id, effective_at)
    SELECT 0, 0, 90, 90, recorded_at, batch, 0, currency, template, reference, actor, book, """


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account SET out_ = out_ + 101 WHERE book = $book AND path = 'wallet:x'",
        "UPDATE account SET in_ = in_ - 101 WHERE book = $book AND path = 'wallet:x'",
        "UPDATE account SET held_out = 101 WHERE book = $book AND path = 'wallet:x'",
        "UPDATE account SET out_ = -1 WHERE book = $book AND path = 'free:f'",
        "UPDATE account SET ceiling = 49 WHERE book = $book AND path = 'free:f'",
        "UPDATE account SET class = 'fun' WHERE book = $book",
        "UPDATE transfer SET amount = 1 WHERE book = $book",
        "DELETE FROM transfer WHERE book = $book",
        "TRUNCATE transfer",
        "UPDATE txn SET template = 'x' WHERE book = $book",
        "DELETE FROM txn WHERE book = $book",
        COPY + "9, 0, -1, id, from_id, to_id, effective_at FROM transfer WHERE book = $book",
        COPY + "9, 0, 1, id, from_id, from_id, effective_at FROM transfer WHERE book = $book",
        COPY + "0, 0, 1, id, from_id, to_id, effective_at FROM transfer WHERE book = $book",
        COPY + "9, 0, 1, id, from_id, to_id, 'infinity' FROM transfer WHERE book = $book",
        "INSERT INTO account SELECT 0, id FROM account WHERE book = $book",
    ],
)
def test_the_database_refuses_broken_rows(broken: Callable[..., None], statement: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityError):
        broken(statement)


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE account SET in_ = in_ + 5 WHERE book = $book AND path = 'free:f'", "counters"),
        ("UPDATE account SET version = 9 WHERE book = $book AND path = 'free:f'", "counters"),
        ("UPDATE account SET in_ = in_ + 5 WHERE book = $book AND path = 'free:f'",
         "trial_balance"),
        ("UPDATE transfer SET amount = amount + 1 WHERE book = $book AND leg = 0", "counters"),
        ("UPDATE transfer SET amount = amount + 1 WHERE book = $book AND leg = 0", "running"),
        ("UPDATE transfer SET to_after = to_after + 1 WHERE book = $book AND leg = 0", "running"),
        ("UPDATE transfer SET to_version = 7 WHERE book = $book AND leg = 0", "running"),
        ("DELETE FROM transfer WHERE book = $book AND leg = 1", "counters"),
    ],
)  # fmt: skip
def test_tampering_behind_the_triggers_is_found(
    broken: Callable[..., None], sandbox: Database, book: int, statement: str, check: str
) -> None:
    with sandbox.begin(book=book) as tx:
        assert verify(tx).holds
    broken(statement, unguarded=True)
    with sandbox.begin(book=book) as tx:
        assert check in {fault.check for fault in verify(tx).faults}


def test_the_hash_says_what_moved_where_on_which_day(sandbox: Database) -> None:
    hashes = []
    for amounts in ((10, 20), (20, 10), (10, 21)):
        number = ground.fresh_book()
        with sandbox.begin(book=number) as tx:
            access.open_book(tx, ground.book(number))
            for amount in amounts:
                post(tx, ("bank:a", "free:f", amount))
            hashes.append(ledger_hash(tx, "Asia/Shanghai"))
    assert hashes[0] == hashes[1] != hashes[2]
