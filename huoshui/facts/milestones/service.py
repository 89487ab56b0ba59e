"""What is done about milestones: sources registered and revoked, signed facts verified and kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

import msgspec

from edge.protocol import Milestone, Refused, fingerprint, opened, peeked, reference_of
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict, NotFound
from huoshui.core.machine import IllegalMove
from huoshui.facts.commerce import service as commerce
from huoshui.facts.milestones import store
from huoshui.facts.milestones.model import (
    KINDS_MOST,
    SOURCE,
    BadSource,
    Key,
    Source,
    UnknownMilestone,
    UnknownSource,
    Verified,
    reason_against,
    refused,
    time_of,
)

_KIND = re.compile(r"[a-z][a-z0-9_]{0,59}")


def register(tx: Tx, name: str, public: str, kinds: Sequence[str]) -> Source:
    """Believe a source from now on, for milestones of some kinds; the same again changes nothing.

    Raises BadSource; Conflict for a key that is registered otherwise, or was revoked.
    """
    told = sorted(set(kinds))
    if not told or len(told) > KINDS_MOST or not all(_KIND.fullmatch(kind) for kind in told):
        raise BadSource(field="kinds")
    _demand_key(public)
    used = store.key(tx, public)
    before = store.source(tx, used.source_id) if used else None
    if before is not None:
        same = (before.name, before.kinds, before.public) == (name, told, public)
        if not same or before.state == "revoked":
            raise Conflict()
        return before
    made = Source(
        id=tx.id("msr", public), name=name, kinds=told, registered_at=tx.now,
        registered_by=tx.actor, state=SOURCE.initial, state_at=tx.now, state_by=tx.actor,
        public=public,
    )  # fmt: skip
    store.add_source(tx, made)
    _add_key(tx, made.id, 1, public)
    tx.emit("milestone_source.registered", made.shown, name=name, kinds=told)
    return made


def _demand_key(public: str) -> None:
    try:
        fingerprint(public)
    except Refused as error:
        raise BadSource(field="key") from error


def _add_key(tx: Tx, source_id: UUID, number: int, public: str) -> None:
    made = Key(source_id=source_id, number=number, public=public, from_at=tx.now, made_by=tx.actor)
    store.add_key(tx, made)


def find_source(tx: Tx, id_: UUID) -> Source:
    """One source. Raises UnknownSource."""
    found = store.source(tx, id_)
    if found is None:
        raise UnknownSource(kind="milestone_source", id=ids.show("msr", id_))
    return found


def find(tx: Tx, id_: UUID) -> Verified:
    """One milestone. Raises UnknownMilestone."""
    found = store.milestone(tx, id_)
    if found is None:
        raise UnknownMilestone(kind="milestone", id=ids.show("mst", id_))
    return found


def suspend(tx: Tx, id_: UUID, reason: str) -> Source:
    """Believe a source in nothing new for now. Again changes nothing. Raises IllegalMove once revoked."""
    return _moved(tx, id_, "suspend", reason)


def resume(tx: Tx, id_: UUID) -> Source:
    """Believe a suspended source again. Again changes nothing. Raises IllegalMove once revoked."""
    return _moved(tx, id_, "resume", "")


def revoke(tx: Tx, id_: UUID, reason: str) -> Source:
    """Believe a source no more; what it certified before stands. Again changes nothing."""
    return _moved(tx, id_, "revoke", reason)


def _moved(tx: Tx, id_: UUID, verb: str, reason: str) -> Source:
    before = _locked(tx, id_)
    if before.state == SOURCE.moves[verb].leads:
        return before
    after = msgspec.structs.replace(
        before, state=SOURCE.after(before.state, verb), state_at=tx.now, state_by=tx.actor,
        reason=reason[:200],
    )  # fmt: skip
    if not store.move(tx, before, after):
        raise Conflict()
    tx.emit(_TOLD[verb], after.shown, reason=after.reason)
    return after


def _locked(tx: Tx, id_: UUID) -> Source:
    found = store.source(tx, id_, lock="update")
    if found is None:
        raise UnknownSource(kind="milestone_source", id=ids.show("msr", id_))
    return found


_TOLD = {
    "suspend": "milestone_source.suspended",
    "resume": "milestone_source.resumed",
    "revoke": "milestone_source.revoked",
}


def rotate(tx: Tx, id_: UUID, public: str) -> Source:
    """Believe another key of a source from now on, and the one before no more; the same changes nothing.

    Raises UnknownSource, BadSource, IllegalMove once revoked, Conflict for a key that was used before.
    """
    before = _locked(tx, id_)
    _demand_key(public)
    if before.public == public:
        return before
    if before.state == "revoked":
        allowed = ", ".join(SOURCE.allowed(before.state)) or "-"
        raise IllegalMove(object=SOURCE.name, state=before.state, verb="rotate", allowed=allowed)
    if store.key(tx, public) is not None:
        raise Conflict()
    _add_key(tx, id_, len(store.keys(tx, id_)) + 1, public)
    tx.emit("milestone_source.rotated", before.shown, key=fingerprint(public))
    return msgspec.structs.replace(before, public=public)


def accept(tx: Tx, text: str) -> tuple[Verified, bool]:
    """Verify a signed milestone and keep it; whether it was kept already: then nothing changes.

    Raises BadMilestone: forged, of a source that is not known or may not certify it, for other books,
    run out, or of a number or an achievement that was certified before.
    """
    text, digest = text.strip(), reference_of(text.strip())
    kept = store.of_digest(tx, digest)
    if kept is not None and kept.text == text:  # whatever became of its source since
        return kept, True
    try:
        said = peeked(Milestone, text)
        source = store.source(tx, ids.read("msr", said.source), lock="share")
        if source is None:
            raise refused("source")
        said = opened(Milestone, text, source.public)
    except Refused as error:
        raise refused(error.code) from error
    except ids.BadId as error:
        raise refused("source") from error
    if kept is not None:
        return kept, True
    reason = reason_against(said, source, access.this_book(tx).slug, tx.now)
    if reason:
        raise refused(reason)
    return _keep(tx, said, source, text, digest), False


def _keep(tx: Tx, said: Milestone, source: Source, text: str, digest: str) -> Verified:
    try:
        commerce.demand_party(tx, said.subject)
    except (NotFound, ids.BadId) as error:
        raise refused("subject") from error
    made = Verified(
        id=tx.id("mst", digest), source_id=source.id, number=said.number, kind=said.kind,
        subject=said.subject, reference=said.reference, reached_at=time_of(said.at),
        ends_at=time_of(said.ends), digest=digest, text=text, recorded_at=tx.now, actor=tx.actor,
    )  # fmt: skip
    if not store.add(tx, made):
        raise refused("replayed")
    tx.emit("milestone.verified", made.shown, what=made.kind, subject=made.subject, source=source.shown)  # fmt: skip
    return made
