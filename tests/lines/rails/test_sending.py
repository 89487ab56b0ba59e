"""Calls over the simulators: every fault of theirs, and what is handed on of each call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from huoshui.core import clock
from huoshui.core.db import Database
from huoshui.lines.payments.rails import inbox, registry, sender
from huoshui.lines.payments.rails.simulator.rules import Pace
from huoshui.scenarios import due
from tests.ground import Ground
from tests.lines.rails import ground
from tests.lines.rails.ground import Field


@pytest.fixture
def field(sandbox: Database, book: int, tmp_path: Path) -> Iterator[Field]:
    with ground.field(sandbox, book, tmp_path) as made:
        yield made


def test_a_card_is_reserved_taken_in_parts_freed_and_given_back(field: Field) -> None:
    held = field.queue()
    [row] = field.settled(held)
    assert (row.state, row.answered, row.flag) == ("succeeded", 10_000, "")
    about = row.reference
    of_it = {"about": about, "subject": "pmt_1"}
    parts = [field.queue(verb="capture", amount=each, **of_it) for each in (4_000, 1_000, 5_001)]
    freed = field.queue(verb="void", amount=5_000, **of_it)
    rows = field.settled(*parts, freed)
    assert [row.answered for row in rows] == [4_000, 1_000, None, 5_000], "in their order"
    assert rows[2].code == "amount_exceeds_authorisation"
    backs = [field.queue(verb="refund", amount=each, **of_it) for each in (3_000, 2_000, 1)]
    assert [row.code for row in field.settled(*backs)] == ["", "", "amount_exceeds_capture"]
    assert field.verdicts(held) == ["succeeded"]


@pytest.mark.parametrize(
    ("token", "state", "code"),
    [
        ("tok_decline_insufficient_funds", "declined", "insufficient_funds"),
        ("tok_slow", "succeeded", ""),
        ("tok_timeout_then_success", "succeeded", ""),
        ("tok_lost_request", "declined", "not_received"),
        ("tok_outage", "declined", "not_received"),
        ("tok_late_success", "succeeded", ""),
        ("tok_late_decline", "declined", "do_not_honour"),
        ("tok_pending", "succeeded", ""),
        ("tok_duplicate_notice", "succeeded", ""),
        ("tok_notice_first", "succeeded", ""),
        ("tok_notice_out_of_order", "succeeded", ""),
        ("tok_no_notice", "succeeded", ""),
    ],
)
def test_every_fault_ends_in_what_the_rail_really_did(
    field: Field, token: str, state: str, code: str
) -> None:
    call = field.queue(token=token)
    [row] = field.settled(call)
    assert (row.state, row.code) == (state, code)
    deed = field.deeds()[str(call)]
    assert deed.verdict == state and deed.times <= 1, "it never came there twice"
    assert (row.answered or 0) == deed.moved
    verdicts = field.verdicts(call)
    assert verdicts[-1] == state and len(verdicts) == len(set(verdicts))
    field.until(lambda: not field.simulator.store.unsent())
    field.turn()
    assert field.verdicts(call) == verdicts, "what is known is not handed on again"


def test_a_success_of_another_amount_is_handed_on_with_it_and_flagged(field: Field) -> None:
    call = field.queue(token="tok_wrong_amount")
    [row] = field.settled(call)
    assert (row.state, row.answered, row.flag) == ("succeeded", 9_900, "amount_differs")
    assert [(t["verdict"], t["amount"]) for t in field.told(call)] == [("succeeded", 9_900)]
    with field.database.begin(book=field.book) as tx:
        assert (
            tx.value(
                "SELECT data->>'moved' FROM event WHERE book = %(book)s AND type = 'rail.amount_differs'"
            )
            == "9900"
        )


@pytest.mark.parametrize("agreed", [True, False])
def test_the_buyer_acts_and_the_outcome_is_told(field: Field, agreed: bool) -> None:
    call = field.queue(token="tok_3ds")
    field.until(lambda: field.row(call).state == "pending")
    [told] = field.told(call)
    assert told["verdict"] == "action" and told["action"].startswith(field.served.url)
    field.simulator.act(field.row(call).reference, agreed=agreed)
    [row] = field.settled(call)
    assert (row.state, row.action) == ("succeeded" if agreed else "declined", "")
    assert field.verdicts(call) == ["action", row.state]


def test_a_code_that_nobody_scans_runs_out(field: Field) -> None:
    call = field.queue("qr", "capture", token="tok_action")
    field.until(lambda: field.row(call).state == "pending")
    field.simulator.advance(timedelta(minutes=5))
    assert field.settled(call)[0].code == "expired"


def test_what_is_answered_later_is_pending_until_then(field: Field) -> None:
    paid = field.queue("qr", "capture")
    sent = field.queue("transfer", "capture")
    out = field.queue("bank", "pay_out", token="acct_return")
    rows = field.settled(paid, sent, out)
    assert {row.state for row in rows} == {"succeeded"}
    assert field.verdicts(paid) == ["action", "succeeded"]
    assert field.verdicts(sent) == ["pending", "succeeded"]
    part = field.queue("qr", "refund", amount=1, about=rows[0].reference)
    assert field.settled(part)[0].code == "partial_refund_not_supported"
    large = field.queue("qr", "capture", amount=5_000_001)
    assert field.settled(large)[0].code == "amount_too_large"
    whole = field.queue("qr", "refund", about=rows[0].reference)
    assert field.settled(whole)[0].state == "succeeded"
    field.until(lambda: bool(field.told(out, "test.noticed")))
    assert field.told(out, "test.noticed") == [{"what": "returned", "amount": 10_000}]


def test_a_chargeback_may_be_larger_than_what_was_paid(field: Field) -> None:
    [held] = field.settled(field.queue())
    taken = field.queue(verb="capture", about=held.reference, token="tok_dispute_excess")
    field.settled(taken)
    field.until(lambda: bool(field.told(taken, "test.noticed")))
    assert field.told(taken, "test.noticed") == [{"what": "dispute_opened", "amount": 11_001}]
    [dispute] = field.simulator.ledger()["disputes"]
    field.simulator.close_dispute(dispute.reference, won=True)
    field.until(lambda: len(field.told(taken, "test.noticed")) == 2)


def test_a_rail_that_is_not_set_up_declines_before_anything_leaves(field: Field) -> None:
    call = field.queue("bank", "pay_out")
    field.sender = field.new_sender(find=registry.rail)
    assert field.settled(call)[0].code == "rail_not_configured"
    assert field.deeds() == {}


def test_a_moving_clock_moves_the_simulators_and_their_days(
    replay_world: Callable[..., Ground], tmp_path: Path
) -> None:
    """A payout takes its time over there; a day later the world knows, and the file is written."""
    world = replay_world(at=clock.system_now())
    pace = Pace(later_ms=3_600_000)
    with ground.field(world.database, world.number, tmp_path, pace=pace) as field:
        _paid_out_later(field)


def _paid_out_later(field: Field) -> None:
    sent = field.queue("bank", "pay_out", amount=12_345)
    with field.database.begin(book=field.book) as tx:
        start = tx.now
    kinds = {**due.WORK, **inbox.work(field.heard.ports)}
    until = start + timedelta(days=2)
    sender.advance(field.database, kinds, until, field.sender, book=field.book)
    row = field.row(sent)
    assert (row.state, field.verdicts(sent)) == ("succeeded", ["pending", "succeeded"])
    assert row.settled_at and timedelta(hours=1) <= row.settled_at - start < timedelta(hours=8)
    day = field.deeds()[str(sent)].settled_at.date()
    field.simulator.write_files()
    text = (field.simulator.directory / "files" / f"bank-{day}.csv").read_text()
    assert f"payout,{row.reference},,{sent},CNY,-123.45,0.50,-123.95" in text
    assert field.simulator.write_files() == []
