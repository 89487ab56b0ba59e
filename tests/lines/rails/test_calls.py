"""Calls: queued with the payment, called off in time, and moved as the machine says, or not at all."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from huoshui.core.db import Tx
from huoshui.lines.payments import rails
from huoshui.lines.payments.rails import CALL, Call, UnknownRail, registry, store


def asked(tx: Tx, key: str = "1", **more: object) -> Call:
    """A call of 100.00 yuan on a card."""
    fields: dict[str, object] = {
        "id": tx.id("rca", key), "rail": "card", "verb": "authorise", "subject": "pmt_1",
        "tender": 0, "amount": 10_000, "currency": "CNY", "token": "tok_ok",
    }  # fmt: skip
    return Call(**(fields | more))  # type: ignore[arg-type]


def test_a_call_waits_for_the_commit_and_comes_back_as_it_was_asked(tx: Tx) -> None:
    calls = [asked(tx), asked(tx, "2", verb="refund", about="ref-1", refund=UUID(int=7))]
    rails.queue(tx, calls)
    rows = store.of_subject(tx, "pmt_1")
    assert [row.call for row in rows] == calls
    assert {row.state for row in rows} == {"due"} and rows[0].look_at == tx.now


def test_only_what_has_not_left_is_called_off(tx: Tx) -> None:
    first, second = asked(tx), asked(tx, "2")
    rails.queue(tx, [first, second])
    tx.run("UPDATE rail_call SET state = 'sent' WHERE book = %(book)s AND id = %(id)s", id=first.id)
    assert rails.drop(tx, [first.id, second.id]) == [second.id]
    assert [row.state for row in store.of_subject(tx, "pmt_1")] == ["sent", "dropped"]
    assert rails.drop(tx, [first.id, second.id]) == [] == rails.drop(tx, [])


def test_a_rail_that_is_not_there_is_refused_with_those_that_are(tx: Tx) -> None:
    for name in ("cash", "balance"):
        with pytest.raises(UnknownRail) as caught:
            rails.queue(tx, [asked(tx, rail=name)])
        assert "card" in caught.value.detail("en") and name in caught.value.detail("zh")
    assert set(registry.names()) >= {
        "balance", "points", "voucher", "pay_later", "mandate", "offline",
        "card", "transfer", "qr", "bank",
    }  # fmt: skip
    assert rails.capabilities("balance").internal and not rails.capabilities("card").internal


@pytest.mark.parametrize("start", CALL.states)
def test_the_database_holds_the_moves_of_the_machine(tx: Tx, start: str) -> None:
    leads = {move.leads for verb, move in CALL.moves.items() if start in move.starts}
    final = ("succeeded", "declined", "dropped")
    for number, end in enumerate(state for state in CALL.states if state != start):
        call = asked(tx, f"{start}{number}")
        rails.queue(tx, [call])
        tx.run("ALTER TABLE rail_call DISABLE TRIGGER rail_call_state_moves")
        put(tx, call.id, start, start in final)
        tx.run("ALTER TABLE rail_call ENABLE TRIGGER rail_call_state_moves")
        if end in leads:
            put(tx, call.id, end, end in final)
            continue
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation), tx.savepoint():
            put(tx, call.id, end, end in final)


def put(tx: Tx, call_id: UUID, state: str, final: bool) -> None:
    """Put a call into a state."""
    tx.count(
        """UPDATE rail_call SET state = %(state)s, look_at = CASE WHEN %(final)s THEN NULL
        ELSE %(now)s END WHERE book = %(book)s AND id = %(id)s""",
        state=state, final=final, now=tx.now, id=call_id,
    )  # fmt: skip
