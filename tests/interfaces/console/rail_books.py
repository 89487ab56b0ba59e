"""A book whose rails were busy: answers, silences, notices, a breaker that is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Database, Tx
from huoshui.lines.payments import rails
from huoshui.lines.payments.rails import Answer, Call, Notice, Ports, inbox, inbox_store
from huoshui.lines.payments.rails.recording import Said, record
from huoshui.lines.payments.rails.sender import claim
from tests.interfaces.console.books import past

CODES = ("insufficient_funds", "do_not_honour", "expired_card", "suspected_fraud")


def _heard(tx: Tx, told: list[tuple[Call, Answer]]) -> None:
    pass


def _noticed(tx: Tx, call: Call, notice: Notice) -> None:
    pass


PORTS = Ports(_heard, _noticed)


def _call(tx: Tx, number: int, rail: str) -> Call:
    verb: Any = "pay_out" if rail == "bank" else ("authorise" if rail == "card" else "capture")
    call = Call(
        id=tx.id("rca", f"{rail}{number}"), rail=rail, verb=verb, subject=f"sub_{number:04}", tender=0,
        amount=10_000 + 731 * number, currency="CNY", token="tok_ok",
    )  # fmt: skip
    rails.queue(tx, [call])
    return call


def _answer(number: int, rail: str) -> Answer:
    if number % 7 == 3:
        return Answer(verdict="declined", code=CODES[number % 4])
    if number % 29 == 11:
        return Answer(verdict="unknown")
    amount = 9_000 if number == 41 else None
    return Answer(verdict="succeeded", reference=f"{rail}_{number:06}", amount=amount)


def busy(database: Database, book: int, hours: int = 20) -> UUID:
    """Fill the book; the id of a call that was declined and told of by a notice."""
    with database.begin(book=book) as tx:
        now = tx.now
        number = 0
        for hour in range(hours, -1, -1):
            past(tx, now - timedelta(hours=hour))
            said: list[Said] = []
            for rail in ("card", "card", "card", "qr", "transfer", "bank"):
                number += 1
                call = _call(tx, number, rail)
                took = 40 + number * 37 % 400 + (900 if rail == "transfer" else 0)
                said.append(Said(call_id=call.id, answer=_answer(number, rail), took_ms=took))
                claim(tx, rail, 8)
            record(tx, said, _heard)
        last = _call(tx, 900, "card")
        claim(tx, "card", 8)
        _tell(
            tx,
            last,
            "evt_1",
            Answer(verdict="declined", code="do_not_honour", reference="card_last"),
        )
        _tell(tx, last, "evt_2", Answer(verdict="succeeded"))
        _call(tx, 901, "qr")
        silent = [_call(tx, 910 + n, "transfer").id for n in range(6)]
        claim(tx, "transfer", 8)
        record(
            tx,
            [
                Said(call_id=each, answer=Answer(verdict="unknown"), took_ms=5_000)
                for each in silent
            ],
            _heard,
        )
    return last.id


def _tell(tx: Tx, call: Call, event: str, answer: Answer) -> None:
    notice = Notice(event=event, kind="answer", at=tx.now, call=call.id, answer=answer)
    body = msgspec.json.encode(notice)
    inbox.receive(tx, call.rail, [notice], body)
    kept = [row.id for row in inbox_store.page(tx) if row.event == event]
    inbox.receive(tx, call.rail, [notice], body)
    inbox.take_in(tx, kept, PORTS)
