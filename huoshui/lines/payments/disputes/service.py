"""Use cases of disputes: opened and closed by rails, answered by the marketplace, lost by silence.

The money is moved by whoever opens or closes one, in the same commit (see scenarios/dispute_flow).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import crypto, ids
from huoshui.core.db import Tx
from huoshui.core.machine import IllegalMove
from huoshui.core.work import Item, Run
from huoshui.lines.payments.disputes import paper, store
from huoshui.lines.payments.disputes.machine import DISPUTE, RESPOND_WITHIN, allowed
from huoshui.lines.payments.disputes.model import (
    FILES_MOST,
    Dispute,
    Evidence,
    EvidenceClosed,
    EvidenceRefused,
    UnknownDispute,
    UnknownEvidence,
    type_of,
)
from huoshui.lines.payments.disputes.paper import Paper
from huoshui.lines.payments.rails import Call

DEADLINE = "disputes.deadline"
replace = msgspec.structs.replace


class Beginning(msgspec.Struct, frozen=True):
    """What a rail says as it opens a dispute; `amount` in minor units of the call's currency."""

    reference: str
    amount: int
    reason: str
    at: datetime


def dispute(tx: Tx, id_: UUID) -> Dispute:
    """One dispute. Raises UnknownDispute."""
    found = store.dispute(tx, id_)
    if found is None:
        raise UnknownDispute(kind="dispute", id=ids.show("dpt", id_))
    return found


def begin(tx: Tx, call: Call, said: Beginning, own: int) -> Dispute:
    """A dispute over a capture has begun; of its amount the payment gave `own`."""
    made = Dispute(
        id=tx.id("dpt", f"{call.rail}/{said.reference}"), rail=call.rail, reference=said.reference,
        payment_id=ids.read("pmt", call.subject), call_id=call.id, tender=call.tender,
        currency=call.currency, amount=said.amount, own=own, reason=said.reason[:200],
        state=DISPUTE.initial, opened_at=tx.now, due_at=tx.now + RESPOND_WITHIN,
    )  # fmt: skip
    store.add(tx, made)
    tx.later(DEADLINE, ids.show("dpt", made.id), made.due_at)
    _say(tx, "opened", made)
    return made


def end(tx: Tx, found: Dispute, *, won: bool, by: str = "rail") -> Dispute:
    """A dispute is over. Raises IllegalMove."""
    state = DISPUTE.after(found.state, "win" if won else "lose")
    after = replace(found, state=state, closed_at=tx.now, closed_by=by)
    store.move(tx, after)
    _say(tx, state, after)
    return after


def add_evidence(tx: Tx, id_: UUID, name: str, content: bytes, note: str = "") -> Evidence:
    """Give a file; the same content twice is one. Raises UnknownDispute, EvidenceClosed,
    EvidenceRefused."""
    found = _lock(tx, id_)
    if found.state != "needs_response":
        raise EvidenceClosed(state=found.state)
    media_type, digest = type_of(content), crypto.sha256(content)
    given = store.evidence(tx, id_)
    same = next((each for each in given if each.hash == digest), None)
    if same is not None:
        return same
    if len(given) >= FILES_MOST:
        raise EvidenceRefused(what="count", most=FILES_MOST)
    made = Evidence(
        dispute_id=id_, number=len(given) + 1, hash=digest, name=name, media_type=media_type,
        size=len(content), note=note, actor=tx.actor, at=tx.now,
    )  # fmt: skip
    store.keep_file(tx, digest, media_type, content)
    store.add_evidence(tx, made)
    _say(tx, "evidence_added", found, number=made.number, sha256=digest.hex(), size=made.size)
    return made


def content(tx: Tx, id_: UUID, number: int) -> tuple[Evidence, bytes]:
    """A file of a dispute with its content. Raises UnknownEvidence."""
    given = next((each for each in store.evidence(tx, id_) if each.number == number), None)
    body = store.file(tx, given.hash) if given else None
    if given is None or body is None:
        raise UnknownEvidence(kind="evidence", id=f"{ids.show('dsp', id_)}/{number}")
    return given, body


def paper_of(tx: Tx, found: Dispute) -> Paper:
    """The evidence file: as it was submitted, or as it would be now."""
    kept = store.file(tx, found.paper) if found.paper else None
    return paper.read(kept) if kept else paper.gather(tx, found, store.evidence(tx, found.id))


def submit(tx: Tx, id_: UUID, sent_as: str = "") -> Dispute:
    """Make the evidence file, keep it by its digest, and hold it as submitted.

    `sent_as` is what the rail calls the submission. Raises UnknownDispute, IllegalMove.
    """
    found = _lock(tx, id_)
    state = _after(found, "submit")
    body = paper.write(paper.gather(tx, found, store.evidence(tx, id_)))
    digest = crypto.sha256(body)
    store.keep_file(tx, digest, "application/json", body)
    after = replace(found, state=state, submitted_at=tx.now, paper=digest, sent_as=sent_as)
    store.move(tx, after)
    _say(tx, "submitted", after, sha256=digest.hex())
    return after


def accept(tx: Tx, id_: UUID) -> Dispute:
    """Let the buyer have it. Raises UnknownDispute, IllegalMove."""
    found = _lock(tx, id_)
    state = _after(found, "accept")
    after = replace(found, state=state, closed_at=tx.now, closed_by="marketplace")
    store.move(tx, after)
    _say(tx, "accepted", after)
    return after


def expire(tx: Tx, items: list[Item]) -> None:
    """Due work: who has said nothing by the deadline has lost."""
    for found in store.overdue(tx, [ids.read("dpt", item.key) for item in items]):
        end(tx, found, won=False, by="deadline")


def _lock(tx: Tx, id_: UUID) -> Dispute:
    found = store.dispute(tx, id_, lock=True)
    if found is None:
        raise UnknownDispute(kind="dispute", id=ids.show("dpt", id_))
    return found


def _after(found: Dispute, verb: str) -> str:
    if verb not in allowed(found.state):
        verbs = ", ".join(allowed(found.state)) or "-"
        raise IllegalMove(object=DISPUTE.name, state=found.state, verb=verb, allowed=verbs)
    return DISPUTE.after(found.state, verb)


def _say(tx: Tx, what: str, found: Dispute, **more: Any) -> None:
    tx.emit(
        f"dispute.{what}", ids.show("dpt", found.id), payment=ids.show("pmt", found.payment_id),
        rail=found.rail, reference=found.reference, amount=found.amount, currency=found.currency,
        own=found.own, reason=found.reason, due_at=found.due_at.isoformat(), **more,
    )  # fmt: skip


WORK: dict[str, Run] = {DEADLINE: expire}
