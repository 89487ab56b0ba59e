"""Parts of the table: made ahead, filled from the rest, archived whole, checked again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from huoshui import ledger
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Conflict
from huoshui.ledger import Capture, Leg, Transaction, history, proof
from huoshui.ledger import parts as ledger_parts
from huoshui.ledger.history import HistoryArchived
from huoshui.ledger.parts import BadMonth, Month, PartStays, archive, check_archive, parquet, store
from huoshui.ledger.periods import close_period
from huoshui.ledger.verify import verify, verify_accounts
from huoshui.lines.payments import Terms
from huoshui.lines.payments.escrow.verify import verify_orders
from tests import ground
from tests.ground import DAY, WALLETS
from tests.ledger.history.test_balances import account, at_time, fresh, move

JANUARY = datetime(2025, 1, 10, tzinfo=UTC)
MONTHS = [Month(2025, 1), Month(2025, 2), Month(2025, 3)]


class Books(msgspec.Struct, frozen=True):
    """A book with three months of history, sealed up to March, in its log and in periods."""

    database: Database
    number: int
    home: Path
    repeated: Transaction

    def seal(self) -> None:
        proof.seal(self.database, self.home, number=self.number)

    def archive(self, directory: Path, before: str = "2025-03") -> list[ledger_parts.Archived]:
        return archive(self.database, before, directory, book=self.number)


@pytest.fixture
def books(sandbox: Database, tmp_path: Path) -> Books:
    number = fresh(sandbox)
    with sandbox.begin(book=number) as tx:
        ledger_parts.make(tx, MONTHS)
        at_time(tx, JANUARY)
        move(tx, "bank:a", "wallet:x", 100, JANUARY)
        hold = Transaction(
            id=tx.id("txn", ""), template="t", reference="hold", currency="CNY", hold=True,
            legs=(Leg("wallet:x", "wallet:y", 60),), effective_at=JANUARY,
        )  # fmt: skip
        ledger.post(tx, [hold], WALLETS)[0].demand()
    for days in (31, 32, 59):
        with sandbox.begin(book=number) as tx:
            at_time(tx, JANUARY + days * DAY)
            if days == 31:
                ledger.post(tx, [Capture(id=tx.id("txn", ""), hold=hold.id, amount=20)])[0].demand()
            move(tx, "bank:a", "wallet:x", 7, tx.now - 2 * DAY)
            # An id of January that comes late: no archive holds a row after a row that stays.
            late = tx.id("txn", "", JANUARY)
            repeated = Transaction(
                id=late, template="test", reference="late", currency="CNY",
                legs=(Leg("bank:a", "wallet:x", 1),), effective_at=tx.now,
            )  # fmt: skip
            if days == 31:
                ledger.post(tx, [repeated], WALLETS)[0].demand()
                asked = repeated
    return Books(sandbox, number, tmp_path / "home", asked)


def close(books: Books, until: date = date(2025, 3, 1)) -> None:
    with books.database.begin(book=books.number) as tx:
        close_period(tx, until)


def balances(tx: Tx) -> list[object]:
    """Every account's balances from February's end on, and now."""
    return [
        history.balance_at(tx, found.id, JANUARY + days * DAY, view).balance
        for found in ledger.service.accounts(tx)
        for days in (33, 50, 60, 90)
        for view in ("recorded", "effective")
    ]


def test_rows_of_a_month_move_into_its_part(sandbox: Database) -> None:
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        at_time(tx, JANUARY)
        move(tx, "bank:a", "free:x", 3, JANUARY)
        assert store.resting(tx, MONTHS[0].ids)
    with sandbox.begin(book=book) as tx:
        assert ledger_parts.make(tx, MONTHS[:2]) == ["2025-01", "2025-02"]
        assert not store.resting(tx, MONTHS[0].ids)
        assert store.count(tx, f"transfer_{book}_202501") == 1
        assert ledger_parts.make(tx, MONTHS) == ["2025-03"]
        at_time(tx, JANUARY + 100 * DAY)
        move(tx, "bank:a", "free:x", 3, JANUARY)
        move(tx, "bank:a", "free:x", 3, tx.now)
        assert ledger_parts.make_all(tx) == ["2025-04", "2025-05", "2025-06"]
        assert not store.resting(tx, Month(2025, 4).ids)
        assert [p.month for p in ledger_parts.parts(tx)[:3]] == ["2025-01", "2025-02", "2025-03"]
        assert verify(tx).holds
    for change in ("DELETE FROM", "TRUNCATE"):
        with pytest.raises(Exception, match=r"conflict|append-only|integrity"):
            with sandbox.begin(book=book) as tx:
                tx.run(f"{change} transfer_{book}_202501")  # type: ignore[arg-type]


def test_who_reads_while_rows_move_sees_each_of_them(sandbox: Database) -> None:
    """A reading that was asked for while they move, and began when they had moved."""
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        at_time(tx, JANUARY)
        for number in range(3):
            move(tx, "bank:a", f"free:{number}", 3, JANUARY)
    seen: list[int] = []

    def read() -> None:
        with sandbox.begin(book=book) as tx:
            seen.append(tx.value("SELECT count(*) FROM transfer WHERE book = %(book)s"))

    with sandbox.begin(book=book) as tx:
        ledger_parts.make(tx, MONTHS[:1])
        assert store.exists(tx, f"transfer_{book}_202501")
        reader = threading.Thread(target=read)
        reader.start()
        ground.wait_until_blocked(sandbox)
    reader.join()
    assert seen == [3]


def test_who_reads_for_long_is_not_waited_for_for_long(
    sandbox: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are moved later, and meanwhile nobody has waited behind it."""
    monkeypatch.setattr(store, "_PATIENCE_S", 0.1)
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        at_time(tx, JANUARY)
        move(tx, "bank:a", "free:x", 3, JANUARY)
    with sandbox.begin(book=book) as reader:
        reader.value("SELECT count(*) FROM transfer")
        with pytest.raises(Conflict), sandbox.begin(book=book) as tx:
            ledger_parts.make(tx, MONTHS[:1])
    with sandbox.begin(book=book) as tx:
        assert ledger_parts.make(tx, MONTHS[:1]) == ["2025-01"]


