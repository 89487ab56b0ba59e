"""Who waits for whom where a settlement window is closed while payments are taken."""

from __future__ import annotations

import pytest

from huoshui.core.db import Database
from huoshui.core.errors import Conflict
from huoshui.lines.payments.payment import service as payment_service
from huoshui.lines.payments.payment.model import Create, Part, Tender, Told
from huoshui.lines.payments.rails import Answer, Call
from huoshui.lines.payments.settlement import windows
from huoshui.scenarios import rail_flow
from tests.lines.test_settlement import earn, rail_calls, seller


def test_who_closes_waits_for_no_batch_that_is_still_being_decided(
    sandbox: Database, book: int
) -> None:
    """Only the writing of a batch holds a window open; what was decided before clears in the next."""
    with sandbox.begin(book=book) as tx:
        earn(tx, seller(tx, "first"), 700)  # a window is open and holds something
        parts = (Part(f"merchant:{seller(tx, 'one')}:settlement", "seller", 900),)
        tenders = (Tender("card", "rail:card:clearing", 900, token="t"),)
        id_ = tx.id("pmt", "slow")
        made = Create(id=id_, currency="CNY", tenders=tenders, parts=parts, confirm=True)
        payment_service.apply(tx, [made])[0].demand()
        (call,) = rail_calls(tx, id_)
    with sandbox.begin(book=book) as slow:
        batch = payment_service.Batch(slow, [Told(id_, call, _succeeded(call))])
        with sandbox.begin(book=book) as tx:
            closed = windows.close_window(tx)  # would wait for ever
        batch.take(Told(id_, call, _succeeded(call))).demand()
        batch.flush()
        for next_call in [c for c in rail_calls(slow, id_) if c.id != call.id]:
            rail_flow.answered(slow, [(next_call, _succeeded(next_call))])
    with sandbox.begin(book=book) as tx:
        found = tx.tuples(
            """SELECT window_number, amount FROM clearing
            WHERE book = %(book)s ORDER BY window_number"""
        )
    assert found == [(closed.number, 700), (closed.number + 1, 900)]


def test_who_closes_gives_way_before_anyone_is_taken_for_a_deadlock(
    sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as slow:
        earn(slow, seller(slow, "one"), 700)
        with pytest.raises(Conflict), sandbox.begin(book=book) as tx:
            windows.close_window(tx)
    with sandbox.begin(book=book) as tx:
        assert windows.close_window(tx).number == 1


def _succeeded(call: Call) -> Answer:
    return Answer(verdict="succeeded", reference=f"r-{call.id}", amount=call.amount)
