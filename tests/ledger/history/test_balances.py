"""Balances and statements in time, held against a naive sum over all transfers."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui import ledger
from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.ledger import Capture, Leg, Release, Transaction, history
from huoshui.ledger.history import store
from huoshui.ledger.history.service import TICK, SpanBackwards
from tests import ground
from tests.ground import DAY, HOUR, START, WALLETS, examples

NOW = START + 40 * DAY
ZONES = ("Asia/Shanghai", "America/Havana", "Pacific/Apia", "UTC", "Asia/Kathmandu")


def fresh(sandbox: Database, zone: str = "Asia/Shanghai") -> int:
    """A book in a time zone."""
    number = ground.fresh_book()
    with sandbox.begin(book=number) as tx:
        access.open_book(tx, msgspec.structs.replace(ground.book(number), time_zone=zone))
    return number


def at_time(tx: Tx, now: datetime) -> Tx:
    """The transaction, as if it ran at `now`."""
    tx.now = now
    return tx


def move(tx: Tx, source: str, target: str, amount: int, effective_at: datetime) -> UUID:
    """Post one leg that must stand."""
    id_ = tx.id("txn", f"{source}/{target}/{amount}/{effective_at}/{tx.now}")
    asked = Transaction(
        id=id_, template="test", reference="r", currency="CNY",
        legs=(Leg(source, target, amount),), effective_at=effective_at,
    )  # fmt: skip
    ledger.post(tx, [asked], WALLETS)[0].demand()
    return id_


def account(tx: Tx, path: str) -> UUID:
    return ledger.service.account_at(tx, path, "CNY").id


def naive(tx: Tx, path: str, at: datetime, column: str) -> int:
    """The sum over all history."""
    return tx.value(
        f"""SELECT coalesce(sum(net), 0)::bigint FROM entry WHERE book = %(book)s
        AND account_id = %(id)s AND {column} <= %(at)s""",
        id=account(tx, path),
        at=at,
    )


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("post"),
            st.sampled_from(["free:a", "free:b", "bank:c"]),
            st.sampled_from(["free:d", "free:e"]),
            st.integers(0, 1000),
            st.integers(0, 12 * 24),  # hours of backdating
        ),
        st.tuples(st.just("pass"), st.integers(1, 60)),
        st.tuples(st.sampled_from(["count", "rebuild", "drop", "mark"])),
    ),
    min_size=3,
    max_size=25,
)


@settings(max_examples=examples(25))
@given(steps=STEPS, zone=st.sampled_from(ZONES), looks=st.lists(st.integers(0, 900), max_size=6))
def test_both_views_equal_a_naive_sum_whatever_days_were_counted(
    sandbox: Database, steps: list, zone: str, looks: list[int]
) -> None:
    """Postings back in time, days counted, dropped and rebuilt at any moment."""
    book = fresh(sandbox, zone)
    now = datetime(2025, 3, 1, tzinfo=START.tzinfo)
    first = now
    for step in steps:
        with sandbox.begin(book=book) as tx:
            at_time(tx, now)
            match step:
                case ("post", source, target, amount, back):
                    move(tx, source, target, amount, now - back * HOUR)
                case ("pass", hours):
                    now += hours * HOUR
                case ("mark",):
                    history.begin(tx)
                case ("count",):
                    until, _ = history.begin(tx)
                    history.count_some(tx, until, None, None)
                case ("rebuild",):
                    until, _ = history.begin(tx)
                    ids = store.lock_moved(tx, None, None, 100)
                    store.count_days(tx, ids, zone, until)
                case ("drop",):
                    tx.run("DELETE FROM day_balance WHERE book = %(book)s")
        now += HOUR / 4
    with sandbox.begin(book=book) as tx:
        at_time(tx, now)
        moments = [first - 12 * DAY + hours * HOUR for hours in looks] + [now]
        for found in ledger.service.accounts(tx):
            for at in moments:
                recorded = history.balance_at(tx, found.id, at)
                effective = history.balance_at(tx, found.id, at, "effective")
                assert recorded.balance == naive(tx, found.path, at, "recorded_at")
                assert effective.balance == naive(tx, found.path, at, "effective_at")
            _statements_agree(tx, found.id, sorted(moments))


def _statements_agree(tx: Tx, id_: UUID, moments: list[datetime]) -> None:
    since, until = moments[0], moments[-1] + TICK
    for view in ("recorded", "effective"):
        pages = []
        place = None
        while True:
            page = history.statement(
                tx, id_, since=since, until=until, view=view, after=place, limit=2
            )
            pages.append(page)
            place = page.next and history.Place.read(str(page.next))
            if place is None:
                break
        lines = [line for page in pages for line in page.lines]
        assert page.opening == history.balance_at(tx, id_, since - TICK, view).balance
        assert page.closing == history.balance_at(tx, id_, until - TICK, view).balance
        assert page.total_in == sum(line.amount for line in lines if line.amount > 0)
        assert page.total_out == -sum(line.amount for line in lines if line.amount < 0)
        balance = page.opening
        for line in lines:
            balance += line.amount
            assert line.balance == balance
        assert len({line.version for line in lines}) == len(lines)


def test_a_late_posting_makes_counted_days_void_and_shows_in_one_view_only(
    sandbox: Database,
) -> None:
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        at_time(tx, START)
        move(tx, "bank:a", "free:x", 100, START)
        id_ = account(tx, "free:x")
    with sandbox.begin(book=book) as tx:
        at_time(tx, START + 3 * DAY)
        until, _ = history.begin(tx)
        history.count_some(tx, until, None, None)
        assert history.balance_at(tx, id_, START + DAY, "effective").balance == 100
        assert _counted(tx) == 2
    with sandbox.begin(book=book) as tx:
        at_time(tx, START + 4 * DAY)
        move(tx, "bank:a", "free:x", 7, START + HOUR)
        assert _counted(tx) == 0
        assert history.balance_at(tx, id_, START + DAY, "effective").balance == 107
        assert history.balance_at(tx, id_, START + DAY).balance == 100
        by_effect = history.statement(tx, id_, until=START + 2 * DAY, view="effective")
        assert [(line.amount, line.balance, line.late) for line in by_effect.lines] == [
            (100, 100, False), (7, 107, True),
        ]  # fmt: skip
        by_record = history.statement(tx, id_, since=START + 2 * DAY)
        assert [(line.amount, line.balance, line.late) for line in by_record.lines] == [
            (7, 107, True)
        ]
        assert history.csv_rows(by_record)[0][4:6] == ("true", "bank:a")


def _counted(tx: Tx) -> int:
    return tx.value("SELECT count(*) FROM day_balance WHERE book = %(book)s")


def test_what_was_held_is_known_by_recorded_time(sandbox: Database) -> None:
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        at_time(tx, START)
        move(tx, "bank:a", "wallet:x", 100, START)
        hold = Transaction(
            id=tx.id("txn", ""), template="t", reference="r", currency="CNY", hold=True,
            legs=(Leg("wallet:x", "wallet:y", 60),), effective_at=START,
        )  # fmt: skip
        ledger.post(tx, [hold], WALLETS)[0].demand()
    for hours, command in (
        (1, Capture(id=UUID(int=1), hold=hold.id, amount=20, final=False)),
        (2, Release(id=UUID(int=2), hold=hold.id)),
    ):
        with sandbox.begin(book=book) as tx:
            at_time(tx, START + hours * HOUR)
            command = msgspec.structs.replace(command, id=tx.id("txn", ""))
            ledger.post(tx, [command])[0].demand()
    with sandbox.begin(book=book) as tx:
        x, y = account(tx, "wallet:x"), account(tx, "wallet:y")
        told = [history.balance_at(tx, x, START + hours * HOUR) for hours in (-1, 0, 1, 2)]
        assert [(b.balance, b.held_out) for b in told] == [(0, 0), (100, 60), (80, 40), (80, 0)]
        assert [history.balance_at(tx, y, START + h * HOUR).held_in for h in (0, 1, 2)] == [
            60, 40, 0,
        ]  # fmt: skip


@pytest.mark.parametrize("amount", [300, 3000])
def test_a_recorded_balance_reads_one_row_a_side(
    sandbox: Database, amount: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the history: by EXPLAIN, the rows that the indexes give.

    Statistics are shared by all tests: of a table that they call small the planner may read more,
    so what it could do instead of following an index is off here.
    """
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        at_time(tx, START)
        legs = tuple(Leg("bank:a", "free:x", 1) for _ in range(amount))
        asked = Transaction(
            id=tx.id("txn", ""), template="t", reference="", currency="CNY", legs=legs,
            effective_at=START,
        )  # fmt: skip
        ledger.post(tx, [asked], WALLETS)[0].demand()
        move(tx, "free:x", "bank:a", 3, START)
        id_ = account(tx, "free:x")
        tx.run("ANALYZE transfer")
        for instead in ("seqscan", "bitmapscan", "sort"):
            tx.run(f"SET LOCAL enable_{instead} = off")
        plans: list = []

        def explained(kind: Any, query: str, **params: Any) -> list:
            plans.append(tx.value(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", **params))
            return []

        monkeypatch.setattr(tx, "rows", explained)
        store.seek(tx, id_, START)
    assert _scanned(plans[0][0]["Plan"]) <= 4


def _scanned(node: dict) -> int:
    own = node["Actual Rows"] * node["Actual Loops"] if "Scan" in node["Node Type"] else 0
    own += node.get("Rows Removed by Filter", 0) if "Scan" in node["Node Type"] else 0
    return own + sum(_scanned(below) for below in node.get("Plans", ()))


def test_counting_and_posting_back_in_time_at_once_never_leave_a_wrong_day(
    sandbox: Database,
) -> None:
    book = fresh(sandbox)
    with sandbox.begin(book=book) as tx:
        move(tx, "bank:a", "free:x", 1, tx.now - 3 * DAY)
    over = threading.Event()

    def post() -> None:
        for number in range(40):
            back = number % 4 * DAY + HOUR
            sandbox.run(lambda tx: move(tx, "bank:a", "free:x", 1, tx.now - back), book=book)
        over.set()

    thread = threading.Thread(target=post)
    thread.start()
    while not over.is_set():
        history.rebuild(sandbox, book=book)
    thread.join()
    with sandbox.begin(book=book) as tx:
        id_ = account(tx, "free:x")
        for back in range(5):
            at = tx.now - timedelta(days=back)
            found = history.balance_at(tx, id_, at, "effective")
            assert found.balance == naive(tx, "free:x", at, "effective_at")


def test_a_csv_holds_no_formula(tx: Tx) -> None:
    asked = Transaction(
        id=tx.id("txn", ""), template="t", reference="=1+1", currency="CNY",
        legs=(Leg("bank:a", "free:x", 1),), effective_at=tx.now,
    )  # fmt: skip
    ledger.post(tx, [asked], WALLETS)[0].demand()
    found = history.statement(tx, account(tx, "free:x"))
    assert history.csv_rows(found)[0][7] == "'=1+1"


def test_a_statement_does_not_end_before_it_begins(tx: Tx) -> None:
    move(tx, "bank:a", "free:x", 1, tx.now)
    with pytest.raises(SpanBackwards):
        history.statement(tx, account(tx, "free:x"), since=tx.now, until=tx.now - DAY)
