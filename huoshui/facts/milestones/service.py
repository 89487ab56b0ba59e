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
from huoshui.facts.commerce import service as commerce
from huoshui.facts.milestones import store
from huoshui.facts.milestones.model import (
    KINDS_MOST,
    BadSource,
    Source,
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
    try:
        fingerprint(public)
    except Refused as error:
        raise BadSource(field="key") from error
    before = store.of_key(tx, public)
    if before is not None:
        if (before.name, before.kinds, before.revoked_at) != (name, told, None):
            raise Conflict()
        return before
    made = Source(
        id=tx.id("msr", public), name=name, public=public, kinds=told, registered_at=tx.now,
        registered_by=tx.actor,
    )  # fmt: skip
    store.add_source(tx, made)
    tx.emit("milestone_source.registered", made.shown, name=name, kinds=told)
    return made


def find_source(tx: Tx, id_: UUID) -> Source:
    """One source. Raises UnknownSource."""
    found = store.source(tx, id_)
    if found is None:
        raise UnknownSource(kind="milestone_source", id=ids.show("msr", id_))
    return found


def revoke(tx: Tx, id_: UUID, reason: str) -> Source:
    """Believe a source no more; what it certified before stands. Again changes nothing."""
    before = find_source(tx, id_)
    if before.revoked_at is not None:
        return before
    after = msgspec.structs.replace(
        before, revoked_at=tx.now, revoked_by=tx.actor, reason=reason[:200]
    )
    store.revoke(tx, after)
    tx.emit("milestone_source.revoked", after.shown, reason=after.reason)
    return after


def accept(tx: Tx, text: str) -> tuple[Verified, bool]:
    """Verify a signed milestone and keep it; whether it was kept already: then nothing changes.

    Raises BadMilestone: forged, of a source that is not known or may not certify it, for other books,
    run out, or of a number or an achievement that was certified before.
    """
    text = text.strip()
    try:
        said = peeked(Milestone, text)
        source = store.source(tx, ids.read("msr", said.source), lock=True)
        if source is None:
            raise refused("source")
        said = opened(Milestone, text, source.public)
    except Refused as error:
        raise refused(error.code) from error
    except ids.BadId as error:
        raise refused("source") from error
    digest = reference_of(text)
    kept = store.of_digest(tx, digest)
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
