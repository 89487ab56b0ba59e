"""Whatever is killed, and whenever: a call leaves once at most, and its outcome is handed on once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from huoshui.core import work
from huoshui.core.db import Database
from huoshui.lines.payments.rails import Answer, Call, health_store, inbox, sender
from huoshui.lines.payments.rails.pace import SILENCES_MOST
from huoshui.lines.payments.rails.sender import PARALLEL
from huoshui.lines.payments.rails.simulator import Simulator
from tests.ground import Ground
from tests.lines.rails import ground
from tests.lines.rails.ground import Field

CHILD = Path(__file__).with_name("sending_child.py")


@pytest.fixture
def field(sandbox: Database, book: int, tmp_path: Path) -> Iterator[Field]:
    with ground.field(sandbox, book, tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("point", "state", "left"),
    [
        ("claiming", "due", False),  # undone with its transaction
        ("claimed", "sent", False),
        ("answered", "sent", True),
        ("recording", "sent", True),
        ("recorded", "succeeded", True),
    ],
)
def test_a_sender_killed_at_any_point_neither_loses_nor_repeats_a_call(
    field: Field, point: str, state: str, left: bool
) -> None:
    call = field.queue(token="tok_no_notice")
    arguments = [
        point,
        field.database.url,
        str(field.book),
        field.served.url,
        field.simulator.secret,
    ]
    ended = subprocess.run(
        [sys.executable, str(CHILD), *arguments], timeout=60, check=False, capture_output=True,
        env={"PYTHONPATH": str(CHILD.parents[3])},
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert field.row(call).state == state and (str(call) in field.deeds()) == left
    if point == "recorded":
        assert field.verdicts(call) == ["succeeded"]
        return
    [row] = field.settled(call)
    if point == "claiming":  # it never left, and leaves now
        assert field.verdicts(call) == ["succeeded"]
    elif left:
        assert field.verdicts(call) == ["unknown", "succeeded"]
        assert field.deeds()[str(call)].times == 1
    else:  # it may have left, for all that is known: it is fenced, never sent again
        assert (row.state, row.code) == ("declined", "not_received")
        assert field.verdicts(call) == ["unknown", "declined"]


def test_a_request_that_comes_after_its_fence_is_refused(field: Field) -> None:
    call = field.queue()
    with field.database.begin(book=field.book) as tx:
        [row] = sender.claim(tx, "card", 8)
    assert field.rails["card"].status(row.call).code == "not_received"
    late = field.rails["card"].send(row.call)  # held up on the way until now
    assert (late.verdict, late.code) == ("declined", "not_received")
    assert field.deeds()[str(call)].moved == 0


def test_what_cannot_be_recorded_is_asked_for_again_and_handed_on_once(field: Field) -> None:
    calls = [field.queue(token="tok_no_notice") for _ in range(3)]
    field.heard.failing = 2  # the batch, then the first one alone
    rows = field.settled(*calls)
    assert {row.state for row in rows} == {"succeeded"}
    for each in calls:
        assert (
            field.verdicts(each)[-1] == "succeeded" and field.verdicts(each).count("succeeded") == 1
        )
        assert field.deeds()[str(each)].times == 1


def test_two_senders_send_each_call_once(field: Field) -> None:
    calls = [field.queue() for _ in range(40)]
    senders = [field.new_sender() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda each: each.drain(field.book), senders))
    for each in senders:
        each.close()
    field.settled(*calls)
    deeds = field.deeds()
    assert {deeds[str(each)].times for each in calls} == {1} and len(deeds) == 40
    assert all(field.verdicts(each) == ["succeeded"] for each in calls)


def test_a_notice_races_its_answer_and_the_outcome_is_handed_on_once(field: Field) -> None:
    """The webhook is taken in between our request and our answer, by another thread."""
    calls = [field.queue(token="tok_notice_first") for _ in range(20)]
    over = threading.Event()

    def take_in() -> None:
        while not over.is_set():
            work.drain(field.database, inbox.work(field.heard.ports), book=field.book)

    other = threading.Thread(target=take_in)
    other.start()
    try:
        field.sender.drain(field.book)
        rows = [field.row(each) for each in calls]
    finally:
        over.set()
        other.join()
    assert {row.state for row in rows} == {"succeeded"} and all(row.reference for row in rows)
    assert all(field.verdicts(each) == ["succeeded"] for each in calls)


def test_a_simulator_killed_and_started_again_knows_what_it_did(
    sandbox: Database, book: int, tmp_path: Path
) -> None:
    with ground.field(sandbox, book, tmp_path / "one") as field:
        call = field.queue(token="tok_late_success")
        field.sender.drain(book)
        assert field.row(call).state == "unknown"
        again = Simulator(tmp_path / "one", pace=ground.QUICK)
        assert (
            again.of_key(str(call)).verdict == "pending" and again.secret == field.simulator.secret
        )
        again.store.close()
        assert field.settled(call)[0].state == "succeeded"


def test_a_silent_rail_is_left_in_peace_and_tried_by_one(field: Field) -> None:
    field.simulator.fail_next("lost_request", 100)
    calls = [field.queue() for _ in range(20)]
    field.sender.drain(field.book)
    with field.database.begin(book=field.book) as tx:
        breaker = health_store.breaker(tx, "card")
    assert breaker.opened_at and breaker.silences >= SILENCES_MOST
    states = [field.row(each).state for each in calls]
    lost = states.count("unknown")
    assert SILENCES_MOST <= lost < SILENCES_MOST + PARALLEL and states.count("due") == 20 - lost
    field.pull()
    with field.database.begin(book=field.book) as tx:
        assert len(sender.claim(tx, "card", PARALLEL)) == 1, "one, to see"
        assert sender.claim(tx, "card", PARALLEL) == []
    field.simulator._next.clear()
    rows = field.settled(*calls)
    assert {row.state for row in rows} == {"succeeded", "declined"}
    assert all(field.verdicts(row.id)[-1] == row.state for row in rows)
    with field.database.begin(book=field.book) as tx:
        assert health_store.breaker(tx, "card").opened_at is None


def test_a_clock_that_moves_asks_at_its_times(market: Ground, tmp_path: Path) -> None:
    with ground.field(market.database, market.number, tmp_path) as field:
        _asked_at_its_times(field)


def _asked_at_its_times(field: Field) -> None:
    call = field.queue()
    asked: list[datetime] = []

    class Silent:
        """Says nothing four times, and then what became of it."""

        def send(self, call: Call) -> Answer:
            return Answer(verdict="unknown")

        def status(self, call: Call) -> Answer:
            with field.database.begin(book=field.book) as tx:
                asked.append(tx.now)
            return Answer(verdict="succeeded" if len(asked) == 4 else "unknown")

    mover = field.new_sender(find=lambda _: Silent())
    with field.database.begin(book=field.book) as tx:
        start = tx.now
    sender.advance(field.database, {}, start + timedelta(hours=2), mover, book=field.book)
    mover.close()
    assert field.verdicts(call) == ["unknown", "succeeded"]
    gaps = [(at - start).total_seconds() for at in asked]
    assert gaps == pytest.approx([5, 35, 155, 755], abs=20)
