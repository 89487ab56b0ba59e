"""The inbox: what rails tell by themselves is kept as it came, and then taken in, each event once.

A notice may come twice, late, before our own answer did, or of something that nobody here knows
yet: it waits for its call, and is told as an event where none ever comes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids, log
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.work import Item, Run
from huoshui.lines.payments.rails import inbox_store, store
from huoshui.lines.payments.rails.inbox_store import NoticeRow
from huoshui.lines.payments.rails.model import Notice
from huoshui.lines.payments.rails.pace import next_ask
from huoshui.lines.payments.rails.recording import Ports, Said, record
from huoshui.lines.payments.rails.store import CallRow

NOTICE_DUE = "rails.notice_due"
BODY_MOST = 64 * 1024  # bytes that are accepted
NOTICES_MOST = 100  # in one body
_KEPT_MOST = 16 * 1024  # characters that are kept
_WAITS_MOST = 6  # then nobody here will ever know it: about seven hours
_SECRETS = (
    (
        re.compile(r"(?<![0-9A-Za-z-])\d{12,19}(?![0-9A-Za-z-])"),
        "••••",
    ),  # numbers of cards, accounts
    (re.compile(r'(?i)("[a-z_]*(?:secret|cvv|cvc|pin|token)"\s*:\s*")[^"]+'), r"\1••••"),
)
_STATES = {"changed": "applied", "kept": "applied", "repeated": "repeated",
           "contradicted": "contradicted"}  # fmt: skip


class NoticeTooLarge(Problem):
    """An inbound webhook is larger than any rail's."""

    code = "notice_too_large"
    status = 413


def masked(body: bytes) -> str:
    """The body as it is kept: at most 16 K characters, numbers of cards and secrets masked."""
    text = log.masked(body.decode("utf-8", "replace"))
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text[:_KEPT_MOST].replace("\x00", "�")


def home_of(tx: Tx, rail: str, notices: Sequence[Notice]) -> int:
    """The book that these notices are for: that of the first call known, or the world's first."""
    for notice in notices:
        book = store.home_of(tx, rail, notice.call, notice.reference)
        if book is not None:
            return book
    return store.first_book(tx)


def receive(tx: Tx, rail: str, notices: Sequence[Notice], body: bytes) -> int:
    """Keep the notices of one body, their signature already checked; how many are new.

    They are taken in by due work, at once. Raises NoticeTooLarge.
    """
    if len(body) > BODY_MOST or len(notices) > NOTICES_MOST:
        raise NoticeTooLarge(size=len(body), most=BODY_MOST)
    kept = [inbox_store.keep(tx, rail, notice, masked(body)) for notice in notices]
    new = [notice_id for notice_id, is_new in kept if is_new]
    for notice_id in new:
        tx.later(NOTICE_DUE, str(notice_id), tx.now)
    return len(new)


def work(ports: Ports) -> dict[str, Run]:
    """The due work of the inbox, with what the scenarios do with what rails say."""

    def run(tx: Tx, items: list[Item]) -> None:
        take_in(tx, [UUID(item.key) for item in items], ports)

    return {NOTICE_DUE: run}


def take_in(tx: Tx, notice_ids: Sequence[UUID], ports: Ports) -> None:
    """Let kept notices take effect, in the order in which they came."""
    for row in inbox_store.lock(tx, notice_ids):
        call = _call_of(tx, row)
        state = _effect(tx, row, call, ports) if call else "waiting"
        _put(tx, row, call, state)


def _call_of(tx: Tx, row: NoticeRow) -> CallRow | None:
    if row.notice.call:
        call = store.call(tx, row.notice.call)
        return call if call and call.rail == row.rail else None
    pair = (row.rail, row.reference)
    found = store.of_references(tx, [pair]).get(pair) if row.reference else None
    return store.call(tx, found) if found else None


def _effect(tx: Tx, row: NoticeRow, call: CallRow, ports: Ports) -> str:
    notice = row.notice
    if notice.kind == "answer":
        if notice.answer is None:
            return "unknown"
        answer = notice.answer
        if not answer.reference:
            answer = msgspec.structs.replace(answer, reference=notice.reference)
        said = Said(call_id=call.id, answer=answer, way="notice")
        recorded = record(tx, [said], ports.answered)
        return _STATES.get(recorded[0].effect, "waiting")
    if call.state != "succeeded":
        return "waiting"  # what began there came before the word that it succeeded
    ports.noticed(tx, call.call, notice)
    return "applied"


def _put(tx: Tx, row: NoticeRow, call: CallRow | None, state: str) -> None:
    attempts = row.attempts + 1
    if state == "waiting" and attempts > _WAITS_MOST:
        state = "unknown"
    if state == "unknown":
        facts: dict[str, Any] = {"rail": row.rail, "event": row.event, "of": row.kind}
        tx.emit("rail.notice_unknown", ids.show("rnt", row.id), **facts, reference=row.reference)
    look_at = tx.now + next_ask(attempts) if state == "waiting" else None
    if look_at:
        tx.later(NOTICE_DUE, str(row.id), look_at)
    done = msgspec.structs.replace(
        row,
        state=state,
        call_id=call.id if call else row.call_id,
        attempts=attempts,
        done_at=None if look_at else tx.now,
        look_at=look_at,
    )
    inbox_store.put(tx, done)
