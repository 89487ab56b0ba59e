"""Requests of borrowers for relief: asked, granted as an event of the loan, refused with a reason."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.lines.lending.loan import relief, relief_store, service
from huoshui.lines.lending.loan.contract import locked
from huoshui.lines.lending.loan.model import NotBegun
from huoshui.lines.lending.loan.relief import (
    REQUEST,
    BadRequest,
    Kind,
    Request,
    RequestStands,
    UnknownRequest,
)


def ask(tx: Tx, loan_id: UUID, kind: Kind, count: int, words: str) -> Request:
    """Ask for relief; a loan has one open request at most.

    Raises UnknownLoan, NotBegun, BadRequest, RequestStands.
    """
    relief.check(kind, count, words)
    loan = locked(tx, loan_id)
    if loan.state != "running":
        raise NotBegun(id=loan.shown)
    if relief_store.requests(tx, loan_id=loan_id, state="open", limit=1):
        raise RequestStands(id=loan.shown)
    new = Request(
        id=tx.id("lrq", f"{loan.shown}/{tx.now.isoformat()}/{kind}"), loan_id=loan_id, kind=kind,
        count=count, words=words.strip(), state=REQUEST.initial, made_at=tx.now, made_by=tx.actor,
    )  # fmt: skip
    relief_store.add(tx, new)
    tx.emit("loan.relief_asked", loan.shown, request=new.shown, relief=kind, count=count)
    return new


def grant(tx: Tx, id_: UUID, answer: str = "") -> Request:
    """Grant what was asked for: the loan's terms change today. Raises UnknownRequest, IllegalMove,
    BadRequest, and what the loan refuses."""
    before = _locked(tx, id_)
    state = REQUEST.after(before.state, "grant")
    running = service.read(tx, before.loan_id)
    if running.by is None:
        raise NotBegun(id=running.loan.shown)
    event = relief.granting(before, running.state, access.today(tx))
    done = service.record(tx, before.loan_id, event, f"relief/{before.shown}")
    return _decided(tx, before, state, answer, done.event.id)


def refuse(tx: Tx, id_: UUID, answer: str) -> Request:
    """Refuse it, and say why. Raises UnknownRequest, IllegalMove, BadRequest."""
    before = _locked(tx, id_)
    state = REQUEST.after(before.state, "refuse")
    if not answer.strip():
        raise BadRequest(field="answer")
    return _decided(tx, before, state, answer, None)


def take_back(tx: Tx, id_: UUID) -> Request:
    """The borrower wants it no more. Raises UnknownRequest, IllegalMove."""
    before = _locked(tx, id_)
    return _decided(tx, before, REQUEST.after(before.state, "take_back"), "", None)


def find(tx: Tx, id_: UUID) -> Request:
    """One request. Raises UnknownRequest."""
    found = relief_store.request(tx, id_)
    if found is None:
        raise UnknownRequest(kind="loan request", id=ids.show("lrq", id_))
    return found


def _locked(tx: Tx, id_: UUID) -> Request:
    """A request, locked behind its loan: whoever changes the loan comes first."""
    locked(tx, find(tx, id_).loan_id)
    found = relief_store.request(tx, id_, lock=True)
    assert found is not None
    return found


def _decided(tx: Tx, before: Request, state: str, answer: str, event_id: UUID | None) -> Request:
    after = msgspec.structs.replace(
        before, state=state, decided_at=tx.now, decided_by=tx.actor, answer=answer.strip(),
        event_id=event_id,
    )  # fmt: skip
    relief_store.decide(tx, after)
    shown = ids.show("loan", after.loan_id)
    tx.emit(f"loan.relief_{state}", shown, request=after.shown, relief=after.kind)
    return after
