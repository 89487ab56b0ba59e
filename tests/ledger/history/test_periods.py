"""Sealed periods: forward only, final, and corrected in the open one."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from huoshui import ledger
from huoshui.core import access, events, ids
from huoshui.core.db import Database, Tx
from huoshui.ledger import Leg, Transaction, history
from huoshui.ledger.model import PostingRefused
from huoshui.ledger.periods import (
    PeriodNotOver,
    PeriodSealedAlready,
    close_period,
    period_hash,
    periods,
    sealed_until,
)
from huoshui.ledger.verify import ledger_hash
from tests.ground import DAY, HOUR, START, WALLETS
from tests.ledger.history.test_balances import account, at_time, fresh, move

MIDNIGHT = START.replace(hour=16, minute=0) - DAY  # the day of START begins in Shanghai


def test_a_seal_is_final_and_a_correction_stands_in_the_open_period(sandbox: Database) -> None:
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        at_time(tx, START)
        wrong = move(tx, "bank:a", "free:x", 100, START)
        move(tx, "bank:a", "free:y", 5, START - 9 * HOUR - HOUR)  # the day before
        id_ = account(tx, "free:x")
    with sandbox.begin(book=book) as tx:
        at_time(tx, START + DAY)
        closed = close_period(tx, date(2025, 3, 4))
        assert (closed.since, closed.until) == (None, MIDNIGHT + DAY)
        assert closed.hash == ledger_hash(tx, "Asia/Shanghai")
        assert closed.transfers == 2
        assert {(m.kind, m.out_, m.in_) for m in closed.effective} == {
            ("bank", 105, 0), ("free", 0, 105),
        }  # fmt: skip
        assert (
            sum(t.debit for t in closed.recorded) == sum(t.credit for t in closed.recorded) == 105
        )
    with sandbox.begin(book=book) as tx:
        at_time(tx, START + 2 * DAY)
        late = Transaction(
            id=tx.id("txn", ""), template="t", reference="", currency="CNY",
            legs=(Leg("bank:a", "free:x", 1),), effective_at=START + HOUR,
        )  # fmt: skip
        assert ledger.post(tx, [late], WALLETS)[0].code == "period_sealed"
        correction = tx.id("txn", "")
        ledger.reverse(tx, wrong, reversal_id=correction).demand()
        for view in ("recorded", "effective"):
            told = history.statement(tx, id_, since=closed.until, view=view).lines
            assert [(x.amount, x.balance, x.reverses, x.late) for x in told] == [
                (-100, 0, wrong, False)
            ]
            before = history.balance_at(tx, id_, closed.until - history.service.TICK, view)
            assert before.balance == 100
        assert period_hash(tx, None, closed.until) == closed.hash
        assert periods(tx) == [closed]
    with sandbox.begin(book=book) as tx:
        at_time(tx, START + 2 * DAY)
        second = close_period(tx, date(2025, 3, 5))
        assert (second.since, second.transfers) == (closed.until, 0)
        assert second.effective == closed.effective
        assert sealed_until(tx) == second.until
        assert [p.until for p in periods(tx)] == [second.until, closed.until]
        assert periods(tx, before=second.until) == [closed]
    with sandbox.begin(book=book) as tx:
        at_time(tx, START + 9 * DAY)
        assert close_period(tx, date(2025, 3, 12)).transfers == 1
        said = events.page(tx, kind="period.closed")
        assert [e.object for e in said] == ["2025-03-05", "2025-03-04"]
        assert ids.show("txn", correction)


@pytest.mark.parametrize(
    ("until", "problem"),
    [
        (date(2025, 3, 13), PeriodNotOver),
        (date(2025, 3, 5), PeriodSealedAlready),
        (date(2025, 3, 4), PeriodSealedAlready),
    ],
)
def test_a_seal_moves_forward_and_never_into_the_future(
    sandbox: Database, until: date, problem: type[Exception]
) -> None:
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        close_period(at_time(tx, START + 9 * DAY), date(2025, 3, 5))
        with pytest.raises(problem):
            close_period(tx, until)


def test_a_seal_waits_for_the_batch_under_way_and_the_next_one_knows_it(
    sandbox: Database,
) -> None:
    book = fresh(sandbox)
    closed = threading.Event()
    with sandbox.begin(book=book) as tx:
        today = history.days.day_of(tx.now, access.zone_of(tx))
        yesterday = tx.now - DAY
        move(tx, "bank:a", "free:x", 3, yesterday)

        def close() -> None:
            with sandbox.begin(book=book) as other:
                assert close_period(other, today).transfers == 1
            closed.set()

        thread = threading.Thread(target=close)
        thread.start()
        assert not closed.wait(0.3)
    thread.join()
    with sandbox.begin(book=book) as tx:
        with pytest.raises(PostingRefused):
            _move_late(tx)


def _move_late(tx: Tx) -> None:
    move(tx, "bank:a", "free:x", 3, tx.now - DAY)


def test_a_seal_misses_nothing_of_what_is_posted_meanwhile(sandbox: Database) -> None:
    """Batches of many writers run on while the period is read; its hash is that of the ledger."""
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        move(tx, "bank:a", "free:x", 3, tx.now - DAY)
        today = history.days.day_of(tx.now, access.zone_of(tx))
    over = threading.Event()
    refused = []

    def post(name: str) -> None:
        while not over.is_set():
            try:
                sandbox.run(
                    lambda tx: move(tx, "bank:a", f"free:{name}", 1, tx.now - DAY), book=book
                )
            except PostingRefused as problem:
                refused.append(problem.facts["result"])
                return

    threads = [threading.Thread(target=post, args=(name,)) for name in "xyz"]
    for thread in threads:
        thread.start()
    over.wait(0.3)
    closed = sandbox.run(lambda tx: close_period(tx, today), book=book)
    for thread in threads:
        thread.join()
    assert refused == ["period_sealed"] * 3
    with sandbox.begin(book=book) as tx:
        assert period_hash(tx, None, closed.until) == closed.hash
        assert ledger_hash(tx, "Asia/Shanghai") == closed.hash
        assert closed.transfers == tx.value("SELECT count(*) FROM transfer WHERE book = %(book)s")


def test_two_who_seal_at_once_never_move_a_seal_back(sandbox: Database) -> None:
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        today = history.days.day_of(tx.now, access.zone_of(tx))
    told: list[str] = []

    def close(until: date) -> None:
        try:
            sandbox.run(lambda tx: close_period(tx, until), book=book)
            told.append("sealed")
        except PeriodSealedAlready:
            told.append("refused")

    with sandbox.begin(book=book) as tx:  # a batch under way: both wait for it, in this order
        move(tx, "bank:a", "free:x", 1, tx.now)
        threads = []
        for until in (today, today - DAY):
            threads.append(threading.Thread(target=close, args=(until,)))
            threads[-1].start()
            threading.Event().wait(0.2)
    for thread in threads:
        thread.join()
    with sandbox.begin(book=book) as tx:
        found = periods(tx)
        assert sealed_until(tx) == found[0].until
        assert found[0].until == history.days.day_start(today, access.zone_of(tx))
        assert len(found) == told.count("sealed")
        assert [p.since for p in found] == [p.until for p in found[1:]] + [None]
