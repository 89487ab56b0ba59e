"""What is done about versions: proposed, published by another, refused, retired, compared."""

from __future__ import annotations

from typing import Any

import msgspec

from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.judgement.risk.versions import store
from huoshui.judgement.risk.versions.model import (
    VERSION,
    Kind,
    OwnVersion,
    UnknownVersion,
    Version,
    digest_of,
)


def propose(tx: Tx, kind: Kind, name: str, said: msgspec.Struct, source: str) -> Version:
    """Propose what a file says as the next version; what stands already is that version."""
    digest = digest_of(said)
    store.lock(tx, kind, name)
    same = store.same(tx, kind, name, digest)
    if same is not None:
        return same
    before = store.latest(tx, kind, name)
    made = Version(
        kind=kind, name=name, number=before.number + 1 if before else 1, digest=digest,
        body=msgspec.to_builtins(said), source=source, proposed_at=tx.now, proposed_by=tx.actor,
    )  # fmt: skip
    store.add(tx, made)
    tx.emit(f"{kind}.proposed", made.shown, digest=digest)
    return made


def find(tx: Tx, kind: Kind, name: str, number: int = 0) -> Version:
    """One version; without a number the last one. Raises UnknownVersion."""
    found = store.version(tx, kind, name, number) if number else store.latest(tx, kind, name)
    if found is None:
        raise UnknownVersion(kind=kind, id=f"{name}@{number}"[:80] if number else name[:80])
    return found


def publish(tx: Tx, before: Version) -> Version:
    """Put a version in force that another person proposed. Raises OwnVersion, IllegalMove."""
    VERSION.after(before.state, "publish")
    if before.proposed_by == tx.actor:
        raise OwnVersion(maker=before.proposed_by)
    return _moved(tx, before, "publish", "")


def refuse(tx: Tx, before: Version, reason: str) -> Version:
    """Do not publish a version; anybody may, also who proposed it. Raises IllegalMove."""
    return _moved(tx, before, "refuse", reason)


def retire(tx: Tx, before: Version, reason: str) -> Version:
    """Take a version out of force: the one before it is in force again. Raises IllegalMove."""
    return _moved(tx, before, "retire", reason)


def _moved(tx: Tx, before: Version, verb: str, reason: str) -> Version:
    after = msgspec.structs.replace(
        before, state=VERSION.after(before.state, verb), decided_at=tx.now, decided_by=tx.actor,
        reason=reason[:200],
    )  # fmt: skip
    if not store.move(tx, before, after):
        raise Conflict()
    tx.emit(f"{after.kind}.{after.state}", after.shown, digest=after.digest, reason=after.reason)
    return after


class Changed(msgspec.Struct, frozen=True):
    """A place that two versions say differently; None where one does not say it."""

    pointer: str
    before: Any
    after: Any


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[Changed]:
    """What a version says otherwise than another one, by place; parts with names go by them."""
    old, new = dict(_leaves("", before)), dict(_leaves("", after))
    return [
        Changed(pointer, old.get(pointer), new.get(pointer))
        for pointer in sorted(old.keys() | new.keys())
        if old.get(pointer) != new.get(pointer)
    ]


def _leaves(pointer: str, value: Any) -> list[tuple[str, Any]]:
    match value:
        case dict():
            inner = [(f"{pointer}/{key}", each) for key, each in value.items()]
        case list() if value and all(isinstance(each, dict) and "name" in each for each in value):
            inner = [(f"{pointer}/{each['name']}", each) for each in value]
        case list():
            inner = [(f"{pointer}/{n}", each) for n, each in enumerate(value)]
        case _:
            return [(pointer, value)]
    return [leaf for place, each in inner for leaf in _leaves(place, each)]