def test_many_at_once_make_each_part_once(sandbox: Database) -> None:
    book = fresh(sandbox)
    made: list[str] = []

    def make() -> None:
        with sandbox.begin(book=book) as tx:
            made.extend(ledger_parts.make_ahead(tx))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 3
    with sandbox.begin(book=book) as tx:
        move(tx, "bank:a", "free:x", 3, tx.now)
        assert store.count(tx, ledger_parts.parts(tx)[0].name) == 1


def test_an_archive_leaves_sums_and_the_rest_of_history_stays_as_it_was(
    books: Books, tmp_path: Path
) -> None:
    close(books)
    books.seal()
    with books.database.begin(book=books.number) as tx:
        before = balances(tx)
    done = books.archive(tmp_path / "a")
    assert [(a.month, a.transfers, a.accounts) for a in done] == [
        ("2025-01", 3, 3), ("2025-02", 3, 3),
    ]  # fmt: skip
    with books.database.begin(book=books.number) as tx:
        assert balances(tx) == before
        found = verify(tx)
        assert found.holds, found.faults
        assert verify_accounts(tx, [account(tx, "wallet:x"), account(tx, "bank:a")]) == []
        x = account(tx, "wallet:x")
        for view in ("recorded", "effective"):
            told = history.statement(tx, x, view=view)
            assert told.archived_until is not None
            assert [line.amount for line in told.lines] == [7]
            assert (told.opening, told.closing) == (95, 102)
            with pytest.raises(HistoryArchived):
                history.balance_at(tx, x, JANUARY, view)
        codes = [r.code for r in ledger.post(tx, [books.repeated], WALLETS)]
        assert codes == ["id_too_old"]
        assert check_archive(tx, tmp_path / "a").holds
    sealed = proof.verify(books.database, number=books.number)
    assert sealed.holds, sealed.faults
    again = books.archive(tmp_path / "a")
    assert again == []


def test_a_killed_archive_leaves_everything_and_is_written_anew(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(books)
    books.seal()

    def killed(tx: Tx, name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "drop", killed)
        with pytest.raises(KeyboardInterrupt):
            books.archive(tmp_path / "a")
    with books.database.begin(book=books.number) as tx:
        assert len(ledger_parts.parts(tx)) == 3
        assert verify(tx).holds
        assert store.archives(tx) == []
        assert [f.check for f in check_archive(tx, tmp_path / "a").faults] == ["not_archived"]
    with monkeypatch.context() as patch:
        patch.setattr(parquet.Writer, "close", lambda self: killed(None, ""))  # type: ignore[arg-type]
        with pytest.raises(KeyboardInterrupt):
            books.archive(tmp_path / "b")
    assert list((tmp_path / "b").iterdir()) == []
    assert len(books.archive(tmp_path / "a")) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from huoshui.core.db import Database
from huoshui.ledger import parts
from huoshui.ledger.parts import parquet, store

url, book, directory, module, name = sys.argv[1:]
setattr({"store": store, "parquet": parquet}[module], name,
        lambda *_: os.kill(os.getpid(), signal.SIGKILL))
parts.archive(Database(url).open(), "2025-03", Path(directory), book=int(book))
"""


@pytest.mark.parametrize("point", ["store drop", "store carry", "parquet settle"])
def test_an_archive_killed_outright_is_whole_the_next_time(
    books: Books, tmp_path: Path, point: str
) -> None:
    """SIGKILL after the file and before the commit, within the commit, and within the file."""
    close(books)
    books.seal()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, books.database.url, str(books.number), str(tmp_path / "a"),
         *point.split()],
        cwd=Path(__file__).parents[3], check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    with books.database.begin(book=books.number) as tx:
        assert (len(ledger_parts.parts(tx)), store.archives(tx)) == (3, [])
        assert verify(tx).holds
    assert [a.transfers for a in books.archive(tmp_path / "a")] == [3, 3]
    with books.database.begin(book=books.number) as tx:
        assert verify(tx).holds and check_archive(tx, tmp_path / "a").holds


@pytest.mark.parametrize("reason", ["open", "holds", "proof", "rest"])
def test_a_part_that_is_not_over_stays(books: Books, tmp_path: Path, reason: str) -> None:
    if reason != "open":
        close(books)
    if reason != "proof":
        books.seal()
    with books.database.begin(book=books.number) as tx:
        at_time(tx, JANUARY + 61 * DAY)
        if reason == "holds":
            held = Transaction(
                id=tx.id("txn", "", JANUARY), template="t", reference="", currency="CNY",
                hold=True, legs=(Leg("wallet:x", "wallet:y", 1),), effective_at=tx.now,
            )  # fmt: skip
            ledger.post(tx, [held], WALLETS)[0].demand()
        if reason == "rest":
            lost = Transaction(
                id=UUID(int=5), template="t", reference="", currency="CNY",
                legs=(Leg("wallet:x", "wallet:y", 1),), effective_at=tx.now,
            )  # fmt: skip
            ledger.post(tx, [lost], WALLETS)[0].demand()
    if reason == "holds":
        close(books, date(2025, 3, 20))
    if reason != "proof":
        books.seal()
    with pytest.raises(PartStays) as caught:
        books.archive(tmp_path / "a")
    assert caught.value.facts["reason"] == reason


Spoil = Callable[[Path], None]


def _cut(directory: Path) -> None:
    file = next(iter(sorted(directory.glob("*.parquet"))))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _edit(directory: Path) -> None:
    file = next(iter(sorted(directory.glob("*.json"))))
    manifest = json.loads(file.read_bytes())
    manifest["carried"][0]["in_"] += 1
    file.write_text(json.dumps(manifest))


def _forge(directory: Path) -> None:
    """Rows rewritten, and the manifest made to fit them."""
    manifest = parquet.read_manifests(directory)[0]
    file = directory / manifest.file
    rows = [row for group in parquet.read_rows(file) for row in group]
    place = store.COLUMNS.index("reference")
    rows[0] = (*rows[0][:place], "forged", *rows[0][place + 1 :])
    writer = parquet.Writer(file)
    writer.add(rows)
    forged = msgspec.structs.replace(manifest, sha256=writer.close())
    parquet.write_manifest(file.with_suffix(".json"), forged)


def _lose(directory: Path) -> None:
    next(iter(sorted(directory.glob("*.json")))).unlink()


@pytest.mark.parametrize(
    ("spoil", "checks"),
    [
        (_cut, {"sha256"}),
        (_edit, {"manifest"}),
        (_forge, {"manifest", "batch_root"}),
        (_lose, {"missing"}),
    ],
)
def test_a_spoilt_archive_is_named(
    books: Books, tmp_path: Path, spoil: Spoil, checks: set[str]
) -> None:
    close(books)
    books.seal()
    books.archive(tmp_path / "a")
    spoil(tmp_path / "a")
    with books.database.begin(book=books.number) as tx:
        try:
            found = {fault.check for fault in check_archive(tx, tmp_path / "a").faults}
        except ledger_parts.ArchiveUnreadable:
            found = {"sha256"}
    assert checks <= found


def test_what_a_transfer_weighs_is_told_by_table_and_index(tx: Tx) -> None:
    move(tx, "bank:a", "free:x", 3, tx.now)
    found = ledger_parts.size(tx)
    assert found.transfers > 0
    assert {"heap", "transfer_pkey", "transfer_from", "transfer_to", "transfer_batch"} <= set(
        found.per_transfer
    )
    assert found.bytes == sum(row.bytes for row in found.rows if row.kind != "table")
    assert "account" in {row.name for row in found.rows}


@pytest.mark.parametrize("text", ["2025-13", "25-01", "2025-1", "9999-01", "x"])
def test_a_month_is_read_strictly(text: str) -> None:
    with pytest.raises(BadMonth):
        Month.read(text)


def test_orders_of_archived_months_are_not_held_against_what_is_gone(
    market: ground.Ground, tmp_path: Path
) -> None:
    for key, at in (("o1", ground.START), ("o2", ground.START + 60 * DAY)):
        with market.database.begin(now=at) as tx:
            ledger_parts.make_ahead(tx)
        market.take(*ground.placed(key, at=at), ground.tender(key, at=at), at=at)
        market.take(ground.confirmation(key, at + DAY), at=at + DAY)
    with market.database.begin() as tx:
        close_period(tx, date(2025, 4, 5))
        assert verify_orders(tx, Terms()).orders == 2
    assert archive(market.database, "2025-04", tmp_path)[0].transfers > 1
    with market.database.begin() as tx:
        found = verify_orders(tx, Terms())
        assert (found.orders, found.faults) == (1, ())
        assert verify(tx).holds
        assert check_archive(tx, tmp_path).unsealed > 0
